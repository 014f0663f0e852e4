#include "policy.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
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
static const struct bl_schema match_schema = {sizeof(struct bl_match), match_fields};

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
static const struct bl_schema exception_schema = {sizeof(struct bl_exception), exception_fields};

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
     .doc = "Whether the label ballast.dev/role: none on an object takes it out; true where not "
            "given."},
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
static const struct bl_schema spec_schema = {sizeof(struct bl_spec), spec_fields};

const char *bl_rule_key(enum bl_rule_id rule)
{
    return bl_rules[rule]->key;
}

const char *bl_rule_name(enum bl_rule_id rule)
{
    return bl_rules[rule]->name;
}

const char *bl_rule_summary(enum bl_rule_id rule)
{
    return bl_rules[rule]->summary;
}

const char *bl_policy_name(const struct bl_policy *policy)
{
    return policy->metadata.name;
}

static void policy_free(struct bl_policy *policy)
{
    if (!policy)
        return;
    free(policy->file);
    free(policy->metadata.name);
    bl_decode_release(&spec_schema, &policy->spec);
    for (size_t i = 0; i < BL_RULE_COUNT; i++) {
        if (policy->rules[i])
            bl_decode_release(bl_rules[i]->schema, policy->rules[i]);
        free(policy->rules[i]);
    }
    free(policy);
}
BL_DEFINE_CLEANUP(struct bl_policy *, policy_cleanup, policy_free)

static const char *const *rule_keys(void)
{
    static const char *keys[BL_RULE_COUNT + 1];

    for (size_t i = 0; i < BL_RULE_COUNT; i++)
        keys[i] = bl_rules[i]->key;
    return keys;
}

static int decode_rule(const struct bl_decode *from, const cJSON *value, size_t id,
                       struct bl_policy *policy, struct bl_error **err)
{
    const struct bl_rule *rule = bl_rules[id];
    BL_AUTO_FREE char *path = bl_asprintf("%s.%s", from->path, rule->key);
    struct bl_decode inner = {from->file, from->doc, path};

    if (!cJSON_IsObject(value)) {
        bl_decode_fail(&inner, value, NULL, err, "expected a map");
        return bl_hint(err, "Write %s: {action: %s}.", rule->key,
                       rule->mutates ? "Mutate" : "Deny");
    }
    policy->rules[id] = bl_alloc(1, rule->schema->size);
    memcpy(policy->rules[id], rule->defaults, rule->schema->size);
    if (bl_decode(&inner, value, rule->schema, policy->rules[id], err) < 0)
        return -1;
    if (policy->rules[id]->action == BL_ACTION_MUTATE && !rule->mutates) {
        bl_decode_fail(&inner, bl_json_get(value, "action"), "action", err,
                       "%s has nothing to add, so it cannot Mutate", rule->key);
        return bl_hint(err, "Use Deny, Warn, Audit or Off.");
    }
    return 0;
}

static int decode_rules(const struct bl_decode *from, const cJSON *rules, struct bl_policy *policy,
                        struct bl_error **err)
{
    const cJSON *value;

    if (!bl_json_is_null(rules) && !cJSON_IsObject(rules))
        return bl_decode_fail(from, rules, NULL, err, "expected a map of rules");
    cJSON_ArrayForEach(value, rules) {
        if (bl_decode_known(from, value, rule_keys(), err) < 0)
            return -1;
        for (size_t i = 0; i < BL_RULE_COUNT; i++)
            if (strcmp(bl_rules[i]->key, value->string) == 0 &&
                decode_rule(from, value, i, policy, err) < 0)
                return -1;
    }
    return 0;
}

static int check_exceptions(const struct bl_decode *from, const cJSON *list,
                            const struct bl_policy *policy, struct bl_error **err)
{
    const struct bl_exception *exceptions = policy->spec.exceptions.items;

    for (size_t i = 0; i < policy->spec.exceptions.len; i++) {
        const cJSON *value = cJSON_GetArrayItem(list, (int)i), *rule;

        cJSON_ArrayForEach(rule, bl_json_get(value, "rules")) {
            if (bl_text_in(rule->valuestring, rule_keys()))
                continue;
            const char *meant = bl_text_nearest(rule->valuestring, rule_keys());

            bl_decode_fail(from, rule, NULL, err, "exception \"%s\" names an unknown rule \"%s\"",
                           exceptions[i].name, rule->valuestring);
            return meant ? bl_hint(err, "Did you mean \"%s\"?", meant) : -1;
        }
    }
    return 0;
}

