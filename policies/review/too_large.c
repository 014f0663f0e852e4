#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/budget.h"
#include "ballast/base/mem.h"
#include "ballast/workload/service.h"
#include "ballast/workload/workload.h"
#include "review.h"

/*
 * What is too large to judge is denied where a policy asks for a verdict that denies, because a namespace that is filled
 * up would switch the rules off otherwise; and let through, early, where it is none of ours.
 */

/* What this costs is one look at one object, or one at each workload of the namespace. */
#define UNITS (BL_UNITS_REVIEW / 4)

/* What is done where no verdict is reached. */
enum answer {
    ANSWER_PASS, /* nobody asks for one */
    ANSWER_WARN,
    ANSWER_DENY,
};

static enum answer answer_of(enum bl_action action)
{
    return action == BL_ACTION_MUTATE || action == BL_ACTION_DENY ? ANSWER_DENY
           : action == BL_ACTION_WARN                             ? ANSWER_WARN
                                                                  : ANSWER_PASS;
}

/* `only` BL_RULE_COUNT: any rule. */
static enum answer asked_by_policies(const struct bl_review *review, const struct bl_world *world,
                                     const cJSON *object, enum bl_role role, enum bl_rule_id only)
{
    struct bl_match_scope scope = {world, object, role, review->namespace};
    enum answer most = ANSWER_PASS;

    for (int rule = 0; rule < BL_RULE_COUNT; rule++) {
        const struct bl_policy *policy = bl_policy_for(review->set, (enum bl_rule_id)rule, &scope);
        enum answer answer;

        if (!policy || (only != BL_RULE_COUNT && rule != (int)only) ||
            bl_policy_excuses(review->set, (enum bl_rule_id)rule, &scope, review->facts->today))
            continue;
        answer = answer_of((enum bl_action)policy->rules[rule]->action);
        most = answer > most ? answer : most;
    }
    return most;
}

/* The namespace, and ConfigMaps that may show what a workload is. */
static struct bl_world *few(const struct bl_review *review)
{
    BL_AUTO_FREE const cJSON **objects = bl_alloc(review->facts->context_len + 1, sizeof(*objects));
    size_t len = 0;

    for (size_t i = 0; i < review->facts->context_len; i++) {
        enum bl_world_kind kind = bl_world_kind_of(review->facts->context[i]);

        if (kind == BL_WORLD_CONFIG_MAP || kind == BL_WORLD_NAMESPACE)
            objects[len++] = review->facts->context[i];
    }
    return bl_world_new(objects, len, NULL, 0);
}

static enum answer asked_of(const struct bl_review *review, const struct bl_world *world,
                            const cJSON *object, enum bl_rule_id only)
{
    struct bl_workload *workload;
    enum answer answer = ANSWER_PASS;

    if (bl_world_kind_of(object) == BL_WORLD_SERVICE)
        return bl_service_role(object)
                   ? asked_by_policies(review, world, object, bl_service_role(object), only)
                   : ANSWER_PASS;
    workload = bl_workload_recognise(object, world, bl_review_distrusts(review, world, object));
    if (workload->role && !workload->owner_kind)
        answer = asked_by_policies(review, world, object, workload->role, only);
    /* As everywhere: a guess does not deny, and what an operator owns is only told. */
    if (answer == ANSWER_DENY &&
        (workload->confidence <= BL_CONFIDENCE_LOW || bl_workload_is_owned(workload)))
        answer = ANSWER_WARN;
    bl_workload_free(workload);
    return answer;
}

/* What protects workloads counts for each of them. */
static enum answer asked_of_all(const struct bl_review *review, const struct bl_world *world)
{
    const cJSON *object = review->object ? review->object : review->old;
    enum bl_rule_id rule = bl_world_kind_of(object) == BL_WORLD_DISRUPTION_BUDGET
                               ? BL_RULE_DISRUPTION_BUDGET
                               : BL_RULE_NETWORK_POLICY;
    enum answer most = ANSWER_PASS;

    for (size_t i = 0; i < review->facts->context_len && bl_budget_turn(); i++) {
        enum answer answer = ANSWER_PASS;

        if (bl_world_kind_of(review->facts->context[i]) == BL_WORLD_WORKLOAD)
            answer = asked_of(review, world, review->facts->context[i], rule);
        most = answer > most ? answer : most;
        if (most == ANSWER_DENY)
            break;
    }
    return most;
}

static enum answer find_answer(const struct bl_review *review)
{
    const cJSON *object = review->not_judged ? review->not_judged : review->object;
    enum bl_world_kind kind = bl_world_kind_of(object);
    struct bl_budget budget;
    enum answer answer;

    if (bl_namespace_excluded(review->namespace))
        return ANSWER_PASS;
    bl_budget_begin(&budget, UNITS);
    BL_AUTO(bl_world_cleanup) struct bl_world *world = few(review);
    answer = kind == BL_WORLD_WORKLOAD || kind == BL_WORLD_SERVICE
                 ? asked_of(review, world, object, BL_RULE_COUNT)
                 : asked_of_all(review, world);
    /* Even that was too much, so it is looked at by nobody: as if it were Kafka. */
    if (bl_budget_over())
        answer = ANSWER_DENY;
    (void)bl_budget_end(&budget);
    return answer;
}

static void forget_answer(struct bl_review *review)
{
    review->summary = (struct bl_review_summary){.too_large = true};
    bl_strbuf_reset(&review->denial);
    bl_json_free(review->warnings);
    bl_json_free(review->audit);
    bl_json_free(review->patch);
    review->warnings = bl_json_new_array();
    review->audit = bl_json_new_object();
    review->patch = NULL;
    review->denials = review->warnings_left_out = 0;
}

void bl_review_too_large(struct bl_review *review)
{
    static const char *const hint =
        "Make it smaller, or spread the namespace's workloads over several namespaces; to take "
        "something away: kubectl annotate it " BL_ANNOTATION_ALLOW_DELETION "=true, then delete it";
    const char *why =
        review->too_large ? review->too_large : "it takes more work than one review may";
    enum answer answer = find_answer(review);

    forget_answer(review);
    if (answer == ANSWER_PASS)
        return;
    bl_json_add_string(review->audit, "tooLarge", why);
    if (review->kind == BL_REVIEW_MUTATE)
        bl_review_warn(review, NULL,
                       "Ballast did not complete this, as it is too large to judge: %s", why);
    else if (answer == ANSWER_WARN)
        bl_review_warn(review, NULL, "too large to judge: %s", why);
    else
        bl_review_deny(review, BL_CODE_INVALID, NULL, hint, "too large to judge: %s", why);
}
