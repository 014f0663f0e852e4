/** UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
#ifndef BALLAST_BASE_UTF8_H
#define BALLAST_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Length of the character at `text`, 1 to 4, and its code; 0 where it is no valid UTF-8. `left` > 0. */
size_t bl_utf8_decode(const char *text, size_t left, uint32_t *ret_code);
/** Valid UTF-8 without NUL? */
bool bl_utf8_is_text(const char *text, size_t len);

#endif
