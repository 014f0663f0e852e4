#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "network_policy.h"
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
     .doc =
         "Where Ballast's controller runs, which watches brokers; ballast-system where not given."},
    {.name = "egress",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct params, egress),
     .names = egress_names,
     .doc =
         "What the pods may reach: Restricted is the cluster itself and DNS, Open is everything."},
    {.name = "egressTo",
     .type = BL_FIELD_JSONS,
     .offset = offsetof(struct params, egress_to),
     .doc = "More that they may reach when Restricted (NetworkPolicyPeers)."},
    {0},
};
static const struct bl_schema schema = BL_SCHEMA(struct params, fields);

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

    bl_json_add_string(bl_json_add_object(selector, "matchLabels"), BL_LABEL_NAMESPACE_NAME, name);
    return peer;
}

static cJSON *controller_peer(const struct params *params)
{
    cJSON *peer = namespace_peer(params->controller_namespace ? params->controller_namespace
                                                              : "ballast-system");
    cJSON *selector = bl_json_add_object(peer, "podSelector");

    bl_json_add_string(bl_json_add_object(selector, "matchLabels"), "app.kubernetes.io/name",
                       "ballast");
    return peer;
}

/* A peer in another namespace is named by both. */
static cJSON *ensemble_peer(const struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    const char *namespace = bl_ensemble_first(run->scene, ensemble)->ref.namespace;
    bool away = *namespace && *run->workload->ref.namespace &&
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

/* The ensemble itself; for brokers and controllers also the others of their Kafka cluster. */
static void add_own_side(const struct bl_rule_run *run, cJSON *peers)
{
    for (size_t i = 0; i < run->scene->ensembles.len; i++) {
        const struct bl_ensemble *other = &run->scene->ensembles.items[i];

        if (i == run->workload->ensemble)
            bl_json_push(peers, peer_for(other->selector));
        else if (bl_workload_is_kafka(run->workload) && other->role != BL_ROLE_ZOOKEEPER &&
                 other->selector && same_cluster(run, other))
            bl_json_push(peers, ensemble_peer(run, other));
    }
}

/* The ensembles that keep their metadata in this ZooKeeper, or the ZooKeeper that these brokers use. */
static void add_other_side(const struct bl_rule_run *run, cJSON *peers)
{
    size_t self = run->workload->ensemble;

    for (size_t i = 0; i < run->scene->links.len; i++) {
        const struct bl_link *link = &run->scene->links.items[i];
        size_t other = link->kafka == self ? link->zookeeper : link->kafka;
        const struct bl_ensemble *ensemble = &run->scene->ensembles.items[other];

        if ((link->kafka == self || link->zookeeper == self) && ensemble->selector)
            bl_json_push(peers, ensemble_peer(run, ensemble));
    }
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
        add_own_side(run, peers);
        bl_json_push(peers, controller_peer(params));
        return peers;
    case BL_PURPOSE_METRICS:
        return copy_list(params->monitoring);
    case BL_PURPOSE_INTER_BROKER:
    case BL_PURPOSE_CONTROLLER:
    case BL_PURPOSE_ZOOKEEPER_CLIENT:
        peers = bl_json_new_array();
        add_own_side(run, peers);
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
        add_own_side(run, peers);
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

    cJSON_ArrayForEach(port, ports) {
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
        const struct bl_workload *workload = bl_ensemble_member(run->scene, ensemble, m);

        for (size_t i = 0; i < workload->ports.len; i++)
            if (workload->ports.items[i].purpose == purpose &&
                !has_port(ports, workload->ports.items[i].number))
                add_port(ports, "TCP", workload->ports.items[i].number);
    }
    return ports;
}

/* The rule for these peers: one that is there already, or a new one. `peers` is taken. */
static cJSON *rule_for(cJSON *rules, cJSON *peers)
{
    BL_AUTO_JSON cJSON *from = peers;
    cJSON *rule;

    cJSON_ArrayForEach(rule, rules) {
        if (bl_json_equal(bl_json_get(rule, "from"), from))
            return rule;
    }
    rule = bl_json_push(rules, bl_json_new_object());
    if (from)
        bl_json_add(rule, "from", BL_STEAL(from));
    bl_json_add_array(rule, "ports");
    return rule;
}

static void add_ingress(const struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                        enum bl_purpose purpose, cJSON *rules)
{
    BL_AUTO_JSON cJSON *ports = ports_of(run, ensemble, purpose);
    BL_AUTO_JSON cJSON *peers = ports->child ? peers_for(run, purpose) : NULL;
    cJSON *listed;
    const cJSON *port;

    if (!ports->child || (peers && !peers->child))
        return;
    listed = bl_json_get(rule_for(rules, BL_STEAL(peers)), "ports");
    cJSON_ArrayForEach(port, ports) {
        bl_json_push(listed, bl_json_copy(port));
    }
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
    add_own_side(run, to);
    add_other_side(run, to);
    bl_json_push(rules, dns_rule());
    if (!params->egress_to || !params->egress_to->child)
        return;
    to = bl_json_add_array(bl_json_push(rules, bl_json_new_object()), "to");
    cJSON_ArrayForEach(peer, params->egress_to) {
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

static void give_policy(struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                        const char *unreadable)
{
    static const char *const hint = "Add a NetworkPolicy that names who may reach its ports.";
    BL_AUTO_FREE char *who = bl_describe(run->workload->object);

    if (!bl_run_may_mutate(run))
        bl_run_report(run, BL_FAULT_MISSING, run->object, "", hint,
                      "%s has no NetworkPolicy: every pod can reach all its ports", who);
    else if (unreadable)
        bl_run_report(
            run, BL_FAULT_MISSING, run->object, "",
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
static const char *unreadable_port(const struct bl_rule_run *run,
                                   const struct bl_ensemble *ensemble)
{
    for (size_t i = 0; i < ensemble->members.len; i++) {
        const struct bl_workload *workload = bl_ensemble_member(run->scene, ensemble, i);

        if (workload->unreadable_listener)
            return workload->unreadable_listener;
        if (!bl_workload_port(workload,
                              workload->role == BL_ROLE_ZOOKEEPER    ? BL_PURPOSE_ZOOKEEPER_CLIENT
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
        any |= bl_judge_network_policies(run, bl_ensemble_member(run->scene, ensemble, i));
    if (!any)
        give_policy(run, ensemble, unreadable_port(run, ensemble));
}

const struct bl_rule bl_rule_network_policy = {
    .summary =
        "Inter-broker, quorum, ZooKeeper and JMX ports are closed to all but the cluster itself.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_CONTROLLER | BL_MATCH_COMBINED | BL_MATCH_ZOOKEEPER,
    .mutates = true,
    .check_ensemble = check_ensemble,
};
