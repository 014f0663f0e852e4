#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "recognise.h"

/*
 * Which port is for whom. The listeners decide where they can be read: one number means four things
 * (9093 is inter-broker, quorum, TLS clients or a client port, by distribution). Names of container
 * ports come second, well-known numbers last.
 */

/* Ports of a workload that are kept; the pods of no Kafka have so many. */
#define PORTS_MAX 512
/* A power of two, so that half of them stay free. */
#define SLOTS 1024

/* A workload whose ports are being found, which are looked up by number again and again. */
struct ports {
    struct bl_workload *workload;
    uint16_t slots[SLOTS]; /* place in `ports` and 1; 0: free */
};

/* Of the port, or the free one where it would be. */
static uint16_t *slot_of(struct ports *ports, int number, bool main)
{
    size_t at = (size_t)number * 2 + main;

    for (;; at++) {
        uint16_t *slot = &ports->slots[at % SLOTS];
        const struct bl_port *port = *slot ? &ports->workload->ports.items[*slot - 1] : NULL;

        bl_budget_spend(1);
        if (!port || (port->number == number && port->main == main))
            return slot;
    }
}

/* NULL where there are more than are kept; that is known as a port that cannot be read. */
static struct bl_port *add_port(struct ports *ports, int number, const char *name,
                                enum bl_purpose purpose, bool inter_broker, bool main)
{
    struct bl_workload *workload = ports->workload;
    uint16_t *slot = slot_of(ports, number, main);
    struct bl_port *port;

    if (!*slot && workload->ports.len >= PORTS_MAX) {
        if (!workload->unreadable_listener)
            workload->unreadable_listener = bl_strdup(name);
        return NULL;
    }
    if (!*slot) {
        *BL_PUSH(&workload->ports) =
            (struct bl_port){.number = number, .name = bl_strdup(name), .main = main};
        *slot = (uint16_t)workload->ports.len;
    }
    port = &workload->ports.items[*slot - 1];
    if (port->purpose == BL_PURPOSE_OTHER)
        port->purpose = purpose;
    port->inter_broker |= inter_broker;
    return port;
}

/* One "NAME://host:port" of a listener list. */
struct listener {
    char *name;
    const char *port; /* text behind the last colon */
    size_t port_len;
};

static void listener_release(struct listener *listener)
{
    free(listener->name);
}

static bool parse_listener(const char *text, size_t len, struct listener *ret_listener)
{
    const char *scheme = memmem(text, len, "://", 3);
    const char *colon = memrchr(text, ':', len);

    if (!scheme || !colon || colon <= scheme)
        return false;
    ret_listener->name = bl_strndup(text, (size_t)(scheme - text));
    ret_listener->port = colon + 1;
    ret_listener->port_len = len - (size_t)(colon + 1 - text);
    return true;
}

bool bl_listener_in(const char *list, const char *name)
{
    size_t want = strlen(name);

    while (list && *list && bl_budget_turn()) {
        size_t len = strcspn(list, ", ");

        bl_budget_spend_text(len);
        if (len == want && strncasecmp(list, name, len) == 0)
            return true;
        list += len;
        list += strspn(list, ", ");
    }
    return false;
}

struct listeners {
    struct bl_setting list, inter_broker, controllers, protocol, protocol_map;
};

static void listeners_release(struct listeners *listeners)
{
    bl_setting_release(&listeners->list);
    bl_setting_release(&listeners->inter_broker);
    bl_setting_release(&listeners->controllers);
    bl_setting_release(&listeners->protocol);
    bl_setting_release(&listeners->protocol_map);
}

/* The security protocol that "NAME:PROTOCOL,…" gives a listener; else its name is the protocol. */
static bool listener_protocol_is(const struct listeners *listeners, const char *name,
                                 const char *protocol)
{
    size_t want = strlen(name);

    for (const char *at = listeners->protocol_map.value; at && *at && bl_budget_turn();) {
        size_t len = strcspn(at, ", ");

        bl_budget_spend_text(len);
        if (len > want && at[want] == ':' && strncasecmp(at, name, want) == 0)
            return len - want - 1 == strlen(protocol) &&
                   strncasecmp(at + want + 1, protocol, len - want - 1) == 0;
        at += len;
        at += strspn(at, ", ");
    }
    return strcasecmp(name, protocol) == 0;
}

