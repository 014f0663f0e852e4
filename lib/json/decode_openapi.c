#include "ballast/json/decode.h"

static cJSON *typed(const char *type)
{
    cJSON *schema = bl_json_new_object();

    bl_json_add_string(schema, "type", type);
    return schema;
}

static cJSON *names_schema(const char *const *names)
{
    cJSON *schema = typed("string"), *list = bl_json_add_array(schema, "enum");

    for (; *names; names++)
        bl_json_push(list, bl_json_new_string(*names));
    return schema;
}

static cJSON *int_schema(const struct bl_field *field)
{
    cJSON *schema = typed("integer");

    bl_json_add_string(schema, "format", "int64");
    if (field->min || field->max) {
        bl_json_add_int(schema, "minimum", field->min);
        bl_json_add_int(schema, "maximum", field->max);
    }
    return schema;
}

/* An object whose inside belongs to somebody else's schema, a label selector or a peer. */
static cJSON *free_form(void)
{
    cJSON *schema = typed("object");

    bl_json_add_bool(schema, "x-kubernetes-preserve-unknown-fields", true);
    return schema;
}

static cJSON *array_of(cJSON *items)
{
    cJSON *schema = typed("array");

    bl_json_add(schema, "items", items);
    return schema;
}

/* A list whose items server-side apply tells apart by their key. */
static cJSON *objects_schema(const struct bl_schema *item)
{
    cJSON *schema = array_of(bl_schema_openapi(item));

    if (item->map_key) {
        bl_json_add_string(schema, "x-kubernetes-list-type", "map");
        bl_json_push(bl_json_add_array(schema, "x-kubernetes-list-map-keys"),
                     bl_json_new_string(item->map_key));
    }
    return schema;
}

static cJSON *string_schema(const struct bl_field *field)
{
    cJSON *schema = typed("string");

    if (field->format)
        bl_json_add_string(schema, "format", field->format);
    return schema;
}

static cJSON *field_schema(const struct bl_field *field)
{
    switch (field->type) {
    case BL_FIELD_BOOL:
        return typed("boolean");
    case BL_FIELD_INT:
        return int_schema(field);
    case BL_FIELD_ENUM:
        return names_schema(field->names);
    case BL_FIELD_STRINGS:
        return array_of(typed("string"));
    case BL_FIELD_ENUMS:
        return array_of(names_schema(field->names));
    case BL_FIELD_OBJECT:
        return bl_schema_openapi(field->schema);
    case BL_FIELD_OBJECTS:
        return objects_schema(field->schema);
    case BL_FIELD_JSON:
        return free_form();
    case BL_FIELD_JSONS:
        return array_of(free_form());
    case BL_FIELD_STRING:
        break;
    }
    return string_schema(field);
}

cJSON *bl_schema_openapi(const struct bl_schema *schema)
{
    cJSON *object = typed("object"), *properties = NULL, *required = NULL;

    for (const struct bl_field *field = schema->fields; field->name; field++) {
        cJSON *value = field_schema(field);

        if (!properties)
            properties = bl_json_add_object(object, "properties");
        if (field->doc)
            bl_json_add_string(value, "description", field->doc);
        bl_json_add(properties, field->name, value);
        if (field->required) {
            if (!required)
                required = bl_json_new_array();
            bl_json_push(required, bl_json_new_string(field->name));
        }
    }
    if (required)
        bl_json_add(object, "required", required);
    return object;
}
