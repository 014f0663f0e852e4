#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/pod.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "review.h"
#include "rule.h"

/*
 * Guards: what protects a workload is not taken away from under it, and what holds its data is not deleted
 * by accident. Whether a change takes protection away is not asked of its words: the engine judges the
 * workloads with the object as it was and as it will be, and only what gets worse is refused.
 */

static char *how_to(const struct bl_review *review, const cJSON *object, const char *what)
{
    struct bl_ref ref = bl_object_ref(object);

    return bl_asprintf("If it is meant: kubectl annotate %s %s -n %s %s=true, then %s it again.",
                       ref.kind, ref.name, *ref.namespace ? ref.namespace : review->namespace,
                       BL_ANNOTATION_ALLOW_DELETION, what);
}

static char *how_to_delete(const struct bl_review *review, const cJSON *object)
{
    return how_to(review, object, "delete");
}

/* May Ballast say what the workload needs? What an operator owns is his, and a guess denies nothing. */
static bool is_ours_to_say(const struct bl_report *report, const struct bl_finding *finding)
{
    const struct bl_workload *workload = report->objects[finding->subject].workload;

    return workload && !bl_workload_is_owned(workload) && workload->confidence > BL_CONFIDENCE_LOW;
}

/* Does the finding mean that an object is denied, or that one which is needed is not there? */
static bool is_grave(const struct bl_report *report, const struct bl_finding *finding)
{
    return finding->severity == BL_SEVERITY_ERROR ||
           (finding->beside && finding->action == BL_ACTION_MUTATE &&
            (finding->mended || is_ours_to_say(report, finding)));
}

static bool was_grave(const struct bl_report *before, const cJSON *const *before_objects,
                      const struct bl_finding *finding, const cJSON *subject)
{
    for (size_t i = 0; i < before->findings.len && bl_budget_turn(); i++) {
        const struct bl_finding *other = &before->findings.items[i];

        if (is_grave(before, other) && other->rule == finding->rule &&
            before_objects[other->subject] == subject &&
            strcmp(other->message, finding->message) == 0)
            return true;
    }
    return false;
}

struct change {
    const struct bl_report *before, *after;
    const cJSON **before_objects, **after_objects;
    const cJSON *gone; /* what protected; NULL: it is still there */
    const char *who;   /* takes it away, before what is said; "" where it is the object itself */
};

static bool gets_worse(const struct change *change, const struct bl_finding *finding,
                       enum bl_rule_id rule)
{
    return finding->rule == rule && is_grave(change->after, finding) &&
           !was_grave(change->before, change->before_objects, finding,
                      change->after_objects[finding->subject]);
}

static void refuse(struct bl_review *review, const struct change *change,
                   const struct bl_finding *finding)
{
    const cJSON *subject = change->after_objects[finding->subject];
    const char *rule = bl_rule_name(finding->rule);

    bl_review_note(review, finding->rule, finding->policy, finding->action, BL_OUTCOME_DENIED);
    if (change->gone) {
        BL_AUTO_FREE char *how = how_to(review, change->gone, *change->who ? "try" : "delete");
        struct bl_ref ref = bl_object_ref(change->gone);

        bl_review_deny(review, BL_CODE_FORBIDDEN, rule, how,
                       "%s%s \"%s\" protects a workload that runs; without it: %s", change->who,
                       ref.kind, ref.name, finding->message);
        return;
    }
    if (finding->beside) {
        struct bl_ref ref = bl_object_ref(review->object), of = bl_object_ref(subject);

        bl_review_deny(
            review, BL_CODE_FORBIDDEN, rule,
            "Keep its selector on those pods, or list the workload under exceptions in the "
            "policy.",
            "with this change %s \"%s\" protects %s \"%s\" no more: %s", ref.kind, ref.name,
            of.kind, of.name, finding->message);
        return;
    }
    bl_review_deny(review, BL_CODE_FORBIDDEN, rule, finding->hint, "%s", finding->message);
}

/* By the word of what is live, where a release leaves it as its chart has it. */
static bool lets_go(const struct bl_review *review, const cJSON *subject)
{
    struct bl_ref ref = bl_object_ref(subject);
    const cJSON *live = bl_review_context(review, ref.kind, ref.name);

    return bl_allows_deletion(subject) || (live && bl_allows_deletion(live));
}

