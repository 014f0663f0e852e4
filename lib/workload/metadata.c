#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/hosts.h"
#include "ballast/workload/scene.h"
#include "ballast/workload/servers.h"
#include "recognise.h"

/*
 * Where a Kafka keeps its metadata, and what that says of two that nothing joins: they are surely apart only where both
 * lead to keepers in sight, or differ in what all of a cluster have in common.
 */

static const char *const quorums[] = {"controller.quorum.voters",
                                      "controller.quorum.bootstrap.servers"};

/* Does the server lead to one that may keep the metadata: a ZooKeeper, or else a Kafka? The pod itself may. */
static bool leads_to_keeper(const struct bl_scene *scene, const struct bl_workload *workload,
                            const char *host, bool zookeeper)
{
    BL_AUTO(bl_found_release) struct bl_found found = {0};

    if (bl_host_find(scene, workload, NULL, host, &found) == BL_HOST_SELF)
        return !bl_holds_placeholder(host);
    for (size_t i = 0; i < found.len && bl_budget_turn(); i++) {
        const struct bl_workload *other = scene->workloads.items[found.items[i]];

        if (other->role && (other->role == BL_ROLE_ZOOKEEPER) == zookeeper)
            return true;
    }
    return false;
}

/* Why it is not known whom the list names, for free(); NULL: it is. */
static char *list_doubt(const struct bl_scene *scene, const struct bl_workload *workload,
                        const char *property, const struct bl_servers *servers, bool zookeeper)
{
    const struct bl_ref *ref = &workload->ref;

    for (size_t i = 0; i < servers->len && bl_budget_turn(); i++)
        if (leads_to_keeper(scene, workload, servers->items[i].host, zookeeper))
            return NULL;
    if (servers->unreadable || !servers->len || bl_holds_placeholder(servers->items[0].host))
        return bl_asprintf("%s of %s \"%s\" cannot be read", property, ref->kind, ref->name);
    return bl_asprintf("%s, which %s of %s \"%s\" names, is not in sight", servers->items[0].host,
                       property, ref->kind, ref->name);
}

/* Of what stands in for a server, a chroot may be a part. */
static bool knows_chroot(const struct bl_servers *servers)
{
    for (size_t i = 0; i < servers->len && bl_budget_turn(); i++)
        if (bl_holds_placeholder(servers->items[i].host))
            return false;
    return !servers->unreadable && !(servers->chroot && bl_holds_placeholder(servers->chroot));
}

static void read_zookeeper(const struct bl_scene *scene, const struct bl_workload *workload,
                           struct bl_metadata_place *metadata)
{
    static const char property[] = "zookeeper.connect";
    BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

    if (!bl_workload_servers(workload, scene->world, property, &servers))
        return;
    metadata->mode = BL_METADATA_ZOOKEEPER;
    metadata->doubt = list_doubt(scene, workload, property, &servers, true);
    if (knows_chroot(&servers))
        metadata->chroot = bl_strdup(servers.chroot ? servers.chroot : "");
}

static void read_quorum(const struct bl_scene *scene, const struct bl_workload *workload,
                        struct bl_metadata_place *metadata)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(quorums); i++) {
        BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

        if (!bl_workload_servers(workload, scene->world, quorums[i], &servers))
            continue;
        metadata->quorum = true;
        if (!metadata->doubt)
            metadata->doubt = list_doubt(scene, workload, quorums[i], &servers, false);
    }
    if (!metadata->mode && workload->kraft)
        metadata->mode = BL_METADATA_KRAFT;
}

void bl_scene_find_metadata(struct bl_scene *scene)
{
    for (size_t i = 0; i < scene->workloads.len && bl_budget_turn(); i++) {
        struct bl_workload *workload = scene->workloads.items[i];
        struct bl_metadata_place *metadata = &workload->metadata;

        if (!bl_workload_is_kafka(workload))
            continue;
        read_zookeeper(scene, workload, metadata);
        read_quorum(scene, workload, metadata);
        if (!metadata->quorum && metadata->mode != BL_METADATA_ZOOKEEPER)
            metadata->doubt = bl_asprintf("%s of %s \"%s\" is not in sight",
                                          metadata->mode ? quorums[0] : "what keeps the metadata",
                                          workload->ref.kind, workload->ref.name);
    }
}

