/* Who needs a port, and whether that is all known. */
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/selector.h"
#include "ballast/workload/hosts.h"
#include "ballast/workload/servers.h"
#include "network_policy.h"

/* Fewer brokers than this, each with a number of its own, are hardly all of a cluster. */
#define MEMBERS_LEAST 3

bool bl_network_on_host(const struct bl_workload *workload)
{
    return bl_json_bool(bl_json_get(workload->pod, "spec"), "hostNetwork", false);
}

/* --- peers --- */

static cJSON *namespace_peer(const char *name)
{
    cJSON *peer = bl_json_new_object();
    cJSON *selector = bl_json_add_object(peer, "namespaceSelector");

    bl_json_add_string(bl_json_add_object(selector, "matchLabels"), BL_LABEL_NAMESPACE_NAME, name);
    return peer;
}

static cJSON *controller_peer(const struct bl_network_params *params)
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
static bool is_own_side(const struct bl_rule_run *run, size_t ensemble)
{
    const struct bl_ensemble *other = &run->scene->ensembles.items[ensemble];

    return ensemble == run->workload->ensemble ||
           (bl_workload_is_kafka(run->workload) && other->role != BL_ROLE_ZOOKEEPER &&
            same_cluster(run, other));
}

/* Brokers that keep their metadata in this ZooKeeper, or the ZooKeeper of these brokers. */
static bool is_other_side(const struct bl_rule_run *run, size_t ensemble)
{
    size_t self = run->workload->ensemble;

    return bl_scene_linked(run->scene, self, ensemble) ||
           bl_scene_linked(run->scene, ensemble, self);
}

static void add_side(const struct bl_rule_run *run,
                     bool (*belongs)(const struct bl_rule_run *run, size_t ensemble), cJSON *peers)
{
    for (size_t i = 0; i < run->scene->ensembles.len && bl_budget_turn(); i++) {
        const struct bl_ensemble *ensemble = &run->scene->ensembles.items[i];

        if (ensemble->selector && belongs(run, i))
            bl_json_push(peers, ensemble_peer(run, ensemble));
    }
}

void bl_network_add_members(const struct bl_rule_run *run, cJSON *peers)
{
    add_side(run, is_own_side, peers);
    add_side(run, is_other_side, peers);
}

static void add_copies(cJSON *peers, const cJSON *list)
{
    const cJSON *peer;

    cJSON_ArrayForEach(peer, list) {
        bl_json_push(peers, bl_json_copy(peer));
    }
}

cJSON *bl_network_peers(const struct bl_rule_run *run, enum bl_purpose purpose)
{
    const struct bl_network_params *params = run->params;
    cJSON *peers = bl_json_new_array();

    if (purpose == BL_PURPOSE_METRICS) {
        add_copies(peers, params->monitoring);
        return peers;
    }
    if (purpose == BL_PURPOSE_CLIENT)
        add_copies(peers, params->clients);
    if (purpose != BL_PURPOSE_JMX)
        add_side(run, is_own_side, peers);
    if (purpose == BL_PURPOSE_ZOOKEEPER_CLIENT)
        add_side(run, is_other_side, peers);
    if (purpose != BL_PURPOSE_JMX && purpose != BL_PURPOSE_ZOOKEEPER_PEER &&
        purpose != BL_PURPOSE_ZOOKEEPER_ELECTION)
        bl_json_push(peers, controller_peer(params));
    add_copies(peers, params->peers);
    return peers;
}

/* --- doubts --- */

static const struct bl_workload *member(const struct bl_rule_run *run,
                                        const struct bl_ensemble *ensemble, size_t i)
{
    return bl_ensemble_member(run->scene, ensemble, i);
}

/* Can a rule of this policy name the pods of that ensemble? */
static char *unnameable(const struct bl_rule_run *run, const struct bl_ensemble *other)
{
    const struct bl_workload *first = bl_ensemble_first(run->scene, other);

    if (!other->selector)
        return bl_asprintf("no label tells the pods of %s \"%s\" from others", first->ref.kind,
                           first->ref.name);
    if (!*first->ref.namespace != !*run->workload->ref.namespace)
        return bl_asprintf("the namespace of %s \"%s\" is not written",
                           *first->ref.namespace ? run->workload->ref.kind : first->ref.kind,
                           *first->ref.namespace ? run->workload->ref.name : first->ref.name);
    for (size_t i = 0; i < other->members.len && bl_budget_turn(); i++)
        if (bl_network_on_host(member(run, other, i)))
            return bl_asprintf("%s \"%s\" is on the network of its nodes", first->ref.kind,
                               first->ref.name);
    return NULL;
}