static void judge_change(struct bl_review *review, const struct change *change,
                         enum bl_rule_id rule)
{
    for (size_t i = 0; i < change->after->findings.len && bl_budget_turn(); i++) {
        const struct bl_finding *finding = &change->after->findings.items[i];
        const cJSON *subject = change->after_objects[finding->subject];

        if (!gets_worse(change, finding, rule) || (change->gone && lets_go(review, subject)))
            continue;
        refuse(review, change, finding);
    }
}

static enum bl_rule_id rule_of(const cJSON *object)
{
    return bl_world_kind_of(object) == BL_WORLD_DISRUPTION_BUDGET ? BL_RULE_DISRUPTION_BUDGET
                                                                  : BL_RULE_NETWORK_POLICY;
}

void bl_review_protection(struct bl_review *review)
{
    const cJSON *object = review->object ? review->object : review->old;
    BL_AUTO_FREE const cJSON **before_objects = NULL;
    BL_AUTO_FREE const cJSON **after_objects = NULL;

    if (bl_review_unguarded(review) ||
        (bl_review_is(review, "DELETE") && bl_allows_deletion(review->old)))
        return;
    BL_AUTO(bl_report_cleanup)
    struct bl_report *before = bl_review_run(review, review->old, object, true, &before_objects);
    BL_AUTO(bl_report_cleanup)
    struct bl_report *after = bl_review_run(review, review->object, object, true, &after_objects);
    judge_change(review,
                 &(struct change){.before = before,
                                  .after = after,
                                  .before_objects = before_objects,
                                  .after_objects = after_objects,
                                  .gone = bl_review_is(review, "DELETE") ? review->old : NULL,
                                  .who = ""},
                 rule_of(object));
}

void bl_review_protection_gone(struct bl_review *review, const char *who, const cJSON *object,
                               const cJSON **left, size_t len)
{
    if (bl_allows_deletion(object))
        return;
    left[len] = object;
    BL_AUTO(bl_report_cleanup)
    struct bl_report *before = bl_review_judge(review, left, len + 1, true);
    BL_AUTO(bl_report_cleanup)
    struct bl_report *after = bl_review_judge(review, left, len, true);
    judge_change(review,
                 &(struct change){.before = before,
                                  .after = after,
                                  .before_objects = left,
                                  .after_objects = left,
                                  .gone = object,
                                  .who = who},
                 rule_of(object));
}

/* The result of a rule on a workload, where the rule refuses or warns. */
static const struct bl_result *guarding(struct bl_review *review, const struct bl_report *report,
                                        enum bl_rule_id rule)
{
    const struct bl_result *result =
        report->objects[0].judged ? bl_review_result(review, report, 0, rule) : NULL;

    return result && result->action != BL_ACTION_AUDIT &&
                   report->objects[0].workload->confidence > BL_CONFIDENCE_LOW
               ? result
               : NULL;
}

static void guard(struct bl_review *review, const struct bl_result *result, const char *hint,
                  const char *message)
{
    const char *rule = bl_rule_name(result->rule);
    bool warns = result->action == BL_ACTION_WARN;

    bl_review_note(review, result->rule, result->policy, result->action,
                   warns ? BL_OUTCOME_WARNED : BL_OUTCOME_DENIED);
    if (warns)
        bl_review_warn(review, rule, "%s", message);
    else
        bl_review_deny(review, BL_CODE_FORBIDDEN, rule, hint, "%s", message);
}

/* With its pods left running nothing goes down: that is how an immutable field is changed. */
static bool orphans_pods(const struct bl_review *review)
{
    const cJSON *options = bl_json_get(review->request, "options");

    return bl_text_eq(bl_json_string(options, "propagationPolicy"), "Orphan") ||
           bl_json_bool(options, "orphanDependents", false);
}

