/**
 * What is known of a Kafka cluster at one moment.
 *
 * Plain data, so that what decides on it needs no broker: an observer fills it from a live cluster
 * (observer.h), a test by hand. Ids are Kafka's: a broker's is its broker.id or node.id.
 */
#ifndef BALLAST_KAFKA_FACTS_H
#define BALLAST_KAFKA_FACTS_H

#include <stdint.h>

#include "ballast/base/attrs.h"

struct bl_broker_ids {
    int32_t *items;
    size_t len, cap;
};

/** A broker that runs: the cluster lists no other. */
struct bl_broker {
    int32_t id;
    char *host;
    int port;
};

struct bl_partition {
    int32_t id;
    int32_t leader; /* -1: nobody leads, so nobody can read or write */
    struct bl_broker_ids replicas;
    struct bl_broker_ids isr; /* in Kafka's order, which is not that of the replicas */
};

struct bl_topic {
    char *name;
    int32_t min_isr; /* min.insync.replicas, as it holds for this topic */
    struct {
        struct bl_partition *items;
        size_t len, cap;
    } partitions;
};

struct bl_cluster {
    char *id;
    struct {
        struct bl_broker *items; /* by id */
        size_t len, cap;
    } brokers;
    struct {
        struct bl_topic *items; /* by name */
        size_t len, cap;
    } topics;
};

void bl_cluster_release(struct bl_cluster *cluster);

bool bl_broker_ids_has(const struct bl_broker_ids *ids, int32_t id);
/** The broker if it runs, or NULL. */
const struct bl_broker *bl_cluster_broker(const struct bl_cluster *cluster, int32_t id);

/**
 * How many replicas are in sync on brokers that run. A broker that died stays in the ISR until the
 * controller has noticed, and for good where it was the last one.
 */
size_t bl_partition_in_sync(const struct bl_cluster *cluster, const struct bl_partition *partition);

#endif