static char *unnameable_side(const struct bl_rule_run *run,
                             bool (*belongs)(const struct bl_rule_run *run, size_t ensemble))
{
    for (size_t i = 0; i < run->scene->ensembles.len && bl_budget_turn(); i++) {
        char *why = belongs(run, i) ? unnameable(run, &run->scene->ensembles.items[i]) : NULL;

        if (why)
            return why;
    }
    return NULL;
}

/* A server that the settings of `from` name and that leads to none of these ensembles. */
static char *missing_server(const struct bl_rule_run *run, const struct bl_workload *from,
                            const struct bl_servers *servers, const char *what,
                            bool (*belongs)(const struct bl_rule_run *run, size_t ensemble))
{
    if (servers->unreadable)
        return bl_asprintf("%s of %s \"%s\" cannot be read", what, from->ref.kind, from->ref.name);
    for (size_t i = 0; i < servers->len && bl_budget_turn(); i++) {
        BL_AUTO(bl_found_release) struct bl_found found = {0};
        enum bl_host host = bl_host_find(run->scene, from, NULL, servers->items[i].host, &found);

        if (host == BL_HOST_UNKNOWN)
            return bl_asprintf("%s, which %s of %s \"%s\" names, is not in sight",
                               servers->items[i].host, what, from->ref.kind, from->ref.name);
        for (size_t f = 0; f < found.len && bl_budget_turn(); f++) {
            const struct bl_workload *other = run->scene->workloads.items[found.items[f]];

            if (!other->role || !belongs(run, other->ensemble))
                return bl_asprintf("%s, which %s of %s \"%s\" names, leads to %s \"%s\"",
                                   servers->items[i].host, what, from->ref.kind, from->ref.name,
                                   other->ref.kind, other->ref.name);
        }
    }
    return NULL;
}

/* The number that the author gave a broker or server of its own; -1: it has none. */
static int64_t own_number(const struct bl_rule_run *run, const struct bl_workload *workload)
{
    static const char *const properties[] = {"node.id", "broker.id"};
    int64_t number;

    for (size_t i = 0; i < BL_ARRAY_LEN(properties) && bl_workload_is_kafka(workload); i++) {
        BL_AUTO(bl_setting_release) struct bl_setting setting = {0};

        if (bl_workload_setting(workload, run->scene->world, properties[i], &setting) &&
            setting.value && bl_text_to_int(setting.value, strlen(setting.value), &number) &&
            number >= 0)
            return number;
    }
    return bl_workload_server_number(workload);
}

/* Brokers that each have a number of their own come one a file: others may be in files that are not in sight. */
static char *siblings_elsewhere(const struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    const struct bl_workload *first = bl_ensemble_first(run->scene, ensemble);
    size_t numbered = 0;
    int64_t least = INT64_MAX, most = -1;

    for (size_t i = 0; i < ensemble->members.len && bl_budget_turn(); i++) {
        int64_t number = own_number(run, member(run, ensemble, i));

        numbered += number >= 0 || !*member(run, ensemble, i)->pod_pointer;
        least = number >= 0 && number < least ? number : least;
        most = number > most ? number : most;
    }
    if (!numbered || (numbered >= MEMBERS_LEAST && numbered == ensemble->members.len &&
                      (most < 0 || (least <= 1 && most - least + 1 == (int64_t)numbered))))
        return NULL;
    return bl_asprintf("%s \"%s\" has a number of its own, and the others may not be in sight",
                       first->ref.kind, first->ref.name);
}

/* Through an address outside of the cluster brokers come from anywhere. */
static char *advertised_elsewhere(const struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    for (size_t m = 0; m < ensemble->members.len && bl_budget_turn(); m++) {
        const struct bl_workload *broker = member(run, ensemble, m);
        BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

        if (!bl_workload_servers(broker, run->scene->world, "advertised.listeners", &servers))
            continue;
        for (size_t i = 0; i < servers.len && bl_budget_turn(); i++) {
            const struct bl_listed_server *server = &servers.items[i];

            for (size_t p = 0; p < broker->ports.len && bl_budget_turn(); p++)
                if (broker->ports.items[p].purpose == BL_PURPOSE_INTER_BROKER &&
                    bl_workload_listens_as(broker, run->scene->world, server->name,
                                           broker->ports.items[p].number) &&
                    !bl_host_is_inside(run->scene, broker, server->host))
                    return bl_asprintf("listener %s of %s \"%s\" is advertised as %s, which leads "
                                       "to no pod in sight",
                                       server->name, broker->ref.kind, broker->ref.name,
                                       server->host);
        }
    }
    return NULL;
}

