/**
 * One look at a Kafka cluster: asks how things are, keeps the conditions of its pods, gives internal topics the replicas
 * that they lack, and rolls its upgrade by a step.
 */
#ifndef BALLAST_CONTROLLER_ROLLOUT_LOOK_H
#define BALLAST_CONTROLLER_ROLLOUT_LOOK_H

#include "memory.h"

/** Between two looks while something is under way. */
#define LOOK_SOON BL_NSEC_S

/** All borrowed. */
struct bl_look {
    struct bl_kube_client *client;
    struct bl_recorder *recorder;
    struct bl_memories *memories;
    struct bl_metric *evictions;
    bool copying; /* a backup copies the volumes of the namespace */
};

/** `ret_busy`: something is under way, or waits. */
BL_CHECK int bl_look_at(const struct bl_look *look, struct bl_kafka_memory *memory,
                        const struct bl_kafka *kafka, bool *ret_busy, struct bl_error **err);

/**
 * How long until the next look, after one that took `took`: 300 ms while pods roll, a second while anything else is under
 * way, ten at rest, and up to 30 while the cluster does not answer. A look that takes long costs a fifth of the time.
 */
bl_nsec bl_look_pause(const struct bl_kafka_memory *memory, bool busy, bl_nsec took);

#endif