static bool is_inter_broker(const struct listeners *listeners, const char *name)
{
    const char *protocol = listeners->protocol.value ? listeners->protocol.value : "PLAINTEXT";

    if (listeners->inter_broker.value)
        return strcasecmp(listeners->inter_broker.value, name) == 0;
    return listener_protocol_is(listeners, name, protocol);
}

static bool is_controller(const struct bl_workload *workload, const struct listeners *listeners,
                          const char *name)
{
    if (listeners->controllers.value)
        return bl_listener_in(listeners->controllers.value, name);
    return workload->kraft && strcasecmp(name, "CONTROLLER") == 0;
}

static enum bl_purpose listener_purpose(const struct bl_workload *workload,
                                        const struct listeners *listeners, const char *name,
                                        bool only_for_brokers)
{
    if (workload->role == BL_ROLE_CONTROLLER || is_controller(workload, listeners, name))
        return BL_PURPOSE_CONTROLLER;
    return only_for_brokers ? BL_PURPOSE_INTER_BROKER : BL_PURPOSE_CLIENT;
}

/*
 * Adds each listener of the list, or only counts those that clients could use. Where brokers merely share
 * the default listener with everybody, it is the clients' too: only a listener named for brokers is theirs.
 */
static size_t each_listener(struct ports *ports, const struct listeners *listeners, bool count_only,
                            size_t client_listeners)
{
    struct bl_workload *workload = ports->workload;
    size_t count = 0;

    for (const char *at = listeners->list.value; *at && count <= PORTS_MAX && bl_budget_turn();) {
        size_t len = strcspn(at, ", \n");
        BL_AUTO(listener_release) struct listener listener = {0};
        int64_t number;

        if (parse_listener(at, len, &listener)) {
            bool controller = is_controller(workload, listeners, listener.name);
            bool inter_broker = !controller && is_inter_broker(listeners, listener.name);

            count += !controller;
            if (!count_only && bl_text_to_int(listener.port, listener.port_len, &number) &&
                number > 0 && number < 65536)
                (void)add_port(ports, (int)number, listener.name,
                               listener_purpose(workload, listeners, listener.name,
                                                inter_broker && client_listeners > 1 &&
                                                    listeners->inter_broker.value != NULL),
                               inter_broker, true);
            else if (!count_only && !workload->unreadable_listener)
                workload->unreadable_listener = bl_strdup(listener.name);
        }
        at += len;
        at += strspn(at, ", \n");
    }
    return count;
}

/* Start scripts make listeners up as they go: "export KAFKA_ADVERTISED_LISTENERS=…". */
static bool listeners_in_script(const struct bl_workload *workload, struct bl_setting *ret_setting)
{
    static const char mark[] = "LISTENERS=";

    for (size_t i = 0; i < workload->arguments.len && bl_budget_turn(); i++) {
        const char *found = strstr(workload->arguments.items[i].text, mark);
        const char *value =
            found ? found + strlen(mark) + strspn(found + strlen(mark), "\"'") : NULL;

        if (!value || !strstr(value, "://"))
            continue;
        ret_setting->value = bl_strndup(value, strcspn(value, " \t\n\"'"));
        return true;
    }
    return false;
}

static void mark_set(struct bl_workload *workload)
{
    for (size_t i = 0; i < workload->ports.len && bl_budget_turn(); i++)
        workload->ports.items[i].set = true;
}