static bool is_broker_of_cluster(const struct bl_rule_run *run, size_t ensemble)
{
    return is_own_side(run, ensemble) &&
           bl_role_has_logs(run->scene->ensembles.items[ensemble].role);
}

/* Another Kafka in sight that may be of this cluster, and whose pods the policy would not name. */
static char *cluster_doubt(const struct bl_rule_run *run, const struct bl_workload *own)
{
    for (size_t i = 0; i < run->scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *other = run->scene->workloads.items[i];
        char *why = bl_workload_is_kafka(other) && !is_own_side(run, other->ensemble)
                        ? bl_scene_cluster_doubt(run->scene, own, other)
                        : NULL;

        if (why)
            return why;
    }
    return NULL;
}

static char *clusters_doubt(const struct bl_rule_run *run)
{
    for (size_t i = 0; i < run->scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *own = run->scene->workloads.items[i];
        char *why = bl_workload_is_kafka(own) && is_own_side(run, own->ensemble)
                        ? cluster_doubt(run, own)
                        : NULL;

        if (why)
            return why;
    }
    return NULL;
}

static char *brokers_doubt(const struct bl_rule_run *run)
{
    for (size_t i = 0; i < run->scene->ensembles.len && bl_budget_turn(); i++) {
        const struct bl_ensemble *other = &run->scene->ensembles.items[i];
        char *why = is_broker_of_cluster(run, i) ? siblings_elsewhere(run, other) : NULL;

        if (!why && is_broker_of_cluster(run, i))
            why = advertised_elsewhere(run, other);
        if (why)
            return why;
    }
    return clusters_doubt(run);
}

static char *quorum_doubt(const struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    static const char *const lists[] = {"controller.quorum.voters",
                                        "controller.quorum.bootstrap.servers"};
    bool named = false, brokers = false;

    for (size_t m = 0; m < ensemble->members.len && bl_budget_turn(); m++) {
        const struct bl_workload *node = member(run, ensemble, m);

        for (size_t i = 0; i < BL_ARRAY_LEN(lists); i++) {
            BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

            if (!bl_workload_servers(node, run->scene->world, lists[i], &servers))
                continue;
            char *why = missing_server(run, node, &servers, lists[i], is_own_side);
            if (why)
                return why;
            named |= servers.len > 0;
        }
    }
    for (size_t i = 0; i < run->scene->ensembles.len && bl_budget_turn(); i++)
        brokers |= is_broker_of_cluster(run, i);
    if (!brokers)
        return bl_strdup("the brokers that these controllers serve are not in sight");
    if (!named)
        return bl_strdup("the voters of the quorum are not in sight");
    return brokers_doubt(run);
}

/* Is anything mounted, or told to the container, that may list servers? */
static bool may_list_servers(const struct bl_workload *server)
{
    const cJSON *volume;

    cJSON_ArrayForEach(volume, bl_json_at(server->pod, "spec", "volumes", NULL)) {
        if (bl_json_get(volume, "configMap"))
            return true;
    }
    for (size_t i = 0; i < server->arguments.len && bl_budget_turn(); i++)
        if (strstr(server->arguments.items[i].text, "server."))
            return true;
    return bl_json_len(bl_json_get(server->container, "envFrom")) ||
           bl_workload_telling(server) == BL_TELLING_FILE;
}

bool bl_network_may_have_peers(const struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    for (size_t m = 0; m < ensemble->members.len && bl_budget_turn(); m++) {
        const struct bl_workload *server = member(run, ensemble, m);

        if (bl_workload_port(server, BL_PURPOSE_ZOOKEEPER_PEER) ||
            bl_workload_port(server, BL_PURPOSE_ZOOKEEPER_ELECTION) ||
            bl_workload_server_number(server) >= 0 || may_list_servers(server))
            return true;
    }
    return ensemble->replicas > 1;
}

