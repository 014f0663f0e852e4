#include "plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/pack.h"
#include "ballast/policies/review.h"
#include "report.h"

struct known {
    const cJSON *object;
    struct bl_ref ref;
    bool wanted; /* of ours */
};

struct planner {
    const struct bl_policy_set *set;
    const struct bl_plan_options *options;
    struct bl_plan *plan;
    struct {
        struct known *items;
        size_t len, cap;
    } ours, theirs; /* budgets and network policies */
    struct {
        const cJSON **items;
        size_t len, cap;
    } others;                 /* all but ours */
    struct bl_report *report; /* NULL: nothing is asked for */
};

static bool is_report(const cJSON *object)
{
    return bl_text_eq(bl_json_string(object, "kind"), BL_POLICY_REPORT_KIND);
}

static bool is_companion(const cJSON *object)
{
    enum bl_world_kind kind = bl_world_kind_of(object);

    return kind == BL_WORLD_DISRUPTION_BUDGET || kind == BL_WORLD_NETWORK_POLICY ||
           is_report(object);
}

static enum bl_companion_kind companion_kind(const cJSON *object)
{
    if (is_report(object))
        return BL_COMPANION_REPORT;
    return bl_world_kind_of(object) == BL_WORLD_DISRUPTION_BUDGET ? BL_COMPANION_BUDGET
                                                                  : BL_COMPANION_NETWORK_POLICY;
}

/* kubectl delete --cascade=orphan: how people change what cannot be changed, and make it anew. */
static bool leaves_its_pods(const cJSON *object)
{
    const cJSON *finalizer;

    cJSON_ArrayForEach(finalizer, bl_json_at(object, "metadata", "finalizers", NULL)) {
        if (cJSON_IsString(finalizer) && strcmp(finalizer->valuestring, "orphan") == 0)
            return bl_object_is_going(object);
    }
    return false;
}

/* A workload on its way out asks for nothing: what was made for it would go with it, again and again. */
static void sort_object(struct planner *planner, const cJSON *object)
{
    struct known known = {.object = object, .ref = bl_object_ref(object)};
    bool ours = is_companion(object) && bl_object_label(object, BL_LABEL_COMPANION);

    if (ours)
        *BL_PUSH(&planner->ours) = known;
    else if (is_companion(object))
        *BL_PUSH(&planner->theirs) = known;
    if (!ours &&
        (!bl_object_is_workload(object) || !bl_object_is_going(object) || leaves_its_pods(object)))
        *BL_PUSH(&planner->others) = object;
}

static struct known *find_known(struct known *known, size_t len, const cJSON *wanted)
{
    struct bl_ref ref = bl_object_ref(wanted);

    for (size_t i = 0; i < len; i++)
        if (strcmp(known[i].ref.name, ref.name) == 0 && bl_ref_same(&known[i].ref, &ref))
            return &known[i];
    return NULL;
}

/* --- what is the same --- */

static bool is_nothing(const cJSON *value)
{
    return bl_json_is_null(value) || (cJSON_IsArray(value) && !value->child);
}

static bool same(const cJSON *a, const cJSON *b);

/* An API server or a network plugin that does not know ranges drops their ends, each time that it is written. */
static bool is_dropped(const cJSON *wanted, const cJSON *present)
{
    return !present && bl_text_eq(wanted->string, "endPort");
}

static bool has_all(const cJSON *wanted, const cJSON *present)
{
    const cJSON *member;

    BL_JSON_EACH_MEMBER(member, wanted) {
        const cJSON *other = bl_json_get(present, member->string);

        if (!(is_nothing(member) && is_nothing(other)) && !is_dropped(member, other) &&
            !same(member, other))
            return false;
    }
    return true;
}

static bool has_no_more(const cJSON *wanted, const cJSON *present)
{
    const cJSON *member;

    BL_JSON_EACH_MEMBER(member, present) {
        if (!is_nothing(member) && !bl_json_get(wanted, member->string))
            return false;
    }
    return true;
}

static bool same(const cJSON *a, const cJSON *b)
{
    if (!a || !b)
        return a == b;
    if (cJSON_IsObject(a) && cJSON_IsObject(b))
        return has_all(a, b) && has_no_more(a, b);
    if (!cJSON_IsArray(a) || !cJSON_IsArray(b))
        return bl_json_equal(a, b);
    for (a = a->child, b = b->child; a && b; a = a->next, b = b->next)
        if (!same(a, b))
            return false;
    return a == b;
}

