/** How the brokers of a KafkaCluster are reached, and what they hold. */
#ifndef BALLAST_CONTROLLER_CLUSTER_BROKERS_H
#define BALLAST_CONTROLLER_CLUSTER_BROKERS_H

#include "look.h"

#define BL_PROPERTIES_MAX ((size_t)64 << 10)

/**
 * `door` is the Service of the release that leads to them, or NULL. `properties` is a secret, and empty where there are none;
 * `*ret_bootstrap` is borrowed from the spec, or the door.
 */
BL_CHECK int bl_cluster_find_brokers(const struct bl_cluster_looker *looker, const char *door,
                                     const char **ret_bootstrap, struct bl_strbuf *properties,
                                     struct bl_error **err);

/**
 * A bl_evaluate_look_fn; `looker` is a struct bl_cluster_looker. Those that go are asked for their folders, too, which name
 * replicas of topics that we may not describe: the other brokers hide those. That needs Describe on the cluster.
 */
BL_CHECK int bl_cluster_ask_brokers(void *looker, const char *door, const struct bl_scales *scales,
                                    struct bl_cluster *ret_brokers, struct bl_error **err);

/** Do brokers that the plan takes away still hold nothing? BL_ERR_CONFLICT where they do. */
BL_CHECK int bl_cluster_check_scales(const struct bl_cluster_looker *looker,
                                     const struct bl_cluster_memory *memory,
                                     const struct bl_cluster_plan *plan, struct bl_error **err);

#endif
