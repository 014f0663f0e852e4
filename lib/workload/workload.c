#include "ballast/workload/workload.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "recognise.h"

static const char *const role_names[] = {"none", "broker", "controller", "combined", "zookeeper"};
static const char *const confidence_names[] = {"none", "low", "medium", "high"};
static const char *const purpose_names[] = {
    "other",
    "client",
    "inter-broker",
    "controller",
    "zookeeper-client",
    "zookeeper-peer",
    "zookeeper-election",
    "metrics",
    "jmx",
};

const char *bl_role_name(enum bl_role role)
{
    return role_names[role];
}

enum bl_role bl_role_parse(const char *text, bool *ret_known)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(role_names); i++) {
        if (strcmp(role_names[i], text) == 0) {
            *ret_known = true;
            return (enum bl_role)i;
        }
    }
    *ret_known = false;
    return BL_ROLE_NONE;
}

const char *bl_confidence_name(enum bl_confidence confidence)
{
    return confidence_names[confidence];
}

const char *bl_purpose_name(enum bl_purpose purpose)
{
    return purpose_names[purpose];
}

bool bl_role_has_logs(enum bl_role role)
{
    return role == BL_ROLE_BROKER || role == BL_ROLE_COMBINED;
}

bool bl_workload_has_logs(const struct bl_workload *workload)
{
    return bl_role_has_logs(workload->role);
}

bool bl_workload_is_kafka(const struct bl_workload *workload)
{
    return bl_workload_has_logs(workload) || workload->role == BL_ROLE_CONTROLLER;
}

const struct bl_port *bl_workload_port(const struct bl_workload *workload, enum bl_purpose purpose)
{
    for (size_t i = 0; i < workload->ports.len && bl_budget_turn(); i++)
        if (workload->ports.items[i].main && workload->ports.items[i].purpose == purpose)
            return &workload->ports.items[i];
    return NULL;
}

int bl_workload_named_port(const struct bl_workload *workload, const char *name)
{
    static const char *const lists[] = {"containers", "initContainers"};
    const cJSON *spec = bl_json_get(workload->pod, "spec"), *container;

    for (size_t i = 0; i < BL_ARRAY_LEN(lists); i++) {
        cJSON_ArrayForEach(container, bl_json_get(spec, lists[i])) {
            int number = bl_container_named_port(container, name);

            if (number)
                return number;
        }
    }
    return 0;
}

void bl_workload_signal(struct bl_workload *workload, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    *BL_PUSH(&workload->signals) = bl_vasprintf(fmt, args);
    va_end(args);
}

void bl_workload_free(struct bl_workload *workload)
{
    if (!workload)
        return;
    for (size_t i = 0; i < workload->ports.len; i++)
        free(workload->ports.items[i].name);
    for (size_t i = 0; i < workload->data.len; i++) {
        free(workload->data.items[i].path);
        free(workload->data.items[i].volume);
    }
    for (size_t i = 0; i < workload->signals.len; i++)
        free(workload->signals.items[i]);
    free(workload->variables.items);
    for (size_t i = 0; i < workload->arguments.len; i++)
        free(workload->arguments.items[i].code);
    free(workload->arguments.items);
    for (size_t i = 0; i < workload->exports.len; i++) {
        free(workload->exports.items[i].name);
        free(workload->exports.items[i].value);
    }
    free(workload->exports.items);
    free(workload->ports.items);
    free(workload->data.items);
    free(workload->signals.items);
    free(workload->unreadable_listener);
    free(workload->container_pointer);
    free(workload->version);
    free(workload->cluster);
    free(workload->metadata.chroot);
    free(workload->metadata.doubt);
    bl_json_free(workload->selector);
    free(workload);
}
