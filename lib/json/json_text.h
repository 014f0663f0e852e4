/** Eight bytes of a text at a time. */
#ifndef BALLAST_JSON_JSON_TEXT_H
#define BALLAST_JSON_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BL_EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/**
 * The high bit of a byte is set where it is a quote, a backslash or a control character, which a JSON string
 * holds escaped only; perhaps of bytes above it too. A byte below n borrows into its high bit when n is taken
 * away.
 */
static inline uint64_t bl_json_escaped(uint64_t word)
{
    uint64_t quote = word ^ BL_EACH_BYTE('"'), backslash = word ^ BL_EACH_BYTE('\\');

    return (((word - BL_EACH_BYTE(0x20)) & ~word) | ((quote - BL_EACH_BYTE(1)) & ~quote) |
            ((backslash - BL_EACH_BYTE(1)) & ~backslash)) &
           BL_EACH_BYTE(0x80);
}

/** Which byte of the text has the first bit that is set; 0, the careful answer, where bytes run the other way. */
static inline size_t bl_json_first_byte(uint64_t bits)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? (size_t)__builtin_ctzll(bits) / 8 : 0;
}

/**
 * How many bytes stand for themselves, except that up to seven more may do so at the end of the text. With
 * `ascii`, bytes beyond it do not.
 */
static inline size_t bl_json_plain_run(const char *text, size_t len, bool ascii)
{
    size_t at = 0;
    uint64_t word;

    for (; at + sizeof(word) <= len; at += sizeof(word)) {
        memcpy(&word, text + at, sizeof(word));
        uint64_t others = bl_json_escaped(word) | (ascii ? word & BL_EACH_BYTE(0x80) : 0);
        if (others)
            return at + bl_json_first_byte(others);
    }
    return at;
}

#endif
