#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/image.h"
#include "ballast/workload/servers.h"
#include "recognise.h"
#include "words.h"

/*
 * The tables behind recognition. Each entry is a fact about some distribution; docs/recognition.md
 * names them. A process outranks the environment, which outranks labels and images: a label says what
 * somebody meant, a process what runs.
 */

/* Programs that are a broker or ZooKeeper. */
static const char *const kafka_words[] = {
    "kafka-server-start.sh", "kafka-server-start", "kafka_run.sh",
    "kafka.Kafka",           "start-kafka.sh",     NULL,
};
static const char *const zookeeper_words[] = {
    "zookeeper-server-start.sh",
    "zookeeper-server-start",
    "zkServer.sh",
    "zookeeper_run.sh",
    "start-zookeeper",
    "zookeeperStart.sh",
    "QuorumPeerMain",
    "org.apache.zookeeper.server.quorum.QuorumPeerMain",
    "start-zookeeper.sh",
    "start-zk.sh",
    NULL,
};
/* The same, where only the path tells. */
static const char *const kafka_paths[] = {"scripts/kafka/run.sh", "kafka/docker/run", NULL};
static const char *const zookeeper_paths[] = {"scripts/zookeeper/run.sh", NULL};

/* Programs of the Kafka world that are no broker, whatever image and environment they run with. */
static const char *const other_words[] = {
    "kafka_connect_run.sh",
    "kafka_mirror_maker_run.sh",
    "kafka_mirror_maker_2_run.sh",
    "kafka_exporter_run.sh",
    "kafka_bridge_run.sh",
    "kafka_exporter",
    "kafka-exporter",
    "connect-distributed",
    "connect-distributed.sh",
    "connect-standalone",
    "connect-standalone.sh",
    "connect-mirror-maker",
    "connect-mirror-maker.sh",
    "kafka-mirror-maker",
    "kafka-mirror-maker.sh",
    "schema-registry-start",
    "schema-registry-start.sh",
    "kafka-rest-start",
    "ksql-server-start",
    "control-center-start",
    "kafka-cruise-control-start.sh",
    "redpanda",
    "rpk",
    "clickhouse-keeper",
    "jmx_prometheus_httpserver.jar",
    NULL,
};
/* Tools and shells: a container that is told to run one of these, and no server, is a client. */
static const char *const client_words[] = {
    "kafka-topics",
    "kafka-topics.sh",
    "kafka-configs",
    "kafka-configs.sh",
    "kafka-acls",
    "kafka-acls.sh",
    "kafka-console-producer",
    "kafka-console-producer.sh",
    "kafka-console-consumer",
    "kafka-console-consumer.sh",
    "kafka-consumer-groups",
    "kafka-consumer-groups.sh",
    "kafka-producer-perf-test",
    "kafka-producer-perf-test.sh",
    "kafka-consumer-perf-test",
    "kafka-consumer-perf-test.sh",
    "kafka-broker-api-versions.sh",
    "kafka-broker-api-versions",
    "kafka-verifiable-producer.sh",
    "kafka-verifiable-consumer.sh",
    "kafka-reassign-partitions.sh",
    "zookeeper-shell.sh",
    "zookeeper-shell",
    "zkCli.sh",
    "kafkacat",
    "kcat",
    "cub",
    NULL,
};
static const char *const shells[] = {"bash", "sh", "bin", "usr", "-c", "-ec", "-i", "-it", NULL};

static const char *const other_env_prefixes[] = {
    "CONNECT_",        "SCHEMA_REGISTRY_",  "KSQL_", "KAFKA_REST_",
    "CONTROL_CENTER_", "KAFKA_CLUSTERS_0_", NULL,
};
/*
 * Variables that tell a server. Some of a broker's are also carried by clients, or name no more than a number; those
 * count only beside a broker's image or port.
 */
enum env_kind { ENV_ZOOKEEPER, ENV_KAFKA, ENV_KAFKA_WEAK, ENV_KINDS };

