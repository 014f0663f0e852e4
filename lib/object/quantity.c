#include "ballast/object/quantity.h"

#include <string.h>

#include "ballast/base/text.h"

/* Kubernetes caps at 2^63-1 of the unit; beyond that a manifest is a mistake. */
#define QUANTITY_MAX ((bl_nano)INT64_MAX * BL_NANO_ONE)
#define MAX_DIGITS 40

struct suffix {
    const char *text;
    bl_nano scale; /* in billionths */
};

static const struct suffix suffixes[] = {
    {"", BL_NANO_ONE},
    {"n", 1},
    {"u", 1000},
    {"m", 1000000},
    {"k", BL_NANO_ONE * 1000},
    {"M", BL_NANO_ONE * 1000000},
    {"G", BL_NANO_ONE * 1000000000},
    {"T", BL_NANO_ONE * 1000000000000},
    {"P", BL_NANO_ONE * 1000000000000000},
    {"E", BL_NANO_ONE * 1000000000000000000},
    {"Ki", BL_NANO_ONE << 10},
    {"Mi", BL_NANO_ONE << 20},
    {"Gi", BL_NANO_ONE << 30},
    {"Ti", BL_NANO_ONE << 40},
    {"Pi", BL_NANO_ONE << 50},
    {"Ei", BL_NANO_ONE << 60},
};

static int invalid(const char *text, struct bl_error **err)
{
    return bl_fail(err, BL_ERR_INVALID, "\"%s\" is not a quantity like 500m, 2 or 8Gi", text);
}

/* "e3", "E-3": a power of ten; what is below a billionth comes out as `*ret_shift` digits to drop. */
static bool parse_exponent(const char *text, bl_nano *ret_scale, int64_t *ret_shift)
{
    int64_t exponent;
    bl_nano scale = BL_NANO_ONE;
    const char *digits = text + 1 + (text[0] && text[1] == '+');

    if ((text[0] != 'e' && text[0] != 'E') || (digits > text + 1 && *digits == '-') ||
        !bl_text_to_int(digits, strlen(digits), &exponent) || exponent > 18)
        return false;
    for (; exponent > 0; exponent--)
        scale *= 10;
    for (; exponent < 0 && scale > 1; exponent++)
        scale /= 10;
    *ret_scale = scale;
    *ret_shift = -exponent;
    return true;
}

static bool parse_suffix(const char *text, bl_nano *ret_scale, int64_t *ret_shift)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(suffixes); i++) {
        if (strcmp(suffixes[i].text, text) == 0) {
            *ret_scale = suffixes[i].scale;
            *ret_shift = 0;
            return true;
        }
    }
    return parse_exponent(text, ret_scale, ret_shift);
}

static bl_nano tenth_up(bl_nano value)
{
    return (value + 9) / 10;
}

/*
 * From the last digit to the first: rounding up what stands behind a digit before it is added to and
 * divided again gives the same as rounding up once at the end, and never passes 128 bits.
 */
static bl_nano fraction(const char *digits, size_t len, bl_nano scale)
{
    bl_nano value = 0;

    while (len--)
        value = tenth_up((digits[len] - '0') * scale + value);
    return value;
}

static bool parse_number(const char *digits, size_t len, bl_nano scale, bl_nano *ret_value)
{
    const char *point = memchr(digits, '.', len);
    size_t whole = point ? (size_t)(point - digits) : len;
    bl_nano value = 0;

    for (size_t i = 0; i < whole; i++) {
        value = value * 10 + (digits[i] - '0') * scale;
        if (value > QUANTITY_MAX)
            return false;
    }
    if (point)
        value += fraction(point + 1, len - whole - 1, scale);
    if (value > QUANTITY_MAX)
        return false;
    *ret_value = value;
    return true;
}

int bl_quantity_parse(const char *text, bl_nano *ret_value, struct bl_error **err)
{
    bool negative = text[0] == '-';
    const char *digits = text + (negative || text[0] == '+');
    size_t len = strspn(digits, "0123456789.");
    const char *point = memchr(digits, '.', len);
    size_t points =
        point ? 1 + (memchr(point + 1, '.', len - (size_t)(point + 1 - digits)) != NULL) : 0;
    bl_nano scale, value;
    int64_t shift;

    if (len == points || points > 1 || len > MAX_DIGITS ||
        !parse_suffix(digits + len, &scale, &shift))
        return invalid(text, err);
    if (!parse_number(digits, len, scale, &value))
        return bl_fail(err, BL_ERR_TOO_LARGE, "quantity \"%s\" is out of range", text);
    for (; shift > 0 && value > 1; shift--)
        value = tenth_up(value);
    *ret_value = negative ? -value : value;
    return 0;
}

int bl_quantity_from_json(const cJSON *value, bl_nano *ret_value, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(64);

    if (cJSON_IsString(value))
        return bl_quantity_parse(value->valuestring, ret_value, err);
    if (!cJSON_IsNumber(value))
        return bl_fail(err, BL_ERR_INVALID, "a quantity is a string or a number");
    bl_json_write(&text, value);
    return bl_quantity_parse(text.text, ret_value, err);
}
