#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/selector.h"
#include "ballast/workload/service.h"
#include "rule.h"

/*
 * Services by which members find each other must publish pods that are not ready yet: a quorum forms
 * before any of its members is ready, and a broker that recovers must be found by name.
 *
 * publishNotReadyAddresses: false is what the API server fills in, so it counts as not given.
 */

#define PUBLISH "/spec/publishNotReadyAddresses"

static const struct bl_rule_params defaults = {0};
static const struct bl_field fields[] = {BL_RULE_ACTION_FIELD, {0}};
static const struct bl_schema schema = BL_SCHEMA(struct bl_rule_params, fields);

static bool publishes(const cJSON *service)
{
    return bl_json_bool(bl_json_get(service, "spec"), "publishNotReadyAddresses", false);
}

static void edit_service(struct bl_rule_run *run, const cJSON *service)
{
    BL_AUTO_FREE char *who = bl_describe(service);

    if (!publishes(service))
        bl_run_set(
            run, PUBLISH, cJSON_CreateTrue(),
            "%s hides pods that are not ready, so members cannot find each other while they start",
            who);
}

/* What the first pass did to a Service is told with the workload that it serves. */
static void claim_edits(struct bl_rule_run *run, size_t service)
{
    for (size_t i = 0; i < run->report->findings.len; i++) {
        struct bl_finding *finding = &run->report->findings.items[i];

        if (finding->object == service && finding->rule == run->id && finding->mended)
            finding->subject = run->object;
    }
}

/* Pods get their names from the Service that spec.serviceName names, if it selects them. */
static void check_governing(struct bl_rule_run *run)
{
    const char *name = bl_json_string(bl_json_get(run->workload->object, "spec"), "serviceName");
    const struct bl_world_entry *service =
        name ? bl_world_find_entry(run->scene->world, BL_WORLD_SERVICE,
                                   run->workload->ref.namespace, name)
             : NULL;
    const cJSON *selector = service ? bl_json_at(service->object, "spec", "selector", NULL) : NULL;

    /* Without a selector somebody else keeps its endpoints. */
    if (!selector || !selector->child || bl_labels_include(run->workload->pod_labels, selector))
        return;
    BL_AUTO_FREE char *who = bl_describe(run->workload->object);
    bl_run_report(run, BL_FAULT_NOTE, service->index, "/spec/selector",
                  "Make it select the labels of the pod template.",
                  "Service \"%s\" gives the pods of %s their names (spec.serviceName) and does not "
                  "select them: no member can be found by its name",
                  name, who);
}

/*
 * Of a Service "kafka" each pod of its namespace gets KAFKA_PORT, which Confluent's start script takes for a setting of
 * old, and gives up. A headless Service makes no variables.
 */
static void check_links(struct bl_rule_run *run)
{
    const cJSON *spec = bl_json_get(run->workload->pod, "spec");
    const struct bl_world_entry *service = bl_world_find_entry(
        run->scene->world, BL_WORLD_SERVICE, run->workload->ref.namespace, "kafka");
    const cJSON *service_spec = service ? bl_json_get(service->object, "spec") : NULL;

    if (!service || strcmp(run->workload->distribution, "confluent") != 0 ||
        !bl_workload_is_kafka(run->workload) || !bl_json_bool(spec, "enableServiceLinks", true) ||
        bl_text_eq(bl_json_string(service_spec, "clusterIP"), "None") ||
        bl_text_eq(bl_json_string(service_spec, "type"), "ExternalName"))
        return;
    BL_AUTO_FREE char *path = bl_pod_pointer(run->workload, "spec");
    bl_run_report(run, BL_FAULT_NOTE, run->object, path,
                  "Set enableServiceLinks: false, or name the Service otherwise.",
                  "Service \"kafka\" gives these pods a variable KAFKA_PORT, with which cp-kafka "
                  "does not start");
}

static void check(struct bl_rule_run *run)
{
    struct bl_world_iter iter =
        bl_world_walk(run->scene->world, BL_WORLD_SERVICE, run->workload->ref.namespace);

    check_governing(run);
    check_links(run);
    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));) {
        if (!bl_service_addresses_pods(entry->object) ||
            !bl_labels_include(run->workload->pod_labels,
                               bl_json_at(entry->object, "spec", "selector", NULL)))
            continue;
        claim_edits(run, entry->index);
        if (publishes(entry->object))
            continue;
        BL_AUTO_FREE char *who = bl_describe(entry->object);
        bl_run_report(
            run, BL_FAULT_MISSING, entry->index, PUBLISH, "Set publishNotReadyAddresses: true.",
            "%s hides pods that are not ready, so members cannot find each other while they "
            "start",
            who);
    }
}

const struct bl_rule bl_rule_services = {
    .summary =
        "Headless and per-broker Services publish pods that are not ready, so that members meet.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_CONTROLLER | BL_MATCH_COMBINED | BL_MATCH_ZOOKEEPER,
    .mutates = true,
    .edit_service = edit_service,
    .check = check,
};