/* In the cache the results are folded. */
static bool same_report(const cJSON *wanted, const cJSON *present)
{
    BL_AUTO_JSON cJSON *results = bl_json_unfold(bl_json_get(present, "results"));

    return same(bl_json_get(wanted, "results"), results) &&
           same(bl_json_get(wanted, "summary"), bl_json_get(present, "summary"));
}

bool bl_companion_same_spec(const cJSON *wanted, const cJSON *present)
{
    if (is_report(wanted))
        return same_report(wanted, present);
    return same(bl_json_get(wanted, "spec"), bl_json_get(present, "spec"));
}

static bool has_labels(const cJSON *wanted, const cJSON *present)
{
    return has_all(bl_object_labels(wanted), bl_object_labels(present));
}

static const cJSON *owners_of(const cJSON *object)
{
    return bl_json_at(object, "metadata", "ownerReferences", NULL);
}

static bool has_owners(const cJSON *wanted, const cJSON *present)
{
    const cJSON *owner, *other;

    cJSON_ArrayForEach(owner, owners_of(wanted)) {
        bool found = false;

        cJSON_ArrayForEach(other, owners_of(present)) {
            found |= has_all(owner, other);
        }
        if (!found)
            return false;
    }
    return true;
}

bool bl_companion_fits(const cJSON *wanted, const cJSON *present)
{
    return bl_companion_same_spec(wanted, present) && has_labels(wanted, present) &&
           has_owners(wanted, present);
}

/* --- what is wanted --- */

static const struct bl_workload *subject_of(const struct planner *planner,
                                            const struct bl_companion *companion)
{
    return planner->report->objects[companion->after].workload;
}

static const struct bl_scene *scene_of(const struct planner *planner)
{
    return planner->report->scenes.items[0];
}

static void add_owner(cJSON *owners, const struct bl_workload *workload)
{
    cJSON *owner = bl_json_push(owners, bl_json_new_object());

    bl_json_add_string(owner, "apiVersion", workload->ref.api_version);
    bl_json_add_string(owner, "kind", workload->ref.kind);
    bl_json_add_string(owner, "name", workload->ref.name);
    bl_json_add_string(owner, "uid", bl_object_uid(workload->object));
}

/* It lives as long as any of the workloads that it is for. */
static void make_ours(const struct planner *planner, struct bl_companion *companion)
{
    const struct bl_scene *scene = scene_of(planner);
    const struct bl_ensemble *ensemble = bl_scene_ensemble(scene, subject_of(planner, companion));
    cJSON *metadata = bl_json_get(companion->object, "metadata");
    cJSON *owners = bl_json_add_array(metadata, "ownerReferences");

    bl_json_add_string(bl_json_get(metadata, "labels"), BL_LABEL_COMPANION,
                       bl_rule_name(companion->rule));
    for (size_t i = 0; i < ensemble->members.len; i++)
        add_owner(owners, bl_ensemble_member(scene, ensemble, i));
}

/* The webhook marks what was made, or changed, under its eyes. */
static bool is_adopted(const struct planner *planner, const struct bl_workload *workload)
{
    return bl_object_annotation(workload->object, BL_ANNOTATION_ROLE) ||
           bl_review_adopts(planner->set, scene_of(planner)->world, workload->object,
                            workload->role, planner->options->namespace);
}

/* A network policy could cut off a client that nobody knew of; a budget stops nobody. */
static bool must_wait(const struct planner *planner, const struct bl_companion *companion)
{
    const struct bl_scene *scene = scene_of(planner);
    const struct bl_ensemble *ensemble = bl_scene_ensemble(scene, subject_of(planner, companion));

    if (companion_kind(companion->object) != BL_COMPANION_NETWORK_POLICY)
        return false;
    for (size_t i = 0; i < ensemble->members.len; i++)
        if (!is_adopted(planner, bl_ensemble_member(scene, ensemble, i)))
            return true;
    return false;
}

/* Beside a policy that is not in sight it could do harm. */
static bool is_blind(const struct planner *planner, const struct bl_companion *companion)
{
    return planner->options->blind &&
           companion_kind(companion->object) == BL_COMPANION_NETWORK_POLICY;
}

/* While the garbage collector takes the owners off, they are not put on again. */
static bool is_being_orphaned(const struct planner *planner, const struct bl_companion *companion)
{
    const struct bl_scene *scene = scene_of(planner);
    const struct bl_ensemble *ensemble = bl_scene_ensemble(scene, subject_of(planner, companion));

    for (size_t i = 0; i < ensemble->members.len; i++)
        if (leaves_its_pods(bl_ensemble_member(scene, ensemble, i)->object))
            return true;
    return false;
}

