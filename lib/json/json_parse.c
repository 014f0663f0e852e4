#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/json/json.h"
#include "json_keys.h"

/* Most characters of a number that cJSON looks at. */
#define NUMBER_MAX 63

/*
 * cJSON reads the value; what it lets pass is refused here: depth is checked on the text before it
 * recurses, a NUL inside a string would cut the string short, any control character passes for white
 * space, "01" and "1." pass for numbers, 1e999 becomes infinity, and of duplicate keys it keeps both.
 */

static int fail_as(enum bl_errcode code, const char *text, size_t offset, const char *what,
                   struct bl_error **err)
{
    unsigned line = 1, column = 1;

    for (size_t i = 0; i < offset; i++) {
        column = text[i] == '\n' ? 1 : column + 1;
        line += text[i] == '\n';
    }
    return bl_fail(err, code, "could not read JSON: line %u, column %u: %s", line, column, what);
}

static int fail_at(const char *text, size_t offset, const char *what, struct bl_error **err)
{
    return fail_as(BL_ERR_INVALID, text, offset, what, err);
}

/* Length of the UTF-8 sequence at `s`, 0 if it is none: no overlong forms, no surrogates. */
static size_t utf8_len(const unsigned char *s, size_t left)
{
    static const struct {
        unsigned char lo, hi, lo2, hi2;
        size_t len;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };

    for (size_t f = 0; f < BL_ARRAY_LEN(forms); f++) {
        if (s[0] < forms[f].lo || s[0] > forms[f].hi)
            continue;
        if (left < forms[f].len)
            return 0;
        if (forms[f].len > 1 && (s[1] < forms[f].lo2 || s[1] > forms[f].hi2))
            return 0;
        for (size_t i = 2; i < forms[f].len; i++)
            if ((s[i] & 0xc0) != 0x80)
                return 0;
        return forms[f].len;
    }
    return 0;
}

/* Four hexadecimal digits behind the "\u" at `at`: cJSON takes anything else for a NUL. */
static int check_escape(const char *text, size_t len, size_t at, struct bl_error **err)
{
    for (size_t i = at + 2; i < at + 6; i++)
        if (i >= len || !isxdigit((unsigned char)text[i]))
            return fail_at(text, at, "invalid escape in a string", err);
    if (memcmp(text + at + 2, "0000", 4) == 0)
        return fail_at(text, at, "NUL character in a string", err);
    return 0;
}

/* Moves `*at` past the string that opens there. */
static int scan_string(const char *text, size_t len, size_t *at, struct bl_error **err)
{
    size_t i = *at + 1;

    while (i < len && text[i] != '"') {
        unsigned char c = (unsigned char)text[i];

        if (c < 0x20)
            return fail_at(text, i, "control character in a string", err);
        if (c == '\\') {
            if (i + 1 < len && text[i + 1] == 'u' && check_escape(text, len, i, err) < 0)
                return -1;
            i += 2;
            continue;
        }
        size_t step = c < 0x80 ? 1 : utf8_len((const unsigned char *)text + i, len - i);
        if (!step)
            return fail_at(text, i, "invalid UTF-8", err);
        i += step;
    }
    *at = i < len ? i : len;
    return 0;
}

static size_t skip_digits(const char *text, size_t len, size_t i)
{
    while (i < len && isdigit((unsigned char)text[i]))
        i++;
    return i;
}

static bool is_finite(const char *number, size_t len)
{
    char copy[NUMBER_MAX + 1];

    memcpy(copy, number, len);
    copy[len] = '\0';
    return isfinite(strtod(copy, NULL));
}

/* Moves `*at` to the last character of the number that begins there (RFC 8259, section 6). */
static int scan_number(const char *text, size_t len, size_t *at, struct bl_error **err)
{
    size_t whole = *at + (text[*at] == '-'), i = skip_digits(text, len, whole);
    bool bad = i == whole || (text[whole] == '0' && i > whole + 1), large = false;

    if (i < len && text[i] == '.') {
        size_t fraction = i + 1;

        i = skip_digits(text, len, fraction);
        bad |= i == fraction;
    }
    if (i < len && (text[i] == 'e' || text[i] == 'E')) {
        size_t exponent = i + 1 + (i + 1 < len && (text[i + 1] == '+' || text[i + 1] == '-'));

        i = skip_digits(text, len, exponent);
        bad |= i == exponent;
        large = true;
    }
    if (bad)
        return fail_at(text, *at, "invalid number", err);
    if (i - *at > NUMBER_MAX)
        return fail_as(BL_ERR_TOO_LARGE, text, *at, "number is too long", err);
    if (large && !is_finite(text + *at, i - *at))
        return fail_as(BL_ERR_TOO_LARGE, text, *at, "number is out of range", err);
    *at = i - 1;
    return 0;
}

static int scan(const char *text, size_t len, struct bl_error **err)
{
    unsigned depth = 0;

    for (size_t i = 0; i < len; i++) {
        switch (text[i]) {
        case '"':
            if (scan_string(text, len, &i, err) < 0)
                return -1;
            break;
        case '{':
        case '[':
            if (++depth > BL_JSON_MAX_DEPTH)
                return fail_as(BL_ERR_TOO_LARGE, text, i, "nested too deeply", err);
            break;
        case '}':
        case ']':
            depth -= depth > 0;
            break;
        case ' ':
        case '\t':
        case '\r':
        case '\n':
            break;
        default:
            if ((unsigned char)text[i] >= 0x80 || (unsigned char)text[i] < 0x20)
                return fail_at(text, i, "unexpected character", err);
            if ((text[i] == '-' || isdigit((unsigned char)text[i])) &&
                scan_number(text, len, &i, err) < 0)
                return -1;
        }
    }
    return 0;
}

static int check_duplicates(const cJSON *value, struct bl_error **err)
{
    if (!cJSON_IsObject(value) && !cJSON_IsArray(value))
        return 0;
    const cJSON *first, *second;

    if (cJSON_IsObject(value) && bl_json_find_twins(value, &first, &second))
        return bl_fail(err, BL_ERR_INVALID, "could not read JSON: duplicate key \"%s\"",
                       first->string);
    for (const cJSON *child = value->child; child; child = child->next)
        if (check_duplicates(child, err) < 0)
            return -1;
    return 0;
}

int bl_json_parse(const char *text, size_t len, cJSON **ret_json, struct bl_error **err)
{
    const char *end = text;

    if (len > BL_JSON_MAX_BYTES)
        return bl_fail(err, BL_ERR_TOO_LARGE, "JSON is larger than %zu bytes", BL_JSON_MAX_BYTES);
    if (scan(text, len, err) < 0)
        return -1;

    BL_AUTO_JSON cJSON *value = cJSON_ParseWithLengthOpts(text, len, &end, false);
    size_t used = end ? (size_t)(end - text) : 0;

    if (!value)
        return fail_at(text, used < len ? used : len, len ? "unexpected text" : "empty text", err);
    while (used < len && strchr(" \t\r\n", text[used]))
        used++;
    if (used < len)
        return fail_at(text, used, "text after the value", err);
    if (check_duplicates(value, err) < 0)
        return -1;
    *ret_json = BL_STEAL(value);
    return 0;
}
