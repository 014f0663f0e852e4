#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "review.h"
#include "rule.h"

/*
 * A workload or Service that is created or changed. Edits stay out of a pod template that its author left
 * alone: changing it would roll every broker.
 */

#define TEMPLATE "/spec/template"

static const cJSON *template_of(const cJSON *object)
{
    return bl_object_is_workload(object) && *bl_object_pod_pointer(object)
               ? bl_json_at(object, "spec", "template", NULL)
               : NULL;
}

static bool in_template(const char *path)
{
    return bl_text_starts(path, TEMPLATE "/") || strcmp(path, TEMPLATE) == 0;
}

bool bl_review_adopts(const struct bl_policy_set *set, const struct bl_world *world,
                      const cJSON *object, enum bl_role role, const char *namespace)
{
    struct bl_match_scope scope = {world, object, role, namespace};

    if (bl_text_eq(bl_object_annotation(object, BL_ANNOTATION_ADOPT), "now"))
        return true;
    for (size_t i = 0; i < set->len; i++)
        if (set->items[i]->spec.adoption && bl_match_object(&set->items[i]->spec.match, &scope))
            return true;
    return false;
}

static bool wants_adoption(const struct bl_review *review, enum bl_role role)
{
    BL_AUTO(bl_world_cleanup) struct bl_world *world = bl_review_namespaces(review);

    return bl_review_adopts(review->set, world, review->object, role, review->namespace);
}

static bool template_is_unchanged(const struct bl_review *review)
{
    return bl_review_is(review, "UPDATE") && template_of(review->object) &&
           bl_json_equal(template_of(review->object), template_of(review->old));
}

static bool template_is_frozen(const struct bl_review *review, const struct bl_workload *workload)
{
    return template_is_unchanged(review) && workload && !wants_adoption(review, workload->role);
}

/* A Pod lives with what it was created with. */
static bool pod_is_settled(const struct bl_review *review)
{
    return bl_object_is(review->object, "", "Pod") && !bl_review_is(review, "CREATE");
}

/* Where something on the way is no map the API server refuses the object, whatever the mark. */
static void set_text(struct bl_edit *edit, const char *pointer, const char *text)
{
    const cJSON *now = bl_pointer_find(edit->object, pointer);
    BL_ERROR(err);

    if (!cJSON_IsString(now) || strcmp(now->valuestring, text) != 0)
        (void)!bl_edit_set(edit, pointer, bl_json_new_string(text), &err);
}

void bl_review_mark(struct bl_edit *edit, const struct bl_workload *workload, bool pods)
{
    const char *role = bl_role_name(workload->role);
    const char *label = bl_object_label(edit->object, BL_LABEL_ROLE);
    const char *ours = bl_object_annotation(edit->object, BL_ANNOTATION_ROLE);

    if (workload->owner || workload->confidence <= BL_CONFIDENCE_LOW)
        return;
    if (pods && *workload->pod_pointer)
        set_text(edit, TEMPLATE BL_POINTER_ROLE_LABEL, role);
    /* A label that the author set is an order, and stays one. */
    if (label && !bl_text_eq(label, ours))
        return;
    set_text(edit, BL_POINTER_ROLE_LABEL, role);
    set_text(edit, BL_POINTER_ROLE_ANNOTATION, role);
}

/* The same but for texts, numbers and booleans: what one edit makes under two policies. */
static bool same_shape(const cJSON *a, const cJSON *b)
{
    const cJSON *member;

    if (!a || !b || (cJSON_IsArray(a) != cJSON_IsArray(b)) ||
        (cJSON_IsObject(a) != cJSON_IsObject(b)))
        return false;
    if (!cJSON_IsArray(a) && !cJSON_IsObject(a))
        return true;
    if (bl_json_len(a) != bl_json_len(b))
        return false;
    if (cJSON_IsArray(a)) {
        for (const cJSON *x = a->child, *y = b->child; x; x = x->next, y = y->next)
            if (!same_shape(x, y))
                return false;
        return true;
    }
    BL_JSON_EACH_MEMBER(member, a) {
        if (!same_shape(member, bl_json_get(b, member->string)))
            return false;
    }
    return true;
}