static char *why_of(const struct planner *planner, const struct bl_companion *companion)
{
    const struct bl_report *report = planner->report;
    size_t ensemble = subject_of(planner, companion)->ensemble;

    for (size_t i = 0; i < report->findings.len; i++) {
        const struct bl_finding *finding = &report->findings.items[i];
        const struct bl_workload *workload = report->objects[finding->subject].workload;

        if (finding->rule == companion->rule && finding->mended && workload &&
            workload->ensemble == ensemble)
            return bl_strdup(finding->message);
    }
    return bl_strdup(bl_rule_summary(companion->rule));
}

static const cJSON *subject_object(const struct planner *planner,
                                   const struct bl_companion *companion)
{
    assert(companion->after < planner->others.len && planner->others.items);
    return planner->others.items[companion->after];
}

/* Takes the companion's object where a step is made of it. */
static void add_step(struct planner *planner, enum bl_step_kind kind,
                     struct bl_companion *companion, const cJSON *present)
{
    *BL_PUSH(&planner->plan->steps) = (struct bl_step){
        .kind = kind,
        .companion = companion_kind(companion->object),
        .present = present,
        .subject = subject_object(planner, companion),
        .why = why_of(planner, companion),
        .object = BL_STEAL(companion->object),
    };
}

static void block(struct planner *planner, const struct bl_companion *companion)
{
    struct bl_ref ref = bl_object_ref(companion->object);

    *BL_PUSH(&planner->plan->blocked) = (struct bl_blocked){
        subject_object(planner, companion), bl_asprintf("%s \"%s\"", ref.kind, ref.name)};
}

static enum bl_companion_state plan_one(struct planner *planner, struct bl_companion *companion)
{
    struct known *ours = find_known(planner->ours.items, planner->ours.len, companion->object);

    if (ours)
        ours->wanted = true;
    if (is_being_orphaned(planner, companion))
        return BL_COMPANION_KEPT;
    if (ours) {
        if (!bl_object_is_going(ours->object) &&
            !bl_companion_fits(companion->object, ours->object))
            add_step(planner, BL_STEP_REPAIR, companion, ours->object);
        return BL_COMPANION_KEPT;
    }
    if (find_known(planner->theirs.items, planner->theirs.len, companion->object)) {
        block(planner, companion);
        return BL_COMPANION_BLOCKED;
    }
    if (must_wait(planner, companion) || is_blind(planner, companion))
        return BL_COMPANION_WAITING;
    add_step(planner, BL_STEP_CREATE, companion, NULL);
    return BL_COMPANION_KEPT;
}

static void plan_wanted(struct planner *planner)
{
    struct bl_engine_options options = {.units = BL_UNITS_NAMESPACE,
                                        .today = planner->options->today,
                                        .namespace = planner->options->namespace};

    planner->report =
        bl_engine_run(planner->set, planner->others.items, planner->others.len, &options);
    if (planner->report->too_large) {
        planner->plan->too_large = bl_strdup(planner->report->too_large);
        planner->plan->too_large_object = planner->report->too_large_object;
        return;
    }
    for (size_t i = 0; i < planner->report->companions.len; i++) {
        struct bl_companion *companion = &planner->report->companions.items[i];
        enum bl_companion_kind kind = companion_kind(companion->object);

        make_ours(planner, companion);
        planner->plan->states[kind][plan_one(planner, companion)]++;
    }
}

/* --- reports --- */

static void add_owners(const struct bl_policy_report *report)
{
    cJSON *owners = bl_json_add_array(bl_json_get(report->object, "metadata"), "ownerReferences");

    for (size_t i = 0; i < report->workloads.len; i++)
        add_owner(owners, report->workloads.items[i]);
}

static void plan_report(struct planner *planner, struct bl_policy_report *report)
{
    struct known *ours = find_known(planner->ours.items, planner->ours.len, report->object);

    planner->plan->states[BL_COMPANION_REPORT][BL_COMPANION_KEPT]++;
    add_owners(report);
    if (ours)
        ours->wanted = true;
    assert(report->subject->index < planner->others.len && planner->others.items);
    if (ours &&
        (bl_object_is_going(ours->object) || bl_companion_fits(report->object, ours->object)))
        return;
    *BL_PUSH(&planner->plan->steps) = (struct bl_step){
        .kind = ours ? BL_STEP_REPAIR : BL_STEP_CREATE,
        .companion = BL_COMPANION_REPORT,
        .present = ours ? ours->object : NULL,
        .subject = planner->others.items[report->subject->index],
        .why = bl_strdup("what the rules say of its cluster has changed"),
        .object = BL_STEAL(report->object),
    };
}

