#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/hosts.h"
#include "ballast/workload/labels.h"
#include "ballast/workload/scene.h"
#include "ballast/workload/servers.h"
#include "recognise.h"

/*
 * Grouping is union-find over keys: whatever two workloads have in common that only members of one
 * cluster share becomes a text, and equal texts join. ZooKeeper and Kafka are grouped apart and linked
 * after, because one ZooKeeper may serve several clusters without making them one.
 */

struct key {
    char *text;
    size_t workload;
};

struct grouping {
    struct bl_scene *scene;
    size_t *parent; /* union-find over the scene's workloads */
    struct {
        struct key *items;
        size_t len, cap;
    } keys;
};

static size_t find_root(struct grouping *grouping, size_t i)
{
    while (grouping->parent[i] != i)
        i = grouping->parent[i] = grouping->parent[grouping->parent[i]];
    return i;
}

/* The smaller index becomes the root, so that the order of joining does not matter. */
static void join(struct grouping *grouping, size_t a, size_t b)
{
    a = find_root(grouping, a);
    b = find_root(grouping, b);
    if (a < b)
        grouping->parent[b] = a;
    else
        grouping->parent[a] = b;
}

static bool zookeeper_side(const struct bl_workload *workload)
{
    return workload->role == BL_ROLE_ZOOKEEPER;
}

static void add_key(struct grouping *grouping, size_t index, const char *kind, const char *value)
{
    const struct bl_workload *workload = grouping->scene->workloads.items[index];

    if (!value || !*value)
        return;
    *BL_PUSH(&grouping->keys) = (struct key){
        bl_asprintf("%s\n%s\n%s\n%s", workload->role == BL_ROLE_ZOOKEEPER ? "zookeeper" : "kafka",
                    workload->ref.namespace, kind, value),
        index};
}

static const char *operator_cluster(const struct bl_workload *workload)
{
    static const char *const labels[] = {"strimzi.io/cluster", "eventstreams.ibm.com/cluster",
                                         "kafka_cr"};

    for (size_t i = 0; i < BL_ARRAY_LEN(labels); i++) {
        const char *value = bl_json_string(workload->pod_labels, labels[i]);

        if (value)
            return value;
    }
    return NULL;
}

/* The cluster id, literally or by the Secret that holds it. */
static void add_cluster_id(struct grouping *grouping, size_t index)
{
    static const char *const names[] = {"KAFKA_KRAFT_CLUSTER_ID", "CLUSTER_ID", "KAFKA_CLUSTER_ID"};
    const struct bl_workload *workload = grouping->scene->workloads.items[index];

    for (size_t i = 0; i < BL_ARRAY_LEN(names); i++) {
        const cJSON *entry = bl_container_env(workload->container, names[i]);
        const cJSON *secret = bl_json_at(entry, "valueFrom", "secretKeyRef", NULL);
        const char *name = bl_json_string(secret, "name"), *key = bl_json_string(secret, "key");

        add_key(grouping, index, "cluster-id", bl_json_string(entry, "value"));
        if (!name || !key)
            continue;
        BL_AUTO_FREE char *from = bl_asprintf("%s/%s", name, key);
        add_key(grouping, index, "cluster-id-secret", from);
    }
}

static void add_setting(struct grouping *grouping, size_t index, const char *property)
{
    const struct bl_workload *workload = grouping->scene->workloads.items[index];
    BL_AUTO(bl_setting_release) struct bl_setting setting = {0};

    if (bl_workload_setting(workload, grouping->scene->world, property, &setting))
        add_key(grouping, index, property, setting.value);
}

static void add_release(struct grouping *grouping, size_t index)
{
    static const char *const pairs[][2] = {{BL_LABEL_INSTANCE, "app.kubernetes.io/name"},
                                           {"release", "app"}};
    const struct bl_workload *workload = grouping->scene->workloads.items[index];

    for (size_t i = 0; i < BL_ARRAY_LEN(pairs); i++) {
        const char *release = bl_json_string(workload->pod_labels, pairs[i][0]);
        const char *name = bl_json_string(workload->pod_labels, pairs[i][1]);

        if (!release || !name)
            continue;
        BL_AUTO_FREE char *both = bl_asprintf("%s/%s", release, name);
        add_key(grouping, index, "release", both);
    }
}