static void add_listeners(struct ports *ports, const struct bl_world *world)
{
    struct bl_workload *workload = ports->workload;
    BL_AUTO(listeners_release) struct listeners listeners = {0};

    if (!bl_workload_setting(workload, world, "listeners", &listeners.list) ||
        !listeners.list.value) {
        bl_setting_release(&listeners.list);
        (void)bl_workload_setting(workload, world, "advertised.listeners", &listeners.list);
    }
    if (!listeners.list.value && !listeners_in_script(workload, &listeners.list))
        return;
    (void)bl_workload_setting(workload, world, "inter.broker.listener.name",
                              &listeners.inter_broker);
    (void)bl_workload_setting(workload, world, "controller.listener.names", &listeners.controllers);
    (void)bl_workload_setting(workload, world, "security.inter.broker.protocol",
                              &listeners.protocol);
    (void)bl_workload_setting(workload, world, "listener.security.protocol.map",
                              &listeners.protocol_map);

    size_t clients = each_listener(ports, &listeners, true, 0);
    each_listener(ports, &listeners, false, clients);
    bl_workload_signal(workload, "listeners: %s", listeners.list.value);
}

static enum bl_purpose zookeeper_purpose(const char *name, int number)
{
    static const char *const election[] = {"election", NULL};
    static const char *const peer[] = {"follower", "peer", "quorum", "clustering", NULL};
    static const char *const client[] = {"client", "zookeeper", "zk", NULL};

    if (bl_text_holds(name, election) || number == 3888)
        return BL_PURPOSE_ZOOKEEPER_ELECTION;
    if (number == 2888 || (bl_text_holds(name, peer) && number != 2181))
        return BL_PURPOSE_ZOOKEEPER_PEER;
    if (number == 2181 || bl_text_holds(name, client))
        return BL_PURPOSE_ZOOKEEPER_CLIENT;
    return BL_PURPOSE_OTHER;
}

static enum bl_purpose kafka_purpose(const struct bl_workload *workload, const char *name,
                                     int number)
{
    static const char *const controller[] = {"controller", "ctrlplane", "ctrl", "quorum", NULL};
    static const char *const internal[] = {"internal",    "interbroker", "inter-broker",
                                           "replication", "int-broker",  NULL};
    static const char *const agent[] = {"agent", "admin", "health", NULL};
    static const char *const client[] = {"client",   "plain", "kafka",  "tls",      "ssl",
                                         "external", "sasl",  "broker", "listener", NULL};

    if (bl_text_holds(name, agent))
        return BL_PURPOSE_OTHER;
    if (bl_text_holds(name, controller))
        return BL_PURPOSE_CONTROLLER;
    if (bl_text_holds(name, internal))
        return BL_PURPOSE_INTER_BROKER;
    if (bl_text_holds(name, client))
        return BL_PURPOSE_CLIENT;
    if (number == 9093 && workload->kraft)
        return BL_PURPOSE_CONTROLLER;
    return number == 9092 ? BL_PURPOSE_CLIENT : BL_PURPOSE_OTHER;
}

static enum bl_purpose declared_purpose(const struct bl_workload *workload, const char *name,
                                        int number, bool main)
{
    static const char *const metrics[] = {"metrics", "prometheus", "prom", "exporter", NULL};
    static const int metrics_ports[] = {5556, 7000, 7071, 9308, 9404, 9020, 0};

    if (bl_text_holds(name, metrics))
        return BL_PURPOSE_METRICS;
    for (size_t i = 0; metrics_ports[i]; i++)
        if (number == metrics_ports[i])
            return BL_PURPOSE_METRICS;
    if (strcasestr(name, "jmx"))
        return main ? BL_PURPOSE_JMX : BL_PURPOSE_METRICS;
    if (!main)
        return BL_PURPOSE_OTHER;
    return workload->role == BL_ROLE_ZOOKEEPER ? zookeeper_purpose(name, number)
                                               : kafka_purpose(workload, name, number);
}

static void add_declared(struct ports *ports, const cJSON *container)
{
    struct bl_workload *workload = ports->workload;
    const cJSON *port;
    bool main = container == workload->container;

    cJSON_ArrayForEach(port, bl_json_get(container, "ports")) {
        const char *name = bl_json_string(port, "name");
        int64_t number;

        if (!bl_json_int(bl_json_get(port, "containerPort"), &number) || number < 1 ||
            number > 65535)
            continue;
        name = name ? name : "";
        /* With the listeners known, a port that none of them uses serves no Kafka client. */
        bool listening = *slot_of(ports, (int)number, main) != 0;
        enum bl_purpose purpose = declared_purpose(workload, name, (int)number, main);
        struct bl_port *added = add_port(ports, (int)number, name, purpose, false, main);

        if (!added)
            continue;
        added->declared = true;
        if (listening && *name) {
            free(added->name);
            added->name = bl_strdup(name);
        }
    }
}