static char *ensemble_doubt(const struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    bool named = false;

    for (size_t m = 0; m < ensemble->members.len && bl_budget_turn(); m++) {
        const struct bl_workload *server = member(run, ensemble, m);
        BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

        if (!bl_workload_ensemble_servers(server, run->scene->world, &servers))
            continue;
        char *why = missing_server(run, server, &servers, "the list of servers", is_own_side);
        if (why)
            return why;
        named |= servers.len > 0;
    }
    if (!named && bl_network_may_have_peers(run, ensemble))
        return bl_strdup("the servers of the ensemble are not in sight");
    return NULL;
}

/* A Kafka in sight that may use this ZooKeeper, though nothing that can be read says so. */
static char *unlinked_brokers(const struct bl_rule_run *run)
{
    for (size_t i = 0; i < run->scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *kafka = run->scene->workloads.items[i];

        if (bl_workload_is_kafka(kafka) && bl_scene_may_link(run->scene, kafka, run->workload))
            return bl_asprintf("%s \"%s\" may use it: %s", kafka->ref.kind, kafka->ref.name,
                               kafka->metadata.doubt);
    }
    return NULL;
}

/* The clients of a ZooKeeper are the brokers that name it, and whoever else is in sight: see bl_network_user(). */
static char *zookeeper_clients_doubt(const struct bl_rule_run *run)
{
    bool any = false;

    for (size_t i = 0; i < run->scene->ensembles.len && bl_budget_turn(); i++) {
        if (!bl_scene_linked(run->scene, i, run->workload->ensemble))
            continue;
        any = true;
        char *why = siblings_elsewhere(run, &run->scene->ensembles.items[i]);
        if (why)
            return why;
    }
    if (!any)
        return bl_strdup("the brokers that use this ZooKeeper are not in sight");
    char *why = unlinked_brokers(run);
    return why ? why : unnameable_side(run, is_other_side);
}

char *bl_network_doubt(const struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                       enum bl_purpose purpose)
{
    char *why = NULL;

    switch (purpose) {
    case BL_PURPOSE_INTER_BROKER:
        why = brokers_doubt(run);
        break;
    case BL_PURPOSE_CONTROLLER:
        why = quorum_doubt(run, ensemble);
        break;
    case BL_PURPOSE_ZOOKEEPER_CLIENT:
        why = zookeeper_clients_doubt(run);
        break;
    case BL_PURPOSE_ZOOKEEPER_PEER:
    case BL_PURPOSE_ZOOKEEPER_ELECTION:
        why = ensemble_doubt(run, ensemble);
        break;
    case BL_PURPOSE_JMX:
        return NULL;
    default:
        break;
    }
    return why ? why : unnameable_side(run, is_own_side);
}

/* --- users --- */

/* Is this one of those for whom a port of the purpose is? */
static bool may_use(const struct bl_rule_run *run, enum bl_purpose purpose, size_t workload)
{
    const struct bl_workload *from = run->scene->workloads.items[workload];

    if (!from->role || purpose == BL_PURPOSE_JMX)
        return false;
    return is_own_side(run, from->ensemble) ||
           (purpose == BL_PURPOSE_ZOOKEEPER_CLIENT && is_other_side(run, from->ensemble));
}

/* Has the author of the policy let these pods in? */
static bool is_named_peer(const struct bl_rule_run *run, size_t workload)
{
    const struct bl_network_params *params = run->params;
    const struct bl_workload *from = run->scene->workloads.items[workload];
    const cJSON *peer;

    cJSON_ArrayForEach(peer, params->peers) {
        const cJSON *pods = bl_json_get(peer, "podSelector");
        bool here = bl_namespace_may_equal(from->ref.namespace, run->workload->ref.namespace);

        if (!bl_json_get(peer, "ipBlock") && (here || bl_json_get(peer, "namespaceSelector")) &&
            (!pods || bl_selector_matches(pods, from->pod_labels)))
            return true;
    }
    return false;
}

static char *user_of(const struct bl_rule_run *run, enum bl_purpose purpose, size_t to, int number)
{
    size_t count;
    const struct bl_use *use = bl_uses_of(bl_rule_uses(run), to, number, &count);

    for (; count--; use++) {
        if (use->from != BL_NO_WORKLOAD &&
            (may_use(run, purpose, use->from) || is_named_peer(run, use->from)))
            continue;
        struct bl_ref ref = bl_object_ref(use->by);
        return bl_asprintf("%s \"%s\" %s", ref.kind, ref.name,
                           number == BL_ANY_PORT ? "names it as a host" : "uses it");
    }
    return NULL;
}