/* The spec without `rules`, which has a decoder of its own: members are borrowed, not copied. */
static int decode_spec(const struct bl_decode *from, const cJSON *spec, struct bl_policy *policy,
                       struct bl_error **err)
{
    const char *known[] = {"rules",    "priority",   "match", "allowOptOut",
                           "adoption", "exceptions", NULL};
    struct bl_decode rules = {from->file, from->doc, "spec.rules"};
    struct bl_decode exceptions = {from->file, from->doc, "spec.exceptions"};
    const cJSON *member;

    if (!cJSON_IsObject(spec))
        return bl_decode_fail(from, spec, NULL, err, "expected a map with match and rules");
    cJSON_ArrayForEach(member, spec) {
        if (bl_decode_known(from, member, known, err) < 0)
            return -1;
    }
    if (bl_decode_members(from, spec, &spec_schema, &policy->spec, err) < 0 ||
        decode_rules(&rules, bl_json_get(spec, "rules"), policy, err) < 0)
        return -1;
    return check_exceptions(&exceptions, bl_json_get(spec, "exceptions"), policy, err);
}

static int check_header(const struct bl_decode *from, const cJSON *value, struct bl_error **err)
{
    static const char *const known[] = {"apiVersion", "kind", "metadata", "spec", "status", NULL};
    const char *api_version = bl_json_string(value, "apiVersion");
    const cJSON *member;

    if (!bl_text_eq(bl_json_string(value, "kind"), "KafkaPolicy")) {
        bl_decode_fail(from, bl_json_get(value, "kind"), "kind", err, "not a KafkaPolicy");
        return bl_hint(err, "A policy file begins with apiVersion: %s and kind: KafkaPolicy.",
                       BL_API_VERSION);
    }
    if (!bl_text_eq(api_version, BL_API_VERSION))
        return bl_decode_fail(from, bl_json_get(value, "apiVersion"), "apiVersion", err,
                              "\"%s\" is not %s", api_version ? api_version : "", BL_API_VERSION);
    cJSON_ArrayForEach(member, value) {
        if (bl_decode_known(from, member, known, err) < 0)
            return -1;
    }
    return 0;
}

int bl_policy_set_add(struct bl_policy_set *set, const char *file, const struct bl_yaml_doc *doc,
                      const cJSON *value, struct bl_error **err)
{
    struct bl_decode from = {file, doc, ""}, spec = {file, doc, "spec"};
    BL_AUTO(policy_cleanup) struct bl_policy *policy = BL_NEW(struct bl_policy);
    const char *name = bl_json_string(bl_json_get(value, "metadata"), "name");

    if (check_header(&from, value, err) < 0)
        return -1;
    if (!name || !*name)
        return bl_decode_fail(&from, bl_json_get(value, "metadata"), "metadata", err,
                              "a policy needs a name");
    policy->file = bl_strdup(file ? file : "");
    policy->metadata.name = bl_strdup(name);
    policy->spec.allow_opt_out = true;
    if (decode_spec(&spec, bl_json_get(value, "spec"), policy, err) < 0)
        return -1;
    for (size_t i = 0; i < set->len; i++)
        if (strcmp(set->items[i]->metadata.name, name) == 0)
            return bl_decode_fail(&from, bl_json_get(value, "metadata"), "metadata.name", err,
                                  "there is a policy \"%s\" already, in %s", name,
                                  set->items[i]->file);
    *BL_PUSH(set) = BL_STEAL(policy);
    return 0;
}

int bl_policy_set_add_object(struct bl_policy_set *set, const cJSON *object, struct bl_error **err)
{
    const char *name = bl_json_string(bl_json_get(object, "metadata"), "name");
    BL_AUTO_FREE char *file = bl_asprintf("KafkaPolicy \"%s\"", name ? name : "");

    if (bl_policy_set_add(set, file, NULL, object, err) < 0)
        return -1;
    set->items[set->len - 1]->from_cluster = true;
    return 0;
}

static int compare_policies(const void *a, const void *b)
{
    const struct bl_policy *x = *(struct bl_policy *const *)a, *y = *(struct bl_policy *const *)b;

    if (x->spec.priority != y->spec.priority)
        return x->spec.priority > y->spec.priority ? -1 : 1;
    return strcmp(x->metadata.name, y->metadata.name);
}

void bl_policy_set_sort(struct bl_policy_set *set)
{
    if (set->len)
        qsort(set->items, set->len, sizeof(*set->items), compare_policies);
}

void bl_policy_set_release(struct bl_policy_set *set)
{
    for (size_t i = 0; i < set->len; i++)
        policy_free(set->items[i]);
    free(set->items);
    *set = (struct bl_policy_set){0};
}