struct env_signal {
    const char *name;
    enum env_kind kind;
};

/* By name, for bsearch: a broker has dozens of variables, and each is looked up here. */
static const struct env_signal env_signals[] = {
    {"KAFKA_ADVERTISED_LISTENERS", ENV_KAFKA},
    {"KAFKA_BROKER_ID", ENV_KAFKA_WEAK},
    {"KAFKA_CFG_ADVERTISED_LISTENERS", ENV_KAFKA},
    {"KAFKA_CFG_BROKER_ID", ENV_KAFKA},
    {"KAFKA_CFG_CONTROLLER_QUORUM_VOTERS", ENV_KAFKA},
    {"KAFKA_CFG_LISTENERS", ENV_KAFKA},
    {"KAFKA_CFG_NODE_ID", ENV_KAFKA},
    {"KAFKA_CFG_PROCESS_ROLES", ENV_KAFKA},
    {"KAFKA_CFG_ZOOKEEPER_CONNECT", ENV_KAFKA_WEAK},
    {"KAFKA_CONTROLLER_QUORUM_BOOTSTRAP_SERVERS", ENV_KAFKA},
    {"KAFKA_CONTROLLER_QUORUM_VOTERS", ENV_KAFKA},
    {"KAFKA_KRAFT_CLUSTER_ID", ENV_KAFKA_WEAK},
    {"KAFKA_LISTENERS", ENV_KAFKA},
    {"KAFKA_NODE_ID", ENV_KAFKA_WEAK},
    {"KAFKA_PROCESS_ROLES", ENV_KAFKA},
    {"KAFKA_ZOOKEEPER_CONNECT", ENV_KAFKA_WEAK},
    {"ZK_SERVER_PORT", ENV_ZOOKEEPER},
    {"ZOOKEEPER_CLIENT_PORT", ENV_ZOOKEEPER},
    {"ZOOKEEPER_CONFIGURATION", ENV_ZOOKEEPER},
    {"ZOOKEEPER_ID", ENV_ZOOKEEPER},
    {"ZOOKEEPER_SERVER_1", ENV_ZOOKEEPER},
    {"ZOOKEEPER_SERVER_ID", ENV_ZOOKEEPER},
    {"ZOO_MY_ID", ENV_ZOOKEEPER},
    {"ZOO_PORT_NUMBER", ENV_ZOOKEEPER},
    {"ZOO_SERVERS", ENV_ZOOKEEPER},
    {"ZOO_SERVER_ID", ENV_ZOOKEEPER},
};

static const char *const kafka_images[] = {
    "kafka", "cp-kafka", "cp-server", "cp-enterprise-kafka", "kafka-native", "kafka-kraft", NULL,
};
static const char *const zookeeper_images[] = {"zookeeper", "cp-zookeeper", NULL};
static const char *const other_image_parts[] = {
    "exporter", "-ui",     "connect",  "-rest",    "manager", "bridge",   "registry", "mirror",
    "cruise",   "kcat",    "kafkacat", "kafdrop",  "akhq",    "redpanda", "burrow",   "minion",
    "ksql",     "console", "debezium", "operator", "proxy",   NULL,
};
static const int kafka_ports[] = {9091, 9092, 9093, 9094, 9095, 19092, 29092, 29093, 0};
static const int zookeeper_ports[] = {2181, 2888, 3888, 0};

static const char *find_path(const cJSON *container, const char *const *paths)
{
    for (; *paths; paths++)
        if (bl_container_mentions(container, *paths))
            return *paths;
    return NULL;
}

static int compare_signal(const void *name, const void *signal)
{
    return strcmp(name, ((const struct env_signal *)signal)->name);
}

static bool names_peer_ports(const char *value)
{
    BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

    bl_servers_parse(&servers, BL_SERVERS_ENSEMBLE, value);
    return servers.len && servers.items[0].election;
}