struct settings_keys {
    struct grouping *grouping;
    size_t index;
};

/* Members of an ensemble that read one list of servers. */
static bool add_shared_settings(const struct bl_world_entry *map, BL_UNUSED const char *key,
                                const char *text, void *context)
{
    struct settings_keys *keys = context;
    BL_AUTO_FREE char *servers = bl_properties_get(text, "server.1");

    if (servers)
        add_key(keys->grouping, keys->index, "servers-in", map->ref.name);
    return false;
}

static void add_keys(struct grouping *grouping, size_t index)
{
    const struct bl_workload *workload = grouping->scene->workloads.items[index];
    struct settings_keys keys = {grouping, index};

    add_key(grouping, index, "operator", operator_cluster(workload));
    add_key(grouping, index, "service",
            bl_json_string(bl_json_get(workload->object, "spec"), "serviceName"));
    add_release(grouping, index);
    if (workload->role == BL_ROLE_ZOOKEEPER) {
        add_key(grouping, index, "servers",
                bl_container_env_value(workload->container, "ZOO_SERVERS"));
        add_key(grouping, index, "servers",
                bl_container_env_value(workload->container, "ZOOKEEPER_SERVERS"));
        bl_workload_each_properties(workload, grouping->scene->world, add_shared_settings, &keys);
        return;
    }
    add_cluster_id(grouping, index);
    add_setting(grouping, index, "controller.quorum.voters");
    add_setting(grouping, index, "controller.quorum.bootstrap.servers");
    add_setting(grouping, index, "zookeeper.connect");
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    int order = strcmp(x->text, y->text);

    return order ? order : (x->workload > y->workload) - (x->workload < y->workload);
}

static void join_equal_keys(struct grouping *grouping)
{
    if (!grouping->keys.len)
        return;
    qsort(grouping->keys.items, grouping->keys.len, sizeof(struct key), compare_keys);
    for (size_t i = 1; i < grouping->keys.len; i++)
        if (strcmp(grouping->keys.items[i - 1].text, grouping->keys.items[i].text) == 0)
            join(grouping, grouping->keys.items[i - 1].workload, grouping->keys.items[i].workload);
}

/* A Service by what it selects. */
struct selection {
    const struct bl_world_entry *service;
    const cJSON *selector;
    char *text;
};

static int compare_selections(const void *a, const void *b)
{
    const struct selection *x = a, *y = b;
    int order = strcmp(x->service->ref.namespace, y->service->ref.namespace);

    return order ? order : strcmp(x->text, y->text);
}

/* The workloads of each side that it selects are one; of these the first stands for all. */
static void join_selected(struct grouping *grouping, const struct selection *selection)
{
    const struct bl_scene *scene = grouping->scene;
    struct bl_label_walk walk =
        bl_label_walk(scene->labels, selection->selector, selection->service->ref.namespace);
    size_t firsts[2] = {SIZE_MAX, SIZE_MAX}, at;

    while (bl_label_next(&walk, &at)) {
        const struct bl_workload *workload = scene->workloads.items[at];
        size_t *first = &firsts[zookeeper_side(workload)];

        if (!workload->role)
            continue;
        if (*first == SIZE_MAX)
            *first = at;
        else if (strcmp(workload->ref.namespace, scene->workloads.items[*first]->ref.namespace) ==
                 0)
            join(grouping, *first, at);
    }
}

/*
 * Workloads of one kind behind one Service: pzoo and zoo are one ensemble in two StatefulSets. A thousand Services that
 * all select the same, one for each pod, are asked once.
 */
