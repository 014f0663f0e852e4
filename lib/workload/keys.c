#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/pointer.h"
#include "ballast/workload/hosts.h"
#include "ballast/workload/servers.h"
#include "recognise.h"

/* What only members of one cluster share, as texts: two workloads that have one of them are of one cluster. */

struct keys {
    const struct bl_workload *workload;
    const struct bl_world *world;
    bl_key_fn take;
    void *context;
};

static void add(const struct keys *keys, const char *kind, const char *value, bool weak)
{
    const struct bl_workload *workload = keys->workload;

    if (!value || !*value)
        return;
    keys->take(bl_asprintf("%s\n%s\n%s\n%s",
                           workload->role == BL_ROLE_ZOOKEEPER ? "zookeeper" : "kafka",
                           workload->ref.namespace, kind, value),
               weak, keys->context);
}

const char *const bl_cluster_id_variables[] = {"KAFKA_KRAFT_CLUSTER_ID", "CLUSTER_ID",
                                               "KAFKA_CLUSTER_ID", NULL};

/* The cluster id, literally or by the Secret that holds it. */
static void add_cluster_id(const struct keys *keys)
{
    for (const char *const *variable = bl_cluster_id_variables; *variable; variable++) {
        const cJSON *entry = bl_container_env(keys->workload->container, *variable);
        const cJSON *secret = bl_json_at(entry, "valueFrom", "secretKeyRef", NULL);
        const char *name = bl_json_string(secret, "name"), *key = bl_json_string(secret, "key");

        add(keys, "cluster-id", bl_json_string(entry, "value"), false);
        if (!name || !key)
            continue;
        BL_AUTO_FREE char *from = bl_asprintf("%s/%s", name, key);
        add(keys, "cluster-id-secret", from, false);
    }
}

/* What two take from one key of one object is one value, whatever it is. */
static void add_reference(const struct keys *keys, const char *property, const char *pointer)
{
    static const char *const sources[] = {"secretKeyRef", "configMapKeyRef"};
    const cJSON *entry = bl_pointer_find(keys->workload->object, pointer);

    for (size_t i = 0; i < BL_ARRAY_LEN(sources); i++) {
        const cJSON *source = bl_json_at(entry, "valueFrom", sources[i], NULL);
        const char *name = bl_json_string(source, "name"), *key = bl_json_string(source, "key");

        if (!name || !key)
            continue;
        BL_AUTO_FREE char *kind = bl_asprintf("%s-%s", property, sources[i]);
        BL_AUTO_FREE char *from = bl_asprintf("%s/%s", name, key);
        add(keys, kind, from, false);
    }
}

static void add_setting(const struct keys *keys, const char *property)
{
    BL_AUTO(bl_setting_release) struct bl_setting setting = {0};

    if (!bl_workload_setting(keys->workload, keys->world, property, &setting))
        return;
    add(keys, property, setting.value, false);
    if (!setting.value && setting.pointer && !setting.elsewhere)
        add_reference(keys, property, setting.pointer);
}

/* One of several servers that a property names. */
struct server {
    const struct keys *keys;
    const char *kind;
    int port;
    const char *chroot;
};

static void add_server(const char *name, void *context)
{
    const struct server *server = context;
    BL_AUTO_FREE char *value =
        bl_asprintf("%s:%d%s", name, server->port, server->chroot ? server->chroot : "");

    add(server->keys, server->kind, value, false);
}

/* Lists that have a server in common are of one cluster, in whatever order and however its name is written. */
static void add_servers(const struct keys *keys, const char *property, const char *kind, int port)
{
    BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

    (void)bl_workload_servers(keys->workload, keys->world, property, &servers);
    for (size_t i = 0; i < servers.len && bl_budget_turn(); i++) {
        const struct bl_listed_server *it = &servers.items[i];
        struct server server = {keys, kind, it->port ? it->port : port, servers.chroot};

        bl_host_each_full_name(keys->workload->ref.namespace, it->host, add_server, &server);
    }
}

static void add_release(const struct keys *keys)
{
    static const char *const pairs[][2] = {{BL_LABEL_INSTANCE, "app.kubernetes.io/name"},
                                           {"release", "app"}};

    for (size_t i = 0; i < BL_ARRAY_LEN(pairs); i++) {
        const char *release = bl_json_string(keys->workload->pod_labels, pairs[i][0]);
        const char *name = bl_json_string(keys->workload->pod_labels, pairs[i][1]);

        if (!release || !name)
            continue;
        BL_AUTO_FREE char *both = bl_asprintf("%s/%s", release, name);
        add(keys, "release", both, true);
    }
}

/* Members of an ensemble that read one list of servers. */
static bool add_shared_settings(const struct bl_world_entry *map, BL_UNUSED const char *key,
                                const char *text, void *context)
{
    bool elsewhere;

    if (bl_servers_text(map, text, &elsewhere))
        add(context, "servers-in", map->ref.name, false);
    return false;
}

void bl_workload_each_key(const struct bl_workload *workload, const struct bl_world *world,
                          bl_key_fn take, void *context)
{
    struct keys keys = {workload, world, take, context};

    add(&keys, "operator", bl_workload_operator_cluster(workload), false);
    add(&keys, "service", bl_json_string(bl_json_get(workload->object, "spec"), "serviceName"),
        false);
    add_release(&keys);
    if (workload->role == BL_ROLE_ZOOKEEPER) {
        add(&keys, "servers", bl_container_env_value(workload->container, "ZOO_SERVERS"), false);
        add(&keys, "servers", bl_container_env_value(workload->container, "ZOOKEEPER_SERVERS"),
            false);
        bl_workload_each_properties(workload, world, add_shared_settings, &keys);
        return;
    }
    add_cluster_id(&keys);
    add_setting(&keys, "controller.quorum.voters");
    add_setting(&keys, "controller.quorum.bootstrap.servers");
    add_setting(&keys, "zookeeper.connect");
    add_servers(&keys, "zookeeper.connect", "zookeeper", 2181);
    add_servers(&keys, "controller.quorum.voters", "quorum", 0);
    add_servers(&keys, "controller.quorum.bootstrap.servers", "quorum", 0);
}