/* "NAME://host:port": a URL has its port where a listener must, a topic has none. */
static bool lists_listeners(const char *value)
{
    BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

    bl_servers_parse(&servers, BL_SERVERS_LISTENERS, value);
    return servers.len && !servers.unreadable && servers.items[0].port &&
           !servers.items[0].name[strspn(servers.items[0].name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                                "abcdefghijklmnopqrstuvwxyz"
                                                                "0123456789_-")];
}

/*
 * Applications use the names of Kafka's variables too, and mean topics, themselves or the servers that they ask. So the value
 * has to look like a server's setting. One that is filled in later (valueFrom, $(X), {{x}}) counts as one.
 */
static bool reads_like(const char *name, const char *value)
{
    int64_t number;

    if (!value || !*value || strchr(value, '$') || strstr(value, "{{") || *value == '<')
        return true;
    if (bl_text_ends(name, "LISTENERS"))
        return lists_listeners(value);
    if (bl_text_ends(name, "_ID") && !bl_text_ends(name, "CLUSTER_ID"))
        return bl_text_to_int(value, strlen(value), &number);
    if (bl_text_ends(name, "PROCESS_ROLES"))
        return strstr(value, "broker") || strstr(value, "controller");
    if (bl_text_ends(name, "QUORUM_VOTERS"))
        return strchr(value, '@') != NULL;
    if (strcmp(name, "ZOO_SERVERS") == 0)
        return names_peer_ports(value);
    return true;
}

/* The first variable of each kind, in `ret_found`; NULL where there is none. */
static void find_env(const cJSON *container, const char *ret_found[ENV_KINDS])
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, bl_json_get(container, "env")) {
        const char *name = bl_json_string(entry, "name");
        const struct env_signal *signal =
            name ? bsearch(name, env_signals, BL_ARRAY_LEN(env_signals), sizeof(env_signals[0]),
                           compare_signal)
                 : NULL;

        if (signal && !ret_found[signal->kind] && reads_like(name, bl_json_string(entry, "value")))
            ret_found[signal->kind] = signal->name;
    }
}

static const char *find_env_prefix(const cJSON *container, const char *const *prefixes)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, bl_json_get(container, "env")) {
        const char *name = bl_json_string(entry, "name");

        for (size_t i = 0; name && prefixes[i]; i++)
            if (bl_text_starts(name, prefixes[i]))
                return prefixes[i];
    }
    return NULL;
}

static int find_port(const cJSON *container, const int *numbers)
{
    const cJSON *port;

    cJSON_ArrayForEach(port, bl_json_get(container, "ports")) {
        int64_t number = 0;

        (void)bl_json_int(bl_json_get(port, "containerPort"), &number);
        for (size_t i = 0; numbers[i]; i++)
            if (number == numbers[i])
                return numbers[i];
    }
    return 0;
}

/* Told to run a tool, or a shell for a person to type into. */
static bool is_client(const cJSON *container)
{
    bool told = bl_json_len(bl_json_get(container, "command")) ||
                bl_json_len(bl_json_get(container, "args"));

    if (bl_container_finds(container, client_words))
        return !bl_container_mentions(container, "/run") &&
               !bl_container_mentions(container, "entrypoint");
    return told && bl_container_only_runs(container, shells);
}

static struct bl_evidence evidence(enum bl_role role, enum bl_confidence confidence, char *signal)
{
    return (struct bl_evidence){role, confidence, signal};
}

/* Confluent starts all its programs alike; the image tells which. */
static const char *confluent_run(const cJSON *container, const char *basename,
                                 const char *const *images)
{
    static const char *const run = "confluent/docker/run";

    return basename && bl_text_in(basename, images) && bl_container_mentions(container, run) ? run
                                                                                             : NULL;
}

