#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "rule.h"

/*
 * broker.rack from the node's zone, without an init container and without letting brokers read nodes:
 * the webhook writes the zone on the pod when it is bound to a node, and the downward API hands it over.
 */

static const struct bl_rule_params defaults = {0};
static const struct bl_field fields[] = {BL_RULE_ACTION_FIELD, {0}};
static const struct bl_schema schema = BL_SCHEMA(struct bl_rule_params, fields);

/* The variable by which this image takes broker.rack, or NULL where it reads a file instead. */
static const char *rack_variable(const struct bl_workload *workload)
{
    static const char *const bitnami[] = {"KAFKA_CFG_LISTENERS", "KAFKA_CFG_ZOOKEEPER_CONNECT"};
    static const char *const plain[] = {"KAFKA_LISTENERS", "KAFKA_ADVERTISED_LISTENERS",
                                        "KAFKA_PROCESS_ROLES", "KAFKA_ZOOKEEPER_CONNECT"};

    for (size_t i = 0; i < BL_ARRAY_LEN(bitnami); i++)
        if (bl_container_env(workload->container, bitnami[i]))
            return "KAFKA_CFG_BROKER_RACK";
    if (strcmp(workload->distribution, "confluent") != 0 &&
        strcmp(workload->distribution, "apache") != 0)
        return NULL;
    for (size_t i = 0; i < BL_ARRAY_LEN(plain); i++)
        if (bl_container_env(workload->container, plain[i]))
            return "KAFKA_BROKER_RACK";
    return NULL;
}

static bool has_rack(const struct bl_rule_run *run)
{
    BL_AUTO(bl_setting_release) struct bl_setting rack = {0};
    const struct bl_world *world = run->scene ? run->scene->world : NULL;

    return bl_workload_setting(run->workload, world, "broker.rack", &rack);
}

static cJSON *rack_entry(const char *name)
{
    cJSON *entry = bl_json_new_object(), *field;

    bl_json_add_string(entry, "name", name);
    field = bl_json_add_object(bl_json_add_object(entry, "valueFrom"), "fieldRef");
    bl_json_add_string(field, "apiVersion", "v1");
    bl_json_add_string(field, "fieldPath", "metadata.annotations['" BL_ANNOTATION_ZONE "']");
    return entry;
}

static void edit(struct bl_rule_run *run)
{
    const char *variable = rack_variable(run->workload);
    BL_AUTO_FREE char *pointer = bl_container_pointer(run->workload, "env");

    if (variable && !has_rack(run))
        bl_run_append(
            run, pointer, rack_entry(variable),
            "the broker does not know its zone, so replicas of a partition may share one");
}

static void check(struct bl_rule_run *run)
{
    if (has_rack(run))
        return;
    bl_run_report(run, BL_FAULT_MISSING, run->object, run->workload->container_pointer,
                  "Set broker.rack to the zone of the node.",
                  "the broker does not know its zone, so replicas of a partition may share one");
}

const struct bl_rule bl_rule_rack = {
    .summary =
        "Brokers know their zone as broker.rack, so that replicas of a partition stand in several.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_COMBINED,
    .mutates = true,
    .edit = edit,
    .check = check,
};
