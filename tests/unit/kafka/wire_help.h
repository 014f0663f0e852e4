/** Bytes as people write them, for tests of the wire: "0000 0003 'abc' 00". Spaces mean nothing. */
#ifndef BALLAST_TEST_WIRE_HELP_H
#define BALLAST_TEST_WIRE_HELP_H

#include <ctype.h>

#include "ballast/base/strbuf.h"

static inline int wire_digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10;
}

/** Appends the bytes; lower-case hexadecimal, and texts in single quotes. */
static inline void wire_bytes(struct bl_strbuf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            while (*++text != '\'')
                bl_strbuf_addc(out, *text);
        else if (*text != ' ') {
            bl_strbuf_addc(out, (char)(wire_digit(text[0]) << 4 | wire_digit(text[1])));
            text++;
        }
    }
}

#endif
