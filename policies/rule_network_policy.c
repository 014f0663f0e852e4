#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/selector.h"
#include "rule.h"

/*
 * Ports closed to strangers, from the ports that were recognised and not from constants.
 *
 * Policies add up: an author's own policy on the pods is judged and never widened by one of ours. What
 * is closed is what only the cluster uses (inter-broker, quorum, ZooKeeper, JMX); client listeners stay
 * open until the policy names the clients.
 */

enum egress { EGRESS_RESTRICTED, EGRESS_OPEN };
static const char *const egress_names[] = {"Restricted", "Open", NULL};

struct params {
    struct bl_rule_params base;
    cJSON *clients, *monitoring, *egress_to; /* lists of NetworkPolicyPeer; NULL: not given */
    char *controller_namespace;
    int egress;
};

static const struct params defaults = {.egress = EGRESS_RESTRICTED};

static const struct bl_field fields[] = {
    BL_RULE_ACTION_FIELD,
    {.name = "clients",
     .type = BL_FIELD_JSONS,
     .offset = offsetof(struct params, clients),
     .doc = "Who may reach client listeners (NetworkPolicyPeers); everybody where not given."},
    {.name = "monitoring",
     .type = BL_FIELD_JSONS,
     .offset = offsetof(struct params, monitoring),
     .doc = "Who may reach metrics ports (NetworkPolicyPeers); everybody where not given."},
    {.name = "controllerNamespace",
     .type = BL_FIELD_STRING,
     .offset = offsetof(struct params, controller_namespace),
     .doc = "Where Ballast's controller runs, which watches brokers; ballast-system where not given."},
    {.name = "egress",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct params, egress),
     .names = egress_names,
     .doc = "What the pods may reach: Restricted is the cluster itself and DNS, Open is everything."},
    {.name = "egressTo",
     .type = BL_FIELD_JSONS,
     .offset = offsetof(struct params, egress_to),
     .doc = "More that they may reach when Restricted (NetworkPolicyPeers)."},
    {0},
};
static const struct bl_schema schema = {sizeof(struct params), fields};

static const struct bl_workload *member(const struct bl_scene *scene,
                                        const struct bl_ensemble *ensemble, size_t i)
{
    return scene->workloads.items[ensemble->members.items[i]];
}

static cJSON *peer_for(const cJSON *selector)
{
    cJSON *peer = bl_json_new_object();

    bl_json_add(peer, "podSelector", bl_json_copy(selector));
    return peer;
}

static cJSON *namespace_peer(const char *name)
{
    cJSON *peer = bl_json_new_object();
    cJSON *selector = bl_json_add_object(peer, "namespaceSelector");

    bl_json_add_string(bl_json_add_object(selector, "matchLabels"), "kubernetes.io/metadata.name", name);
    return peer;
}

static cJSON *controller_peer(const struct params *params)
{
    cJSON *peer = namespace_peer(params->controller_namespace ? params->controller_namespace
                                                              : "ballast-system");
    cJSON *selector = bl_json_add_object(peer, "podSelector");

    bl_json_add_string(bl_json_add_object(selector, "matchLabels"), "app.kubernetes.io/name", "ballast");
    return peer;
}

/* A peer in another namespace is named by both. */
static cJSON *ensemble_peer(const struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    const char *namespace = bl_ensemble_first(run->scene, ensemble)->ref.namespace;
    bool away = *namespace &&*run->workload->ref.namespace &&
                strcmp(namespace, run->workload->ref.namespace) != 0;
    cJSON *peer = away ? namespace_peer(namespace) : bl_json_new_object();

    bl_json_add(peer, "podSelector", bl_json_copy(ensemble->selector));
    return peer;
}

static bool same_cluster(const struct bl_rule_run *run, const struct bl_ensemble *other)
{
    return bl_text_eq(bl_ensemble_first(run->scene, other)->cluster, run->workload->cluster) &&
           run->workload->cluster;
}

static bool linked(const struct bl_scene *scene, size_t kafka, size_t zookeeper)
{
    for (size_t i = 0; i < scene->links.len; i++)
        if (scene->links.items[i].kafka == kafka && scene->links.items[i].zookeeper == zookeeper)
            return true;
    return false;
}

