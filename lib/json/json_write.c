#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/json/json.h"
#include "json_text.h"

/* Beyond this a double is written with an exponent, as cJSON does. */
#define PLAIN_MAX 1e15

static void write_escape(struct bl_strbuf *out, unsigned char c)
{
    static const char *const escapes[] = {
        ['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n", ['\t'] = "\\t", ['\r'] = "\\r"};

    if (c < sizeof(escapes) / sizeof(escapes[0]) && escapes[c])
        bl_strbuf_adds(out, escapes[c]);
    else
        bl_strbuf_addf(out, "\\u%04x", c);
}

void bl_json_write_string(struct bl_strbuf *out, const char *text)
{
    size_t len = strlen(text);

    bl_strbuf_addc(out, '"');
    while (len) {
        size_t run = bl_json_plain_run(text, len, false);
        unsigned char c;

        while (run < len && (c = (unsigned char)text[run]) >= 0x20 && c != '"' && c != '\\')
            run++;
        bl_strbuf_add(out, text, run);
        if (run < len)
            write_escape(out, (unsigned char)text[run++]);
        text += run;
        len -= run;
    }
    bl_strbuf_addc(out, '"');
}

/* The fewest digits that read back as the same number: 0.1, not 0.10000000000000001. */
static void write_fraction(struct bl_strbuf *out, double value)
{
    char text[40];

    for (int precision = 15; precision <= 17; precision++) {
        (void)snprintf(text, sizeof(text), "%.*g", precision, value);
        double again = strtod(text, NULL);
        if (!(again < value) && !(again > value))
            break;
    }
    bl_strbuf_adds(out, text);
}

static void write_number(struct bl_strbuf *out, double value)
{
    if (!isfinite(value))
        bl_strbuf_adds(out, "null");
    else if (trunc(value) == value && fabs(value) < PLAIN_MAX * 10)
        bl_strbuf_addf(out, "%" PRId64, (int64_t)value);
    else
        write_fraction(out, value);
}

/* `indent` < 0 writes compactly. */
static void write_value(struct bl_strbuf *out, const cJSON *value, int indent);

static void newline(struct bl_strbuf *out, int indent)
{
    if (indent < 0)
        return;
    bl_strbuf_addc(out, '\n');
    bl_strbuf_repeat(out, ' ', (size_t)indent * 2);
}

static void write_children(struct bl_strbuf *out, const cJSON *value, int indent)
{
    bool object = cJSON_IsObject(value);
    int inner = indent < 0 ? -1 : indent + 1;

    bl_strbuf_addc(out, object ? '{' : '[');
    for (const cJSON *child = value->child; child; child = child->next) {
        newline(out, inner);
        if (object) {
            bl_json_write_string(out, child->string);
            bl_strbuf_adds(out, indent < 0 ? ":" : ": ");
        }
        write_value(out, child, inner);
        if (child->next)
            bl_strbuf_addc(out, ',');
    }
    if (value->child)
        newline(out, indent);
    bl_strbuf_addc(out, object ? '}' : ']');
}

static void write_value(struct bl_strbuf *out, const cJSON *value, int indent)
{
    switch (value->type & 0xff) {
    case cJSON_Object:
    case cJSON_Array:
        write_children(out, value, indent);
        break;
    case cJSON_String:
        bl_json_write_string(out, value->valuestring);
        break;
    case cJSON_Raw:
        bl_strbuf_adds(out, value->valuestring);
        break;
    case cJSON_Number:
        write_number(out, value->valuedouble);
        break;
    case cJSON_True:
        bl_strbuf_adds(out, "true");
        break;
    case cJSON_False:
        bl_strbuf_adds(out, "false");
        break;
    default:
        bl_strbuf_adds(out, "null");
    }
}

void bl_json_write(struct bl_strbuf *out, const cJSON *value)
{
    write_value(out, value, -1);
}

void bl_json_write_pretty(struct bl_strbuf *out, const cJSON *value)
{
    write_value(out, value, 0);
    bl_strbuf_addc(out, '\n');
}
