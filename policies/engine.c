#include "ballast/policies/engine.h"
#include "ballast/api/builtin.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/budget.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/limits.h"
#include "ballast/workload/service.h"
#include "report.h"
#include "rule.h"

struct engine {
    const struct bl_policy_set *set;
    const cJSON *const *objects;
    const struct bl_engine_options *options;
    struct bl_report *report;
    struct bl_world *before; /* of one group; for the labels of namespaces, which nothing edits */
    unsigned group;
    bool *distrusted;                    /* for each object */
    struct bl_scene *scene;              /* of one group, in the second pass */
    struct bl_rule_memo *memo;           /* of the scene */
    const struct bl_workload **speakers; /* of its ensembles, once they are known */
};

static bool in_scope(const struct engine *engine, size_t index)
{
    return !engine->options->context_from || index < engine->options->context_from;
}

static struct bl_match_scope match_scope(const struct engine *engine, const cJSON *object,
                                         enum bl_role role)
{
    return (struct bl_match_scope){engine->before, object, role, engine->options->namespace};
}

/* Fills a run for the rule of a policy on an object. False where no policy asks for it. */
static bool begin_run(const struct engine *engine, const struct bl_policy *policy,
                      enum bl_rule_id rule, size_t index, struct bl_rule_run *run)
{
    if (!policy)
        return false;
    *run = (struct bl_rule_run){
        .id = rule,
        .policy = policy,
        .action = (enum bl_action)policy->rules[rule]->action,
        .params = policy->rules[rule],
        .report = engine->report,
        .object = index,
        .silent = engine->options->edits_only,
    };
    return true;
}

static bool begin_edit(const struct engine *engine, enum bl_rule_id rule, size_t index,
                       const cJSON *object, enum bl_role role, struct bl_rule_run *run)
{
    const struct bl_engine_options *options = engine->options;
    struct bl_match_scope scope = match_scope(engine, object, role);

    if (!begin_run(engine, bl_policy_for(engine->set, rule, &scope), rule, index, run))
        return false;
    run->new_brokers = options->new_brokers ? options->new_brokers[index] : 0;
    run->stored = index == 0 ? options->stored : NULL;
    return true;
}

static bool excused(const struct engine *engine, enum bl_rule_id rule, const cJSON *object,
                    enum bl_role role)
{
    struct bl_match_scope scope = match_scope(engine, object, role);

    return bl_policy_excuses(engine->set, rule, &scope, engine->options->today);
}

/* A pod that a StatefulSet made is judged there; changing it here would make it differ from its set. */
static bool concerns_us(const struct bl_workload *workload)
{
    return workload->role != BL_ROLE_NONE && workload->container && !workload->owner_kind &&
           !bl_namespace_excluded(workload->ref.namespace);
}

/* Does a policy that holds for it forbid that it speaks for itself? */
static bool distrusts(const struct engine *engine, const cJSON *object)
{
    return bl_policies_distrust(engine->set, engine->before, object, engine->options->namespace,
                                engine->options->user);
}

/* The copy that edits are made on is only taken for an object that a rule will look at. */
static void start_edit(const struct engine *engine, size_t index)
{
    struct bl_object_report *report = &engine->report->objects[index];

    if (!report->edit.object)
        bl_edit_init(&report->edit, engine->objects[index]);
}

static void add_result(struct bl_object_report *report, const struct bl_rule_run *run,
                       enum bl_outcome outcome, char *message)
{
    *BL_PUSH(&report->results) =
        (struct bl_result){run->id, run->policy, run->action, outcome, message, 0};
}

static void edit_by(const struct engine *engine, enum bl_rule_id rule, size_t index,
                    const struct bl_workload *workload)
{
    struct bl_rule_run run;

    if (!bl_rules[rule]->edit ||
        !begin_edit(engine, rule, index, workload->object, workload->role, &run) ||
        excused(engine, rule, workload->object, workload->role))
        return;
    run.workload = workload;
    if (!bl_run_may_mutate(&run))
        return;
    if (engine->options->edits_only)
        add_result(&engine->report->objects[index], &run, BL_OUTCOME_PASS, NULL);
    start_edit(engine, index);
    run.edit = &engine->report->objects[index].edit;
    bl_rules[rule]->edit(&run);
}