static void join_by_services(struct grouping *grouping)
{
    struct bl_world_iter iter = bl_world_walk(grouping->scene->world, BL_WORLD_SERVICE, "");
    struct {
        struct selection *items;
        size_t len, cap;
    } all = {0};

    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));) {
        const cJSON *selector = bl_json_at(entry->object, "spec", "selector", NULL);
        struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

        if (!selector || !selector->child)
            continue;
        bl_json_write(&text, selector);
        *BL_PUSH(&all) = (struct selection){entry, selector, bl_strbuf_take(&text)};
    }
    if (all.len)
        qsort(all.items, all.len, sizeof(*all.items), compare_selections);
    for (size_t i = 0; i < all.len && bl_budget_turn(); i++)
        if (!i || compare_selections(&all.items[i - 1], &all.items[i]) != 0)
            join_selected(grouping, &all.items[i]);
    for (size_t i = 0; i < all.len; i++)
        free(all.items[i].text);
    free(all.items);
}

/* Who names another one in its list of servers, or of voters, is of one ensemble with it. */
static void join_by_list(struct grouping *grouping, size_t index, const struct bl_servers *servers)
{
    const struct bl_scene *scene = grouping->scene;
    const struct bl_workload *self = scene->workloads.items[index];

    for (size_t i = 0; i < servers->len && bl_budget_turn(); i++) {
        BL_AUTO(bl_found_release) struct bl_found found = {0};

        (void)bl_host_find(scene, self, NULL, servers->items[i].host, &found);
        for (size_t f = 0; f < found.len && bl_budget_turn(); f++) {
            const struct bl_workload *other = scene->workloads.items[found.items[f]];

            if (other->role && zookeeper_side(other) == zookeeper_side(self))
                join(grouping, index, found.items[f]);
        }
    }
}

static void join_by_servers(struct grouping *grouping)
{
    static const char *const quorums[] = {"controller.quorum.voters",
                                          "controller.quorum.bootstrap.servers"};
    const struct bl_scene *scene = grouping->scene;

    for (size_t i = 0; i < scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *workload = scene->workloads.items[i];

        for (size_t q = 0; bl_workload_is_kafka(workload) && q < BL_ARRAY_LEN(quorums); q++) {
            BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

            if (bl_workload_servers(workload, scene->world, quorums[q], &servers))
                join_by_list(grouping, i, &servers);
        }
        if (!zookeeper_side(workload))
            continue;
        BL_AUTO(bl_servers_release) struct bl_servers servers = {0};
        if (bl_workload_ensemble_servers(workload, scene->world, &servers))
            join_by_list(grouping, i, &servers);
    }
}

static struct bl_ensemble *ensemble_for(struct bl_scene *scene, struct grouping *grouping,
                                        size_t *root_ensembles, size_t index)
{
    const struct bl_workload *workload = scene->workloads.items[index];
    size_t slot = find_root(grouping, index) * 5 + workload->role;

    if (!root_ensembles[slot]) {
        struct bl_ensemble *ensemble = BL_PUSH(&scene->ensembles);

        *ensemble = (struct bl_ensemble){.role = workload->role};
        root_ensembles[slot] = scene->ensembles.len;
    }
    return &scene->ensembles.items[root_ensembles[slot] - 1];
}

static void make_ensembles(struct bl_scene *scene, struct grouping *grouping)
{
    BL_AUTO_FREE size_t *root_ensembles = bl_alloc(scene->workloads.len * 5, sizeof(size_t));

    for (size_t i = 0; i < scene->workloads.len && bl_budget_turn(); i++) {
        struct bl_workload *workload = scene->workloads.items[i];

        if (!workload->role)
            continue;
        struct bl_ensemble *ensemble = ensemble_for(scene, grouping, root_ensembles, i);
        *BL_PUSH(&ensemble->members) = i;
        ensemble->replicas += workload->replicas;
        workload->ensemble = (size_t)(ensemble - scene->ensembles.items);
    }
}

