#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/selector.h"
#include "network_policy.h"

/*
 * An author's own policies on the pods of a workload. Two things can be wrong with them: they open what
 * is for the cluster alone, or they cut the cluster's own members off from each other.
 */

/* Ports that only the cluster itself may reach. */
static bool is_protected(const struct bl_workload *workload, const struct bl_port *port)
{
    switch (port->purpose) {
    case BL_PURPOSE_INTER_BROKER:
    case BL_PURPOSE_CONTROLLER:
    case BL_PURPOSE_ZOOKEEPER_PEER:
    case BL_PURPOSE_ZOOKEEPER_ELECTION:
    case BL_PURPOSE_JMX:
        return true;
    case BL_PURPOSE_ZOOKEEPER_CLIENT:
        return workload->cluster != NULL;
    default:
        return false;
    }
}

static bool peer_is_everybody(const cJSON *peer)
{
    const cJSON *pods = bl_json_get(peer, "podSelector");
    const cJSON *namespaces = bl_json_get(peer, "namespaceSelector");
    const char *cidr = bl_json_string(bl_json_get(peer, "ipBlock"), "cidr");

    if (cidr)
        return bl_text_ends(cidr, "/0");
    return namespaces && !namespaces->child && (!pods || !pods->child);
}

/* No `from` at all, or a peer that is the world or every namespace. */
static bool from_everybody(const cJSON *rule)
{
    const cJSON *from = bl_json_get(rule, "from"), *peer;

    if (!from || !from->child)
        return true;
    cJSON_ArrayForEach(peer, from) {
        if (peer_is_everybody(peer))
            return true;
    }
    return false;
}

static bool port_covers(const struct bl_workload *workload, const cJSON *entry,
                        const struct bl_port *port)
{
    const cJSON *value = bl_json_get(entry, "port");
    const char *protocol = bl_json_string(entry, "protocol");
    int64_t number, end;

    if (protocol && strcmp(protocol, "TCP") != 0)
        return false;
    if (cJSON_IsString(value))
        return bl_container_named_port(workload->container, value->valuestring) == port->number;
    if (!bl_json_int(value, &number))
        return true;
    if (!bl_json_int(bl_json_get(entry, "endPort"), &end))
        end = number;
    return number <= port->number && port->number <= end;
}

static bool rule_covers(const struct bl_workload *workload, const cJSON *rule,
                        const struct bl_port *port)
{
    const cJSON *ports = bl_json_get(rule, "ports"), *entry;

    if (!ports || !ports->child)
        return true;
    cJSON_ArrayForEach(entry, ports) {
        if (port_covers(workload, entry, port))
            return true;
    }
    return false;
}

/* Without policyTypes a policy is for ingress, whatever else it says. */
static bool governs_ingress(const cJSON *policy)
{
    const cJSON *types = bl_json_at(policy, "spec", "policyTypes", NULL), *type;

    if (!types || !types->child)
        return true;
    cJSON_ArrayForEach(type, types) {
        if (cJSON_IsString(type) && strcmp(type->valuestring, "Ingress") == 0)
            return true;
    }
    return false;
}

static void judge_rule(struct bl_rule_run *run, const struct bl_world_entry *entry,
                       const cJSON *rule, size_t index, const struct bl_workload *workload)
{
    for (size_t i = 0; i < workload->ports.len; i++) {
        const struct bl_port *port = &workload->ports.items[i];
        BL_AUTO_FREE char *path = bl_asprintf("/spec/ingress/%zu", index);

        if (!is_protected(workload, port) || !from_everybody(rule) ||
            !rule_covers(workload, rule, port))
            continue;
        bl_run_report(run, BL_FAULT_NOTE, entry->index, path,
                      "Name the peers that may reach it under `from`.",
                      "NetworkPolicy \"%s\" opens %s port %d of %s \"%s\" to everybody",
                      entry->ref.name, bl_purpose_name(port->purpose), port->number,
                      workload->ref.kind, workload->ref.name);
    }
}

static void judge_openings(struct bl_rule_run *run, const struct bl_world_entry *entry,
                           const struct bl_workload *workload)
{
    const cJSON *rule;
    size_t index = 0;

    cJSON_ArrayForEach(rule, bl_json_at(entry->object, "spec", "ingress", NULL)) {
        judge_rule(run, entry, rule, index++, workload);
    }
}

