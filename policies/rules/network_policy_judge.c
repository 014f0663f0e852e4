/*
 * Policies of others on the pods of a workload. Two things can be wrong with them: they open what is for the cluster
 * alone, or they cut its members off from each other or from names, by ingress or by egress.
 */
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/selector.h"
#include "network_policy.h"

#define DNS_PORT 53

/* Which way a policy looks at a connection. */
struct side {
    const char *type, *rules, *peers, *path;
};

static const struct side ingress = {"Ingress", "ingress", "from", "/spec/ingress"};
static const struct side egress = {"Egress", "egress", "to", "/spec/egress"};

/* A connection that the cluster needs. */
struct flow {
    const struct bl_workload *from, *to;
    const struct bl_port *port;
};

/* --- what a policy says --- */

/* Without policyTypes a policy is for ingress, and for egress where it has rules for it. */
bool bl_network_governs(const cJSON *policy, const char *type)
{
    const cJSON *spec = bl_json_get(policy, "spec"), *types = bl_json_get(spec, "policyTypes");
    const cJSON *entry;

    if (!types || !types->child)
        return strcmp(type, ingress.type) == 0 || bl_json_len(bl_json_get(spec, "egress"));
    cJSON_ArrayForEach(entry, types) {
        if (cJSON_IsString(entry) && strcmp(entry->valuestring, type) == 0)
            return true;
    }
    return false;
}

static bool governs(const struct bl_world_entry *entry, const struct bl_workload *workload,
                    const struct side *side)
{
    const cJSON *selector = bl_json_at(entry->object, "spec", "podSelector", NULL);

    return bl_network_governs(entry->object, side->type) &&
           bl_selector_matches(selector, workload->pod_labels);
}

static bool port_covers(const struct bl_workload *workload, const cJSON *entry, int number,
                        const char *over)
{
    const cJSON *value = bl_json_get(entry, "port");
    const char *protocol = bl_json_string(entry, "protocol");
    int64_t first, end;

    if (strcmp(protocol ? protocol : "TCP", over) != 0)
        return false;
    if (cJSON_IsString(value))
        return !workload || bl_workload_named_port(workload, value->valuestring) == number;
    if (!bl_json_int(value, &first))
        return true;
    if (!bl_json_int(bl_json_get(entry, "endPort"), &end))
        end = first;
    return first <= number && number <= end;
}

/* `workload` is who listens; NULL: somebody who is not in sight. */
static bool rule_covers(const struct bl_workload *workload, const cJSON *rule, int number,
                        const char *over)
{
    const cJSON *ports = bl_json_get(rule, "ports"), *entry;

    if (!ports || !ports->child)
        return true;
    cJSON_ArrayForEach(entry, ports) {
        if (port_covers(workload, entry, number, over))
            return true;
    }
    return false;
}

/* --- ports that are open to everybody --- */

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

static void judge_rule(struct bl_rule_run *run, const struct bl_world_entry *entry,
                       const cJSON *rule, size_t index, const struct bl_workload *workload)
{
    for (size_t i = 0; i < workload->ports.len && bl_budget_turn(); i++) {
        const struct bl_port *port = &workload->ports.items[i];

        if (!is_protected(workload, port) || !rule_covers(workload, rule, port->number, "TCP"))
            continue;
        BL_AUTO_FREE char *path = bl_asprintf("/spec/ingress/%zu", index);
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
        if (from_everybody(rule))
            judge_rule(run, entry, rule, index, workload);
        index++;
    }
}

/* --- members that are cut off --- */

/* Is the other end one of these? What cannot be told, such as addresses, counts as yes. */
static bool peer_admits(const cJSON *peer, const struct bl_workload *other,
                        const struct bl_workload *governed)
{
    const cJSON *pods = bl_json_get(peer, "podSelector");
    const cJSON *namespaces = bl_json_get(peer, "namespaceSelector");
    bool here = bl_namespace_may_equal(other->ref.namespace, governed->ref.namespace);

    if (bl_json_get(peer, "ipBlock") || bl_network_on_host(other))
        return true;
    if (!namespaces && !here)
        return false;
    return !pods || bl_selector_matches(pods, other->pod_labels);
}

static bool rule_admits(const cJSON *rule, const struct side *side, const struct bl_workload *other,
                        const struct bl_workload *governed)
{
    const cJSON *peers = bl_json_get(rule, side->peers), *peer;

    if (!peers || !peers->child)
        return true;
    cJSON_ArrayForEach(peer, peers) {
        if (peer_admits(peer, other, governed))
            return true;
    }
    return false;
}

static bool policy_admits(const cJSON *policy, const struct side *side, const struct flow *flow)
{
    bool in = side == &ingress;
    const cJSON *rule;

    cJSON_ArrayForEach(rule, bl_json_get(bl_json_get(policy, "spec"), side->rules)) {
        if (rule_covers(flow->to, rule, flow->port->number, "TCP") &&
            rule_admits(rule, side, in ? flow->from : flow->to, in ? flow->to : flow->from))
            return true;
    }
    return false;
}

/* Does any policy on the side's own end let the flow through? */
static bool flow_admitted(const struct bl_rule_run *run, const struct side *side,
                          const struct flow *flow)
{
    const struct bl_workload *governed = side == &ingress ? flow->to : flow->from;
    struct bl_world_iter iter =
        bl_world_walk(run->scene->world, BL_WORLD_NETWORK_POLICY, governed->ref.namespace);

    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));)
        if (governs(entry, governed, side) && policy_admits(entry->object, side, flow))
            return true;
    return false;
}

