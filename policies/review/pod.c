#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/workload.h"
#include "review.h"
#include "rules/in_sync.h"

/* Pods on their way to a node and away from it. */

const struct bl_policy *bl_review_policy_on(const struct bl_review *review, enum bl_rule_id rule,
                                            const cJSON *object, enum bl_role role)
{
    BL_AUTO(bl_world_cleanup) struct bl_world *world = bl_review_namespaces(review);
    struct bl_match_scope scope = {world, object, role, review->namespace};

    return bl_policy_for(review->set, rule, &scope);
}

enum bl_role bl_review_pod_role(const struct bl_review *review, const cJSON *pod)
{
    BL_AUTO(bl_world_cleanup) struct bl_world *world = bl_review_namespaces(review);
    struct bl_workload *workload =
        bl_workload_recognise(pod, NULL, bl_review_distrusts(review, world, pod));
    enum bl_role role = workload->role;

    bl_workload_free(workload);
    return role;
}

/* The cache may not have seen a pod that was made just now; then the zone does no harm. */
static bool wants_zone(const struct bl_review *review, const struct bl_policy **ret_policy)
{
    const cJSON *pod = bl_review_context(review, "Pod", review->name);
    enum bl_role role = BL_ROLE_BROKER;

    if (bl_namespace_excluded(review->namespace))
        return false;
    if (pod)
        role = bl_review_pod_role(review, pod);
    if (role == BL_ROLE_NONE || role == BL_ROLE_ZOOKEEPER)
        return false;
    *ret_policy = bl_review_policy_on(review, BL_RULE_RACK, pod ? pod : review->object, role);
    return *ret_policy && (*ret_policy)->rules[BL_RULE_RACK]->action == BL_ACTION_MUTATE;
}

static const char *zone_of(const struct bl_review *review)
{
    static const char *const labels[] = {BL_LABEL_ZONE, "failure-domain.beta.kubernetes.io/zone"};
    const char *name = bl_json_string(bl_json_get(review->object, "target"), "name");
    const cJSON *node = name ? bl_review_context(review, "Node", name) : NULL;

    for (size_t i = 0; i < BL_ARRAY_LEN(labels); i++)
        if (bl_object_label(node, labels[i]))
            return bl_object_label(node, labels[i]);
    return NULL;
}

/* The registry copies a Binding's annotations to the pod (pkg/registry/core/pod/storage). */
int bl_review_binding(struct bl_review *review, struct bl_error **err)
{
    const struct bl_policy *policy = NULL;
    BL_AUTO(bl_edit_release) struct bl_edit edit = {0};
    const char *zone;

    if (!review->object || !wants_zone(review, &policy))
        return 0;
    zone = zone_of(review);
    if (!zone) {
        bl_review_note(review, BL_RULE_RACK, policy, BL_ACTION_MUTATE, BL_OUTCOME_REPORTED);
        return 0;
    }
    bl_edit_init(&edit, review->object);
    if (bl_edit_set(&edit, BL_POINTER_ZONE, bl_json_new_string(zone), err) < 0)
        return -1;
    bl_review_note(review, BL_RULE_RACK, policy, BL_ACTION_MUTATE, BL_OUTCOME_CHANGED);
    review->patch = BL_STEAL(edit.patch);
    return 0;
}

/* On the pod itself, or on the workload that made it. */
static const char *hold_of(const struct bl_review *review, const cJSON *pod)
{
    const char *hold = bl_object_annotation(pod, BL_ANNOTATION_HOLD);
    const cJSON *owner = bl_object_controller(pod);
    const char *kind = bl_json_string(owner, "kind"), *name = bl_json_string(owner, "name");

    if (!hold && kind && name)
        hold = bl_object_annotation(bl_review_context(review, kind, name), BL_ANNOTATION_HOLD);
    return hold;
}

/* `policy` may be NULL. */
static void wait(struct bl_review *review, enum bl_rule_id rule, const struct bl_policy *policy,
                 const char *fmt, ...) BL_PRINTF(4, 5);

