#include "yaml_scalar.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"

/* Longer texts are no numbers: 64 binary digits, a prefix and some underscores fit. */
#define NUMBER_MAX 255

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* goyaml's table: what text of these means, letter by letter. */
static const struct meaning {
    struct bl_scalar scalar;
    const char *const texts[12];
} meanings[] = {
    {{.type = BL_SCALAR_BOOL, .truth = true},
     {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"}},
    {{.type = BL_SCALAR_BOOL},
     {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"}},
    {{.type = BL_SCALAR_NULL}, {"~", "null", "Null", "NULL"}},
    {{.type = BL_SCALAR_FLOAT, .number = NAN}, {".nan", ".NaN", ".NAN"}},
    {{.type = BL_SCALAR_FLOAT, .number = INFINITY},
     {".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"}},
    {{.type = BL_SCALAR_FLOAT, .number = -INFINITY}, {"-.inf", "-.Inf", "-.INF"}},
};
#define LONGEST_MEANING 5

static bool resolve_word(const char *text, size_t len, struct bl_scalar *scalar)
{
    if (len > LONGEST_MEANING || !strchr("yYnNtTfFoO~.+-", text[0]))
        return false;
    for (size_t i = 0; i < BL_ARRAY_LEN(meanings); i++)
        for (const char *const *word = meanings[i].texts; *word; word++)
            if (**word == *text && strncmp(*word, text, len) == 0 && (*word)[len] == '\0') {
                *scalar = meanings[i].scalar;
                return true;
            }
    return false;
}

/* Digits of `base` and nothing else, within 64 bits. */
static bool read_digits(const char *text, unsigned base, uint64_t *value)
{
    *value = 0;
    if (!*text)
        return false;
    for (; *text; text++) {
        unsigned d = digit(*text)                   ? (unsigned)(*text - '0')
                     : *text >= 'a' && *text <= 'f' ? (unsigned)(*text - 'a') + 10
                     : *text >= 'A' && *text <= 'F' ? (unsigned)(*text - 'A') + 10
                                                    : 99;

        if (d >= base || __builtin_mul_overflow(*value, base, value) ||
            __builtin_add_overflow(*value, d, value))
            return false;
    }
    return true;
}

/* What follows the prefix of a base, 0x, 0o, 0b or a mere 0; `text` itself in base 10. */
static const char *base_prefix(const char *text, unsigned *base)
{
    *base = 10;
    if (text[0] != '0' || !text[1])
        return text;
    switch (text[1] | 0x20) {
    case 'x':
        *base = 16;
        return text + 2;
    case 'o':
        *base = 8;
        return text + 2;
    case 'b':
        *base = 2;
        return text + 2;
    default:
        *base = 8;
        return text + 1;
    }
}

static bool signed_range(struct bl_scalar *scalar, bool negative, bool has_sign)
{
    const uint64_t limit = (uint64_t)1 << 63;

    /* Only what has no sign may use the 64th bit: ParseUint refuses signs. */
    if (negative ? scalar->magnitude > limit : has_sign && scalar->magnitude >= limit)
        return false;
    scalar->type = BL_SCALAR_INT;
    scalar->negative = negative && scalar->magnitude;
    return true;
}

/* strconv.ParseInt(text, 0, 64), else ParseUint. */
static bool resolve_int(const char *text, struct bl_scalar *scalar)
{
    bool has_sign = *text == '-' || *text == '+', negative = *text == '-';
    unsigned base;
    const char *digits = base_prefix(text + has_sign, &base);

    return read_digits(digits, base, &scalar->magnitude) &&
           signed_range(scalar, negative, has_sign);
}

/* goyaml's second try at binary takes a sign after the prefix. */
static bool resolve_binary(const char *text, struct bl_scalar *scalar)
{
    if (text[0] != '0' || text[1] != 'b' || (text[2] != '-' && text[2] != '+'))
        return false;
    return read_digits(text + 3, 2, &scalar->magnitude) &&
           signed_range(scalar, text[2] == '-', true);
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)? */
static bool float_syntax(const char *text)
{
    size_t before, after = 0;

    text += *text == '-' || *text == '+';
    before = strspn(text, "0123456789");
    text += before;
    if (*text == '.') {
        after = strspn(++text, "0123456789");
        text += after;
    }
    if (!before && !after)
        return false;
    if (*text == 'e' || *text == 'E') {
        text += 1 + (text[1] == '-' || text[1] == '+');
        size_t exponent = strspn(text, "0123456789");
        if (!exponent)
            return false;
        text += exponent;
    }
    return *text == '\0';
}

static bool resolve_float(const char *text, struct bl_scalar *scalar)
{
    if (!float_syntax(text))
        return false;
    scalar->number = strtod(text, NULL);
    if (!isfinite(scalar->number))
        return false;
    scalar->type = BL_SCALAR_FLOAT;
    return true;
}

static size_t without_underscores(const char *text, size_t len, char *plain)
{
    size_t used = 0;

    for (size_t i = 0; i < len; i++)
        if (text[i] != '_')
            plain[used++] = text[i];
    plain[used] = '\0';
    return used;
}

/* After a leading point Go's own float syntax rules: an underscore stands between digits only. */
static bool point_underscores_ok(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] == '_' && (!digit(text[i - 1]) || i + 1 == len || !digit(text[i + 1])))
            return false;
    return true;
}

void bl_scalar_resolve(const char *text, size_t len, struct bl_scalar *ret_scalar)
{
    char plain[NUMBER_MAX + 1];

    *ret_scalar = (struct bl_scalar){.type = BL_SCALAR_STRING};
    if (!len)
        ret_scalar->type = BL_SCALAR_NULL;
    if (!len || resolve_word(text, len, ret_scalar))
        return;
    if (!digit(text[0]) && text[0] != '-' && text[0] != '+' && text[0] != '.')
        return;
    if (len > NUMBER_MAX || memchr(text, '\0', len))
        return;

    without_underscores(text, len, plain);
    if (text[0] == '.') {
        if (point_underscores_ok(text, len))
            resolve_float(plain, ret_scalar);
        return;
    }
    if (!resolve_int(plain, ret_scalar) && !resolve_float(plain, ret_scalar))
        resolve_binary(plain, ret_scalar);
}

/* 190:20:30.15, a number of base 60 in YAML 1.1; dates and times begin alike. */
static bool sexagesimal_or_time(const char *text, size_t len)
{
    size_t digits = strspn(text, "0123456789");

    if (digits == 4 && text[4] == '-' && digit(text[5]))
        return true;
    if (!memchr(text, ':', len))
        return false;
    return strspn(text, "0123456789:._+-") == len;
}

bool bl_scalar_ambiguous(const char *text)
{
    size_t len = strlen(text);
    struct bl_scalar scalar;
    char plain[NUMBER_MAX + 1];
    unsigned base;

    bl_scalar_resolve(text, len, &scalar);
    if (scalar.type != BL_SCALAR_STRING)
        return true;
    if (strcmp(text, "=") == 0 || strcmp(text, "<<") == 0)
        return true;
    if (!digit(text[0]) && text[0] != '-' && text[0] != '+' && text[0] != '.')
        return false;
    if (len > NUMBER_MAX)
        return strspn(text, "0123456789abcdefABCDEFxXoO_+-.:") == len;
    without_underscores(text, len, plain);

    const char *digits = base_prefix(plain + (plain[0] == '-' || plain[0] == '+'), &base);
    if (base != 10 && *digits && strspn(digits, "0123456789abcdefABCDEF+-") == strlen(digits))
        return true;
    return float_syntax(plain) || sexagesimal_or_time(text, len);
}

/* From here on Go's shortest 'g' writes an exponent. */
#define GO_EXPONENT 6

void bl_scalar_float_key(double number, char *ret_text, size_t size)
{
    float narrow = (float)number;
    int digits = 0;

    if (!isfinite(narrow)) {
        snprintf(ret_text, size, "%s", isnan(narrow) ? ".nan" : narrow < 0 ? "-.inf" : ".inf");
        return;
    }
    do
        snprintf(ret_text, size, "%.*e", digits, (double)narrow);
    while (strtof(ret_text, NULL) != narrow && ++digits < 9);

    int exponent = (int)strtol(strchr(ret_text, 'e') + 1, NULL, 10);
    if (exponent >= -4 && exponent < GO_EXPONENT)
        snprintf(ret_text, size, "%.*f", digits > exponent ? digits - exponent : 0, (double)narrow);
}
