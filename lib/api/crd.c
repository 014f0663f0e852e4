/* A kind as a CustomResourceDefinition (apiextensions.k8s.io/v1), and the rights that its programs need. */
#include <stdlib.h>

#include "ballast/api/kind.h"
#include "ballast/base/mem.h"

static const struct bl_field condition_fields[] = {
    {.name = "type",
     .type = BL_FIELD_STRING,
     .offset = offsetof(struct bl_condition_status, type),
     .required = true,
     .doc = "What the condition is about."},
    {.name = "status",
     .type = BL_FIELD_STRING,
     .offset = offsetof(struct bl_condition_status, status),
     .doc = "True, False or Unknown."},
    {.name = "reason",
     .type = BL_FIELD_STRING,
     .offset = offsetof(struct bl_condition_status, reason),
     .doc = "Why, in one word for programs."},
    {.name = "message",
     .type = BL_FIELD_STRING,
     .offset = offsetof(struct bl_condition_status, message),
     .doc = "Why, in a sentence for people."},
    {.name = "observedGeneration",
     .type = BL_FIELD_INT,
     .offset = offsetof(struct bl_condition_status, observed_generation),
     .doc = "The metadata.generation that this was said of."},
    {.name = "lastTransitionTime",
     .type = BL_FIELD_STRING,
     .offset = offsetof(struct bl_condition_status, last_transition_time),
     .format = "date-time",
     .doc = "When the status changed last."},
    {0},
};
const struct bl_schema bl_condition_schema = {
    .size = sizeof(struct bl_condition_status), .fields = condition_fields, .map_key = "type"};

static void add_words(cJSON *object, const char *key, const char *const *words)
{
    cJSON *list = words ? bl_json_add_array(object, key) : NULL;

    for (; words && *words; words++)
        bl_json_push(list, bl_json_new_string(*words));
}

static void add_names(cJSON *spec, const struct bl_kind *kind)
{
    BL_AUTO_FREE char *list_kind = bl_asprintf("%sList", kind->kind);
    cJSON *names = bl_json_add_object(spec, "names");

    bl_json_add_string(names, "kind", kind->kind);
    bl_json_add_string(names, "listKind", list_kind);
    bl_json_add_string(names, "plural", kind->resource.plural);
    bl_json_add_string(names, "singular", kind->singular);
    add_words(names, "shortNames", kind->short_names);
}

static void add_schema(cJSON *version, const struct bl_kind *kind)
{
    cJSON *schema = bl_json_add_object(bl_json_add_object(version, "schema"), "openAPIV3Schema");
    cJSON *properties, *spec = bl_schema_openapi(kind->spec);

    bl_json_add_string(schema, "type", "object");
    bl_json_add_string(schema, "description", kind->doc);
    bl_json_push(bl_json_add_array(schema, "required"), bl_json_new_string("spec"));
    properties = bl_json_add_object(schema, "properties");
    bl_json_add_string(bl_json_add_object(properties, "apiVersion"), "type", "string");
    bl_json_add_string(bl_json_add_object(properties, "kind"), "type", "string");
    bl_json_add_string(bl_json_add_object(properties, "metadata"), "type", "object");
    if (kind->extend_spec)
        kind->extend_spec(spec);
    bl_json_add(properties, "spec", spec);
    if (kind->status)
        bl_json_add(properties, "status", bl_schema_openapi(kind->status));
}

static void add_columns(cJSON *version, const struct bl_column *columns)
{
    cJSON *list = columns ? bl_json_add_array(version, "additionalPrinterColumns") : NULL;

    for (; columns && columns->name; columns++) {
        cJSON *column = bl_json_push(list, bl_json_new_object());

        bl_json_add_string(column, "name", columns->name);
        bl_json_add_string(column, "type", columns->type);
        bl_json_add_string(column, "jsonPath", columns->path);
        if (columns->wide)
            bl_json_add_int(column, "priority", 1);
    }
}

static cJSON *new_version(const struct bl_kind *kind)
{
    cJSON *version = bl_json_new_object();

    bl_json_add_string(version, "name", kind->resource.version);
    bl_json_add_bool(version, "served", true);
    bl_json_add_bool(version, "storage", true);
    add_schema(version, kind);
    if (kind->status)
        bl_json_add_object(bl_json_add_object(version, "subresources"), "status");
    add_columns(version, kind->columns);
    return version;
}

cJSON *bl_kind_crd(const struct bl_kind *kind)
{
    BL_AUTO_FREE char *name = bl_asprintf("%s.%s", kind->resource.plural, kind->resource.group);
    cJSON *crd = bl_json_new_object(), *spec;

    bl_json_add_string(crd, "apiVersion", "apiextensions.k8s.io/v1");
    bl_json_add_string(crd, "kind", "CustomResourceDefinition");
    bl_json_add_string(bl_json_add_object(crd, "metadata"), "name", name);
    spec = bl_json_add_object(crd, "spec");
    bl_json_add_string(spec, "group", kind->resource.group);
    bl_json_add_string(spec, "scope", kind->scope == BL_KIND_CLUSTER ? "Cluster" : "Namespaced");
    add_names(spec, kind);
    bl_json_push(bl_json_add_array(spec, "versions"), new_version(kind));
    return crd;
}

static void add_rule(cJSON *rules, const struct bl_kind *kind, const char *subresource,
                     const char *const *verbs)
{
    BL_AUTO_FREE char *resource = bl_asprintf("%s%s", kind->resource.plural, subresource);
    const char *const groups[] = {kind->resource.group, NULL}, *const resources[] = {resource,
                                                                                     NULL};
    cJSON *rule = bl_json_push(rules, bl_json_new_object());

    add_words(rule, "apiGroups", groups);
    add_words(rule, "resources", resources);
    add_words(rule, "verbs", verbs);
}

cJSON *bl_kind_rules(const struct bl_kind *kind, unsigned rights)
{
    static const char *const read[] = {"list", "watch", NULL};
    static const char *const get[] = {"get", NULL};
    static const char *const write[] = {"patch", NULL};
    cJSON *rules = bl_json_new_array();

    if (rights & BL_RIGHT_READ)
        add_rule(rules, kind, "", read);
    if (rights & BL_RIGHT_GET)
        add_rule(rules, kind, "", get);
    if (rights & BL_RIGHT_WRITE)
        add_rule(rules, kind, "", write);
    if (rights & BL_RIGHT_STATUS)
        add_rule(rules, kind, "/status", write);
    return rules;
}