static void edit_workload(const struct engine *engine, size_t index)
{
    struct bl_object_report *report = &engine->report->objects[index];
    struct bl_workload *workload =
        bl_workload_recognise(engine->objects[index], NULL, engine->distrusted[index]);
    bool concerned = concerns_us(workload);

    for (size_t rule = 0; rule < BL_RULE_COUNT && concerned && bl_budget_turn(); rule++)
        edit_by(engine, (enum bl_rule_id)rule, index, workload);
    if (!engine->options->edits_only) {
        bl_workload_free(workload);
        return;
    }
    report->workload = workload;
    report->judged = concerned;
    *BL_PUSH(&engine->report->workloads) = workload;
}

static void edit_service(const struct engine *engine, size_t index)
{
    const cJSON *service = engine->objects[index];
    enum bl_role role = bl_service_role(service);
    struct bl_rule_run run;

    if (!role || bl_namespace_excluded(bl_object_ref(service).namespace))
        return;
    for (size_t rule = 0; rule < BL_RULE_COUNT; rule++) {
        if (!bl_rules[rule]->edit_service ||
            !begin_edit(engine, (enum bl_rule_id)rule, index, service, role, &run) ||
            run.action != BL_ACTION_MUTATE || excused(engine, (enum bl_rule_id)rule, service, role))
            continue;
        start_edit(engine, index);
        run.edit = &engine->report->objects[index].edit;
        bl_rules[rule]->edit_service(&run, service);
    }
}

static void edit_object(const struct engine *engine, size_t index)
{
    struct bl_edit *edit = &engine->report->objects[index].edit;
    const cJSON *object = engine->objects[index];
    enum bl_world_kind kind = bl_world_kind_of(object);

    engine->report->edited[index] = object;
    if (!in_scope(engine, index))
        return;
    if (kind == BL_WORLD_WORKLOAD)
        edit_workload(engine, index);
    else if (kind == BL_WORLD_SERVICE)
        edit_service(engine, index);
    if (bl_edit_changed(edit))
        engine->report->edited[index] = edit->object;
    else
        bl_edit_release(edit);
}

static void note_stale_exception(struct bl_rule_run *run, const struct bl_exception *exception)
{
    bl_run_report(run, BL_FAULT_NOTE, run->object, "",
                  "Renew it with a new date, or remove it from the policy.",
                  "exception \"%s\" expired on %s and counts no more (%s)", exception->name,
                  exception->expires, exception->reason);
}

/* Who speaks for an ensemble: the first of its members that is judged. */
static const struct bl_workload *speaker_of(const struct engine *engine,
                                            const struct bl_workload *workload)
{
    const struct bl_scene *scene = engine->scene;
    const struct bl_ensemble *ensemble = bl_scene_ensemble(scene, workload);
    const struct bl_workload **speaker = &engine->speakers[workload->ensemble];

    for (size_t i = 0; !*speaker && i < ensemble->members.len && bl_budget_turn(); i++) {
        const struct bl_workload *member = bl_ensemble_member(scene, ensemble, i);

        if (in_scope(engine, member->index) && concerns_us(member))
            *speaker = member;
    }
    return *speaker ? *speaker : workload;
}

static void run_checks(const struct engine *engine, struct bl_rule_run *run,
                       struct bl_object_report *report)
{
    const struct bl_rule *rule = bl_rules[run->id];
    const struct bl_workload *speaker =
        rule->check_ensemble ? speaker_of(engine, run->workload) : run->workload;
    bool speaks = speaker == run->workload;

    add_result(report, run, BL_OUTCOME_PASS,
               speaks ? NULL
                      : bl_asprintf("judged together with %s \"%s\"", speaker->ref.kind,
                                    speaker->ref.name));
    if (rule->check)
        rule->check(run);
    if (rule->check_ensemble && speaks)
        rule->check_ensemble(run, bl_scene_ensemble(run->scene, run->workload));
}

