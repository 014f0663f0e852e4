/* KafkaPolicy, as one writes it: the tables of its spec but for the rules, each of which has its own. */
#include "policy.h"

#include "ballast/object/selector.h"

static const char *const adoption_names[] = {"AtNextChange", "Immediate", NULL};
static const char *const match_role_names[] = {"broker", "controller", "combined", "zookeeper",
                                               NULL};

static const struct bl_field match_fields[] = {
    {.name = "namespaces",
     .type = BL_FIELD_STRINGS,
     .offset = offsetof(struct bl_match, namespaces),
     .doc = "Names or patterns (team-*) of namespaces."},
    {.name = "names",
     .type = BL_FIELD_STRINGS,
     .offset = offsetof(struct bl_match, names),
     .doc = "Names or patterns of the objects themselves."},
    {.name = "namespaceSelector",
     .type = BL_FIELD_JSON,
     .offset = offsetof(struct bl_match, namespace_selector),
     .check = bl_selector_validate,
     .doc = "A label selector on namespaces."},
    {.name = "objectSelector",
     .type = BL_FIELD_JSON,
     .offset = offsetof(struct bl_match, object_selector),
     .check = bl_selector_validate,
     .doc = "A label selector on the objects themselves."},
    {.name = "roles",
     .type = BL_FIELD_ENUMS,
     .offset = offsetof(struct bl_match, roles),
     .names = match_role_names,
     .doc = "Roles; a combined node counts as broker and as controller too."},
    {0},
};
static const struct bl_schema match_schema = BL_SCHEMA(struct bl_match, match_fields);

static int check_date(const cJSON *value, struct bl_error **err)
{
    bl_day day;

    return bl_day_parse(value->valuestring, &day, err);
}

static const struct bl_field exception_fields[] = {
    {.name = "name",
     .type = BL_FIELD_STRING,
     .offset = offsetof(struct bl_exception, name),
     .required = true,
     .doc = "What messages call it."},
    {.name = "match",
     .type = BL_FIELD_OBJECT,
     .offset = offsetof(struct bl_exception, match),
     .required = true,
     .schema = &match_schema,
     .doc = "Which workloads it excuses."},
    {.name = "rules",
     .type = BL_FIELD_STRINGS,
     .offset = offsetof(struct bl_exception, rules),
     .required = true,
     .doc = "From which rules."},
    {.name = "reason",
     .type = BL_FIELD_STRING,
     .offset = offsetof(struct bl_exception, reason),
     .required = true,
     .doc = "Why; shown wherever it is used."},
    {.name = "owner",
     .type = BL_FIELD_STRING,
     .offset = offsetof(struct bl_exception, owner),
     .doc = "Who answers for it."},
    {.name = "expires",
     .type = BL_FIELD_STRING,
     .offset = offsetof(struct bl_exception, expires),
     .check = check_date,
     .doc = "The first day on which it counts no more (YYYY-MM-DD)."},
    {0},
};
static const struct bl_schema exception_schema = BL_SCHEMA(struct bl_exception, exception_fields);

/* `rules` is decoded beside this table, by the table of rules. */
static const struct bl_field spec_fields[] = {
    {.name = "priority",
     .type = BL_FIELD_INT,
     .offset = offsetof(struct bl_spec, priority),
     .min = -1000000,
     .max = 1000000,
     .doc = "Of several policies that define a rule, the highest decides; 0 where not given."},
    {.name = "match",
     .type = BL_FIELD_OBJECT,
     .offset = offsetof(struct bl_spec, match),
     .schema = &match_schema,
     .doc = "Which workloads; all recognised ones where not given."},
    {.name = "allowOptOut",
     .type = BL_FIELD_BOOL,
     .offset = offsetof(struct bl_spec, allow_opt_out),
     .doc = "Whether the label ballast.dev/role: none on an object takes it out, and its own word "
            "makes it an "
            "operator's; true where not given."},
    {.name = "operators",
     .type = BL_FIELD_STRINGS,
     .offset = offsetof(struct bl_spec, operators),
     .doc = "Users, as patterns, who are believed where allowOptOut is false: "
            "system:serviceaccount:NAMESPACE:NAME of Strimzi's operator."},
    {.name = "adoption",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct bl_spec, adoption),
     .names = adoption_names,
     .doc = "When workloads that were there before are changed: AtNextChange of their template, or "
            "Immediate, which rolls them."},
    {.name = "exceptions",
     .type = BL_FIELD_OBJECTS,
     .offset = offsetof(struct bl_spec, exceptions),
     .schema = &exception_schema,
     .doc = "Workloads that are excused from rules, with a reason and an end."},
    {0},
};
static const struct bl_schema spec_schema = BL_SCHEMA(struct bl_spec, spec_fields);

static const struct bl_field status_fields[] = {
    {.name = "observedGeneration",
     .type = BL_FIELD_INT,
     .offset = offsetof(struct bl_policy_status, observed_generation),
     .doc = "The metadata.generation that was looked at last."},
    {.name = "conditions",
     .type = BL_FIELD_OBJECTS,
     .offset = offsetof(struct bl_policy_status, conditions),
     .schema = &bl_condition_schema,
     .doc = "Accepted says whether the policy holds, or why it is refused."},
    {0},
};
static const struct bl_schema status_schema = BL_SCHEMA(struct bl_policy_status, status_fields);

static cJSON *rules_openapi(void)
{
    cJSON *rules = bl_json_new_object(), *properties;

    bl_json_add_string(rules, "type", "object");
    bl_json_add_string(rules, "description",
                       "The rules that this policy defines, each with its action.");
    properties = bl_json_add_object(rules, "properties");
    for (size_t i = 0; i < BL_RULE_COUNT; i++) {
        cJSON *schema = bl_schema_openapi(bl_rules[i]->schema);
        cJSON *actions = bl_json_at(schema, "properties", "action", "enum", NULL);

        bl_json_add_string(schema, "description", bl_rules[i]->summary);
        if (!bl_rules[i]->mutates)
            cJSON_DeleteItemFromArray(actions, BL_ACTION_MUTATE);
        bl_json_add(properties, bl_rule_keys[i], schema);
    }
    return rules;
}

static void add_rules(cJSON *schema)
{
    bl_json_add(bl_json_get(schema, "properties"), "rules", rules_openapi());
}

static const char *const short_names[] = {"kpol", NULL};
static const struct bl_column columns[] = {
    {"Priority", "integer", ".spec.priority", false},
    {"Accepted", "string", ".status.conditions[?(@.type==\"" BL_CONDITION_ACCEPTED "\")].status",
     false},
    {"Age", "date", ".metadata.creationTimestamp", false},
    {0},
};

const struct bl_kind bl_kind_kafka_policy = {
    .resource = {BL_API_GROUP, "v1alpha1", "kafkapolicies"},
    .kind = "KafkaPolicy",
    .scope = BL_KIND_CLUSTER,
    .singular = "kafkapolicy",
    .short_names = short_names,
    .doc = "Which rules hold for which Kafka and ZooKeeper workloads.",
    .spec = &spec_schema,
    .status = &status_schema,
    .columns = columns,
    .extend_spec = add_rules,
};