/* The ensembles that keep their metadata in this ZooKeeper, or the ZooKeeper that these brokers use. */
static bool is_other_side(const struct bl_rule_run *run, size_t other)
{
    size_t self = run->workload->ensemble;

    return linked(run->scene, other, self) || linked(run->scene, self, other);
}

/* All pods of the Kafka cluster itself: brokers and controllers, whichever ensemble asks. */
static void add_kafka_peers(const struct bl_rule_run *run, cJSON *peers)
{
    for (size_t i = 0; i < run->scene->ensembles.len; i++) {
        const struct bl_ensemble *other = &run->scene->ensembles.items[i];

        if (i == run->workload->ensemble)
            bl_json_push(peers, peer_for(other->selector));
        else if (other->role != BL_ROLE_ZOOKEEPER && other->selector && same_cluster(run, other))
            bl_json_push(peers, ensemble_peer(run, other));
    }
}

static void add_other_side(const struct bl_rule_run *run, cJSON *peers)
{
    for (size_t i = 0; i < run->scene->ensembles.len; i++)
        if (is_other_side(run, i) && run->scene->ensembles.items[i].selector)
            bl_json_push(peers, ensemble_peer(run, &run->scene->ensembles.items[i]));
}

static cJSON *copy_list(const cJSON *list)
{
    return list ? bl_json_copy(list) : NULL;
}

/* Who may reach ports of this purpose: NULL is everybody, an empty list is nobody. */
static cJSON *peers_for(const struct bl_rule_run *run, enum bl_purpose purpose)
{
    const struct params *params = run->params;
    cJSON *peers;

    switch (purpose) {
    case BL_PURPOSE_CLIENT:
        peers = copy_list(params->clients);
        if (!peers)
            return NULL;
        add_kafka_peers(run, peers);
        bl_json_push(peers, controller_peer(params));
        return peers;
    case BL_PURPOSE_METRICS:
        return copy_list(params->monitoring);
    case BL_PURPOSE_INTER_BROKER:
    case BL_PURPOSE_CONTROLLER:
    case BL_PURPOSE_ZOOKEEPER_CLIENT:
        peers = bl_json_new_array();
        add_kafka_peers(run, peers);
        if (purpose == BL_PURPOSE_ZOOKEEPER_CLIENT)
            add_other_side(run, peers);
        bl_json_push(peers, controller_peer(params));
        /* ZooKeeper of an application that we do not know: its clients are not in sight. */
        if (purpose == BL_PURPOSE_ZOOKEEPER_CLIENT && !run->workload->cluster) {
            cJSON_Delete(peers);
            return NULL;
        }
        return peers;
    case BL_PURPOSE_ZOOKEEPER_PEER:
    case BL_PURPOSE_ZOOKEEPER_ELECTION:
        peers = bl_json_new_array();
        add_kafka_peers(run, peers);
        return peers;
    case BL_PURPOSE_JMX:
        return bl_json_new_array();
    case BL_PURPOSE_OTHER:
        break;
    }
    return NULL;
}

static bool has_port(const cJSON *ports, int number)
{
    const cJSON *port;

    cJSON_ArrayForEach(port, ports)
    {
        int64_t there = 0;

        if (bl_json_int(bl_json_get(port, "port"), &there) && there == number)
            return true;
    }
    return false;
}

static void add_port(cJSON *ports, const char *protocol, int number)
{
    cJSON *port = bl_json_push(ports, bl_json_new_object());

    bl_json_add_string(port, "protocol", protocol);
    bl_json_add_int(port, "port", number);
}

/* The ports of one purpose over all members of the ensemble. */
static cJSON *ports_of(const struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                       enum bl_purpose purpose)
{
    cJSON *ports = bl_json_new_array();

    for (size_t m = 0; m < ensemble->members.len; m++) {
        const struct bl_workload *workload = member(run->scene, ensemble, m);

        for (size_t i = 0; i < workload->ports.len; i++)
            if (workload->ports.items[i].purpose == purpose &&
                !has_port(ports, workload->ports.items[i].number))
                add_port(ports, "TCP", workload->ports.items[i].number);
    }
    return ports;
}

static void add_ingress(const struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                        enum bl_purpose purpose, cJSON *rules)
{
    BL_AUTO_JSON cJSON *ports = ports_of(run, ensemble, purpose);
    BL_AUTO_JSON cJSON *peers = ports->child ? peers_for(run, purpose) : NULL;
    cJSON *rule;

    if (!ports->child || (peers && !peers->child))
        return;
    rule = bl_json_push(rules, bl_json_new_object());
    if (peers)
        bl_json_add(rule, "from", BL_STEAL(peers));
    bl_json_add(rule, "ports", BL_STEAL(ports));
}