static void add_jmx_number(struct ports *ports, const char *text, size_t len)
{
    int64_t number;

    if (bl_text_to_int(text, len, &number) && number > 0 && number < 65536)
        (void)add_port(ports, (int)number, "jmx", BL_PURPOSE_JMX, false, true);
}

/* Java's own settings, in whatever variable or argument they are. */
static void add_jmx_options(struct ports *ports, const char *text)
{
    static const char *const options[] = {"-Dcom.sun.management.jmxremote.port=",
                                          "-Dcom.sun.management.jmxremote.rmi.port="};

    for (size_t i = 0; text && i < BL_ARRAY_LEN(options); i++) {
        const char *found = strstr(text, options[i]);
        const char *value = found ? found + strlen(options[i]) : NULL;

        if (value)
            add_jmx_number(ports, value, strspn(value, "0123456789"));
    }
}

static void add_jmx(struct ports *ports)
{
    struct bl_workload *workload = ports->workload;
    static const char *const names[] = {"JMX_PORT", "KAFKA_JMX_PORT", "JMXPORT"};
    const cJSON *entry;

    for (size_t i = 0; i < BL_ARRAY_LEN(names); i++) {
        const char *value = bl_container_env_value(workload->container, names[i]);

        if (value)
            add_jmx_number(ports, value, strlen(value));
    }
    cJSON_ArrayForEach(entry, bl_json_get(workload->container, "env")) {
        add_jmx_options(ports, bl_json_string(entry, "value"));
    }
    for (size_t i = 0; i < workload->arguments.len && bl_budget_turn(); i++)
        add_jmx_options(ports, workload->arguments.items[i].text);
}

/* Brokers have to meet somewhere: with no listener named for it, they use the clients' port. */
static void ensure_inter_broker(struct bl_workload *workload)
{
    if (!bl_workload_has_logs(workload))
        return;
    for (size_t i = 0; i < workload->ports.len && bl_budget_turn(); i++) {
        struct bl_port *port = &workload->ports.items[i];

        port->inter_broker |= port->purpose == BL_PURPOSE_INTER_BROKER;
        if (port->inter_broker)
            return;
    }
    for (size_t i = 0; i < workload->ports.len && bl_budget_turn(); i++)
        if (workload->ports.items[i].purpose == BL_PURPOSE_CLIENT)
            workload->ports.items[i].inter_broker = true;
}

/* A controller has one listener, whatever its name. */
static void ensure_controller(struct bl_workload *workload)
{
    if (workload->role != BL_ROLE_CONTROLLER || bl_workload_port(workload, BL_PURPOSE_CONTROLLER))
        return;
    for (size_t i = 0; i < workload->ports.len && bl_budget_turn(); i++)
        if (workload->ports.items[i].main && workload->ports.items[i].purpose == BL_PURPOSE_CLIENT)
            workload->ports.items[i].purpose = BL_PURPOSE_CONTROLLER;
}

void bl_workload_find_ports(struct bl_workload *workload, const struct bl_world *world)
{
    const cJSON *container, *spec = bl_json_get(workload->pod, "spec");
    struct ports ports = {.workload = workload};

    if (bl_workload_is_kafka(workload))
        add_listeners(&ports, world);
    add_jmx(&ports);
    mark_set(workload);
    add_declared(&ports, workload->container);
    cJSON_ArrayForEach(container, bl_json_get(spec, "containers")) {
        if (container != workload->container)
            add_declared(&ports, container);
    }
    cJSON_ArrayForEach(container, bl_json_get(spec, "initContainers")) {
        if (container != workload->container &&
            bl_text_eq(bl_json_string(container, "restartPolicy"), "Always"))
            add_declared(&ports, container);
    }
    ensure_inter_broker(workload);
    ensure_controller(workload);
}