void bl_review_deletion(struct bl_review *review)
{
    BL_AUTO_FREE const cJSON **objects = NULL;
    int64_t replicas = bl_object_replicas(review->old);

    if (!*bl_object_pod_pointer(review->old) || replicas == 0 || orphans_pods(review) ||
        bl_allows_deletion(review->old) || bl_review_unguarded(review))
        return;
    BL_AUTO(bl_report_cleanup)
    struct bl_report *report = bl_review_run(review, review->old, NULL, false, &objects);
    const struct bl_result *result = guarding(review, report, BL_RULE_REPLICAS);
    if (!result || bl_workload_is_owned(report->objects[0].workload))
        return;
    BL_AUTO_FREE char *who = bl_describe(review->old);
    BL_AUTO_FREE char *how = how_to_delete(review, review->old);
    BL_AUTO_FREE char *message =
        bl_asprintf("%s runs %" PRId64 " of role %s; deleting it stops them all", who, replicas,
                    bl_role_name(report->objects[0].workload->role));
    guard(review, result, how, message);
}

static bool mounts_claim(const cJSON *pod, const char *claim)
{
    const cJSON *volume;

    cJSON_ArrayForEach(volume, bl_json_at(pod, "spec", "volumes", NULL)) {
        const cJSON *source = bl_json_get(volume, "persistentVolumeClaim");

        if (bl_text_eq(bl_json_string(source, "claimName"), claim))
            return true;
    }
    return false;
}

/* A pod outlives its StatefulSet where that was deleted alone, and still has its data. */
static void guard_claim_by_pod(struct bl_review *review, const char *claim, const cJSON *pod)
{
    const struct bl_policy *policy;
    enum bl_role role = bl_review_pod_role(review, pod);

    policy = role ? bl_review_policy_on(review, BL_RULE_STORAGE, pod, role) : NULL;
    if (!policy || policy->rules[BL_RULE_STORAGE]->action >= BL_ACTION_AUDIT)
        return;
    BL_AUTO_FREE char *how = how_to_delete(review, review->old);
    BL_AUTO_FREE char *message = bl_asprintf(
        "PersistentVolumeClaim \"%s\" holds data of Pod \"%s\", which runs and would lose it",
        claim, bl_object_ref(pod).name);
    struct bl_result result = {.rule = BL_RULE_STORAGE,
                               .policy = policy,
                               .action = (enum bl_action)policy->rules[BL_RULE_STORAGE]->action};
    guard(review, &result, how, message);
}

static void guard_claim_by_pods(struct bl_review *review, const char *claim)
{
    for (size_t i = 0; i < review->facts->context_len && !review->denial.len; i++) {
        const cJSON *pod = review->facts->context[i];

        if (bl_object_is(pod, "", "Pod") && mounts_claim(pod, claim) && !bl_review_pod_ended(pod))
            guard_claim_by_pod(review, claim, pod);
    }
}

void bl_review_claim_deletion(struct bl_review *review)
{
    struct bl_ref ref = bl_object_ref(review->old);

    if (bl_allows_deletion(review->old) || bl_review_unguarded(review))
        return;
    for (size_t i = 0; i < review->facts->context_len; i++) {
        const cJSON *set = review->facts->context[i];
        BL_AUTO_FREE const cJSON **objects = NULL;

        if (!bl_object_is(set, "apps", "StatefulSet") || !bl_set_claims(set, ref.name))
            continue;
        BL_AUTO(bl_report_cleanup)
        struct bl_report *report = bl_review_run(review, set, NULL, false, &objects);
        const struct bl_result *result = guarding(review, report, BL_RULE_STORAGE);
        if (!result)
            continue;
        BL_AUTO_FREE char *who = bl_describe(set);
        BL_AUTO_FREE char *how = how_to_delete(review, review->old);
        BL_AUTO_FREE char *message = bl_asprintf(
            "PersistentVolumeClaim \"%s\" holds data of %s, which would be lost", ref.name, who);
        guard(review, result, how, message);
        return;
    }
    guard_claim_by_pods(review, ref.name);
}

static cJSON *scaled(const cJSON *set, const cJSON *scale)
{
    cJSON *copy = bl_json_copy(set), *spec = bl_json_get(copy, "spec");
    int64_t replicas = 0;

    (void)bl_json_int(bl_json_at(scale, "spec", "replicas", NULL), &replicas);
    cJSON_DeleteItemFromObjectCaseSensitive(spec, "replicas");
    bl_json_add_int(spec, "replicas", replicas);
    return copy;
}

