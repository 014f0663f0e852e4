#include "yaml_write.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/utf8.h"
#include "yaml_scalar.h"

#define STEP 2
#define EXACT_MAX ((double)((int64_t)1 << 53))
/* A key of a line of its own may have 1024 characters; longer ones need "? ". */
#define KEY_MAX 1000
/* Longest key that surely is no longer than that in quotes, where a byte may become "\u00xx". */
#define SHORT_KEY (KEY_MAX / 6)

enum style { PLAIN = 1, SINGLE, DOUBLE, LITERAL };

/* --- Strings --- */

/* May stand in the text as it is? Line breaks of YAML 1.1 (U+0085, U+2028, U+2029) may not. */
static bool printable(uint32_t code)
{
    if (code < 0x7f)
        return code >= 0x20;
    if (code < 0xa0 || code == 0x2028 || code == 0x2029 || code == 0xfeff)
        return false;
    return code != 0xfffe && code != 0xffff;
}

/* Every character printable, or among `also`. */
static bool all_printable(const char *text, const char *also)
{
    size_t left = strlen(text), step;

    for (uint32_t code; left; text += step, left -= step) {
        if (!(step = bl_utf8_decode(text, left, &code)))
            return false;
        if (!printable(code) && !(code < 0x80 && strchr(also, (int)code)))
            return false;
    }
    return true;
}

/* Can the text stand without quotes, and does everyone read it as a string then? */
static bool plain_is_safe(const char *text, bool flow)
{
    size_t len = strlen(text);

    if (!len || text[0] == ' ' || text[len - 1] == ' ' || text[len - 1] == ':')
        return false;
    if (strchr("?:,[]{}#&*!|>'\"%@`", text[0]))
        return false;
    if (text[0] == '-' && (len == 1 || strchr(" ,[]{}?:", text[1])))
        return false;
    if (strncmp(text, "---", 3) == 0 || strncmp(text, "...", 3) == 0)
        return false;
    if (flow && strpbrk(text, ",[]{}?:"))
        return false;
    return !strstr(text, ": ") && !strstr(text, " #") && all_printable(text, "") &&
           !bl_scalar_ambiguous(text);
}

/*
 * A literal block keeps every byte, but whoever reads it finds its indentation by the first line that
 * has text, so that one must not begin with white space. White space alone is better seen in quotes.
 */
static bool literal_is_safe(const char *text)
{
    const char *first = text + strspn(text, "\n");

    return strchr(text, '\n') && *first && !strchr(" \t", *first) && all_printable(text, "\t\n");
}

static enum style style_of(const char *text, bool flow)
{
    if (plain_is_safe(text, flow))
        return PLAIN;
    if (!flow && literal_is_safe(text))
        return LITERAL;
    return strpbrk(text, "\"\\") && all_printable(text, "") ? SINGLE : DOUBLE;
}

static void write_single(struct bl_strbuf *out, const char *text)
{
    bl_strbuf_addc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            bl_strbuf_addc(out, '\'');
        bl_strbuf_addc(out, *text);
    }
    bl_strbuf_addc(out, '\'');
}

static void write_escaped(struct bl_strbuf *out, uint32_t code)
{
    switch (code) {
    case '"':
        bl_strbuf_adds(out, "\\\"");
        break;
    case '\\':
        bl_strbuf_adds(out, "\\\\");
        break;
    case '\n':
        bl_strbuf_adds(out, "\\n");
        break;
    case '\t':
        bl_strbuf_adds(out, "\\t");
        break;
    case '\r':
        bl_strbuf_adds(out, "\\r");
        break;
    default:
        bl_strbuf_addf(out, "\\u%04" PRIx32, code);
    }
}

/* Escapes are those that JSON knows too. What is no UTF-8 becomes U+FFFD. */
static void write_double(struct bl_strbuf *out, const char *text)
{
    size_t left = strlen(text), step;

    bl_strbuf_addc(out, '"');
    for (uint32_t code = 0; left; text += step, left -= step) {
        if (!(step = bl_utf8_decode(text, left, &code))) {
            step = 1;
            write_escaped(out, 0xfffd);
        } else if (printable(code) && code != '"' && code != '\\') {
            bl_strbuf_add(out, text, step);
        } else {
            write_escaped(out, code);
        }
    }
    bl_strbuf_addc(out, '"');
}

/* Without the newline that ends the last line. */
static void write_literal(struct bl_strbuf *out, const char *text, size_t column)
{
    size_t len = strlen(text);

    bl_strbuf_adds(out, text[len - 1] != '\n' ? "|-" : text[len - 2] == '\n' ? "|+" : "|");
    if (text[len - 1] == '\n')
        len--;
    for (const char *line = text, *end = text + len; line <= end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t width = (size_t)((newline ? newline : end) - line);

        bl_strbuf_addc(out, '\n');
        if (width)
            bl_strbuf_repeat(out, ' ', column);
        bl_strbuf_add(out, line, width);
        line += width + 1;
    }
}

static void write_string(struct bl_strbuf *out, const char *text, size_t column, bool flow)
{
    switch (style_of(text, flow)) {
    case PLAIN:
        bl_strbuf_adds(out, text);
        break;
    case SINGLE:
        write_single(out, text);
        break;
    case LITERAL:
        write_literal(out, text, column);
        break;
    default:
        write_double(out, text);
    }
}

