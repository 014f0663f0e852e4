/**
 * What is known of a Kafka cluster at one moment.
 *
 * Plain data, so that what decides on it needs no broker: an observer fills it from a live cluster
 * (observer.h), a test by hand. Ids are Kafka's: a broker's is its broker.id or node.id. An observer tells of no cluster
 * past the limits of limits.h, on which those who walk over it may rely.
 */
#ifndef BALLAST_KAFKA_FACTS_H
#define BALLAST_KAFKA_FACTS_H

#include <stdint.h>

#include "ballast/base/attrs.h"

struct bl_broker_ids {
    int32_t *items;
    size_t len, cap;
};

/** A broker that runs: it answers. */
struct bl_broker {
    int32_t id;
    char *host;
    int port;
    char *rack; /* broker.rack, often its zone; NULL: none, or not known */
};

struct bl_partition {
    int32_t id;
    int32_t leader; /* -1: nobody leads, so nobody can read or write */
    struct bl_broker_ids replicas;
    struct bl_broker_ids isr; /* in Kafka's order, which is not that of the replicas */
    bool moving;              /* a reassignment is under way; false where nobody could be asked */
};

struct bl_topic {
    char *name;
    int32_t min_isr; /* min.insync.replicas, as it holds for this topic */
    struct {
        struct bl_partition *items;
        size_t len, cap;
    } partitions;
};

/** A KRaft controller that votes. */
struct bl_voter {
    int32_t id;
    int64_t log_end;   /* how far its log reaches */
    int64_t behind_ms; /* how long ago it had caught up, by the leader's measure; -1: not known */
    bool caught_up;    /* less than two seconds ago; the leader always has */
    char *host;        /* where it listens for the others, from Kafka 3.9 on, or NULL with port 0 */
    int port;
};

struct bl_quorum {
    bool known;     /* false: ZooKeeper, or it could not be asked */
    int32_t leader; /* -1: none */
    struct {
        struct bl_voter *items; /* by id */
        size_t len, cap;
    } voters;
};

/** What librdkafka cannot tell (racks, and all from `kraft` on) is left unknown where no broker tells it. */
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
    bool kraft;
    /* ZooKeeper: the broker that is the controller. KRaft: the quorum's leader, maybe no broker. -1: unknown. */
    int32_t controller;
    struct bl_quorum quorum;
    int64_t metadata_version; /* the level of metadata.version that holds; -1: unknown or none */
    int64_t max_metadata_version; /* the highest that every broker knows; -1: unknown or none */
};

void bl_topic_release(struct bl_topic *topic);
void bl_quorum_release(struct bl_quorum *quorum);
void bl_cluster_release(struct bl_cluster *cluster);

bool bl_broker_ids_has(const struct bl_broker_ids *ids, int32_t id);
/** Adds it to ids that are sorted, unless it is there. */
void bl_broker_ids_insert(struct bl_broker_ids *ids, int32_t id);
/** Is it there? For those that are sorted. */
bool bl_broker_ids_find(const struct bl_broker_ids *ids, int32_t id);
/** The broker if it runs, or NULL. */
const struct bl_broker *bl_cluster_broker(const struct bl_cluster *cluster, int32_t id);
/** The topic, or NULL. */
struct bl_topic *bl_cluster_topic(const struct bl_cluster *cluster, const char *name);
/** The partition, or NULL. */
struct bl_partition *bl_topic_partition(const struct bl_topic *topic, int32_t id);
/** The voter, or NULL; they must be sorted. */
const struct bl_voter *bl_quorum_voter(const struct bl_quorum *quorum, int32_t id);

/**
 * How many replicas are in sync on brokers that run. A broker that died stays in the ISR until the
 * controller has noticed, and for good where it was the last one.
 */
size_t bl_partition_in_sync(const struct bl_cluster *cluster, const struct bl_partition *partition);

#endif