static struct bl_evidence by_process(const cJSON *container, const char *name, const char *basename)
{
    const struct {
        const char *found;
        enum bl_role role;
    } tries[] = {
        {bl_container_finds(container, kafka_words), BL_ROLE_BROKER},
        {find_path(container, kafka_paths), BL_ROLE_BROKER},
        {bl_container_finds(container, zookeeper_words), BL_ROLE_ZOOKEEPER},
        {find_path(container, zookeeper_paths), BL_ROLE_ZOOKEEPER},
        {confluent_run(container, basename, kafka_images), BL_ROLE_BROKER},
        {confluent_run(container, basename, zookeeper_images), BL_ROLE_ZOOKEEPER},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(tries); i++)
        if (tries[i].found)
            return evidence(tries[i].role, BL_CONFIDENCE_HIGH,
                            bl_asprintf("process: container \"%s\" runs %s", name, tries[i].found));
    return (struct bl_evidence){0};
}

static bool image_in(const char *basename, const char *const *list)
{
    return basename && bl_text_in(basename, list);
}

static bool image_is_other(const char *basename)
{
    for (size_t i = 0; basename && other_image_parts[i]; i++)
        if (strstr(basename, other_image_parts[i]))
            return true;
    return false;
}

static struct bl_evidence by_env(const cJSON *container, const char *name, const char *basename)
{
    const char *found[ENV_KINDS] = {NULL};
    const char *weak;

    find_env(container, found);
    weak = found[ENV_KAFKA_WEAK];
    if (found[ENV_KAFKA])
        return evidence(BL_ROLE_BROKER, BL_CONFIDENCE_HIGH,
                        bl_asprintf("env: container \"%s\" has %s", name, found[ENV_KAFKA]));
    if (found[ENV_ZOOKEEPER])
        return evidence(BL_ROLE_ZOOKEEPER, BL_CONFIDENCE_HIGH,
                        bl_asprintf("env: container \"%s\" has %s", name, found[ENV_ZOOKEEPER]));
    if (weak && (image_in(basename, kafka_images) || find_port(container, kafka_ports)))
        return evidence(BL_ROLE_BROKER, BL_CONFIDENCE_MEDIUM,
                        bl_asprintf("env: container \"%s\" has %s beside a broker's image or port",
                                    name, weak));
    return (struct bl_evidence){0};
}

/* Operators label their pods by what these are. */
static struct bl_evidence by_labels(const struct bl_workload *workload, const cJSON *container,
                                    const char *name)
{
    static const struct {
        const char *key, *value; /* value NULL: any */
        const char *container;
        enum bl_role role;
    } labels[] = {
        {"strimzi.io/component-type", "kafka", "kafka", BL_ROLE_BROKER},
        {"strimzi.io/component-type", "zookeeper", "zookeeper", BL_ROLE_ZOOKEEPER},
        {"eventstreams.ibm.com/component-type", "kafka", "kafka", BL_ROLE_BROKER},
        {"platform.confluent.io/type", "kafka", NULL, BL_ROLE_BROKER},
        {"platform.confluent.io/type", "kraftcontroller", NULL, BL_ROLE_BROKER},
        {"platform.confluent.io/type", "zookeeper", NULL, BL_ROLE_ZOOKEEPER},
        {"isBrokerNode", "true", "kafka", BL_ROLE_BROKER},
        {"isControllerNode", "true", "kafka", BL_ROLE_BROKER},
    };
    const cJSON *containers = bl_json_at(workload->pod, "spec", "containers", NULL);

    for (size_t i = 0; i < BL_ARRAY_LEN(labels); i++) {
        const char *value = bl_json_string(workload->pod_labels, labels[i].key);
        bool here = labels[i].container ? strcmp(labels[i].container, name) == 0
                                        : containers && containers->child == container;

        if (here && value && strcmp(value, labels[i].value) == 0)
            return evidence(labels[i].role, BL_CONFIDENCE_MEDIUM,
                            bl_asprintf("label: %s=%s", labels[i].key, value));
    }
    return (struct bl_evidence){0};
}

struct file_search {
    enum bl_role role;
    char *signal;
};

