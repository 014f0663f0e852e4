#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "review.h"
#include "rule.h"

/*
 * Guards: what protects a workload is not taken away from under it, and what holds its data is not deleted
 * by accident. Whether a change takes protection away is not asked of its words: the engine judges the
 * workloads with the object as it was and as it will be, and only what gets worse is refused.
 */

static bool allows_deletion(const cJSON *object)
{
    return bl_text_eq(bl_object_annotation(object, BL_ANNOTATION_ALLOW_DELETION), "true");
}

static char *how_to(const struct bl_review *review, const cJSON *object, const char *what)
{
    struct bl_ref ref = bl_object_ref(object);

    return bl_asprintf("If it is meant: kubectl annotate %s %s -n %s %s=true, then %s it again.",
                       ref.kind, ref.name, review->namespace, BL_ANNOTATION_ALLOW_DELETION, what);
}

static char *how_to_delete(const struct bl_review *review, const cJSON *object)
{
    return how_to(review, object, "delete");
}

/* May Ballast say what the workload needs? What an operator owns is his, and a guess denies nothing. */
static bool is_ours_to_say(const struct bl_report *report, const struct bl_finding *finding)
{
    const struct bl_workload *workload = report->objects[finding->subject].workload;

    return workload && !workload->owner && workload->confidence > BL_CONFIDENCE_LOW;
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
    if (bl_review_is(review, "DELETE")) {
        BL_AUTO_FREE char *how = how_to_delete(review, review->old);
        struct bl_ref ref = bl_object_ref(review->old);

        bl_review_deny(review, BL_CODE_FORBIDDEN, rule, how,
                       "%s \"%s\" protects a workload that runs; without it: %s", ref.kind,
                       ref.name, finding->message);
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

static void judge_change(struct bl_review *review, const struct change *change,
                         enum bl_rule_id rule)
{
    for (size_t i = 0; i < change->after->findings.len && bl_budget_turn(); i++) {
        const struct bl_finding *finding = &change->after->findings.items[i];
        const cJSON *subject = change->after_objects[finding->subject];

        if (!gets_worse(change, finding, rule) ||
            (bl_review_is(review, "DELETE") && allows_deletion(subject)))
            continue;
        refuse(review, change, finding);
    }
}

void bl_review_protection(struct bl_review *review)
{
    const cJSON *object = review->object ? review->object : review->old;
    enum bl_rule_id rule = bl_world_kind_of(object) == BL_WORLD_DISRUPTION_BUDGET
                               ? BL_RULE_DISRUPTION_BUDGET
                               : BL_RULE_NETWORK_POLICY;
    BL_AUTO_FREE const cJSON **before_objects = NULL;
    BL_AUTO_FREE const cJSON **after_objects = NULL;

    if (bl_review_unguarded(review) ||
        (bl_review_is(review, "DELETE") && allows_deletion(review->old)))
        return;
    BL_AUTO(bl_report_cleanup)
    struct bl_report *before = bl_review_run(review, review->old, object, true, &before_objects);
    BL_AUTO(bl_report_cleanup)
    struct bl_report *after = bl_review_run(review, review->object, object, true, &after_objects);
    judge_change(review, &(struct change){before, after, before_objects, after_objects}, rule);
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
        allows_deletion(review->old) || bl_review_unguarded(review))
        return;
    BL_AUTO(bl_report_cleanup)
    struct bl_report *report = bl_review_run(review, review->old, NULL, false, &objects);
    const struct bl_result *result = guarding(review, report, BL_RULE_REPLICAS);
    if (!result || report->objects[0].workload->owner)
        return;
    BL_AUTO_FREE char *who = bl_describe(review->old);
    BL_AUTO_FREE char *how = how_to_delete(review, review->old);
    BL_AUTO_FREE char *message =
        bl_asprintf("%s runs %" PRId64 " of role %s; deleting it stops them all", who, replicas,
                    bl_role_name(report->objects[0].workload->role));
    guard(review, result, how, message);
}

/* "data-kafka-0" is what the template "data" of StatefulSet "kafka" gave to its first pod. */
static bool claims_for(const cJSON *set, const char *claim)
{
    const cJSON *template;
    struct bl_ref ref = bl_object_ref(set);

    cJSON_ArrayForEach(template, bl_json_at(set, "spec", "volumeClaimTemplates", NULL)) {
        const char *name = bl_json_string(bl_json_get(template, "metadata"), "name");
        BL_AUTO_FREE char *prefix = bl_asprintf("%s-%s-", name ? name : "", ref.name);
        int64_t ordinal;

        if (bl_text_starts(claim, prefix) &&
            bl_text_to_int(claim + strlen(prefix), strlen(claim) - strlen(prefix), &ordinal) &&
            ordinal >= 0)
            return true;
    }
    return false;
}

void bl_review_claim_deletion(struct bl_review *review)
{
    struct bl_ref ref = bl_object_ref(review->old);

    if (allows_deletion(review->old) || bl_review_unguarded(review))
        return;
    for (size_t i = 0; i < review->facts->context_len; i++) {
        const cJSON *set = review->facts->context[i];
        BL_AUTO_FREE const cJSON **objects = NULL;

        if (!bl_object_is(set, "apps", "StatefulSet") || !claims_for(set, ref.name))
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

    if (!result || report->objects[0].workload->owner || allows_deletion(set))
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
        bl_object_replicas(review->object) != 0 || allows_deletion(review->object) ||
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
    judge_scale(review, &(struct change){before, after, before_objects, after_objects});
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