static unsigned match_bits(enum bl_role role)
{
    static const unsigned bits[] = {
        [BL_ROLE_BROKER] = BL_MATCH_BROKER,
        [BL_ROLE_CONTROLLER] = BL_MATCH_CONTROLLER,
        [BL_ROLE_COMBINED] = BL_MATCH_BROKER | BL_MATCH_CONTROLLER | BL_MATCH_COMBINED,
        [BL_ROLE_ZOOKEEPER] = BL_MATCH_ZOOKEEPER,
    };

    return bits[role];
}

static bool any_pattern(const struct bl_strings *patterns, const char *text)
{
    for (size_t i = 0; i < patterns->len; i++)
        if (bl_text_glob(patterns->items[i], text))
            return true;
    return !patterns->len;
}

/* Every namespace carries its own name as a label, also one that is not in sight. */
static bool namespace_selected(const cJSON *selector, const struct bl_world *world,
                               const char *name)
{
    const cJSON *namespace = bl_world_find(world, BL_KIND_NAMESPACE, "", name);
    BL_AUTO_JSON cJSON *labels = namespace && bl_object_labels(namespace)
                                     ? bl_json_copy(bl_object_labels(namespace))
                                     : bl_json_new_object();

    if (!bl_json_get(labels, "kubernetes.io/metadata.name"))
        bl_json_add_string(labels, "kubernetes.io/metadata.name", name);
    return bl_selector_matches(selector, labels);
}

bool bl_match_object(const struct bl_match *match, const struct bl_match_scope *scope)
{
    struct bl_ref ref = bl_object_ref(scope->object);
    const char *assumed = scope->namespace ? scope->namespace : "default";
    const char *namespace = *ref.namespace ? ref.namespace : assumed;

    if (match->roles && !(match->roles & match_bits(scope->role)))
        return false;
    if (!any_pattern(&match->namespaces, namespace) || !any_pattern(&match->names, ref.name))
        return false;
    if (match->namespace_selector &&
        !namespace_selected(match->namespace_selector, scope->world, namespace))
        return false;
    return !match->object_selector ||
           bl_selector_matches(match->object_selector, bl_object_labels(scope->object));
}

const struct bl_policy *bl_policy_for(const struct bl_policy_set *set, enum bl_rule_id rule,
                                      const struct bl_match_scope *scope)
{
    if (!(bl_rules[rule]->roles & match_bits(scope->role)))
        return NULL;
    for (size_t i = 0; i < set->len; i++)
        if (set->items[i]->rules[rule] && bl_match_object(&set->items[i]->spec.match, scope))
            return set->items[i];
    return NULL;
}

bool bl_exception_expired(const struct bl_exception *exception, bl_day today)
{
    BL_ERROR(err);
    bl_day day;

    return exception->expires && bl_day_parse(exception->expires, &day, &err) == 0 && today >= day;
}

static bool names_rule(const struct bl_exception *exception, enum bl_rule_id rule)
{
    for (size_t i = 0; i < exception->rules.len; i++)
        if (strcmp(exception->rules.items[i], bl_rules[rule]->key) == 0)
            return true;
    return false;
}

const struct bl_exception *bl_policy_exception(const struct bl_policy_set *set,
                                               enum bl_rule_id rule,
                                               const struct bl_match_scope *scope, bl_day today)
{
    const struct bl_exception *stale = NULL;

    for (size_t p = 0; p < set->len; p++) {
        const struct bl_structs *list = &set->items[p]->spec.exceptions;

        /* A policy excuses only where it holds itself. */
        if (!bl_match_object(&set->items[p]->spec.match, scope))
            continue;
        for (size_t e = 0; e < list->len; e++) {
            const struct bl_exception *exception = (const struct bl_exception *)list->items + e;

            if (!names_rule(exception, rule) || !bl_match_object(&exception->match, scope))
                continue;
            if (!bl_exception_expired(exception, today))
                return exception;
            stale = exception;
        }
    }
    return stale;
}

bool bl_policy_excuses(const struct bl_policy_set *set, enum bl_rule_id rule,
                       const struct bl_match_scope *scope, bl_day today)
{
    const struct bl_exception *exception = bl_policy_exception(set, rule, scope, today);

    return exception && !bl_exception_expired(exception, today);
}

bool bl_namespace_excluded(const char *namespace)
{
    static const char *const excluded[] = {"kube-system", "kube-public", "kube-node-lease",
                                           "ballast-system", NULL};

    return bl_text_in(namespace, excluded);
}

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
        bl_json_add(properties, bl_rules[i]->key, schema);
    }
    return rules;
}