/* The role, and the property that tells it; a client's settings have bootstrap.servers. */
static enum bl_role settings_role(const char *text, const char **ret_property)
{
    static const struct {
        const char *property;
        enum bl_role role;
    } telling[] = {
        {"process.roles", BL_ROLE_BROKER},
        {"zookeeper.connect", BL_ROLE_BROKER},
        {"log.dirs", BL_ROLE_BROKER},
        {"controller.quorum.voters", BL_ROLE_BROKER},
        {"advertised.listeners", BL_ROLE_BROKER},
        {"dataDir", BL_ROLE_ZOOKEEPER},
    };
    BL_AUTO_FREE char *client = bl_properties_get(text, "bootstrap.servers");

    for (size_t i = 0; !client && i < BL_ARRAY_LEN(telling); i++) {
        BL_AUTO_FREE char *value = bl_properties_get(text, telling[i].property);

        *ret_property = telling[i].property;
        if (value)
            return telling[i].role;
    }
    return BL_ROLE_NONE;
}

/* A file of settings that only a server reads. */
static bool server_settings(const struct bl_world_entry *map, const char *key, const char *text,
                            void *context)
{
    struct file_search *search = context;
    const char *property;

    search->role = settings_role(text, &property);
    if (!search->role)
        return false;
    search->signal =
        bl_asprintf("config: %s of ConfigMap \"%s\" sets %s", key, map->ref.name, property);
    return true;
}

/* Other programs have listeners too, and files of other names. */
static bool is_brokers_file(const char *key, const char *text)
{
    static const char *const keys[] = {"server.properties", "kafka.properties", "broker.properties",
                                       NULL};
    BL_AUTO_FREE char *listeners = bl_properties_get(text, "listeners");

    return listeners && bl_text_in(key, keys);
}

enum bl_role bl_config_map_role(const cJSON *map)
{
    const cJSON *entry;

    if (!bl_object_is(map, "", "ConfigMap"))
        return BL_ROLE_NONE;
    BL_JSON_EACH_MEMBER(entry, bl_json_get(map, "data")) {
        const char *property;
        enum bl_role role;

        if (!cJSON_IsString(entry) || !bl_is_settings_file(entry->string))
            continue;
        if (is_brokers_file(entry->string, entry->valuestring))
            return BL_ROLE_BROKER;
        role = settings_role(entry->valuestring, &property);
        if (role)
            return role;
    }
    return BL_ROLE_NONE;
}

static bool mounts_config_map(const cJSON *container, const cJSON *pod)
{
    const cJSON *mount, *volume;

    cJSON_ArrayForEach(mount, bl_json_get(container, "volumeMounts")) {
        cJSON_ArrayForEach(volume, bl_json_at(pod, "spec", "volumes", NULL)) {
            if (bl_json_get(volume, "configMap") &&
                bl_text_eq(bl_json_string(volume, "name"), bl_json_string(mount, "name")))
                return true;
        }
    }
    return false;
}

/* A server's settings beside a server's port: enough even for an image that nobody knows. */
static struct bl_evidence by_config_map(const struct bl_workload *workload, const cJSON *container,
                                        const struct bl_world *world)
{
    struct file_search search = {0};
    bool port = find_port(container, kafka_ports) || find_port(container, zookeeper_ports);

    if (!port || !mounts_config_map(container, workload->pod))
        return (struct bl_evidence){0};
    if (!bl_workload_each_properties(workload, world, server_settings, &search))
        return (struct bl_evidence){0};
    return evidence(search.role, BL_CONFIDENCE_HIGH, search.signal);
}

/* Clients, peers and an election on their three ports: nothing else listens like that. */
static struct bl_evidence by_ports(const cJSON *container, const char *name)
{
    static const int client[] = {2181, 0}, peer[] = {2888, 0}, election[] = {3888, 0};

