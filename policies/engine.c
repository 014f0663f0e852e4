#include "ballast/policies/engine.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/budget.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/limits.h"
#include "ballast/workload/service.h"
#include "rule.h"

/* Findings of a rule on an object whose messages are told. */
#define MESSAGES_MAX 16

static const char *const severity_names[] = {"", "info", "warning", "error"};
static const char *const outcome_names[] = {"pass",     "changed", "denied", "warned",
                                            "reported", "exempt",  "off"};

const char *bl_severity_name(enum bl_severity severity)
{
    return severity_names[severity];
}

const char *bl_outcome_name(enum bl_outcome outcome)
{
    return outcome_names[outcome];
}

struct engine {
    const struct bl_policy_set *set;
    const cJSON *const *objects;
    const struct bl_engine_options *options;
    struct bl_report *report;
    struct bl_world *before; /* of one group; for the labels of namespaces, which nothing edits */
    unsigned group;
    bool *ignore_opt_out;                /* for each object */
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

/* Fills a run for a rule on an object. False where no policy asks for it. */
static bool begin_run(const struct engine *engine, enum bl_rule_id rule, size_t index,
                      const cJSON *object, enum bl_role role, struct bl_rule_run *run)
{
    struct bl_match_scope scope = match_scope(engine, object, role);
    const struct bl_policy *policy = bl_policy_for(engine->set, rule, &scope);

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

/* Opting out by label is for the policy to allow: where one forbids it, the label does not count. */
static bool must_not_opt_out(const struct engine *engine, const cJSON *object)
{
    const char *label = bl_object_label(object, BL_LABEL_ROLE);
    bool forbidden = false;

    if (!label || strcmp(label, bl_role_name(BL_ROLE_NONE)) != 0 || !bl_object_is_workload(object))
        return false;

    struct bl_workload *seen = bl_workload_recognise(object, NULL, true);
    struct bl_match_scope scope = match_scope(engine, object, seen->role);
    for (size_t p = 0; p < engine->set->len; p++) {
        const struct bl_spec *spec = &engine->set->items[p]->spec;

        forbidden |= !spec->allow_opt_out && bl_match_object(&spec->match, &scope);
    }
    bl_workload_free(seen);
    return forbidden;
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
        !begin_run(engine, rule, index, workload->object, workload->role, &run) ||
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
        bl_workload_recognise(engine->objects[index], NULL, engine->ignore_opt_out[index]);
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
            !begin_run(engine, (enum bl_rule_id)rule, index, service, role, &run) ||
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

    if (!begin_run(engine, rule, workload->index, workload->object, workload->role, &run))
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

static enum bl_outcome outcome_of(const struct bl_finding *finding)
{
    if (finding->mended)
        return BL_OUTCOME_CHANGED;
    if (finding->severity == BL_SEVERITY_ERROR)
        return BL_OUTCOME_DENIED;
    return finding->severity == BL_SEVERITY_WARNING ? BL_OUTCOME_WARNED : BL_OUTCOME_REPORTED;
}

static struct bl_result *find_result(struct bl_object_report *report, enum bl_rule_id rule)
{
    for (size_t i = 0; i < report->results.len; i++)
        if (report->results.items[i].rule == rule)
            return &report->results.items[i];
    return NULL;
}

static void tell(struct bl_result *result, const char *message)
{
    char *both;

    if (++result->findings > MESSAGES_MAX)
        return;
    both = result->message ? bl_asprintf("%s; %s", result->message, message) : bl_strdup(message);
    free(result->message);
    result->message = both;
}

static void tell_the_rest(struct bl_result *result)
{
    char *all;

    if (!result->message)
        result->message = bl_strdup("");
    if (result->findings <= MESSAGES_MAX)
        return;
    all = bl_asprintf("%s; and %zu more", result->message, result->findings - MESSAGES_MAX);
    free(result->message);
    result->message = all;
}

/* A rule's result is its gravest finding; the messages of the first ones are told. */
static void summarise(struct bl_report *report)
{
    static const int gravity[] = {
        [BL_OUTCOME_PASS] = 0,   [BL_OUTCOME_REPORTED] = 1, [BL_OUTCOME_CHANGED] = 2,
        [BL_OUTCOME_WARNED] = 3, [BL_OUTCOME_DENIED] = 4,
    };

    for (size_t i = 0; i < report->findings.len; i++) {
        const struct bl_finding *finding = &report->findings.items[i];
        struct bl_result *result = find_result(&report->objects[finding->subject], finding->rule);
        enum bl_outcome outcome = outcome_of(finding);

        if (!result)
            continue;
        tell(result, finding->message);
        if (gravity[outcome] > gravity[result->outcome])
            result->outcome = outcome;
    }
    for (size_t i = 0; i < report->len; i++)
        for (size_t r = 0; r < report->objects[i].results.len; r++)
            tell_the_rest(&report->objects[i].results.items[r]);
}

static int compare_findings(const void *a, const void *b)
{
    const struct bl_finding *x = a, *y = b;
    int order;

    if (x->object != y->object)
        return x->object < y->object ? -1 : 1;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    order = strcmp(x->path, y->path);
    return order ? order : strcmp(x->message, y->message);
}

static int compare_companions(const void *a, const void *b)
{
    const struct bl_companion *x = a, *y = b;

    if (x->after != y->after)
        return x->after < y->after ? -1 : 1;
    return (x->rule > y->rule) - (x->rule < y->rule);
}

static void sort_report(struct bl_report *report)
{
    if (report->findings.len)
        qsort(report->findings.items, report->findings.len, sizeof(struct bl_finding),
              compare_findings);
    if (report->companions.len)
        qsort(report->companions.items, report->companions.len, sizeof(struct bl_companion),
              compare_companions);
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
        engine->ignore_opt_out[i] = must_not_opt_out(engine, engine->objects[i]);
        edit_object(engine, i);
    }

    if (engine->options->edits_only || bl_budget_over()) {
        bl_world_free(engine->before);
        return;
    }
    BL_AUTO(memo_release) struct bl_rule_memo memo = {0};
    world = bl_world_new(report->edited, report->len, groups, engine->group);
    engine->scene = bl_scene_new(world, engine->ignore_opt_out);
    BL_AUTO_FREE const struct bl_workload **speakers =
        bl_alloc(engine->scene->ensembles.len, sizeof(*speakers));
    engine->speakers = speakers;
    find_beside(engine, &memo);
    engine->memo = &memo;
    *BL_PUSH(&report->scenes) = engine->scene;
    for (size_t i = 0; i < engine->scene->workloads.len && bl_budget_turn(); i++)
        judge_workload(engine, engine->scene->workloads.items[i]);
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
    workload = bl_workload_recognise(object, NULL, must_not_opt_out(engine, object));
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
    report->too_large = bl_asprintf("%zu workload%s and %zu other objects together take more work "
                                    "than they may",
                                    workloads, workloads == 1 ? "" : "s", report->len - workloads);
}

static void report_clear(struct bl_report *report);

static void begin_report(struct bl_report *report, const cJSON *const *objects, size_t len)
{
    report->len = len;
    report->objects = bl_alloc(len, sizeof(*report->objects));
    report->edited = bl_alloc(len, sizeof(*report->edited));
    for (size_t i = 0; i < len; i++)
        report->edited[i] = objects[i];
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
    sort_report(engine->report);
    summarise(engine->report);
}

struct bl_report *bl_engine_run(const struct bl_policy_set *set, const cJSON *const *objects,
                                size_t len, const struct bl_engine_options *options)
{
    struct bl_budget budget;
    struct bl_report *report = BL_NEW(struct bl_report);
    BL_AUTO_FREE bool *ignore_opt_out = bl_alloc(len, sizeof(bool));
    struct engine engine = {.set = set,
                            .objects = objects,
                            .options = options,
                            .report = report,
                            .ignore_opt_out = ignore_opt_out};
    bool over;

    begin_report(report, objects, len);
    bl_budget_begin(&budget, options->units ? options->units : INT64_MAX);
    run_groups(&engine);
    over = bl_budget_over();
    (void)bl_budget_end(&budget);
    if (over && !report->too_large) {
        report_clear(report);
        begin_report(report, objects, len);
        refuse_late(report);
    }
    return report;
}

static void report_clear(struct bl_report *report)
{
    for (size_t i = 0; i < report->scenes.len; i++) {
        struct bl_world *world = (struct bl_world *)(uintptr_t)report->scenes.items[i]->world;

        bl_scene_free(report->scenes.items[i]);
        bl_world_free(world);
    }
    free(report->scenes.items);
    for (size_t i = 0; i < report->workloads.len; i++)
        bl_workload_free(report->workloads.items[i]);
    free(report->workloads.items);
    for (size_t i = 0; i < report->len; i++) {
        for (size_t r = 0; r < report->objects[i].results.len; r++)
            free(report->objects[i].results.items[r].message);
        free(report->objects[i].results.items);
        bl_edit_release(&report->objects[i].edit);
    }
    for (size_t i = 0; i < report->findings.len; i++) {
        free(report->findings.items[i].path);
        free(report->findings.items[i].message);
        free(report->findings.items[i].hint);
    }
    for (size_t i = 0; i < report->companions.len; i++)
        bl_json_free(report->companions.items[i].object);
    free(report->findings.items);
    free(report->companions.items);
    free(report->objects);
    free(report->edited);
    free(report->too_large);
    *report = (struct bl_report){0};
}

void bl_report_free(struct bl_report *report)
{
    if (!report)
        return;
    report_clear(report);
    free(report);
}

const cJSON *bl_report_object(const struct bl_report *report, size_t index)
{
    return report->edited[index];
}

bool bl_report_denied(const struct bl_report *report)
{
    for (size_t i = 0; i < report->findings.len && bl_budget_turn(); i++)
        if (report->findings.items[i].severity == BL_SEVERITY_ERROR)
            return true;
    return false;
}
