#include "world.h"

#include <stdlib.h>

#include "ballast/base/date.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kafka/gate.h"
#include "kafka/connection.h"

/* --- reading --- */

static void add_applications(const struct bl_kafka *kafka, struct bl_backup_world *world)
{
    BL_AUTO_FREE struct bl_protected_set *sets = bl_alloc(kafka->members.len + 1, sizeof(*sets));
    size_t known = world->applications.len;

    for (size_t i = 0; i < kafka->members.len; i++) {
        const struct bl_member *member = &kafka->members.items[i];

        sets[i] = (struct bl_protected_set){member->set, member->container,
                                            bl_role_has_logs(member->role)};
        if (!world->gap)
            world->gap = bl_protected_gap(member->set);
    }
    bl_protected_add(sets, kafka->members.len, kafka->members.items[0].ref.namespace,
                     &world->applications);
    /* Of what the caches hold, which are ConfigMaps at most, and only where it was asked for them. */
    for (size_t i = known; i < world->applications.len && !world->gap; i++)
        world->gap = bl_protected_left(&world->applications.items[i], sets, kafka->members.len,
                                       world->objects.items, world->objects.len);
}

void bl_backup_world_read(const struct bl_env *env, const char *namespace,
                          struct bl_backup_world *ret_world)
{
    struct bl_snapshot *snapshot = bl_policies_get(bl_sources_policies(env->sources));

    *ret_world = (struct bl_backup_world){0};
    bl_caches_view(env, namespace, &ret_world->objects);
    bl_caches_pods(env, namespace, &ret_world->pods);
    bl_topology_read(&(struct bl_topology_input){.set = bl_snapshot_policies(snapshot),
                                                 .namespace = namespace,
                                                 .objects = ret_world->objects.items,
                                                 .objects_len = ret_world->objects.len,
                                                 .pods = ret_world->pods.items,
                                                 .pods_len = ret_world->pods.len,
                                                 .today = bl_day_today()},
                     &ret_world->topology);
    for (size_t i = 0; i < ret_world->topology.clusters.len; i++)
        add_applications(&ret_world->topology.clusters.items[i], ret_world);
    bl_snapshot_unref(snapshot);
}

void bl_backup_world_release(struct bl_backup_world *world)
{
    bl_protected_applications_release(&world->applications);
    bl_topology_release(&world->topology);
    bl_namespace_view_release(&world->objects);
    bl_namespace_view_release(&world->pods);
    free(world->gap);
    *world = (struct bl_backup_world){0};
}

/* --- is it a time for a backup? --- */

static char *pod_unfit(const struct bl_kafka *kafka)
{
    for (size_t i = 0; i < kafka->pods.len; i++) {
        const struct bl_member_pod *pod = &kafka->pods.items[i];
        const struct bl_member *member = &kafka->members.items[pod->member];

        if (!pod->pod)
            return bl_asprintf("pod \"%s\" is not there", pod->name);
        if (bl_member_outdated(member, pod->pod))
            return bl_asprintf("StatefulSet \"%s\" is being rolled", member->ref.name);
    }
    return NULL;
}

static char *partition_unfit(const struct bl_cluster *facts)
{
    for (size_t t = 0; t < facts->topics.len; t++) {
        const struct bl_topic *topic = &facts->topics.items[t];

        for (size_t p = 0; p < topic->partitions.len; p++) {
            const struct bl_partition *partition = &topic->partitions.items[p];
            size_t in_sync = bl_partition_in_sync(facts, partition);

            if (in_sync < partition->replicas.len)
                return bl_asprintf("%zu of %zu replicas of partition %s-%d are in sync", in_sync,
                                   partition->replicas.len, topic->name, partition->id);
        }
    }
    return NULL;
}

static char *voter_unfit(const struct bl_cluster *facts)
{
    for (size_t i = 0; i < facts->quorum.voters.len; i++)
        if (!facts->quorum.voters.items[i].caught_up)
            return bl_asprintf("controller %d has not caught up with the quorum",
                               facts->quorum.voters.items[i].id);
    return NULL;
}

static char *server_unfit(const struct bl_zookeeper_server *server, size_t number, size_t of)
{
    if (!server->address)
        return bl_asprintf("ZooKeeper server %zu of %zu does not run", number, of);
    return bl_asprintf("ZooKeeper server %zu of %zu (%s) does not answer: %s", number, of,
                       server->address, server->why ? server->why : "nobody knows why");
}

static char *zookeeper_unfit(const struct bl_kafka *kafka)
{
    BL_AUTO(bl_zookeeper_servers_release) struct bl_zookeeper_servers servers = {0};
    BL_ERROR(err);

    if (bl_ask_zookeepers(kafka, &servers, &err) < 0)
        return bl_strdup(bl_error_text(err));
    for (size_t i = 0; i < servers.len; i++)
        if (servers.items[i].mode == BL_ZOOKEEPER_AWAY)
            return server_unfit(&servers.items[i], i + 1, servers.len);
    return NULL;
}

static char *cluster_unfit(const struct bl_env *env, struct bl_kube_client *client,
                           const struct bl_kafka *kafka)
{
    BL_AUTO(bl_kafka_connection_release)
    struct bl_kafka_connection connection = {.bootstrap_to = &env->options->bootstrap_to};
    BL_AUTO(bl_cluster_release) struct bl_cluster facts = {0};
    char *why = pod_unfit(kafka);
    BL_ERROR(err);

    if (!why)
        why = zookeeper_unfit(kafka);
    if (why || !bl_has_kafka(kafka))
        return why;
    if (bl_kafka_connection_ask(&connection, client, kafka, &facts, &err) < 0)
        return bl_strdup(bl_error_text(err));
    why = partition_unfit(&facts);
    return why ? why : voter_unfit(&facts);
}

char *bl_backup_world_unfit(const struct bl_env *env, struct bl_kube_client *client,
                            const struct bl_backup_world *world)
{
    if (world->topology.too_large)
        return bl_strdup("the namespace is too large to look after");
    for (size_t i = 0; i < world->topology.clusters.len; i++) {
        const struct bl_kafka *kafka = &world->topology.clusters.items[i];
        BL_AUTO_FREE char *why = cluster_unfit(env, client, kafka);

        if (why)
            return bl_asprintf("%s: %s", kafka->name, why);
    }
    return NULL;
}
