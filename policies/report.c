#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/policies/losses.h"

/* What a run of the engine found, put in order and told. */

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
        if (gravity[outcome] <= gravity[result->outcome])
            continue;
        /* One policy may complete, and another one judge. */
        result->outcome = outcome;
        result->policy = finding->policy;
        result->action = finding->action;
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

void bl_report_finish(struct bl_report *report)
{
    sort_report(report);
    summarise(report);
}

static size_t place_of(const cJSON *const *objects, size_t len, const cJSON *object)
{
    size_t at = 0;

    while (at < len && objects[at] != object)
        at++;
    return at;
}

void bl_report_add_losses(struct bl_report *report, const cJSON *const *objects,
                          const struct bl_losses *losses)
{
    for (size_t i = 0; i < losses->len; i++) {
        const struct bl_loss *loss = &losses->items[i];
        size_t object = place_of(objects, report->len, loss->member);
        bool warns = loss->action == BL_ACTION_WARN;

        if (object == report->len)
            continue;
        *BL_PUSH(&report->findings) = (struct bl_finding){
            .rule = BL_RULE_UPGRADE_PATH,
            .severity = warns ? BL_SEVERITY_WARNING : BL_SEVERITY_ERROR,
            .action = loss->action,
            .policy = loss->policy,
            .object = object,
            .subject = object,
            .path = bl_strdup(""),
            .message = bl_strdup(loss->message),
            .hint = bl_strdup(loss->hint),
        };
        *BL_PUSH(&report->objects[object].results) =
            (struct bl_result){.rule = BL_RULE_UPGRADE_PATH,
                               .policy = loss->policy,
                               .action = loss->action,
                               .outcome = warns ? BL_OUTCOME_WARNED : BL_OUTCOME_DENIED,
                               .message = bl_strdup(loss->message)};
    }
    sort_report(report);
}

void bl_report_begin(struct bl_report *report, const cJSON *const *objects, size_t len)
{
    report->len = len;
    report->objects = bl_alloc(len, sizeof(*report->objects));
    report->edited = bl_alloc(len, sizeof(*report->edited));
    for (size_t i = 0; i < len; i++)
        report->edited[i] = objects[i];
}

void bl_report_clear(struct bl_report *report)
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
        free(report->findings.items[i].property);
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
    bl_report_clear(report);
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