/* Where an operation puts its value: "/-" is the next place of the list as it is by now. For free(). */
static char *place_of(const struct bl_edit *edit, const char *path)
{
    size_t len = strlen(path);
    BL_AUTO_FREE char *list = NULL;

    if (len < 2 || strcmp(path + len - 2, "/-") != 0)
        return bl_strdup(path);
    list = bl_strndup(path, len - 2);
    return bl_asprintf("%s/%zu", list, bl_json_len(bl_pointer_find(edit->object, list)));
}

/* The operation with the stored value in place of its own; one that the stored object has not is left out. */
static int replay_stored(struct bl_edit *edit, const cJSON *operation, const cJSON *stored_object,
                         struct bl_error **err)
{
    const char *path = bl_json_string(operation, "path");
    const cJSON *value = bl_json_get(operation, "value");
    bool replaces = bl_text_eq(bl_json_string(operation, "op"), "replace");
    BL_AUTO_FREE char *place = place_of(edit, path);
    const cJSON *stored = in_template(path) ? bl_pointer_find(stored_object, place) : value;

    if (!stored)
        return 0;
    if (!same_shape(stored, value))
        return bl_fail(err, BL_ERR_CONFLICT, "%s is no edit of ours", path);
    return replaces ? bl_edit_replace(edit, path, bl_json_copy(stored), err)
                    : bl_edit_add(edit, path, bl_json_copy(stored), err);
}

/*
 * Helm and GitOps tools apply again what they have, which resets lists that are theirs as a whole and so
 * takes out what was added to them. The edits put it back; but made under a newer policy they would come out
 * otherwise than what is stored, and roll every broker for a change that its author did not make. So where
 * the stored values, in the very places of our edits and of their shape, make the template what is stored,
 * they stay. Whatever the author changes outside of these places makes the two differ.
 */
static bool keep_stored(const struct bl_review *review, const struct bl_edit *edit,
                        struct bl_edit *kept)
{
    const cJSON *operation;
    BL_ERROR(err);

    bl_edit_init(kept, review->object);
    cJSON_ArrayForEach(operation, edit->patch) {
        if (replay_stored(kept, operation, review->old, &err) < 0)
            return false;
    }
    return bl_json_equal(template_of(kept->object), template_of(review->old));
}

/* The operations that may be made now, where that is not all of them. */
static cJSON *permitted(const cJSON *patch, bool settled)
{
    cJSON *few = bl_json_new_array();
    const cJSON *operation;

    cJSON_ArrayForEach(operation, patch) {
        if (!settled && !in_template(bl_json_string(operation, "path")))
            bl_json_push(few, bl_json_copy(operation));
    }
    return few;
}

static int verify_patch(const struct bl_review *review, const cJSON *wanted, const cJSON *patch,
                        struct bl_error **err)
{
    BL_AUTO_JSON cJSON *object = bl_json_borrow(review->object);

    if (bl_patch_apply_scratch(&object, patch, err) < 0)
        return bl_wrap(err, "the patch does not apply");
    if (wanted && !bl_json_equal(object, wanted))
        return bl_fail(err, BL_ERR_INTERNAL,
                       "the patch does not give the object that was decided on");
    return 0;
}

static int take_patch(struct bl_review *review, const cJSON *wanted, cJSON *patch,
                      struct bl_error **err)
{
    BL_AUTO_JSON cJSON *taken = patch;

    if (!taken || !taken->child)
        return 0;
    if (verify_patch(review, wanted, taken, err) < 0)
        return -1;
    review->patch = BL_STEAL(taken);
    return 0;
}

/* One that was there before Ballast is not managed yet while its template stays as it is. */
static void mark(const struct bl_review *review, struct bl_object_report *report, bool frozen)
{
    if (!report->edit.object)
        bl_edit_init(&report->edit, review->object);
    if (frozen && !bl_object_annotation(review->old, BL_ANNOTATION_ROLE))
        return;
    if (report->judged && report->workload && !pod_is_settled(review))
        bl_review_mark(&report->edit, report->workload, !frozen);
}

static int make_patch(struct bl_review *review, struct bl_object_report *report,
                      struct bl_error **err)
{
    bool settled = pod_is_settled(review);
    bool frozen = template_is_frozen(review, report->workload);

