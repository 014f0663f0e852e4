/** The Kafka clusters of a namespace, as backups look at them. */
#ifndef BALLAST_CONTROLLER_BACKUP_WORLD_H
#define BALLAST_CONTROLLER_BACKUP_WORLD_H

#include "ballast/backup/protect.h"
#include "caches.h"
#include "kafka/topology.h"

struct bl_backup_world {
    struct bl_namespace_view objects, pods;
    struct bl_topology topology;
    struct bl_protected_applications applications;
    char *gap; /* what no application would hold; NULL: nothing */
};

/** By the caches, which know the namespace. */
void bl_backup_world_read(const struct bl_env *env, const char *namespace,
                          struct bl_backup_world *ret_world);
void bl_backup_world_release(struct bl_backup_world *world);

/**
 * Why it is no time to take a backup: a pod is not there or is being rolled, a partition is not whole in sync, a voter or
 * ZooKeeper server is missing. Brokers are asked. For free(); NULL: it is.
 */
char *bl_backup_world_unfit(const struct bl_env *env, struct bl_kube_client *client,
                            const struct bl_backup_world *world);

#endif