static void judge_scale(struct bl_review *review, const struct change *change)
{
    for (size_t i = 0; i < change->after->findings.len && bl_budget_turn(); i++) {
        const struct bl_finding *finding = &change->after->findings.items[i];

        /* The workload is another value before and after, so only words can be compared. */
        if (finding->severity != BL_SEVERITY_ERROR)
            continue;
        bool known = false;
        for (size_t b = 0; b < change->before->findings.len && bl_budget_turn(); b++)
            known |= change->before->findings.items[b].rule == finding->rule &&
                     strcmp(change->before->findings.items[b].message, finding->message) == 0;
        if (known)
            continue;
        bl_review_note(review, finding->rule, finding->policy, finding->action, BL_OUTCOME_DENIED);
        bl_review_deny(review, BL_CODE_FORBIDDEN, bl_rule_name(finding->rule), finding->hint, "%s",
                       finding->message);
    }
}

/* One that an operator owns is the operator's to stop. */
static void guard_stop(struct bl_review *review, const struct bl_report *report, const cJSON *set,
                       int64_t replicas)
{
    const struct bl_result *result = guarding(review, report, BL_RULE_REPLICAS);

    if (!result || bl_workload_is_owned(report->objects[0].workload) || bl_allows_deletion(set))
        return;
    BL_AUTO_FREE char *who = bl_describe(set);
    BL_AUTO_FREE char *how = how_to(review, set, "scale");
    BL_AUTO_FREE char *message =
        bl_asprintf("scaling %s from %" PRId64 " to 0 stops all of it", who, replicas);
    guard(review, result, how, message);
}

void bl_review_stop(struct bl_review *review)
{
    BL_AUTO_FREE const cJSON **objects = NULL;
    int64_t replicas;

    if (!bl_review_is(review, "UPDATE") || !*bl_object_pod_pointer(review->old) ||
        bl_object_replicas(review->object) != 0 || bl_allows_deletion(review->object) ||
        bl_review_unguarded(review))
        return;
    replicas = bl_object_replicas(review->old);
    if (replicas == 0)
        return;
    BL_AUTO(bl_report_cleanup)
    struct bl_report *report = bl_review_run(review, review->old, NULL, false, &objects);
    guard_stop(review, report, review->old, replicas);
}

void bl_review_scale(struct bl_review *review)
{
    const cJSON *set = bl_review_context(
        review, strcmp(review->resource, "deployments") == 0 ? "Deployment" : "StatefulSet",
        review->name);
    BL_AUTO_FREE const cJSON **before_objects = NULL;
    BL_AUTO_FREE const cJSON **after_objects = NULL;
    int64_t replicas;

    if (!set || !review->object || bl_review_unguarded(review))
        return;
    BL_AUTO_JSON cJSON *after_set = scaled(set, review->object);
    replicas = bl_object_replicas(set);
    if (bl_object_replicas(after_set) >= replicas)
        return;
    BL_AUTO(bl_report_cleanup)
    struct bl_report *before = bl_review_run(review, set, NULL, false, &before_objects);
    if (bl_object_replicas(after_set) == 0) {
        guard_stop(review, before, set, replicas);
        return;
    }
    BL_AUTO(bl_report_cleanup)
    struct bl_report *after = bl_review_run(review, after_set, NULL, false, &after_objects);
    judge_scale(review, &(struct change){.before = before,
                                         .after = after,
                                         .before_objects = before_objects,
                                         .after_objects = after_objects});
}

/* The decoder's own words; a policy of a file's name would be lost behind it. */
void bl_review_policy(struct bl_review *review)
{
    BL_AUTO(bl_policy_set_release) struct bl_policy_set scratch = {0};
    const char *name = bl_object_ref(review->object).name;
    BL_ERROR(err);

    if (bl_policy_set_add_object(&scratch, review->object, &err) < 0) {
        bl_review_deny(review, BL_CODE_INVALID, NULL, bl_error_hint(err), "%s", bl_error_text(err));
        return;
    }
    for (size_t i = 0; i < review->set->len; i++)
        if (strcmp(review->set->items[i]->metadata.name, name) == 0 &&
            !review->set->items[i]->from_cluster)
            bl_review_deny(review, BL_CODE_INVALID, NULL, "Take another name.",
                           "there is a policy \"%s\" already, in %s", name,
                           review->set->items[i]->file);
}
