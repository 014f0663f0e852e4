#include "ballast/json/decode.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

/* Most fields of one schema; a compile-time table never comes near. */
#define MAX_FIELDS 64

int bl_decode_fail(const struct bl_decode *from, const cJSON *value, const char *key,
                   struct bl_error **err, const char *fmt, ...)
{
    const struct bl_origin *origin =
        from->doc && value ? bl_yaml_doc_origin(from->doc, value) : NULL;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    va_list args;

    if (origin)
        bl_strbuf_addf(&text, "%s:%u: ", from->file, origin->key_line);
    else if (from->file)
        bl_strbuf_addf(&text, "%s: ", from->file);
    bl_strbuf_adds(&text, from->path);
    if (key)
        bl_strbuf_addf(&text, "%s%s", *from->path ? "." : "", key);
    if (key || *from->path)
        bl_strbuf_adds(&text, ": ");
    va_start(args, fmt);
    bl_strbuf_vaddf(&text, fmt, args);
    va_end(args);
    return bl_fail(err, BL_ERR_INVALID, "%s", text.text);
}

int bl_decode_known(const struct bl_decode *from, const cJSON *value, const char *const *keys,
                    struct bl_error **err)
{
    if (bl_text_in(value->string, keys))
        return 0;

    const char *meant = bl_text_nearest(value->string, keys);
    bl_decode_fail(from, value, NULL, err, "unknown field \"%s\"", value->string);
    if (meant)
        return bl_hint(err, "Did you mean \"%s\"?", meant);

    BL_AUTO(bl_strbuf_release) struct bl_strbuf list = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    for (size_t i = 0; keys[i]; i++)
        bl_strbuf_addf(&list, "%s%s", i ? ", " : "", keys[i]);
    return bl_hint(err, "Known here: %s.", list.text);
}

static void release_field(const struct bl_field *field, void *at);

static void *field_at(const struct bl_field *field, void *out)
{
    return (char *)out + field->offset;
}

static int expected(const struct bl_decode *from, const cJSON *value, const struct bl_field *field,
                    const char *what, struct bl_error **err)
{
    return bl_decode_fail(from, value, field->name, err, "expected %s", what);
}

static int find_name(const struct bl_decode *from, const cJSON *value, const struct bl_field *field,
                     int *ret_index, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf list = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (int i = 0; field->names[i]; i++) {
        if (cJSON_IsString(value) && strcmp(value->valuestring, field->names[i]) == 0) {
            *ret_index = i;
            return 0;
        }
        bl_strbuf_addf(&list, "%s%s", i ? ", " : "", field->names[i]);
    }
    /* YAML 1.1 reads a bare Off as false; say so instead of puzzling people. */
    if (cJSON_IsBool(value) && bl_text_in("Off", field->names))
        return 1;

    bl_decode_fail(from, value, field->name, err, "expected one of %s", list.text);
    const char *meant =
        cJSON_IsString(value) ? bl_text_nearest(value->valuestring, field->names) : NULL;
    return meant ? bl_hint(err, "Did you mean \"%s\"?", meant) : -1;
}

static int decode_enum(const struct bl_decode *from, const cJSON *value,
                       const struct bl_field *field, int *ret_index, struct bl_error **err)
{
    int rc = find_name(from, value, field, ret_index, err);

    if (rc != 1)
        return rc;
    if (cJSON_IsTrue(value))
        return expected(from, value, field, "a word, not a boolean", err);
    for (int i = 0; field->names[i]; i++)
        if (strcmp(field->names[i], "Off") == 0)
            *ret_index = i;
    return 0;
}

static int decode_int(const struct bl_decode *from, const cJSON *value,
                      const struct bl_field *field, int64_t *ret_value, struct bl_error **err)
{
    int64_t number;

    if (!bl_json_int(value, &number))
        return expected(from, value, field, "a whole number", err);
    if ((field->min || field->max) && (number < field->min || number > field->max))
        return bl_decode_fail(from, value, field->name, err,
                              "%" PRId64 " is not in the range %" PRId64 " to %" PRId64, number,
                              field->min, field->max);
    *ret_value = number;
    return 0;
}

