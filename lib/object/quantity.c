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

/* "e3", "E-3": a power of ten. */
static bool parse_exponent(const char *text, bl_nano *ret_scale)
{
    int64_t exponent;
    bl_nano scale = BL_NANO_ONE;
    size_t sign = text[1] == '+';

    if ((text[0] != 'e' && text[0] != 'E') || !text[1] ||
        !bl_text_to_int(text + 1 + sign, strlen(text + 1 + sign), &exponent) || exponent < -9 ||
        exponent > 18)
        return false;
    for (; exponent > 0; exponent--)
        scale *= 10;
    for (; exponent < 0; exponent++)
        scale /= 10;
    *ret_scale = scale;
    return true;
}

static bool parse_suffix(const char *text, bl_nano *ret_scale)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(suffixes); i++) {
        if (strcmp(suffixes[i].text, text) == 0) {
            *ret_scale = suffixes[i].scale;
            return true;
        }
    }
    return parse_exponent(text, ret_scale);
}

/*
 * Fraction digits are handled as one integer over a power of ten, so that nothing is lost before the
 * one division, which rounds up. More than 18 of them are below any billionth that counts.
 */
static bl_nano fraction(const char *digits, size_t len, bl_nano scale)
{
    bl_nano numerator = 0, denominator = 1;
    bool more = false;

    for (size_t i = 0; i < len; i++) {
        if (i < 18) {
            numerator = numerator * 10 + (digits[i] - '0');
            denominator *= 10;
        } else {
            more |= digits[i] != '0';
        }
    }

    /* numerator × scale may pass 128 bits for Pi and Ei, so whole multiples are taken first. */
    bl_nano whole = scale / denominator * numerator, rest = scale % denominator * numerator;
    return whole + rest / denominator + (rest % denominator != 0 || more);
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
    size_t points = point ? 1 + (memchr(point + 1, '.', len - (size_t)(point + 1 - digits)) != NULL) : 0;
    bl_nano scale, value;

    if (len == points || points > 1 || len > MAX_DIGITS || !parse_suffix(digits + len, &scale))
        return invalid(text, err);
    if (!parse_number(digits, len, scale, &value))
        return bl_fail(err, BL_ERR_TOO_LARGE, "quantity \"%s\" is out of range", text);
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
