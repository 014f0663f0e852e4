#include "yaml_tag.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "ballast/base/base64.h"
#include "ballast/base/mem.h"
#include "ballast/base/utf8.h"

#define EXACT_MAX ((uint64_t)1 << 53)
#define TAG_PREFIX "tag:yaml.org,2002:"

static bool is_tag(const char *tag, const char *name)
{
    return tag && strncmp(tag, TAG_PREFIX, strlen(TAG_PREFIX)) == 0 &&
           strcmp(tag + strlen(TAG_PREFIX), name) == 0;
}

static void set_string(struct bl_yaml_doc *doc, cJSON *value, const char *text, size_t len)
{
    value->type = cJSON_String;
    value->valuestring = bl_yaml_doc_text(doc, text, len);
}

static void set_int(struct bl_yaml_doc *doc, cJSON *value, const struct bl_scalar *scalar)
{
    char text[32];

    if (scalar->magnitude <= EXACT_MAX) {
        value->type = cJSON_Number;
        value->valuedouble =
            scalar->negative ? -(double)scalar->magnitude : (double)scalar->magnitude;
        return;
    }
    snprintf(text, sizeof(text), "%s%llu", scalar->negative ? "-" : "",
             (unsigned long long)scalar->magnitude);
    set_string(doc, value, text, strlen(text));
    value->type = cJSON_Raw;
}

static int set_binary(struct bl_yaml_doc *doc, const yaml_event_t *event, cJSON *value,
                      struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf packed = BL_STRBUF_INIT(BL_JSON_MAX_BYTES);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf bytes = BL_STRBUF_INIT(BL_JSON_MAX_BYTES);
    const char *text = (const char *)event->data.scalar.value;
    BL_ERROR(reason);

    for (size_t i = 0; i < event->data.scalar.length; i++)
        if (text[i] != '\n' && text[i] != ' ')
            bl_strbuf_addc(&packed, text[i]);
    if (bl_base64_decode(&bytes, packed.text, packed.len, &reason) < 0)
        return bl_yaml_doc_fail(doc, bl_yaml_line(doc, event->start_mark), BL_ERR_INVALID, err,
                                "!!binary: %s", bl_error_text(reason));
    if (!bl_utf8_is_text(bytes.text, bytes.len))
        return bl_yaml_doc_fail(doc, bl_yaml_line(doc, event->start_mark), BL_ERR_INVALID, err,
                                "!!binary: bytes that are no UTF-8 text cannot be held in JSON");
    set_string(doc, value, bytes.text, bytes.len);
    return 0;
}

/* cJSON's second copy of a number, which saturates; nobody should look at it. */
static int to_int(double number)
{
    if (!(number > INT_MIN))
        return INT_MIN;
    return number < INT_MAX ? (int)number : INT_MAX;
}

static void set_resolved(struct bl_yaml_doc *doc, const yaml_event_t *event,
                         const struct bl_scalar *scalar, cJSON *value)
{
    switch (scalar->type) {
    case BL_SCALAR_NULL:
        value->type = cJSON_NULL;
        break;
    case BL_SCALAR_BOOL:
        value->type = scalar->truth ? cJSON_True : cJSON_False;
        break;
    case BL_SCALAR_INT:
        set_int(doc, value, scalar);
        break;
    case BL_SCALAR_FLOAT:
        value->type = cJSON_Number;
        value->valuedouble = scalar->number;
        break;
    default:
        set_string(doc, value, (const char *)event->data.scalar.value, event->data.scalar.length);
    }
    if (value->type == cJSON_Number)
        value->valueint = to_int(value->valuedouble);
}

/* Does the text mean what its tag says? An integer is a float too. */
static bool fits_tag(const char *tag, struct bl_scalar *scalar)
{
    if (is_tag(tag, "float") && scalar->type == BL_SCALAR_INT) {
        scalar->number = (double)scalar->magnitude * (scalar->negative ? -1 : 1);
        scalar->type = BL_SCALAR_FLOAT;
    }
    if (is_tag(tag, "int"))
        return scalar->type == BL_SCALAR_INT;
    if (is_tag(tag, "bool"))
        return scalar->type == BL_SCALAR_BOOL;
    if (is_tag(tag, "null"))
        return scalar->type == BL_SCALAR_NULL;
    if (is_tag(tag, "float"))
        return scalar->type == BL_SCALAR_FLOAT;
    return true;
}

static bool has_resolvable_tag(const char *tag)
{
    return is_tag(tag, "int") || is_tag(tag, "bool") || is_tag(tag, "null") || is_tag(tag, "float");
}

int bl_yaml_scalar_read(struct bl_yaml_doc *doc, const yaml_event_t *event, cJSON *ret_value,
                        struct bl_scalar *ret_scalar, struct bl_error **err)
{
    struct bl_scalar scalar = {.type = BL_SCALAR_STRING};
    const char *text = (const char *)event->data.scalar.value;
    const char *tag = (const char *)event->data.scalar.tag;
    size_t len = event->data.scalar.length;
    unsigned line = bl_yaml_line(doc, event->start_mark);

    if (is_tag(tag, "binary")) {
        *ret_scalar = scalar;
        return set_binary(doc, event, ret_value, err);
    }
    if (memchr(text, '\0', len))
        return bl_yaml_doc_fail(doc, line, BL_ERR_INVALID, err, "NUL character in a string");
    if (tag ? has_resolvable_tag(tag) : event->data.scalar.plain_implicit)
        bl_scalar_resolve(text, len, &scalar);
    if (!fits_tag(tag, &scalar))
        return bl_yaml_doc_fail(doc, line, BL_ERR_INVALID, err, "\"%.40s\" is no !!%s", text,
                                tag + strlen(TAG_PREFIX));
    set_resolved(doc, event, &scalar, ret_value);
    *ret_scalar = scalar;
    return 0;
}

bool bl_yaml_scalar_is_merge(const yaml_event_t *event)
{
    const char *tag = (const char *)event->data.scalar.tag;

    return event->data.scalar.length == 2 && memcmp(event->data.scalar.value, "<<", 2) == 0 &&
           (tag ? is_tag(tag, "merge") : event->data.scalar.plain_implicit);
}