static int decode_string(const struct bl_decode *from, const cJSON *value,
                         const struct bl_field *field, char **ret_text, struct bl_error **err)
{
    if (!cJSON_IsString(value))
        return expected(from, value, field, "a string", err);
    free(*ret_text);
    *ret_text = bl_strdup(value->valuestring);
    return 0;
}

static int decode_strings(const struct bl_decode *from, const cJSON *value,
                          const struct bl_field *field, struct bl_strings *strings,
                          struct bl_error **err)
{
    const cJSON *item;

    if (!cJSON_IsArray(value))
        return expected(from, value, field, "a list of strings", err);
    release_field(field, strings);
    cJSON_ArrayForEach(item, value) {
        if (!cJSON_IsString(item))
            return expected(from, item, field, "a list of strings", err);
        *BL_PUSH(strings) = bl_strdup(item->valuestring);
    }
    return 0;
}

static int decode_enums(const struct bl_decode *from, const cJSON *value,
                        const struct bl_field *field, unsigned *ret_bits, struct bl_error **err)
{
    const cJSON *item;
    unsigned bits = 0;

    if (!cJSON_IsArray(value))
        return expected(from, value, field, "a list", err);
    cJSON_ArrayForEach(item, value) {
        int index = 0;

        if (decode_enum(from, item, field, &index, err) < 0)
            return -1;
        bits |= 1u << index;
    }
    *ret_bits = bits;
    return 0;
}

static char *inner_path(const struct bl_decode *from, const char *name, const char *index)
{
    return bl_asprintf("%s%s%s%s", from->path, *from->path ? "." : "", name, index);
}

static int decode_objects(const struct bl_decode *from, const cJSON *value,
                          const struct bl_field *field, struct bl_structs *structs,
                          struct bl_error **err)
{
    const cJSON *item;

    if (!cJSON_IsArray(value))
        return expected(from, value, field, "a list", err);
    release_field(field, structs);
    structs->items = bl_alloc(bl_json_len(value), field->schema->size);
    cJSON_ArrayForEach(item, value) {
        char index[32];
        void *out = (char *)structs->items + structs->len * field->schema->size;

        (void)snprintf(index, sizeof(index), "[%zu]", structs->len++);
        BL_AUTO_FREE char *path = inner_path(from, field->name, index);
        struct bl_decode inner = {from->file, from->doc, path};
        if (bl_decode(&inner, item, field->schema, out, err) < 0)
            return -1;
    }
    return 0;
}

static int decode_json(const struct bl_decode *from, const cJSON *value,
                       const struct bl_field *field, cJSON **ret_json, struct bl_error **err)
{
    const cJSON *item;

    if (field->type == BL_FIELD_JSON && !cJSON_IsObject(value))
        return expected(from, value, field, "a map", err);
    if (field->type == BL_FIELD_JSONS && !cJSON_IsArray(value))
        return expected(from, value, field, "a list", err);
    cJSON_ArrayForEach(item, value) {
        if (field->type == BL_FIELD_JSONS && !cJSON_IsObject(item))
            return expected(from, item, field, "a list of maps", err);
    }
    cJSON_Delete(*ret_json);
    *ret_json = bl_json_copy(value);
    return 0;
}

static int decode_bool(const struct bl_decode *from, const cJSON *value,
                       const struct bl_field *field, bool *ret_value, struct bl_error **err)
{
    if (!cJSON_IsBool(value))
        return expected(from, value, field, "true or false", err);
    *ret_value = cJSON_IsTrue(value);
    return 0;
}

static int decode_typed(const struct bl_decode *from, const cJSON *value,
                        const struct bl_field *field, void *at, struct bl_error **err)
{
    switch (field->type) {
    case BL_FIELD_STRING:
        return decode_string(from, value, field, at, err);
    case BL_FIELD_BOOL:
        return decode_bool(from, value, field, at, err);
    case BL_FIELD_INT:
        return decode_int(from, value, field, at, err);
    case BL_FIELD_ENUM:
        return decode_enum(from, value, field, at, err);
    case BL_FIELD_STRINGS:
        return decode_strings(from, value, field, at, err);
    case BL_FIELD_ENUMS:
        return decode_enums(from, value, field, at, err);
    case BL_FIELD_OBJECTS:
        return decode_objects(from, value, field, at, err);
    case BL_FIELD_JSON:
    case BL_FIELD_JSONS:
        return decode_json(from, value, field, at, err);
    case BL_FIELD_OBJECT:
        break;
    }

    BL_AUTO_FREE char *path = inner_path(from, field->name, "");
    struct bl_decode inner = {from->file, from->doc, path};
    return bl_decode(&inner, value, field->schema, at, err);
}