/* Is it a Service by which a client finds any of several brokers, or one that leads in from outside? */
static bool is_for_clients(const cJSON *service, enum bl_purpose purpose, int64_t replicas)
{
    const cJSON *spec = bl_json_get(service, "spec");
    const char *type = bl_json_string(spec, "type");

    if (bl_text_eq(type, "LoadBalancer") || bl_text_eq(type, "NodePort") ||
        bl_json_len(bl_json_get(spec, "externalIPs")))
        return true;
    return purpose == BL_PURPOSE_INTER_BROKER && replicas > 1 &&
           !bl_text_eq(bl_json_string(spec, "clusterIP"), "None") &&
           !bl_json_get(bl_json_get(spec, "selector"), "statefulset.kubernetes.io/pod-name");
}

static bool leads_to(const cJSON *service, const struct bl_workload *workload, int number)
{
    const cJSON *port;

    if (!bl_labels_include(workload->pod_labels, bl_json_at(service, "spec", "selector", NULL)))
        return false;
    cJSON_ArrayForEach(port, bl_json_at(service, "spec", "ports", NULL)) {
        int64_t at = 0;

        (void)bl_json_int(bl_json_get(port, "port"), &at);
        if (at > 0 && at < 65536 && bl_service_target(service, (int)at, workload) == number)
            return true;
    }
    return false;
}

static char *service_of(const struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                        enum bl_purpose purpose, int number)
{
    struct bl_world_iter iter =
        bl_world_walk(run->scene->world, BL_WORLD_SERVICE, run->workload->ref.namespace);

    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));)
        for (size_t m = 0; m < ensemble->members.len && bl_budget_turn(); m++)
            if (is_for_clients(entry->object, purpose, ensemble->replicas) &&
                leads_to(entry->object, member(run, ensemble, m), number))
                return bl_asprintf("Service \"%s\" leads clients to it", entry->ref.name);
    return NULL;
}

/* Is the brokers' listener the only one that a client in the cluster could use? */
static char *only_listener(const struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    for (size_t m = 0; m < ensemble->members.len && bl_budget_turn(); m++) {
        const struct bl_workload *broker = member(run, ensemble, m);
        BL_AUTO(bl_servers_release) struct bl_servers servers = {0};
        bool clients = false;

        if (!bl_workload_servers(broker, run->scene->world, "advertised.listeners", &servers))
            continue;
        for (size_t i = 0; i < servers.len && bl_budget_turn(); i++)
            for (size_t p = 0; p < broker->ports.len && bl_budget_turn(); p++) {
                const struct bl_port *port = &broker->ports.items[p];

                clients |= port->purpose == BL_PURPOSE_CLIENT &&
                           bl_workload_listens_as(broker, run->scene->world, servers.items[i].name,
                                                  port->number) &&
                           bl_host_is_inside(run->scene, broker, servers.items[i].host);
            }
        if (!clients)
            return bl_strdup("no other listener is advertised by a name in the cluster");
    }
    return NULL;
}

char *bl_network_user(const struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                      enum bl_purpose purpose, int number)
{
    char *why = NULL;

    for (size_t m = 0; !why && m < ensemble->members.len && bl_budget_turn(); m++)
        why = user_of(run, purpose, ensemble->members.items[m], number);
    /* Servers alone know of these; whoever is on either side of the cluster names it for its own purpose. */
    for (size_t m = 0;
         !why && purpose != BL_PURPOSE_ZOOKEEPER_PEER && purpose != BL_PURPOSE_ZOOKEEPER_ELECTION &&
         m < ensemble->members.len && bl_budget_turn();
         m++)
        why = user_of(run, BL_PURPOSE_ZOOKEEPER_CLIENT, ensemble->members.items[m], BL_ANY_PORT);
    if (!why)
        why = service_of(run, ensemble, purpose, number);
    if (!why)
        why = bl_network_door(run, ensemble, number);
    if (!why && purpose == BL_PURPOSE_INTER_BROKER)
        why = only_listener(run, ensemble);
    return why;
}