/* One name for a cluster, from whatever its first member by name says. */
static char *cluster_name(const struct bl_workload *first)
{
    const char *name = operator_cluster(first);

    if (!name)
        name = bl_json_string(first->pod_labels, BL_LABEL_INSTANCE);
    if (!name)
        name = bl_json_string(first->pod_labels, "release");
    if (!name)
        name = first->ref.name;
    return *first->ref.namespace ? bl_asprintf("%s/%s", first->ref.namespace, name)
                                 : bl_strdup(name);
}

static void name_clusters(struct bl_scene *scene, struct grouping *grouping)
{
    size_t count = scene->workloads.len;
    BL_AUTO_FREE const struct bl_workload **firsts =
        bl_alloc(count, sizeof(*firsts)); /* of roots */

    for (size_t i = 0; i < count && bl_budget_turn(); i++) {
        const struct bl_workload *workload = scene->workloads.items[i];
        const struct bl_workload **first = &firsts[find_root(grouping, i)];

        if (bl_workload_is_kafka(workload) &&
            (!*first || strcmp(workload->ref.name, (*first)->ref.name) < 0))
            *first = workload;
    }
    for (size_t i = 0; i < count && bl_budget_turn(); i++)
        if (bl_workload_is_kafka(scene->workloads.items[i]))
            scene->workloads.items[i]->cluster = cluster_name(firsts[find_root(grouping, i)]);
}

static void add_link(struct bl_scene *scene, size_t kafka, size_t zookeeper)
{
    if (!bl_scene_linked(scene, kafka, zookeeper))
        *BL_PUSH(&scene->links) = (struct bl_link){kafka, zookeeper};
}

/* Of several clusters that share one ZooKeeper, the first by name gives it its cluster. */
static void take_cluster(struct bl_workload *zookeeper, const char *cluster)
{
    if (zookeeper->cluster && strcmp(zookeeper->cluster, cluster) <= 0)
        return;
    free(zookeeper->cluster);
    zookeeper->cluster = bl_strdup(cluster);
}

static void link_to(struct bl_scene *scene, const struct bl_workload *kafka, size_t index)
{
    struct bl_workload *zookeeper = scene->workloads.items[index];

    if (!zookeeper_side(zookeeper) || !kafka->cluster)
        return;
    take_cluster(zookeeper, kafka->cluster);
    add_link(scene, kafka->ensemble, zookeeper->ensemble);
}

/* Whatever a server of the connection leads to, but for what an operator made. */
static void link_by_connection(struct bl_scene *scene, const struct bl_workload *kafka,
                               const char *connect)
{
    BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

    bl_servers_parse(&servers, BL_SERVERS_CONNECT, connect);
    for (size_t i = 0; i < servers.len && bl_budget_turn(); i++) {
        BL_AUTO(bl_found_release) struct bl_found found = {0};

        (void)bl_host_find(scene, kafka, NULL, servers.items[i].host, &found);
        for (size_t f = 0; f < found.len && bl_budget_turn(); f++)
            if (!operator_cluster(scene->workloads.items[found.items[f]]))
                link_to(scene, kafka, found.items[f]);
    }
}

/* By what an operator or Helm calls a cluster. */
struct named {
    const char *name;
    size_t zookeeper;
};

struct names {
    struct named *items; /* by name */
    size_t len, cap;
};

static int compare_named(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order ? order : (x->zookeeper > y->zookeeper) - (x->zookeeper < y->zookeeper);
}