static void plan_reports(struct planner *planner)
{
    BL_AUTO(bl_policy_reports_release) struct bl_policy_reports reports = {0};
    BL_AUTO_FREE bool *waits = bl_alloc(planner->others.len + 1, sizeof(bool));

    for (size_t i = 0; i < planner->report->len; i++)
        waits[i] = planner->report->objects[i].workload &&
                   !is_adopted(planner, planner->report->objects[i].workload);
    bl_policy_reports_make(planner->report, planner->options->namespace, waits, &reports);
    for (size_t i = 0; i < reports.len; i++)
        plan_report(planner, &reports.items[i]);
}

/* --- what is wanted no more --- */

static const cJSON *owner_in_sight(const struct planner *planner, const cJSON *present)
{
    const cJSON *owner;

    cJSON_ArrayForEach(owner, owners_of(present)) {
        for (size_t i = 0; i < planner->others.len; i++) {
            const cJSON *other = planner->others.items[i];

            if (bl_text_eq(bl_json_string(owner, "uid"), bl_object_uid(other)))
                return other;
        }
    }
    return NULL;
}

static void withdraw(struct planner *planner, const cJSON *present)
{
    const cJSON *subject = owner_in_sight(planner, present);
    /* Of a namespace that is not looked after the workloads are not known. */
    const char *why = !planner->options->in_scope ? "the namespace is not looked after any more"
                      : !subject                  ? "its workload is gone"
                                                  : "it is not asked for any more: by the policy, "
                                                    "or because there is another one";

    *BL_PUSH(&planner->plan->steps) = (struct bl_step){
        .kind = BL_STEP_WITHDRAW,
        .companion = companion_kind(present),
        .present = present,
        .subject = subject,
        .orphaned = planner->options->in_scope && !bl_json_len(owners_of(present)),
        .why = bl_strdup(why),
    };
}

static int compare_steps(const void *a, const void *b)
{
    const struct bl_step *x = a, *y = b;
    bool goes = x->kind == BL_STEP_WITHDRAW;
    struct bl_ref i = bl_object_ref(x->object ? x->object : x->present);
    struct bl_ref j = bl_object_ref(y->object ? y->object : y->present);

    if (goes != (y->kind == BL_STEP_WITHDRAW))
        return goes ? 1 : -1;
    if (x->companion != y->companion)
        return x->companion < y->companion ? -1 : 1;
    return strcmp(i.name, j.name);
}

static void plan_unwanted(struct planner *planner)
{
    for (size_t i = 0; i < planner->ours.len; i++)
        if (!planner->ours.items[i].wanted && !bl_object_is_going(planner->ours.items[i].object))
            withdraw(planner, planner->ours.items[i].object);
}

void bl_plan_companions(const struct bl_policy_set *set, const cJSON *const *objects, size_t len,
                        const struct bl_plan_options *options, struct bl_plan *ret_plan)
{
    struct planner planner = {.set = set, .options = options, .plan = ret_plan};

    *ret_plan = (struct bl_plan){0};
    for (size_t i = 0; i < len; i++)
        sort_object(&planner, objects[i]);
    if (options->in_scope)
        plan_wanted(&planner);
    if (options->in_scope && options->reports && !ret_plan->too_large)
        plan_reports(&planner);
    if (!options->careful && !ret_plan->too_large)
        plan_unwanted(&planner);
    if (ret_plan->steps.len)
        qsort(ret_plan->steps.items, ret_plan->steps.len, sizeof(struct bl_step), compare_steps);
    bl_report_free(planner.report);
    free(planner.ours.items);
    free(planner.theirs.items);
    free(planner.others.items);
}

void bl_step_clear(struct bl_step *step)
{
    cJSON_Delete(step->object);
    free(step->why);
    *step = (struct bl_step){0};
}

void bl_plan_release(struct bl_plan *plan)
{
    for (size_t i = 0; i < plan->steps.len; i++)
        bl_step_clear(&plan->steps.items[i]);
    for (size_t i = 0; i < plan->blocked.len; i++)
        free(plan->blocked.items[i].name);
    free(plan->steps.items);
    free(plan->blocked.items);
    free(plan->too_large);
    *plan = (struct bl_plan){0};
}