    mark(review, report, frozen);
    if (settled || frozen)
        return take_patch(review, NULL, permitted(report->edit.patch, settled), err);
    if (bl_review_is(review, "UPDATE") && template_of(review->old) && report->workload &&
        !wants_adoption(review, report->workload->role)) {
        BL_AUTO(bl_edit_release) struct bl_edit kept = {0};

        if (keep_stored(review, &report->edit, &kept))
            return take_patch(review, kept.object, BL_STEAL(kept.patch), err);
    }
    return take_patch(review, report->edit.object, BL_STEAL(report->edit.patch), err);
}

static bool same_finding(const struct bl_finding *a, const struct bl_finding *b)
{
    return a->rule == b->rule && strcmp(a->path, b->path) == 0 &&
           strcmp(a->message, b->message) == 0;
}

static bool was_found(const struct bl_report *before, const struct bl_finding *finding,
                      enum bl_severity least)
{
    for (size_t i = 0; before && i < before->findings.len && bl_budget_turn(); i++)
        if (before->findings.items[i].severity >= least &&
            same_finding(&before->findings.items[i], finding))
            return true;
    return false;
}

static bool grows(const struct bl_review *review)
{
    return bl_object_replicas(review->object) > bl_object_replicas(review->old);
}

/*
 * An update of something else must not fail for what was there before: that would lock people, and the
 * controllers that they run, out of a workload. What nobody can see without a cluster is not missing.
 */
static bool is_denied(const struct bl_review *review, const struct bl_finding *finding,
                      const struct bl_report *before)
{
    bool update = bl_review_is(review, "UPDATE");

    if (finding->severity != BL_SEVERITY_ERROR || (finding->beside && !review->facts->sees_cluster))
        return false;
    if (update && finding->object != 0)
        return false;
    if (update && finding->rule == BL_RULE_REPLICAS && grows(review))
        return false;
    return !(template_is_unchanged(review) && was_found(before, finding, BL_SEVERITY_ERROR));
}

static bool is_told(const struct bl_finding *finding)
{
    return finding->severity >= BL_SEVERITY_WARNING && !finding->mended;
}

/* What the object gave before its update: only what is new is worth a word. */
static struct bl_report *judge_old(struct bl_review *review, const struct bl_report *report,
                                   const cJSON ***ret_objects)
{
    bool told = false;

    for (size_t i = 0; i < report->findings.len; i++)
        told |= is_told(&report->findings.items[i]);
    if (!told || !bl_review_is(review, "UPDATE") || !review->old)
        return NULL;
    return bl_review_run(review, review->old, NULL, false, ret_objects);
}

/* With the workload's name, as Helm prints the warnings of all its objects in one list; and with what to do. */
static void warn_of(struct bl_review *review, const struct bl_finding *finding)
{
    BL_AUTO_FREE char *who = bl_describe(review->object);
    bool names_it = strstr(finding->message, who) != NULL;

    bl_review_warn(review, bl_rule_name(finding->rule), "%s%s%s%s%s%s", names_it ? "" : who,
                   names_it ? "" : ": ", finding->message, finding->hint ? " (" : "",
                   finding->hint ? finding->hint : "", finding->hint ? ")" : "");
}

static void say_findings(struct bl_review *review, const struct bl_report *report)
{
    BL_AUTO_FREE const cJSON **objects = NULL;
    BL_AUTO(bl_report_cleanup) struct bl_report *before = judge_old(review, report, &objects);

    for (size_t i = 0; i < report->findings.len && bl_budget_turn(); i++) {
        const struct bl_finding *finding = &report->findings.items[i];

        if (is_denied(review, finding, before))
            bl_review_deny(review, BL_CODE_FORBIDDEN, bl_rule_name(finding->rule), finding->hint,
                           "%s", finding->message);
        else if (is_told(finding) && !was_found(before, finding, BL_SEVERITY_INFO))
            warn_of(review, finding);
    }
}

/* A release that is upgraded to what it was has nothing to be told of. */
static bool changes_spec(const struct bl_review *review)
{
    return !bl_json_equal(bl_json_get(review->old, "spec"), bl_json_get(review->object, "spec"));
}