/* --- Other scalars --- */

/*
 * Whole numbers that are exact have no exponent. The others have a point: 1e+17 is a float to Go and
 * YAML 1.2 but a string to YAML 1.1.
 */
static void write_number(struct bl_strbuf *out, double number)
{
    char text[40], *exponent;

    if (!isfinite(number)) {
        bl_strbuf_adds(out, "null");
        return;
    }
    if (trunc(number) == number && fabs(number) <= EXACT_MAX) {
        bl_strbuf_addf(out, "%" PRId64, (int64_t)number);
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, number);
        if (trunc(number) == number && !strchr(text, 'e'))
            snprintf(text, sizeof(text), "%.*e", digits - 1, number);
        if (!(strtod(text, NULL) < number) && !(strtod(text, NULL) > number))
            break;
    }
    exponent = strchr(text, 'e');
    if (!exponent || strchr(text, '.'))
        bl_strbuf_adds(out, text);
    else
        bl_strbuf_addf(out, "%.*s.0%s", (int)(exponent - text), text, exponent);
}

/* Anything but an object or array that has children. A literal block's lines stand at `column`. */
static void write_scalar(struct bl_strbuf *out, const cJSON *value, size_t column, bool flow)
{
    if (cJSON_IsString(value))
        write_string(out, value->valuestring, column, flow);
    else if (cJSON_IsNumber(value))
        write_number(out, value->valuedouble);
    else
        bl_json_write(out, value); /* {}, [], true, null: the same in both */
}

static bool has_children(const cJSON *value)
{
    return (cJSON_IsObject(value) || cJSON_IsArray(value)) && value->child;
}

/* --- Block style --- */

static void write_key(struct bl_strbuf *out, const char *key, size_t column)
{
    bool is_long = strlen(key) > SHORT_KEY;

    if (is_long)
        bl_strbuf_adds(out, "? ");
    if (plain_is_safe(key, false))
        bl_strbuf_adds(out, key);
    else if (strpbrk(key, "\"\\") && all_printable(key, ""))
        write_single(out, key);
    else
        write_double(out, key);
    if (is_long) {
        bl_strbuf_addc(out, '\n');
        bl_strbuf_repeat(out, ' ', column);
    }
    bl_strbuf_addc(out, ':');
}

void bl_yaml_write_member(struct bl_strbuf *out, const char *key, const cJSON *value, size_t column)
{
    write_key(out, key, column);
    bl_yaml_write_after(out, value, column, BL_YAML_AFTER_KEY);
}

/* The first line is not indented: the caller has done that, or "- " stands there. */
static void write_children(struct bl_strbuf *out, const cJSON *value, size_t column)
{
    for (const cJSON *child = value->child; child; child = child->next) {
        if (child != value->child)
            bl_strbuf_repeat(out, ' ', column);
        if (cJSON_IsObject(value)) {
            bl_yaml_write_member(out, child->string, child, column);
        } else {
            bl_strbuf_addc(out, '-');
            bl_yaml_write_after(out, child, column, BL_YAML_AFTER_DASH);
        }
    }
}

void bl_yaml_write_after(struct bl_strbuf *out, const cJSON *value, size_t column,
                         enum bl_yaml_after after)
{
    bool children = has_children(value);

    if (children && after == BL_YAML_AFTER_KEY) {
        bl_strbuf_addc(out, '\n');
        bl_strbuf_repeat(out, ' ', column + STEP);
    } else {
        bl_strbuf_addc(out, ' ');
    }
    if (children) {
        write_children(out, value, column + STEP);
        return;
    }
    write_scalar(out, value, column + STEP, false);
    bl_strbuf_addc(out, '\n');
}

void bl_yaml_write(struct bl_strbuf *out, const cJSON *value, unsigned indent)
{
    bl_strbuf_repeat(out, ' ', indent);
    if (has_children(value)) {
        write_children(out, value, indent);
        return;
    }
    write_scalar(out, value, indent + STEP, false);
    bl_strbuf_addc(out, '\n');
}

/* --- Flow style --- */

static void write_flow_string(struct bl_strbuf *out, const char *text, bool json)
{
    if (json)
        write_double(out, text);
    else
        write_string(out, text, 0, true);
}

void bl_yaml_write_flow_key(struct bl_strbuf *out, const char *key, bool json)
{
    if (!json && strlen(key) > SHORT_KEY)
        bl_strbuf_adds(out, "? ");
    write_flow_string(out, key, json);
    bl_strbuf_addc(out, ':');
}

void bl_yaml_write_flow(struct bl_strbuf *out, const cJSON *value, bool json)
{
    bool object = cJSON_IsObject(value);

    if (cJSON_IsString(value)) {
        write_flow_string(out, value->valuestring, json);
        return;
    }
    if (!has_children(value)) {
        write_scalar(out, value, 0, true);
        return;
    }
    bl_strbuf_addc(out, object ? '{' : '[');
    for (const cJSON *child = value->child; child; child = child->next) {
        if (object) {
            bl_yaml_write_flow_key(out, child->string, json);
            bl_strbuf_addc(out, ' ');
        }
        bl_yaml_write_flow(out, child, json);
        if (child->next)
            bl_strbuf_adds(out, ", ");
    }
    bl_strbuf_addc(out, object ? '}' : ']');
}
