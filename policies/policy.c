#include "policy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

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
    bl_decode_release(bl_kind_kafka_policy.spec, &policy->spec);
    for (size_t i = 0; i < BL_RULE_COUNT; i++) {
        if (policy->rules[i])
            bl_decode_release(bl_rules[i]->schema, policy->rules[i]);
        free(policy->rules[i]);
    }
    free(policy);
}
BL_DEFINE_CLEANUP(struct bl_policy *, policy_cleanup, policy_free)

static int decode_rule(const struct bl_decode *from, const cJSON *value, size_t id,
                       struct bl_policy *policy, struct bl_error **err)
{
    const struct bl_rule *rule = bl_rules[id];
    const char *key = bl_rule_keys[id];
    BL_AUTO_FREE char *path = bl_asprintf("%s.%s", from->path, key);
    struct bl_decode inner = {from->file, from->doc, path};

    if (!cJSON_IsObject(value)) {
        bl_decode_fail(&inner, value, NULL, err, "expected a map");
        return bl_hint(err, "Write %s: {action: %s}.", key, rule->mutates ? "Mutate" : "Deny");
    }
    policy->rules[id] = bl_alloc(1, rule->schema->size);
    memcpy(policy->rules[id], rule->defaults, rule->schema->size);
    if (bl_decode(&inner, value, rule->schema, policy->rules[id], err) < 0)
        return -1;
    if (policy->rules[id]->action == BL_ACTION_MUTATE && !rule->mutates) {
        bl_decode_fail(&inner, bl_json_get(value, "action"), "action", err,
                       "%s has nothing to add, so it cannot Mutate", key);
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
    BL_JSON_EACH_MEMBER(value, rules) {
        if (bl_decode_known(from, value, bl_rule_keys, err) < 0)
            return -1;
        for (size_t i = 0; i < BL_RULE_COUNT; i++)
            if (strcmp(bl_rule_keys[i], value->string) == 0 &&
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
            if (bl_text_in(rule->valuestring, bl_rule_keys))
                continue;
            const char *meant = bl_text_nearest(rule->valuestring, bl_rule_keys);

            bl_decode_fail(from, rule, NULL, err, "exception \"%s\" names an unknown rule \"%s\"",
                           exceptions[i].name, rule->valuestring);
            return meant ? bl_hint(err, "Did you mean \"%s\"?", meant) : -1;
        }
    }
    return 0;
}

#define KNOWN_MAX 16

/* `ret_names` has room for KNOWN_MAX - 1 of them, the last of which is NULL. */
static void name_fields(const struct bl_schema *schema, const char **ret_names)
{
    size_t len = 0;

    for (const struct bl_field *field = schema->fields; field->name; field++) {
        assert(len < KNOWN_MAX - 2);
        ret_names[len++] = field->name;
    }
    ret_names[len] = NULL;
}

/* The spec without `rules`, which has a decoder of its own: members are borrowed, not copied. */
static int decode_spec(const struct bl_decode *from, const cJSON *spec, struct bl_policy *policy,
                       struct bl_error **err)
{
    const char *known[KNOWN_MAX] = {"rules"};
    struct bl_decode rules = {from->file, from->doc, "spec.rules"};
    struct bl_decode exceptions = {from->file, from->doc, "spec.exceptions"};
    const cJSON *member;

    if (!cJSON_IsObject(spec))
        return bl_decode_fail(from, spec, NULL, err, "expected a map with match and rules");
    name_fields(bl_kind_kafka_policy.spec, known + 1);
    cJSON_ArrayForEach(member, spec) {
        if (bl_decode_known(from, member, known, err) < 0)
            return -1;
    }
    if (bl_decode_members(from, spec, bl_kind_kafka_policy.spec, &policy->spec, err) < 0 ||
        decode_rules(&rules, bl_json_get(spec, "rules"), policy, err) < 0)
        return -1;
    return check_exceptions(&exceptions, bl_json_get(spec, "exceptions"), policy, err);
}

int bl_policy_set_add(struct bl_policy_set *set, const char *file, const struct bl_yaml_doc *doc,
                      const cJSON *value, struct bl_error **err)
{
    struct bl_decode from = {file, doc, ""}, spec = {file, doc, "spec"};
    BL_AUTO(policy_cleanup) struct bl_policy *policy = BL_NEW(struct bl_policy);
    const char *name = bl_json_string(bl_json_get(value, "metadata"), "name");

    if (bl_kind_check_head(&bl_kind_kafka_policy, "policy", &from, value, err) < 0)
        return -1;
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
