/* Who gathers metrics from which port, as far as monitors in sight say. */
#include <string.h>

#include "ballast/base/text.h"
#include "ballast/object/selector.h"
#include "network_policy.h"

/* The kinds of Prometheus' operator and of Google's, and where each has its endpoints. */
static const struct {
    const char *kind, *endpoints;
    bool of_services; /* it selects Services, and names their ports */
} monitors[] = {
    {"PodMonitor", "podMetricsEndpoints", false},
    {"ServiceMonitor", "endpoints", true},
    {"PodMonitoring", "endpoints", false},
    {"ClusterPodMonitoring", "endpoints", false},
};

/* A name or a number of a port of the pods. */
static bool is_port(const cJSON *port, const struct bl_workload *workload, int number)
{
    int64_t at = 0;

    if (cJSON_IsString(port))
        return bl_workload_named_port(workload, port->valuestring) == number;
    return bl_json_int(port, &at) && at == number;
}

static bool leads_to(const cJSON *service, const char *name, const struct bl_workload *workload,
                     int number)
{
    const cJSON *port;

    cJSON_ArrayForEach(port, bl_json_at(service, "spec", "ports", NULL)) {
        const cJSON *target = bl_json_get(port, "targetPort");

        if (bl_text_eq(bl_json_string(port, "name"), name) &&
            is_port(target ? target : bl_json_get(port, "port"), workload, number))
            return true;
    }
    return false;
}

/* By a Service that the monitor selects, and that selects the pods. */
static bool by_service(const struct bl_rule_run *run, const cJSON *monitor, const cJSON *endpoint,
                       const struct bl_workload *workload, int number)
{
    const char *name = bl_json_string(endpoint, "port");
    struct bl_world_iter iter =
        bl_world_walk(run->scene->world, BL_WORLD_SERVICE, workload->ref.namespace);

    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));)
        if (bl_selector_matches(bl_json_at(monitor, "spec", "selector", NULL),
                                bl_object_labels(entry->object)) &&
            bl_labels_include(workload->pod_labels,
                              bl_json_at(entry->object, "spec", "selector", NULL)) &&
            ((name && leads_to(entry->object, name, workload, number)) ||
             is_port(bl_json_get(endpoint, "targetPort"), workload, number)))
            return true;
    return false;
}

/* By any of the names that endpoints have for a port of the pods. */
static bool by_pods(const cJSON *monitor, const cJSON *endpoint, const struct bl_workload *workload,
                    int number)
{
    static const char *const fields[] = {"port", "portNumber", "targetPort"};

    if (!bl_selector_matches(bl_json_at(monitor, "spec", "selector", NULL), workload->pod_labels))
        return false;
    for (size_t i = 0; i < BL_ARRAY_LEN(fields); i++)
        if (is_port(bl_json_get(endpoint, fields[i]), workload, number))
            return true;
    return false;
}

static bool gathers_from(const struct bl_rule_run *run, const cJSON *monitor, size_t kind,
                         const struct bl_workload *workload, int number)
{
    const cJSON *endpoint;

    cJSON_ArrayForEach(endpoint, bl_json_at(monitor, "spec", monitors[kind].endpoints, NULL)) {
        if (monitors[kind].of_services ? by_service(run, monitor, endpoint, workload, number)
                                       : by_pods(monitor, endpoint, workload, number))
            return true;
    }
    return false;
}

bool bl_network_is_monitored(const struct bl_rule_run *run, const struct bl_workload *workload,
                             int number)
{
    struct bl_world_iter iter = bl_world_walk(run->scene->world, BL_WORLD_OTHER, "");

    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter)) && bl_budget_turn();)
        for (size_t i = 0; i < BL_ARRAY_LEN(monitors); i++)
            if (strcmp(entry->ref.kind, monitors[i].kind) == 0 &&
                gathers_from(run, entry->object, i, workload, number))
                return true;
    return false;
}
