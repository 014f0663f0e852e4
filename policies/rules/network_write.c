/* A plan as the spec of a NetworkPolicy. */
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "network_policy.h"

#define PORT_MAX 65535

static cJSON *add_port(cJSON *ports, const char *protocol, int number)
{
    cJSON *port = bl_json_push(ports, bl_json_new_object());

    bl_json_add_string(port, "protocol", protocol);
    if (number)
        bl_json_add_int(port, "port", number);
    return port;
}

static void add_range(cJSON *ports, int first, int last)
{
    cJSON *port;

    if (first > last)
        return;
    port = add_port(ports, "TCP", first);
    if (last > first)
        bl_json_add_int(port, "endPort", last);
}

/* Around the closed ports, so that what nobody named stays open too. */
static void add_ranges(cJSON *ports, const struct bl_network_plan *plan)
{
    int next = 1;

    for (size_t i = 0; i < plan->closed.len; i++) {
        add_range(ports, next, plan->closed.items[i].number - 1);
        next = plan->closed.items[i].number + 1;
    }
    add_range(ports, next, PORT_MAX);
}

/* Each by a number of its own, and first: a plugin that does not know endPort reads these. */
static void add_open(cJSON *rules, const struct bl_network_params *params,
                     const struct bl_network_plan *plan)
{
    bool protect = params->mode == BL_NETWORK_PROTECT;
    cJSON *ports;

    if (!protect && !plan->open.len)
        return;
    ports = bl_json_add_array(bl_json_push(rules, bl_json_new_object()), "ports");
    for (size_t i = 0; i < plan->open.len; i++)
        (void)add_port(ports, "TCP", plan->open.items[i]);
    if (protect && params->ranges)
        add_ranges(ports, plan);
    if (protect) {
        (void)add_port(ports, "UDP", 0);
        (void)add_port(ports, "SCTP", 0);
    }
}

/* The rule for these peers: one that is there already, or a new one. */
static cJSON *rule_for(cJSON *rules, const cJSON *peers)
{
    cJSON *rule;

    cJSON_ArrayForEach(rule, rules) {
        if (bl_json_equal(bl_json_get(rule, "from"), peers))
            return rule;
    }
    rule = bl_json_push(rules, bl_json_new_object());
    bl_json_add(rule, "from", bl_json_copy(peers));
    bl_json_add_array(rule, "ports");
    return rule;
}

static void add_closed(cJSON *rules, const struct bl_network_plan *plan)
{
    for (size_t i = 0; i < plan->closed.len; i++) {
        const struct bl_closed_port *port = &plan->closed.items[i];

        if (port->peers->child)
            (void)add_port(bl_json_get(rule_for(rules, port->peers), "ports"), "TCP", port->number);
    }
}

/*
 * To anywhere: where names are looked up differs by cluster (a Service, an address of the node, 169.254.169.254), and
 * who has no names finds no ZooKeeper, no quorum and no broker.
 */
static cJSON *dns_rule(bool openshift)
{
    cJSON *rule = bl_json_new_object(), *ports = bl_json_add_array(rule, "ports");

    (void)add_port(ports, "UDP", 53);
    (void)add_port(ports, "TCP", 53);
    if (openshift) {
        (void)add_port(ports, "UDP", 5353);
        (void)add_port(ports, "TCP", 5353);
    }
    return rule;
}

static bool is_openshift(const struct bl_rule_run *run)
{
    const cJSON *namespace =
        bl_world_find(run->scene->world, BL_WORLD_NAMESPACE, "", run->workload->ref.namespace);
    const cJSON *annotation;

    BL_JSON_EACH_MEMBER(annotation, bl_json_at(namespace, "metadata", "annotations", NULL)) {
        if (bl_text_starts(annotation->string, "openshift.io/"))
            return true;
    }
    BL_JSON_EACH_MEMBER(annotation,
                        bl_json_at(run->workload->pod, "metadata", "annotations", NULL)) {
        if (bl_text_starts(annotation->string, "openshift.io/"))
            return true;
    }
    return false;
}

static void add_egress(const struct bl_rule_run *run, cJSON *spec, const char *unknown)
{
    const struct bl_network_params *params = run->params;
    cJSON *rules = bl_json_add_array(spec, "egress"), *to;
    const cJSON *peer;

    if (params->egress == BL_EGRESS_OPEN || unknown) {
        bl_json_push(rules, bl_json_new_object());
        return;
    }
    to = bl_json_add_array(bl_json_push(rules, bl_json_new_object()), "to");
    bl_network_add_members(run, to);
    bl_json_push(rules, dns_rule(is_openshift(run)));
    if (!params->egress_to || !params->egress_to->child)
        return;
    to = bl_json_add_array(bl_json_push(rules, bl_json_new_object()), "to");
    cJSON_ArrayForEach(peer, params->egress_to) {
        bl_json_push(to, bl_json_copy(peer));
    }
}

cJSON *bl_network_spec(const struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                       const struct bl_network_plan *plan, const char *egress_unknown)
{
    const struct bl_network_params *params = run->params;
    bool egress = params->mode == BL_NETWORK_ISOLATE || params->egress == BL_EGRESS_RESTRICTED;
    cJSON *spec = bl_json_new_object(), *types, *rules;

    bl_json_add(spec, "podSelector", bl_json_copy(ensemble->selector));
    types = bl_json_add_array(spec, "policyTypes");
    bl_json_push(types, bl_json_new_string("Ingress"));
    if (egress)
        bl_json_push(types, bl_json_new_string("Egress"));
    rules = bl_json_add_array(spec, "ingress");
    add_open(rules, params, plan);
    add_closed(rules, plan);
    if (egress)
        add_egress(run, spec, egress_unknown);
    return spec;
}