/* Over TCP too, for long answers; the second address is where a node-local cache listens. */
static cJSON *dns_rule(void)
{
    cJSON *rule = bl_json_new_object(), *to = bl_json_add_array(rule, "to"), *ports, *local;

    bl_json_push(to, namespace_peer("kube-system"));
    local = bl_json_push(to, bl_json_new_object());
    bl_json_add_string(bl_json_add_object(local, "ipBlock"), "cidr", "169.254.20.10/32");
    ports = bl_json_add_array(rule, "ports");
    add_port(ports, "UDP", 53);
    add_port(ports, "TCP", 53);
    return rule;
}

static void add_egress(const struct bl_rule_run *run, cJSON *spec)
{
    const struct params *params = run->params;
    cJSON *rules = bl_json_add_array(spec, "egress"), *cluster, *to;
    const cJSON *peer;

    if (params->egress == EGRESS_OPEN) {
        bl_json_push(rules, bl_json_new_object());
        return;
    }
    cluster = bl_json_push(rules, bl_json_new_object());
    to = bl_json_add_array(cluster, "to");
    add_kafka_peers(run, to);
    add_other_side(run, to);
    bl_json_push(rules, dns_rule());
    if (!params->egress_to || !params->egress_to->child)
        return;
    to = bl_json_add_array(bl_json_push(rules, bl_json_new_object()), "to");
    cJSON_ArrayForEach(peer, params->egress_to)
    {
        bl_json_push(to, bl_json_copy(peer));
    }
}

static cJSON *make_policy(const struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    BL_AUTO_FREE char *name = bl_companion_name(run->scene, ensemble);
    cJSON *policy = bl_companion_new("networking.k8s.io/v1", "NetworkPolicy", name, run->workload);
    cJSON *spec = bl_json_add_object(policy, "spec"), *types, *rules;

    bl_json_add(spec, "podSelector", bl_json_copy(ensemble->selector));
    types = bl_json_add_array(spec, "policyTypes");
    bl_json_push(types, bl_json_new_string("Ingress"));
    bl_json_push(types, bl_json_new_string("Egress"));
    rules = bl_json_add_array(spec, "ingress");
    for (int purpose = BL_PURPOSE_CLIENT; purpose <= BL_PURPOSE_METRICS; purpose++)
        add_ingress(run, ensemble, (enum bl_purpose)purpose, rules);
    add_ingress(run, ensemble, BL_PURPOSE_OTHER, rules);
    add_egress(run, spec);
    return policy;
}

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
    cJSON_ArrayForEach(peer, from)
    {
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
    cJSON_ArrayForEach(entry, ports)
    {
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
    cJSON_ArrayForEach(type, types)
    {
        if (cJSON_IsString(type) && strcmp(type->valuestring, "Ingress") == 0)
            return true;
    }
    return false;
}

static void judge_rule(struct bl_rule_run *run, const struct bl_world_entry *entry, const cJSON *rule,
                       size_t index, const struct bl_workload *workload)
{
    for (size_t i = 0; i < workload->ports.len; i++) {
        const struct bl_port *port = &workload->ports.items[i];
        BL_AUTO_FREE char *path = bl_asprintf("/spec/ingress/%zu", index);

        if (!is_protected(workload, port) || !from_everybody(rule) ||
            !rule_covers(workload, rule, port))
            continue;
        bl_run_report(run, BL_FAULT_NOTE, entry->index, path,
                      "Name the peers that may reach it under `from`.",
                      "NetworkPolicy \"%s\" opens %s port %d of %s \"%s\" to everybody", entry->ref.name,
                      bl_purpose_name(port->purpose), port->number, workload->ref.kind,
                      workload->ref.name);
    }
}

static void judge_openings(struct bl_rule_run *run, const struct bl_world_entry *entry,
                           const struct bl_workload *workload)
{
    const cJSON *rule;
    size_t index = 0;

    cJSON_ArrayForEach(rule, bl_json_at(entry->object, "spec", "ingress", NULL))
    {
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
    cJSON_ArrayForEach(peer, peers)
    {
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
        bl_world_walk(run->scene->world, BL_KIND_NETWORK_POLICY, to->ref.namespace);

    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));) {
        const cJSON *rule;

        if (!governs(entry, to))
            continue;
        cJSON_ArrayForEach(rule, bl_json_at(entry->object, "spec", "ingress", NULL))
        {
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
        return linked(run->scene, from->ensemble, to->ensemble);
    if (port->purpose == BL_PURPOSE_ZOOKEEPER_PEER || port->purpose == BL_PURPOSE_ZOOKEEPER_ELECTION)
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

            if (!port->main || !flow_needed(run, from, to, port) || flow_admitted(run, from, to, port))
                continue;
            bl_run_report(run, BL_FAULT_WRONG, policy->index, "/spec/ingress",
                          "Allow these pods by a podSelector that selects their labels.",
                          "NetworkPolicy \"%s\" cuts %s \"%s\" off from %s port %d of %s \"%s\"",
                          policy->ref.name, from->ref.kind, from->ref.name,
                          bl_purpose_name(port->purpose), port->number, to->ref.kind, to->ref.name);
        }
    }
}