static void wait(struct bl_review *review, enum bl_rule_id rule, const struct bl_policy *policy,
                 const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    BL_AUTO_FREE char *message = bl_vasprintf(fmt, args);
    va_end(args);
    bl_review_note(review, rule, policy,
                   policy ? (enum bl_action)policy->rules[rule]->action : BL_ACTION_DENY,
                   BL_OUTCOME_DENIED);
    bl_review_deny(review, BL_CODE_TOO_MANY_REQUESTS, bl_rule_name(rule), NULL, "%s", message);
}

/*
 * What the controller says holds for a pod that is not ready as well: it may still be the one that keeps a
 * partition going. Of a pod that is dead it says that nothing is lost.
 */
static void judge_eviction(struct bl_review *review, const cJSON *pod,
                           const struct bl_policy *policy)
{
    const struct bl_in_sync_params *params =
        policy ? (const struct bl_in_sync_params *)policy->rules[BL_RULE_IN_SYNC] : NULL;
    const cJSON *safe = bl_object_condition(pod, BL_CONDITION_SAFE);
    bool away = review->facts->controller == BL_CONTROLLER_AWAY;
    const char *status = away ? NULL : bl_json_string(safe, "status");
    const char *why = bl_json_string(safe, "message");
    bool ready = bl_object_condition_is(pod, "Ready", "True");

    if (bl_text_eq(status, "False")) {
        wait(review, BL_RULE_IN_SYNC, policy, "pod \"%s\" is not safe to disrupt now: %s",
             review->name, why && *why ? why : "the reason is not given");
        return;
    }
    if (bl_text_eq(status, "True") || !params ||
        (!ready && params->not_ready == BL_EVICTION_ALLOW) || params->unknown == BL_EVICTION_ALLOW)
        return;
    wait(review, BL_RULE_IN_SYNC, policy,
         "nobody says whether pod \"%s\" is safe to disrupt%s, and the policy denies that; is "
         "Ballast's controller running?",
         review->name, away ? ", as the Lease of Ballast's controller has run out" : "");
}

/* Whose turn it is: the budget decides that for the first ones, so it goes with the budgets. */
static void judge_turn(struct bl_review *review, const cJSON *pod, enum bl_role role)
{
    const struct bl_policy *policy =
        bl_review_policy_on(review, BL_RULE_DISRUPTION_BUDGET, pod, role);
    const char *first;

    if (!policy || policy->rules[BL_RULE_DISRUPTION_BUDGET]->action > BL_ACTION_DENY)
        return;
    first = bl_review_leaves_after(review, pod);
    if (first)
        wait(review, BL_RULE_DISRUPTION_BUDGET, policy,
             "pod \"%s\" leaves a node that is drained after pod \"%s\" of it, so that drains of "
             "several nodes do not wait for each other",
             review->name, first);
}

/* Only who answers 429 is asked again: kubectl drain and autoscalers wait and retry. */
void bl_review_eviction(struct bl_review *review)
{
    const cJSON *pod = bl_review_context(review, "Pod", review->name);
    const struct bl_policy *policy;
    enum bl_role role;
    const char *hold;

    if (!pod || bl_review_pod_ended(pod) || bl_namespace_excluded(review->namespace))
        return;
    role = bl_review_pod_role(review, pod);
    if (role == BL_ROLE_NONE)
        return;
    policy = bl_review_policy_on(review, BL_RULE_IN_SYNC, pod, role);
    if (policy && policy->rules[BL_RULE_IN_SYNC]->action == BL_ACTION_OFF)
        policy = NULL;
    hold = hold_of(review, pod);
    if (hold)
        wait(review, BL_RULE_IN_SYNC, policy,
             "pod \"%s\" is held by the annotation " BL_ANNOTATION_HOLD "%s%s", review->name,
             *hold ? ": " : "", hold);
    else
        judge_eviction(review, pod, policy);
    if (!review->denial.len)
        judge_turn(review, pod, role);
}
