/** The canary's topic, apart from what is sent through it. */
#ifndef BALLAST_KAFKA_CANARY_PRIVATE_H
#define BALLAST_KAFKA_CANARY_PRIVATE_H

#include <librdkafka/rdkafka.h>

#include "ballast/kafka/canary.h"

/** A broker learns a little later of a topic that was just made, or of partitions that it just got. */
#define BL_CANARY_RETRY_MS 100

/** Partitions that there have to be, so that every broker leads one. */
struct bl_canary_plan {
    size_t existing;
    struct {
        struct bl_broker_ids *items; /* the replicas of each, its leader first */
        size_t len, cap;
    } missing;
};

/** For the brokers that there are; `topic` is what there is of it, or NULL. */
void bl_canary_plan(const struct bl_cluster *cluster, const struct bl_topic *topic,
                    struct bl_canary_plan *plan);
void bl_canary_plan_release(struct bl_canary_plan *plan);

/** Makes what is missing, also where there is more than the facts tell. `ret_partitions` is how many there are then. */
BL_CHECK int bl_canary_make_topic(rd_kafka_t *rk, const struct bl_cluster *cluster,
                                  bl_nsec deadline, size_t *ret_partitions, struct bl_error **err);

#endif