    if (!find_port(container, client) || !find_port(container, peer) ||
        !find_port(container, election))
        return (struct bl_evidence){0};
    return evidence(BL_ROLE_ZOOKEEPER, BL_CONFIDENCE_MEDIUM,
                    bl_asprintf("ports: container \"%s\" has 2181, 2888 and 3888", name));
}

/* Told to run a program of its own, it does not do what its image does by default. */
static bool overrides_image(const cJSON *container)
{
    return bl_json_len(bl_json_get(container, "command")) > 0;
}

/* An image that runs a broker by default, on a broker's port: a guess, so low confidence. */
static struct bl_evidence by_image(const cJSON *container, const char *name, const char *basename)
{
    bool kafka = image_in(basename, kafka_images) && find_port(container, kafka_ports);
    bool zookeeper = image_in(basename, zookeeper_images) && find_port(container, zookeeper_ports);

    if ((!kafka && !zookeeper) || overrides_image(container))
        return (struct bl_evidence){0};
    return evidence(
        kafka ? BL_ROLE_BROKER : BL_ROLE_ZOOKEEPER, BL_CONFIDENCE_LOW,
        bl_asprintf("image: container \"%s\" has image %s and port %d, and nothing else", name,
                    basename, find_port(container, kafka ? kafka_ports : zookeeper_ports)));
}

static bool mounts_claim(const struct bl_workload *workload, const cJSON *container)
{
    const cJSON *spec = bl_json_get(workload->object, "spec"), *mount, *template, *volume;

    cJSON_ArrayForEach(mount, bl_json_get(container, "volumeMounts")) {
        const char *name = bl_json_string(mount, "name");

        cJSON_ArrayForEach(template, bl_json_get(spec, "volumeClaimTemplates")) {
            if (name && bl_text_eq(bl_object_ref(template).name, name))
                return true;
        }
        cJSON_ArrayForEach(volume, bl_json_at(workload->pod, "spec", "volumes", NULL)) {
            if (name && bl_json_get(volume, "persistentVolumeClaim") &&
                bl_text_eq(bl_json_string(volume, "name"), name))
                return true;
        }
    }
    return false;
}

/* A word of another program beside a server's settings, port and disk: enough to be told, too little to act on. */
static struct bl_evidence in_spite_of(const struct bl_workload *workload, const cJSON *container,
                                      const char *name)
{
    const char *found[ENV_KINDS] = {NULL};
    const char *variable;

    find_env(container, found);
    variable = found[ENV_KAFKA] ? found[ENV_KAFKA] : found[ENV_ZOOKEEPER];
    if (!variable || !mounts_claim(workload, container) ||
        !find_port(container, found[ENV_KAFKA] ? kafka_ports : zookeeper_ports))
        return (struct bl_evidence){0};
    return evidence(
        found[ENV_KAFKA] ? BL_ROLE_BROKER : BL_ROLE_ZOOKEEPER, BL_CONFIDENCE_LOW,
        bl_asprintf("env: container \"%s\" has %s, a server's port and a claim, beside words of "
                    "another program",
                    name, variable));
}

struct bl_evidence bl_container_evidence(const struct bl_workload *workload, const cJSON *container,
                                         const struct bl_world *world)
{
    const char *image = bl_json_string(container, "image");
    const char *name = bl_json_string(container, "name");
    BL_AUTO_FREE char *basename = image ? bl_image_basename(image) : NULL;
    struct bl_evidence found = by_process(container, name ? name : "", basename);

    if (found.role)
        return found;
    if (bl_container_finds(container, other_words) ||
        find_env_prefix(container, other_env_prefixes) || is_client(container) ||
        bl_container_is_idle(container) || image_is_other(basename))
        return in_spite_of(workload, container, name ? name : "");
    found = by_env(container, name ? name : "", basename);
    if (!found.role)
        found = by_config_map(workload, container, world);
    if (!found.role)
        found = by_labels(workload, container, name ? name : "");
    if (!found.role)
        found = by_ports(container, name ? name : "");
    if (!found.role)
        found = by_image(container, name ? name : "", basename);
    return found;
}