static int decode_field(const struct bl_decode *from, const cJSON *value,
                        const struct bl_field *field, void *out, struct bl_error **err)
{
    BL_ERROR(why);

    if (decode_typed(from, value, field, field_at(field, out), err) < 0)
        return -1;
    if (field->check && field->check(value, &why) < 0) {
        bl_decode_fail(from, value, field->name, err, "%s", bl_error_text(why));
        return bl_error_hint(why) ? bl_hint(err, "%s", bl_error_hint(why)) : -1;
    }
    return 0;
}

int bl_decode_members(const struct bl_decode *from, const cJSON *value,
                      const struct bl_schema *schema, void *out, struct bl_error **err)
{
    for (const struct bl_field *field = schema->fields; field->name; field++) {
        const cJSON *member = bl_json_get(value, field->name);

        if (field->required && bl_json_is_null(member))
            return bl_decode_fail(from, value, NULL, err, "\"%s\" is missing", field->name);
        if (!bl_json_is_null(member) && decode_field(from, member, field, out, err) < 0)
            return -1;
    }
    return 0;
}

int bl_decode(const struct bl_decode *from, const cJSON *value, const struct bl_schema *schema,
              void *out, struct bl_error **err)
{
    const char *keys[MAX_FIELDS + 1] = {NULL};
    const cJSON *member;

    if (!bl_json_is_null(value) && !cJSON_IsObject(value))
        return bl_decode_fail(from, value, NULL, err, "expected a map");
    for (size_t i = 0; i < MAX_FIELDS && schema->fields[i].name; i++)
        keys[i] = schema->fields[i].name;
    cJSON_ArrayForEach(member, value) {
        if (bl_decode_known(from, member, keys, err) < 0)
            return -1;
    }
    return bl_decode_members(from, value, schema, out, err);
}

void bl_strings_release(struct bl_strings *strings)
{
    for (size_t i = 0; i < strings->len; i++)
        free(strings->items[i]);
    free(strings->items);
    *strings = (struct bl_strings){0};
}

cJSON *bl_json_add_strings(cJSON *object, const char *key, const struct bl_strings *strings)
{
    cJSON *list = bl_json_add_array(object, key);

    for (size_t i = 0; i < strings->len; i++)
        bl_json_push(list, bl_json_new_string(strings->items[i]));
    return list;
}

static void release_field(const struct bl_field *field, void *at)
{
    struct bl_structs *structs = at;

    switch (field->type) {
    case BL_FIELD_STRING:
        free(*(char **)at);
        *(char **)at = NULL;
        break;
    case BL_FIELD_STRINGS:
        bl_strings_release(at);
        break;
    case BL_FIELD_OBJECT:
        bl_decode_release(field->schema, at);
        break;
    case BL_FIELD_OBJECTS:
        for (size_t i = 0; i < structs->len; i++)
            bl_decode_release(field->schema, (char *)structs->items + i * field->schema->size);
        free(structs->items);
        *structs = (struct bl_structs){0};
        break;
    case BL_FIELD_JSON:
    case BL_FIELD_JSONS:
        cJSON_Delete(*(cJSON **)at);
        *(cJSON **)at = NULL;
        break;
    case BL_FIELD_BOOL:
    case BL_FIELD_INT:
    case BL_FIELD_ENUM:
    case BL_FIELD_ENUMS:
        break;
    }
}

void bl_decode_release(const struct bl_schema *schema, void *decoded)
{
    for (const struct bl_field *field = schema->fields; field->name; field++)
        release_field(field, field_at(field, decoded));
}