/* Can pods of `from` reach the port by this peer? What cannot be told, such as addresses, counts as yes. */
static bool peer_admits(const cJSON *peer, const struct bl_workload *from,
                        const struct bl_workload *to)
{
    const cJSON *pods = bl_json_get(peer, "podSelector");
    const cJSON *namespaces = bl_json_get(peer, "namespaceSelector");
    bool here = bl_namespace_may_equal(from->ref.namespace, to->ref.namespace);

    if (bl_json_get(peer, "ipBlock"))
        return true;
    if (!namespaces && !here)
        return false;
    return !pods || bl_selector_matches(pods, from->pod_labels);
}

static bool rule_admits(const cJSON *rule, const struct bl_workload *from,
                        const struct bl_workload *to)
{
    const cJSON *peers = bl_json_get(rule, "from"), *peer;

    if (!peers || !peers->child)
        return true;
    cJSON_ArrayForEach(peer, peers) {
        if (peer_admits(peer, from, to))
            return true;
    }
    return false;
}

static bool governs(const struct bl_world_entry *entry, const struct bl_workload *workload)
{
    const cJSON *selector = bl_json_at(entry->object, "spec", "podSelector", NULL);

    return governs_ingress(entry->object) && bl_selector_matches(selector, workload->pod_labels);
}

/* Does any policy on these pods let the flow through? */
static bool flow_admitted(const struct bl_rule_run *run, const struct bl_workload *from,
                          const struct bl_workload *to, const struct bl_port *port)
{
    struct bl_world_iter iter =
        bl_world_walk(run->scene->world, BL_WORLD_NETWORK_POLICY, to->ref.namespace);

    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));) {
        const cJSON *rule;

        if (!governs(entry, to))
            continue;
        cJSON_ArrayForEach(rule, bl_json_at(entry->object, "spec", "ingress", NULL)) {
            if (rule_covers(to, rule, port) && rule_admits(rule, from, to))
                return true;
        }
    }
    return false;
}

/* Must pods of `from` reach this port of `to` for the cluster to work? */
static bool flow_needed(const struct bl_rule_run *run, const struct bl_workload *from,
                        const struct bl_workload *to, const struct bl_port *port)
{
    bool same = from->ensemble == to->ensemble && from->role == to->role;
    bool cluster = bl_text_eq(from->cluster, to->cluster) && to->cluster;

    if (port->purpose == BL_PURPOSE_ZOOKEEPER_CLIENT)
        return bl_scene_linked(run->scene, from->ensemble, to->ensemble);
    if (port->purpose == BL_PURPOSE_ZOOKEEPER_PEER ||
        port->purpose == BL_PURPOSE_ZOOKEEPER_ELECTION)
        return same;
    if (port->inter_broker)
        return same || (cluster && bl_workload_has_logs(from));
    if (port->purpose == BL_PURPOSE_CONTROLLER && bl_workload_is_kafka(to) && to->kraft)
        return same || (cluster && bl_workload_is_kafka(from));
    return false;
}

static void judge_flows(struct bl_rule_run *run, const struct bl_world_entry *policy,
                        const struct bl_workload *to)
{
    for (size_t f = 0; f < run->scene->workloads.len; f++) {
        const struct bl_workload *from = run->scene->workloads.items[f];

        for (size_t i = 0; from->role && i < to->ports.len; i++) {
            const struct bl_port *port = &to->ports.items[i];

            if (!port->main || !flow_needed(run, from, to, port) ||
                flow_admitted(run, from, to, port))
                continue;
            bl_run_report(run, BL_FAULT_WRONG, policy->index, "/spec/ingress",
                          "Allow these pods by a podSelector that selects their labels.",
                          "NetworkPolicy \"%s\" cuts %s \"%s\" off from %s port %d of %s \"%s\"",
                          policy->ref.name, from->ref.kind, from->ref.name,
                          bl_purpose_name(port->purpose), port->number, to->ref.kind, to->ref.name);
        }
    }
}

bool bl_judge_network_policies(struct bl_rule_run *run, const struct bl_workload *workload)
{
    const struct bl_world_entry *first = NULL;
    struct bl_world_iter iter =
        bl_world_walk(run->scene->world, BL_WORLD_NETWORK_POLICY, workload->ref.namespace);

    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));) {
        if (!governs(entry, workload))
            continue;
        first = first ? first : entry;
        judge_openings(run, entry, workload);
    }
    if (first)
        judge_flows(run, first, workload);
    return first != NULL;
}