/* Written by the controller: whether the policy holds. */
static cJSON *status_openapi(void)
{
    static const char *const texts[] = {"type", "status", "reason", "message"};
    cJSON *status = bl_json_new_object(), *properties, *conditions, *item, *fields;

    bl_json_add_string(status, "type", "object");
    properties = bl_json_add_object(status, "properties");
    bl_json_add_string(bl_json_add_object(properties, "observedGeneration"), "type", "integer");
    conditions = bl_json_add_object(properties, "conditions");
    bl_json_add_string(conditions, "type", "array");
    bl_json_add_string(conditions, "x-kubernetes-list-type", "map");
    bl_json_push(bl_json_add_array(conditions, "x-kubernetes-list-map-keys"),
                 bl_json_new_string("type"));
    item = bl_json_add_object(conditions, "items");
    bl_json_add_string(item, "type", "object");
    bl_json_push(bl_json_add_array(item, "required"), bl_json_new_string("type"));
    fields = bl_json_add_object(item, "properties");
    for (size_t i = 0; i < BL_ARRAY_LEN(texts); i++)
        bl_json_add_string(bl_json_add_object(fields, texts[i]), "type", "string");
    bl_json_add_string(bl_json_add_object(fields, "observedGeneration"), "type", "integer");
    item = bl_json_add_object(fields, "lastTransitionTime");
    bl_json_add_string(item, "type", "string");
    bl_json_add_string(item, "format", "date-time");
    return status;
}

static void add_column(cJSON *columns, const char *name, const char *type, const char *path)
{
    cJSON *column = bl_json_push(columns, bl_json_new_object());

    bl_json_add_string(column, "name", name);
    bl_json_add_string(column, "type", type);
    bl_json_add_string(column, "jsonPath", path);
}

static cJSON *crd_version(void)
{
    cJSON *version = bl_json_new_object(), *schema, *properties, *spec, *required, *columns;

    bl_json_add_string(version, "name", "v1alpha1");
    bl_json_add_bool(version, "served", true);
    bl_json_add_bool(version, "storage", true);
    schema = bl_json_add_object(bl_json_add_object(version, "schema"), "openAPIV3Schema");
    bl_json_add_string(schema, "type", "object");
    required = bl_json_add_array(schema, "required");
    bl_json_push(required, bl_json_new_string("spec"));
    properties = bl_json_add_object(schema, "properties");
    bl_json_add_string(bl_json_add_object(properties, "apiVersion"), "type", "string");
    bl_json_add_string(bl_json_add_object(properties, "kind"), "type", "string");
    bl_json_add_string(bl_json_add_object(properties, "metadata"), "type", "object");
    spec = bl_json_add(properties, "spec", bl_schema_openapi(&spec_schema));
    bl_json_add(bl_json_get(spec, "properties"), "rules", rules_openapi());
    bl_json_add(properties, "status", status_openapi());
    bl_json_add_object(bl_json_add_object(version, "subresources"), "status");
    columns = bl_json_add_array(version, "additionalPrinterColumns");
    add_column(columns, "Priority", "integer", ".spec.priority");
    add_column(columns, "Accepted", "string", ".status.conditions[?(@.type==\"Accepted\")].status");
    add_column(columns, "Age", "date", ".metadata.creationTimestamp");
    return version;
}

cJSON *bl_policy_crd(void)
{
    cJSON *crd = bl_json_new_object(), *metadata, *spec, *names;

    bl_json_add_string(crd, "apiVersion", "apiextensions.k8s.io/v1");
    bl_json_add_string(crd, "kind", "CustomResourceDefinition");
    metadata = bl_json_add_object(crd, "metadata");
    bl_json_add_string(metadata, "name", "kafkapolicies.ballast.dev");
    spec = bl_json_add_object(crd, "spec");
    bl_json_add_string(spec, "group", "ballast.dev");
    bl_json_add_string(spec, "scope", "Cluster");
    names = bl_json_add_object(spec, "names");
    bl_json_add_string(names, "kind", "KafkaPolicy");
    bl_json_add_string(names, "listKind", "KafkaPolicyList");
    bl_json_add_string(names, "plural", "kafkapolicies");
    bl_json_add_string(names, "singular", "kafkapolicy");
    bl_json_push(bl_json_add_array(names, "shortNames"), bl_json_new_string("kpol"));
    bl_json_push(bl_json_add_array(spec, "versions"), crd_version());
    return crd;
}