static void judge_by(const struct engine *engine, enum bl_rule_id rule,
                     const struct bl_workload *workload, struct bl_object_report *report)
{
    struct bl_match_scope scope = match_scope(engine, workload->object, workload->role);
    const struct bl_exception *exception;
    struct bl_rule_run run;

    if (!begin_run(engine, bl_policy_judging(engine->set, rule, &scope), rule, workload->index,
                   &run))
        return;
    run.workload = workload;
    run.scene = engine->scene;
    run.memo = engine->memo;
    run.no_companions = engine->options->no_companions;
    run.replaces = engine->options->replaces;
    if (run.action == BL_ACTION_OFF) {
        add_result(report, &run, BL_OUTCOME_OFF, bl_strdup(""));
        return;
    }
    exception = bl_policy_exception(engine->set, rule, &scope, engine->options->today);
    if (exception && !bl_exception_expired(exception, engine->options->today)) {
        add_result(report, &run, BL_OUTCOME_EXEMPT,
                   bl_asprintf("exception \"%s\": %s%s%s", exception->name, exception->reason,
                               exception->expires ? ", until " : "",
                               exception->expires ? exception->expires : ""));
        return;
    }
    if (exception)
        note_stale_exception(&run, exception);
    run_checks(engine, &run, report);
}

static void judge_workload(const struct engine *engine, const struct bl_workload *workload)
{
    struct bl_object_report *report = &engine->report->objects[workload->index];

    report->workload = workload;
    if (!in_scope(engine, workload->index) || !concerns_us(workload))
        return;
    report->judged = true;
    for (size_t rule = 0; rule < BL_RULE_COUNT && bl_budget_turn(); rule++)
        judge_by(engine, (enum bl_rule_id)rule, workload, report);
}

static void memo_release(struct bl_rule_memo *memo)
{
    bl_uses_release(&memo->uses);
    free(memo->beside);
}

/* Objects of other groups do not know of each other, and still call each other in one cluster. */
static void find_beside(const struct engine *engine, struct bl_rule_memo *memo)
{
    const unsigned *groups = engine->options->groups;

    if (!groups || engine->options->group_count < 2)
        return;
    memo->beside = bl_alloc(engine->report->len, sizeof(*memo->beside));
    for (size_t i = 0; i < engine->report->len; i++)
        if (groups[i] != engine->group)
            memo->beside[memo->beside_len++] = engine->objects[i];
}

static bool is_edited(const struct bl_report *report)
{
    for (size_t i = 0; i < report->len; i++)
        if (report->objects[i].edit.object)
            return true;
    return false;
}

/* Both passes over the objects of one group. */
static void run_group(struct engine *engine)
{
    const unsigned *groups = engine->options->groups;
    struct bl_report *report = engine->report;
    struct bl_world *world;

    engine->before = bl_world_new(engine->objects, report->len, groups, engine->group);
    for (size_t i = 0; i < report->len && bl_budget_turn(); i++) {
        if (groups && groups[i] != engine->group)
            continue;
        engine->distrusted[i] = distrusts(engine, engine->objects[i]);
        edit_object(engine, i);
    }

    if (engine->options->edits_only || bl_budget_over()) {
        bl_world_free(engine->before);
        return;
    }
    BL_AUTO(memo_release) struct bl_rule_memo memo = {0};
    /* Where nothing was edited the world is what it was. */
    world = is_edited(report) ? bl_world_new(report->edited, report->len, groups, engine->group)
                              : engine->before;
    engine->scene = bl_scene_new(world, engine->distrusted);
    BL_AUTO_FREE const struct bl_workload **speakers =
        bl_alloc(engine->scene->ensembles.len, sizeof(*speakers));
    engine->speakers = speakers;
    find_beside(engine, &memo);
    engine->memo = &memo;
    *BL_PUSH(&report->scenes) = engine->scene;
    for (size_t i = 0; i < engine->scene->workloads.len && bl_budget_turn(); i++)
        judge_workload(engine, engine->scene->workloads.items[i]);
    engine->speakers = NULL;
    engine->memo = NULL;
    if (world != engine->before)
        bl_world_free(engine->before);
}