/* The webhook that completes may be passed over, and others may undo what it did. */
static void say_unmade_edits(struct bl_review *review, const struct bl_object_report *report)
{
    bool frozen = template_is_frozen(review, report->workload);

    if (!report->edit.patch || !report->edit.patch->child || pod_is_settled(review) ||
        (frozen && !changes_spec(review)))
        return;
    BL_AUTO_FREE char *who = bl_describe(review->object);
    if (frozen)
        bl_review_warn(review, NULL,
                       "Ballast completes %s at the next change of its pod template, or at once "
                       "with the annotation " BL_ANNOTATION_ADOPT ": now, which restarts its pods.",
                       who);
    else
        bl_review_warn(review, NULL,
                       "Ballast did not complete %s: the webhook was passed over, or another one "
                       "undid it. Apply it again; see ballast explain.",
                       who);
}

/* Each webhook tells its own part: one what it changed, the other how it judged. */
static void note_results(struct bl_review *review, const struct bl_object_report *report)
{
    for (size_t i = 0; i < report->results.len; i++) {
        const struct bl_result *result = &report->results.items[i];
        bool changes = result->outcome == BL_OUTCOME_CHANGED;

        if ((review->kind == BL_REVIEW_MUTATE && (!changes || !bl_rules[result->rule]->edit)) ||
            (review->kind == BL_REVIEW_VALIDATE && changes))
            continue;
        bl_review_note(review, result->rule, result->policy, result->action, result->outcome);
    }
}

/* Why nothing was asked of it, or nothing comes of the answers. NULL: it was judged in full, or is no Kafka. For free(). */
static char *why_not_judged(const struct bl_review *review, const struct bl_workload *workload)
{
    if (workload->opted_out)
        return bl_strdup("opted out by the label " BL_LABEL_ROLE ": none");
    if (workload->role == BL_ROLE_NONE)
        return NULL;
    if (workload->owner_kind)
        return bl_asprintf("made by a %s, which is judged instead", workload->owner_kind);
    if (bl_namespace_excluded(review->namespace))
        return bl_strdup("no policy holds in this namespace");
    if (bl_workload_is_owned(workload))
        return bl_asprintf("only told: it says that %s owns it", workload->owner);
    if (workload->confidence <= BL_CONFIDENCE_LOW)
        return bl_strdup("only told: that it runs Kafka is a guess");
    return NULL;
}

static void note_not_judged(struct bl_review *review)
{
    if (!bl_object_is_workload(review->object))
        return;
    BL_AUTO(bl_world_cleanup) struct bl_world *world = bl_review_namespaces(review);
    struct bl_workload *workload = bl_workload_recognise(
        review->object, NULL, bl_review_distrusts(review, world, review->object));
    BL_AUTO_FREE char *why = why_not_judged(review, workload);
    if (why)
        bl_json_add_string(review->audit, BL_AUDIT_NOT_JUDGED, why);
    bl_workload_free(workload);
}

/* An operator that is denied must learn how it is believed. */
static void tell_disbelief(struct bl_review *review, const struct bl_object_report *report)
{
    const struct bl_workload *workload = report->workload;

    if (!review->denial.len || !workload || !workload->owner || bl_workload_is_owned(workload))
        return;
    bl_review_deny(
        review, BL_CODE_FORBIDDEN, NULL,
        "If it is true, name who sends it under operators in that policy.",
        "it says that %s owns it, and a policy with allowOptOut: false takes no object's word "
        "for that",
        workload->owner);
}

int bl_review_workload(struct bl_review *review, struct bl_error **err)
{
    BL_AUTO_FREE const cJSON **objects = NULL;

    review->new_brokers = bl_review_new_brokers(review);
    BL_AUTO(bl_report_cleanup)
    struct bl_report *report = bl_review_run(review, review->object, NULL, false, &objects);
    struct bl_object_report *first = &report->objects[0];

    note_results(review, first);
    if (review->kind != BL_REVIEW_MUTATE) {
        say_findings(review, report);
        bl_review_stop(review);
        bl_review_used_change(review);
        tell_disbelief(review, first);
        note_not_judged(review);
    }
    if (review->kind == BL_REVIEW_VALIDATE)
        say_unmade_edits(review, first);
    else if (!review->denial.len)
        return make_patch(review, first, err);
    return 0;
}
