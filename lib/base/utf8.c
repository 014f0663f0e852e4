#include "ballast/base/utf8.h"

size_t bl_utf8_decode(const char *text, size_t left, uint32_t *ret_code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *)text;
    size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc0 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
    uint32_t code = len == 1 ? s[0] : s[0] & (0xffu >> (len + 1));

    if (!len || len > left || s[0] >= 0xf8)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3f);
    }
    if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    *ret_code = code;
    return len;
}

bool bl_utf8_is_text(const char *text, size_t len)
{
    uint32_t code;

    for (size_t i = 0, step; i < len; i += step)
        if (!text[i] || !(step = bl_utf8_decode(text + i, len - i, &code)))
            return false;
    return true;
}