/* --- what is too large to judge --- */

/* Is the object one that rules look at? What is none of ours may be as large as it likes. */
static bool is_looked_at(const struct engine *engine, const cJSON *object)
{
    enum bl_world_kind kind = bl_world_kind_of(object);
    struct bl_workload *workload;
    bool is;

    if (kind == BL_WORLD_SERVICE)
        return bl_service_role(object) && !bl_namespace_excluded(bl_object_ref(object).namespace);
    if (kind != BL_WORLD_WORKLOAD)
        return kind == BL_WORLD_DISRUPTION_BUDGET || kind == BL_WORLD_NETWORK_POLICY;
    workload = bl_workload_recognise(object, NULL, distrusts(engine, object));
    is = concerns_us(workload);
    bl_workload_free(workload);
    return is;
}

/* The first object with a list that no Kafka has. True: there is one. */
static bool refuse_early(struct engine *engine)
{
    struct bl_report *report = engine->report;

    for (size_t i = 0; i < report->len && in_scope(engine, i); i++) {
        const cJSON *object = engine->objects[i];
        struct bl_excess excess;

        if (!bl_object_excess(object, &excess))
            continue;
        engine->before = bl_world_new(engine->objects, report->len, NULL, 0);
        bool looked_at = is_looked_at(engine, object);
        bl_world_free(engine->before);
        if (!looked_at)
            continue;
        BL_AUTO_FREE char *who = bl_describe(object);
        report->too_large = bl_asprintf("%s has %zu %s where no Kafka has more than %zu", who,
                                        excess.len, excess.list, excess.most);
        report->too_large_object = object;
        return true;
    }
    return false;
}

static void refuse_late(struct bl_report *report)
{
    size_t workloads = 0;

    for (size_t i = 0; i < report->len; i++)
        workloads += bl_world_kind_of(report->edited[i]) == BL_WORLD_WORKLOAD;
    if (workloads == 1 && report->len == 1) {
        BL_AUTO_FREE char *who = bl_describe(report->edited[0]);

        report->too_large = bl_asprintf("%s takes more work than it may", who);
        report->too_large_object = report->edited[0];
        return;
    }
    size_t others = report->len - workloads;
    report->too_large =
        bl_asprintf("%zu %s and %zu other %s together take more work than they may", workloads,
                    bl_text_plural((int64_t)workloads, "workload", "workloads"), others,
                    bl_text_plural((int64_t)others, "object", "objects"));
}

static void run_groups(struct engine *engine)
{
    unsigned groups = engine->options->groups ? engine->options->group_count : 1;

    if (refuse_early(engine))
        return;
    for (engine->group = 0; engine->group < groups && !bl_budget_over(); engine->group++)
        run_group(engine);
    if (bl_budget_over())
        return;
    bl_report_finish(engine->report);
}

struct bl_report *bl_engine_run(const struct bl_policy_set *set, const cJSON *const *objects,
                                size_t len, const struct bl_engine_options *options)
{
    struct bl_budget budget;
    struct bl_report *report = BL_NEW(struct bl_report);
    BL_AUTO_FREE bool *distrusted = bl_alloc(len, sizeof(bool));
    struct engine engine = {.set = set,
                            .objects = objects,
                            .options = options,
                            .report = report,
                            .distrusted = distrusted};
    bool over;

    bl_report_begin(report, objects, len);
    bl_budget_begin(&budget, options->units ? options->units : INT64_MAX);
    run_groups(&engine);
    over = bl_budget_over();
    (void)bl_budget_end(&budget);
    if (over && !report->too_large) {
        bl_report_clear(report);
        bl_report_begin(report, objects, len);
        refuse_late(report);
    }
    return report;
}
