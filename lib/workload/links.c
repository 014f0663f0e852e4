#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/hosts.h"
#include "ballast/workload/scene.h"
#include "ballast/workload/servers.h"
#include "recognise.h"

/* Which ZooKeeper a Kafka keeps its metadata in: by its connection, or by what an operator or Helm calls them. */

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

    if (zookeeper->role != BL_ROLE_ZOOKEEPER || !kafka->cluster)
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
            if (!bl_workload_operator_cluster(scene->workloads.items[found.items[f]]))
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
        const char *cluster = bl_workload_operator_cluster(zookeeper);
        const char *release = bl_json_string(zookeeper->pod_labels, BL_LABEL_INSTANCE);

        if (zookeeper->role != BL_ROLE_ZOOKEEPER)
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
    const char *cluster = bl_workload_operator_cluster(kafka);
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

void bl_scene_link(struct bl_scene *scene)
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
