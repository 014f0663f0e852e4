#include "ballast/api/builtin.h"
#include "json_help.h"

struct thing {
    char *size;
};

struct thing_status {
    struct bl_structs conditions;
};

static const struct bl_field thing_fields[] = {
    {.name = "size",
     .type = BL_FIELD_STRING,
     .offset = offsetof(struct thing, size),
     .required = true,
     .doc = "How big."},
    {0},
};
static const struct bl_schema thing_schema = BL_SCHEMA(struct thing, thing_fields);
static const struct bl_field status_fields[] = {
    {.name = "conditions",
     .type = BL_FIELD_OBJECTS,
     .offset = offsetof(struct thing_status, conditions),
     .schema = &bl_condition_schema},
    {0},
};
static const struct bl_schema status_schema = BL_SCHEMA(struct thing_status, status_fields);

static const char *const short_names[] = {"th", NULL};
static const struct bl_column columns[] = {
    {"Size", "string", ".spec.size", true},
    {0},
};

static const struct bl_kind things = {
    .resource = {"ballast.dev", "v1alpha1", "things"},
    .kind = "Thing",
    .scope = BL_KIND_NAMESPACED,
    .singular = "thing",
    .short_names = short_names,
    .doc = "A thing.",
    .spec = &thing_schema,
    .status = &status_schema,
    .columns = columns,
};

static const struct {
    const char *why, *manifest, *message;
} heads[] = {
    {"as it should be",
     "{'apiVersion': 'ballast.dev/v1alpha1', 'kind': 'Thing', 'metadata': {'name': 'a'}}", NULL},
    {"another kind", "{'apiVersion': 'ballast.dev/v1alpha1', 'kind': 'Pod'}",
     "t.yaml: kind: not a Thing"},
    {"a version that is not served", "{'apiVersion': 'ballast.dev/v2', 'kind': 'Thing'}",
     "t.yaml: apiVersion: \"ballast.dev/v2\" is not ballast.dev/v1alpha1"},
    {"no name", "{'apiVersion': 'ballast.dev/v1alpha1', 'kind': 'Thing', 'metadata': {}}",
     "t.yaml: metadata: a thing needs a name"},
    {"a member that nobody knows",
     "{'apiVersion': 'ballast.dev/v1alpha1', 'kind': 'Thing', 'metadata': {'name': 'a'},"
     " 'spce': {}}",
     "t.yaml: unknown field \"spce\""},
};

START_TEST(checks_heads)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(heads); i++) {
        BL_AUTO_JSON cJSON *manifest = help_json(heads[i].manifest);
        struct bl_decode from = {"t.yaml", NULL, ""};
        BL_ERROR(err);
        int rc = bl_kind_check_head(&things, "thing", &from, manifest, &err);

        BL_WHY(rc == (heads[i].message ? -1 : 0), heads[i].why);
        if (heads[i].message && !strstr(bl_error_text(err), heads[i].message))
            ck_abort_msg("%s: %s", heads[i].why, bl_error_text(err));
    }
}
END_TEST

static void expect_text(const cJSON *value, const char *wanted)
{
    BL_AUTO_FREE char *text = help_text(value);

    ck_assert_str_eq(text, wanted);
}

/* What a person sees: names, columns, texts of `kubectl explain`, and a status of its own. */
START_TEST(makes_a_definition)
{
    BL_AUTO_JSON cJSON *crd = bl_kind_crd(&things);
    const cJSON *spec = bl_json_get(crd, "spec");
    const cJSON *version = bl_json_get(spec, "versions")->child;
    const cJSON *schema = bl_json_at(version, "schema", "openAPIV3Schema", NULL);

    expect_text(bl_json_get(crd, "metadata"), "{'name':'things.ballast.dev'}");
    expect_text(bl_json_get(spec, "scope"), "'Namespaced'");
    expect_text(bl_json_get(spec, "names"),
                "{'kind':'Thing','listKind':'ThingList','plural':'things','singular':'thing',"
                "'shortNames':['th']}");
    expect_text(bl_json_get(version, "additionalPrinterColumns"),
                "[{'name':'Size','type':'string','jsonPath':'.spec.size','priority':1}]");
    expect_text(bl_json_get(version, "subresources"), "{'status':{}}");
    expect_text(bl_json_get(schema, "description"), "'A thing.'");
    expect_text(bl_json_at(schema, "properties", "spec", NULL),
                "{'type':'object','properties':{'size':{'type':'string','description':'How big.'}},"
                "'required':['size']}");
    expect_text(bl_json_at(schema, "properties", "status", "properties", "conditions",
                           "x-kubernetes-list-map-keys", NULL),
                "['type']");
}
END_TEST

START_TEST(makes_rules)
{
    BL_AUTO_JSON cJSON *rules = bl_kind_rules(&things, BL_RIGHT_READ | BL_RIGHT_STATUS);

    expect_text(rules, "[{'apiGroups':['ballast.dev'],'resources':['things'],"
                       "'verbs':['list','watch']},"
                       "{'apiGroups':['ballast.dev'],'resources':['things/status'],"
                       "'verbs':['patch']}]");
}
END_TEST

START_TEST(knows_its_objects)
{
    BL_AUTO_JSON cJSON *set = bl_kind_new_object(&bl_kind_stateful_set, "kafka", "broker");
    BL_AUTO_JSON cJSON *node = bl_kind_new_object(&bl_kind_node, NULL, "a");

    expect_text(set, "{'apiVersion':'apps/v1','kind':'StatefulSet',"
                     "'metadata':{'name':'broker','namespace':'kafka'}}");
    expect_text(node, "{'apiVersion':'v1','kind':'Node','metadata':{'name':'a'}}");
    ck_assert(bl_kind_is(&bl_kind_stateful_set, set));
    ck_assert(!bl_kind_is(&bl_kind_pod, set));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api/kind");
    TCase *tests = tcase_create("kind");

    tcase_add_test(tests, checks_heads);
    tcase_add_test(tests, makes_a_definition);
    tcase_add_test(tests, makes_rules);
    tcase_add_test(tests, knows_its_objects);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
