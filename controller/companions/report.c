#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/policies/review.h"

/* The longest name of an object (RFC 1123). */
#define NAME_MAX_LEN 253

/* As the API's documentation has them. */
static const char *const summary_keys[] = {"pass", "fail", "warn", "error", "skip"};

struct making {
    const struct bl_report *report;
    const char *namespace;
    const bool *waits;
    struct bl_policy_reports *reports;
};

static char *object_name(const char *cluster)
{
    char *name = bl_asprintf("ballast-%s", cluster);

    for (char *at = name; *at; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
        else if (!((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || *at == '-'))
            *at = '-';
    }
    if (strlen(name) > NAME_MAX_LEN)
        name[NAME_MAX_LEN] = '\0';
    while (name[strlen(name) - 1] == '-')
        name[strlen(name) - 1] = '\0';
    return name;
}

static const char *cluster_of(const struct bl_workload *workload)
{
    const char *slash = workload->cluster ? strchr(workload->cluster, '/') : NULL;

    return slash ? slash + 1 : workload->cluster ? workload->cluster : workload->ref.name;
}

static struct bl_policy_report *report_for(struct making *making,
                                           const struct bl_workload *workload)
{
    BL_AUTO_FREE char *name = object_name(cluster_of(workload));
    struct bl_policy_report *report;
    cJSON *metadata, *labels;

    for (size_t i = 0; i < making->reports->len; i++)
        if (strcmp(bl_object_ref(making->reports->items[i].object).name, name) == 0)
            return &making->reports->items[i];
    report = BL_PUSH(making->reports);
    *report = (struct bl_policy_report){.object = bl_json_new_object(), .subject = workload};
    bl_json_add_string(report->object, "apiVersion", BL_POLICY_REPORT_API);
    bl_json_add_string(report->object, "kind", BL_POLICY_REPORT_KIND);
    metadata = bl_json_add_object(report->object, "metadata");
    bl_json_add_string(metadata, "name", name);
    bl_json_add_string(metadata, "namespace", making->namespace);
    labels = bl_json_add_object(metadata, "labels");
    bl_json_add_string(labels, BL_LABEL_MANAGED_BY, "ballast");
    bl_json_add_string(labels, BL_LABEL_COMPANION, "policy-report");
    bl_json_add_array(report->object, "results");
    return report;
}

/* --- one result --- */

static bool asks_for_company(enum bl_rule_id rule)
{
    return rule == BL_RULE_DISRUPTION_BUDGET || rule == BL_RULE_NETWORK_POLICY;
}

struct verdict {
    const char *result, *severity;
    const char *message; /* NULL: the rule's own */
};

static struct verdict verdict_on(const struct making *making, const struct bl_workload *workload,
                                 const struct bl_result *result)
{
    switch (result->outcome) {
    case BL_OUTCOME_CHANGED:
        if (!asks_for_company(result->rule))
            return (struct verdict){"warn", "medium", NULL};
        if (result->rule == BL_RULE_NETWORK_POLICY && making->waits[workload->index])
            return (struct verdict){"warn", "medium",
                                    "its network policy waits until the workload is adopted"};
        return (struct verdict){"pass", "info", "kept by ballast-controller"};
    case BL_OUTCOME_DENIED:
        return (struct verdict){"fail", "high", NULL};
    case BL_OUTCOME_WARNED:
        return (struct verdict){"warn", "medium", NULL};
    case BL_OUTCOME_REPORTED:
        return (struct verdict){"fail", "low", NULL};
    case BL_OUTCOME_EXEMPT:
        return (struct verdict){"skip", "info", NULL};
    default:
        return (struct verdict){"pass", "info", NULL};
    }
}

static void add_resource(cJSON *result, const struct bl_workload *workload, const char *namespace)
{
    cJSON *resource = bl_json_push(bl_json_add_array(result, "resources"), bl_json_new_object());
    const char *uid = bl_json_string(bl_json_get(workload->object, "metadata"), "uid");

    bl_json_add_string(resource, "apiVersion", workload->ref.api_version);
    bl_json_add_string(resource, "kind", workload->ref.kind);
    bl_json_add_string(resource, "name", workload->ref.name);
    bl_json_add_string(resource, "namespace", namespace);
    if (uid)
        bl_json_add_string(resource, "uid", uid);
}

static void add_result(const struct making *making, cJSON *results,
                       const struct bl_workload *workload, const struct bl_result *result)
{
    struct verdict verdict = verdict_on(making, workload, result);
    const char *message = verdict.message ? verdict.message : result->message;
    cJSON *item;

    if (result->outcome == BL_OUTCOME_OFF)
        return;
    item = bl_json_push(results, bl_json_new_object());
    bl_json_add_string(item, "source", "ballast");
    bl_json_add_string(item, "policy", bl_policy_name(result->policy));
    bl_json_add_string(item, "rule", bl_rule_name(result->rule));
    bl_json_add_string(item, "result", verdict.result);
    bl_json_add_string(item, "severity", verdict.severity);
    bl_json_add_bool(item, "scored", result->outcome != BL_OUTCOME_REPORTED);
    bl_json_add_string(item, "message",
                       message && *message ? message : bl_rule_summary(result->rule));
    add_resource(item, workload, making->namespace);
}

/* --- all of them --- */

static int64_t count(const cJSON *results, const char *result)
{
    const cJSON *item;
    int64_t found = 0;

    cJSON_ArrayForEach(item, results) {
        found += bl_text_eq(bl_json_string(item, "result"), result);
    }
    return found;
}

static void sum_up(cJSON *report)
{
    cJSON *summary = bl_json_new_object();

    for (size_t i = 0; i < BL_ARRAY_LEN(summary_keys); i++)
        bl_json_add_int(summary, summary_keys[i],
                        count(bl_json_get(report, "results"), summary_keys[i]));
    bl_json_add(report, "summary", summary);
}

static void add_object(struct making *making, const struct bl_object_report *object)
{
    struct bl_policy_report *report = report_for(making, object->workload);
    cJSON *results = bl_json_get(report->object, "results");

    *BL_PUSH(&report->workloads) = object->workload;
    for (size_t i = 0; i < object->results.len; i++)
        add_result(making, results, object->workload, &object->results.items[i]);
}

void bl_policy_reports_make(const struct bl_report *report, const char *namespace,
                            const bool *waits, struct bl_policy_reports *ret_reports)
{
    struct making making = {report, namespace, waits, ret_reports};

    for (size_t i = 0; i < report->len; i++)
        if (report->objects[i].workload && report->objects[i].results.len)
            add_object(&making, &report->objects[i]);
    for (size_t i = 0; i < ret_reports->len; i++)
        sum_up(ret_reports->items[i].object);
}

void bl_policy_reports_release(struct bl_policy_reports *reports)
{
    for (size_t i = 0; i < reports->len; i++) {
        cJSON_Delete(reports->items[i].object);
        free(reports->items[i].workloads.items);
    }
    free(reports->items);
    *reports = (struct bl_policy_reports){0};
}