/* --- two that nothing joins --- */

static char *id_of(const struct bl_workload *workload, const struct bl_world *world,
                   const cJSON *entry)
{
    const cJSON *from = bl_json_at(entry, "valueFrom", "configMapKeyRef", NULL);
    const struct bl_world_entry *map;
    const char *held = bl_config_map_value(workload, world, from, &map);

    return held ? bl_strdup(held) : bl_variable_value(workload, entry);
}

char *bl_workload_cluster_id(const struct bl_workload *workload, const struct bl_world *world)
{
    for (const char *const *variable = bl_cluster_id_variables; *variable; variable++) {
        char *id = id_of(workload, world, bl_container_env(workload->container, *variable));

        if (id && *id && !bl_holds_placeholder(id))
            return id;
        free(id);
    }
    return NULL;
}

/* One keeps its metadata in ZooKeeper, and no migration is under way to the quorum of the other. */
static bool modes_differ(const struct bl_metadata_place *a, const struct bl_metadata_place *b)
{
    return a->mode == BL_METADATA_ZOOKEEPER && !a->quorum && b->mode == BL_METADATA_KRAFT;
}

static bool differ(const char *a, const char *b)
{
    return a && b && strcmp(a, b) != 0;
}

static bool ids_differ(const struct bl_world *world, const struct bl_workload *a,
                       const struct bl_workload *b)
{
    BL_AUTO_FREE char *one = bl_workload_cluster_id(a, world);
    BL_AUTO_FREE char *other = bl_workload_cluster_id(b, world);

    return differ(one, other);
}

/* Do they differ in what all of one cluster have in common? */
static bool surely_differ(const struct bl_scene *scene, const struct bl_workload *a,
                          const struct bl_workload *b)
{
    const struct bl_metadata_place *x = &a->metadata, *y = &b->metadata;

    return !bl_text_eq(bl_workload_operator_cluster(a), bl_workload_operator_cluster(b)) ||
           modes_differ(x, y) || modes_differ(y, x) || differ(x->chroot, y->chroot) ||
           (x->mode == BL_METADATA_KRAFT && y->mode == BL_METADATA_KRAFT &&
            ids_differ(scene->world, a, b));
}

static bool share_zookeeper(const struct bl_scene *scene, const struct bl_workload *a,
                            const struct bl_workload *b)
{
    for (size_t i = 0; i < scene->links.len && bl_budget_turn(); i++)
        if (scene->links.items[i].kafka == a->ensemble &&
            bl_scene_linked(scene, b->ensemble, scene->links.items[i].zookeeper))
            return true;
    return false;
}

char *bl_scene_cluster_doubt(const struct bl_scene *scene, const struct bl_workload *a,
                             const struct bl_workload *b)
{
    const char *why = a->metadata.doubt ? a->metadata.doubt : b->metadata.doubt;

    if (surely_differ(scene, a, b))
        return NULL;
    if (bl_namespace_may_equal(a->ref.namespace, b->ref.namespace))
        return why ? bl_asprintf("%s \"%s\" may be of the same cluster: %s", b->ref.kind,
                                 b->ref.name, why)
                   : NULL;
    if (!a->metadata.chroot || !b->metadata.chroot || !share_zookeeper(scene, a, b))
        return NULL;
    return bl_asprintf("%s \"%s\" in namespace %s keeps its metadata in the same ZooKeeper",
                       b->ref.kind, b->ref.name, b->ref.namespace);
}

bool bl_scene_may_link(const struct bl_scene *scene, const struct bl_workload *kafka,
                       const struct bl_workload *zookeeper)
{
    if (!kafka->metadata.doubt || kafka->metadata.mode == BL_METADATA_KRAFT)
        return false;
    for (size_t i = 0; i < scene->links.len && bl_budget_turn(); i++)
        if (scene->links.items[i].kafka == kafka->ensemble)
            return false;
    return !kafka->metadata.chroot ||
           bl_namespace_may_equal(kafka->ref.namespace, zookeeper->ref.namespace);
}