/* Must pods of `from` reach this port of `to` for the cluster to work? */
static bool flow_needed(const struct bl_rule_run *run, const struct flow *flow)
{
    const struct bl_workload *from = flow->from, *to = flow->to;
    bool same = from->ensemble == to->ensemble && from->role == to->role;
    bool cluster = bl_text_eq(from->cluster, to->cluster) && to->cluster;

    switch (flow->port->purpose) {
    case BL_PURPOSE_ZOOKEEPER_CLIENT:
        return bl_scene_linked(run->scene, from->ensemble, to->ensemble);
    case BL_PURPOSE_ZOOKEEPER_PEER:
    case BL_PURPOSE_ZOOKEEPER_ELECTION:
        return same;
    case BL_PURPOSE_CONTROLLER:
        return bl_workload_is_kafka(to) && to->kraft &&
               (same || (cluster && bl_workload_is_kafka(from)));
    default:
        return flow->port->inter_broker && (same || (cluster && bl_workload_has_logs(from)));
    }
}

static void report_cut(struct bl_rule_run *run, const struct bl_world_entry *policy,
                       const struct side *side, const struct flow *flow)
{
    bl_run_report(run, BL_FAULT_WRONG, policy->index, side->path,
                  "Allow these pods by a podSelector that selects their labels.",
                  "NetworkPolicy \"%s\" cuts %s \"%s\" off from %s port %d of %s \"%s\"",
                  policy->ref.name, flow->from->ref.kind, flow->from->ref.name,
                  bl_purpose_name(flow->port->purpose), flow->port->number, flow->to->ref.kind,
                  flow->to->ref.name);
}

/* Connections between the governed workload and another one, over the ports of whoever listens. */
static void judge_flows_with(struct bl_rule_run *run, const struct bl_world_entry *policy,
                             const struct side *side, const struct bl_workload *governed,
                             const struct bl_workload *other)
{
    bool in = side == &ingress;
    const struct bl_workload *to = in ? governed : other;

    for (size_t i = 0; i < to->ports.len && bl_budget_turn(); i++) {
        struct flow flow = {in ? other : governed, to, &to->ports.items[i]};

        if (flow.port->main && flow_needed(run, &flow) && !flow_admitted(run, side, &flow))
            report_cut(run, policy, side, &flow);
    }
}

static void judge_flows(struct bl_rule_run *run, const struct bl_world_entry *policy,
                        const struct side *side, const struct bl_workload *governed)
{
    for (size_t i = 0; i < run->scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *other = run->scene->workloads.items[i];

        if (other->role)
            judge_flows_with(run, policy, side, governed, other);
    }
}

/* --- names --- */

static bool admits_dns(const struct bl_rule_run *run, const struct bl_workload *workload,
                       const char *over)
{
    struct bl_world_iter iter =
        bl_world_walk(run->scene->world, BL_WORLD_NETWORK_POLICY, workload->ref.namespace);

    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));) {
        const cJSON *rule;

        if (!governs(entry, workload, &egress))
            continue;
        cJSON_ArrayForEach(rule, bl_json_at(entry->object, "spec", "egress", NULL)) {
            if (rule_covers(NULL, rule, DNS_PORT, over))
                return true;
        }
    }
    return false;
}

static void judge_dns(struct bl_rule_run *run, const struct bl_world_entry *policy,
                      const struct bl_workload *workload)
{
    static const char *const hint = "Allow port 53 over UDP and TCP to anywhere.";

    if (!admits_dns(run, workload, "UDP"))
        bl_run_report(run, BL_FAULT_WRONG, policy->index, egress.path, hint,
                      "NetworkPolicy \"%s\" cuts %s \"%s\" off from DNS: its pods find no other "
                      "member by name",
                      policy->ref.name, workload->ref.kind, workload->ref.name);
    else if (!admits_dns(run, workload, "TCP"))
        bl_run_report(run, BL_FAULT_NOTE, policy->index, egress.path, hint,
                      "NetworkPolicy \"%s\" lets %s \"%s\" look names up over UDP alone, and long "
                      "answers come over TCP",
                      policy->ref.name, workload->ref.kind, workload->ref.name);
}

/* The first policy of this side on the workload; each that opens something is judged for it. */
static const struct bl_world_entry *first_of(struct bl_rule_run *run, const struct side *side,
                                             const struct bl_workload *workload, bool *ret_theirs)
{
    const struct bl_world_entry *first = NULL;
    struct bl_world_iter iter =
        bl_world_walk(run->scene->world, BL_WORLD_NETWORK_POLICY, workload->ref.namespace);

    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));) {
        if (!governs(entry, workload, side))
            continue;
        *ret_theirs |= !run->replaces || !bl_companion_is_ours(entry->object);
        /* What is wrong with ours the controller mends; it is no reason to deny a workload. */
        if (run->no_companions && bl_companion_is_ours(entry->object))
            continue;
        first = first ? first : entry;
        if (side == &ingress)
            judge_openings(run, entry, workload);
    }
    return first;
}

bool bl_judge_network_policies(struct bl_rule_run *run, const struct bl_workload *workload)
{
    bool theirs = false, theirs_out = false;
    const struct bl_world_entry *in = first_of(run, &ingress, workload, &theirs);
    const struct bl_world_entry *out = first_of(run, &egress, workload, &theirs_out);

    if (in)
        judge_flows(run, in, &ingress, workload);
    if (out) {
        judge_flows(run, out, &egress, workload);
        judge_dns(run, out, workload);
    }
    return theirs;
}