/* Judges the author's policies on one workload; true if there are any. */
static bool judge_policies(struct bl_rule_run *run, const struct bl_workload *workload)
{
    const struct bl_world_entry *first = NULL;
    struct bl_world_iter iter =
        bl_world_walk(run->scene->world, BL_KIND_NETWORK_POLICY, workload->ref.namespace);

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

static void give_policy(struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                        const char *unreadable)
{
    static const char *const hint = "Add a NetworkPolicy that names who may reach its ports.";
    BL_AUTO_FREE char *who = bl_describe(run->workload->object);

    if (!bl_run_may_mutate(run))
        bl_run_report(run, BL_FAULT_MISSING, run->object, "", hint,
                      "%s has no NetworkPolicy: every pod can reach all its ports", who);
    else if (unreadable)
        bl_run_report(run, BL_FAULT_MISSING, run->object, "",
                      "Write the port as a number, or add a NetworkPolicy by hand.",
                      "%s has no NetworkPolicy, and none can be made: the port of listener %s is not in "
                      "the manifest",
                      who, unreadable);
    else if (!ensemble->selector)
        bl_run_report(run, BL_FAULT_MISSING, run->object, "",
                      "Give its pods a label that no other workload carries.",
                      "%s has no NetworkPolicy, and no label tells its pods from others", who);
    else
        bl_run_companion(run, ensemble, make_policy(run, ensemble),
                         "%s has no NetworkPolicy: every pod can reach all its ports", who);
}

/* Closing a pod whose ports are not known would cut its clients off. */
static const char *unreadable_port(const struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    for (size_t i = 0; i < ensemble->members.len; i++) {
        const struct bl_workload *workload = member(run->scene, ensemble, i);

        if (workload->unreadable_listener)
            return workload->unreadable_listener;
        if (!bl_workload_port(workload, workload->role == BL_ROLE_ZOOKEEPER ? BL_PURPOSE_ZOOKEEPER_CLIENT
                                        : workload->role == BL_ROLE_CONTROLLER ? BL_PURPOSE_CONTROLLER
                                                                               : BL_PURPOSE_CLIENT))
            return "for clients";
    }
    return NULL;
}

static bool on_host_network(const struct bl_workload *workload)
{
    return bl_json_bool(bl_json_get(workload->pod, "spec"), "hostNetwork", false);
}

static void check_ensemble(struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    bool any = false;

    if (on_host_network(run->workload)) {
        bl_run_report(run, BL_FAULT_NOTE, run->object, "/spec/template/spec/hostNetwork",
                      "Close the ports in the firewall of the nodes.",
                      "pods on the host's network are beyond the reach of a NetworkPolicy");
        return;
    }
    for (size_t i = 0; i < ensemble->members.len; i++)
        any |= judge_policies(run, member(run->scene, ensemble, i));
    if (!any)
        give_policy(run, ensemble, unreadable_port(run, ensemble));
}

const struct bl_rule bl_rule_network_policy = {
    .key = "networkPolicy",
    .name = "network-policy",
    .summary = "Inter-broker, quorum, ZooKeeper and JMX ports are closed to all but the cluster itself.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_CONTROLLER | BL_MATCH_COMBINED | BL_MATCH_ZOOKEEPER,
    .mutates = true,
    .check_ensemble = check_ensemble,
};
