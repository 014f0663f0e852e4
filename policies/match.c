/* Which policy decides where, and who is excused. */
#include <string.h>

#include "ballast/base/text.h"
#include "ballast/object/selector.h"
#include "policy.h"

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

static bool is_listed(const struct bl_strings *patterns, const char *text)
{
    for (size_t i = 0; i < patterns->len; i++)
        if (bl_text_glob(patterns->items[i], text))
            return true;
    return false;
}

static bool any_pattern(const struct bl_strings *patterns, const char *text)
{
    return !patterns->len || is_listed(patterns, text);
}

/* Every namespace carries its own name as a label, also one that is not in sight. */
static bool namespace_selected(const cJSON *selector, const struct bl_world *world,
                               const char *name)
{
    const cJSON *namespace = bl_world_find(world, BL_WORLD_NAMESPACE, "", name);
    BL_AUTO_JSON cJSON *labels = namespace && bl_object_labels(namespace)
                                     ? bl_json_copy(bl_object_labels(namespace))
                                     : bl_json_new_object();

    if (!bl_json_get(labels, BL_LABEL_NAMESPACE_NAME))
        bl_json_add_string(labels, BL_LABEL_NAMESPACE_NAME, name);
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

static bool any_forbids_opting_out(const struct bl_policy_set *set)
{
    for (size_t i = 0; i < set->len; i++)
        if (!set->items[i]->spec.allow_opt_out)
            return true;
    return false;
}

bool bl_policies_distrust(const struct bl_policy_set *set, const struct bl_world *world,
                          const cJSON *object, const char *namespace, const char *user)
{
    bool forbidden = false;

    if (!any_forbids_opting_out(set) || !bl_object_is_workload(object) ||
        !bl_workload_speaks_for_itself(object))
        return false;

    struct bl_workload *seen = bl_workload_recognise(object, NULL, true);
    struct bl_match_scope scope = {world, object, seen->role, namespace};
    for (size_t i = 0; i < set->len; i++) {
        const struct bl_spec *spec = &set->items[i]->spec;

        forbidden |= !spec->allow_opt_out && bl_match_object(&spec->match, &scope) &&
                     !(user && is_listed(&spec->operators, user));
    }
    bl_workload_free(seen);
    return forbidden;
}

static bool completes_only(const struct bl_policy *policy, enum bl_rule_id rule)
{
    return bl_rules[rule]->completes_only && bl_rules[rule]->completes_only(policy->rules[rule]);
}

static const struct bl_policy *first_policy(const struct bl_policy_set *set, enum bl_rule_id rule,
                                            const struct bl_match_scope *scope, bool judging)
{
    if (!(bl_rules[rule]->roles & match_bits(scope->role)))
        return NULL;
    for (size_t i = 0; i < set->len; i++)
        if (set->items[i]->rules[rule] && !(judging && completes_only(set->items[i], rule)) &&
            bl_match_object(&set->items[i]->spec.match, scope))
            return set->items[i];
    return NULL;
}

const struct bl_policy *bl_policy_for(const struct bl_policy_set *set, enum bl_rule_id rule,
                                      const struct bl_match_scope *scope)
{
    return first_policy(set, rule, scope, false);
}

const struct bl_policy *bl_policy_judging(const struct bl_policy_set *set, enum bl_rule_id rule,
                                          const struct bl_match_scope *scope)
{
    return first_policy(set, rule, scope, true);
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
        if (strcmp(exception->rules.items[i], bl_rule_keys[rule]) == 0)
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