static void link_by_name(struct bl_scene *scene, const struct bl_workload *kafka,
                         const struct names *names, const char *name)
{
    size_t low = 0, high = names->len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(names->items[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < names->len && bl_budget_turn() && strcmp(names->items[low].name, name) == 0; low++)
        if (bl_namespace_may_equal(
                kafka->ref.namespace,
                scene->workloads.items[names->items[low].zookeeper]->ref.namespace))
            link_to(scene, kafka, names->items[low].zookeeper);
}

/* ZooKeepers by operator's cluster, and those that no operator made by Helm release. */
static void name_zookeepers(const struct bl_scene *scene, struct names *by_operator,
                            struct names *by_release)
{
    for (size_t z = 0; z < scene->workloads.len && bl_budget_turn(); z++) {
        const struct bl_workload *zookeeper = scene->workloads.items[z];
        const char *cluster = operator_cluster(zookeeper);
        const char *release = bl_json_string(zookeeper->pod_labels, BL_LABEL_INSTANCE);

        if (!zookeeper_side(zookeeper))
            continue;
        if (cluster)
            *BL_PUSH(by_operator) = (struct named){cluster, z};
        else if (release)
            *BL_PUSH(by_release) = (struct named){release, z};
    }
    if (by_operator->len)
        qsort(by_operator->items, by_operator->len, sizeof(struct named), compare_named);
    if (by_release->len)
        qsort(by_release->items, by_release->len, sizeof(struct named), compare_named);
}

static void link_kafka(struct bl_scene *scene, const struct bl_workload *kafka,
                       const struct names *by_operator, const struct names *by_release)
{
    BL_AUTO(bl_setting_release) struct bl_setting connect = {0};
    const char *cluster = operator_cluster(kafka);
    const char *release = bl_json_string(kafka->pod_labels, BL_LABEL_INSTANCE);

    if (cluster)
        link_by_name(scene, kafka, by_operator, cluster);
    else if (bl_workload_setting(kafka, scene->world, "zookeeper.connect", &connect) &&
             connect.value && !strchr(connect.value, '$'))
        link_by_connection(scene, kafka, connect.value);
    /* The connection is not in sight: the same Helm release is the next best. */
    else if (!kafka->kraft && release)
        link_by_name(scene, kafka, by_release, release);
}

/* All of an ensemble belongs where one of it belongs. */
static void share_cluster(const struct bl_scene *scene, const struct bl_ensemble *ensemble)
{
    const char *least = NULL;

    for (size_t i = 0; i < ensemble->members.len && bl_budget_turn(); i++) {
        const char *cluster = bl_ensemble_member(scene, ensemble, i)->cluster;

        if (cluster && (!least || strcmp(cluster, least) < 0))
            least = cluster;
    }
    if (!least)
        return;
    BL_AUTO_FREE char *cluster = bl_strdup(least);
    for (size_t i = 0; i < ensemble->members.len && bl_budget_turn(); i++)
        take_cluster(scene->workloads.items[ensemble->members.items[i]], cluster);
}

static void link_zookeepers(struct bl_scene *scene)
{
    struct names by_operator = {0}, by_release = {0};

    name_zookeepers(scene, &by_operator, &by_release);
    for (size_t k = 0; k < scene->workloads.len && bl_budget_turn(); k++)
        if (bl_workload_is_kafka(scene->workloads.items[k]))
            link_kafka(scene, scene->workloads.items[k], &by_operator, &by_release);
    for (size_t e = 0; e < scene->ensembles.len && bl_budget_turn(); e++)
        if (scene->ensembles.items[e].role == BL_ROLE_ZOOKEEPER)
            share_cluster(scene, &scene->ensembles.items[e]);
    free(by_operator.items);
    free(by_release.items);
}

void bl_scene_group(struct bl_scene *scene)
{
    struct grouping grouping = {.scene = scene};
    size_t count = scene->workloads.len;

    grouping.parent = bl_alloc(count, sizeof(size_t));
    for (size_t i = 0; i < count; i++)
        grouping.parent[i] = i;
    for (size_t i = 0; i < count; i++)
        if (scene->workloads.items[i]->role)
            add_keys(&grouping, i);
    join_by_services(&grouping);
    join_by_servers(&grouping);
    join_equal_keys(&grouping);
    make_ensembles(scene, &grouping);
    name_clusters(scene, &grouping);
    link_zookeepers(scene);

    for (size_t i = 0; i < grouping.keys.len; i++)
        free(grouping.keys.items[i].text);
    free(grouping.keys.items);
    free(grouping.parent);
}
