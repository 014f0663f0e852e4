/**
 * More replicas for topics that have too few to lose a broker.
 *
 * A topic with one replica, as a chart's default makes Kafka's own, keeps each of its brokers up for good: no drain and no
 * upgrade goes on. The way out is a reassignment that nobody likes to write by hand. What is to be done is read off the
 * cluster each time, so whoever does it may be killed at any moment and begin again; nothing is left behind but replicas.
 * Instead of a rate, which would be a setting to take back, a few partitions go at a time.
 */
#ifndef BALLAST_KAFKA_RAISE_H
#define BALLAST_KAFKA_RAISE_H

#include "ballast/base/strbuf.h"
#include "ballast/kafka/observer.h"

/** How many replicas topics get where nobody says it: as many as Kafka's own default for its own. */
#define BL_RAISE_FACTOR 3
/** Partitions that get replicas at the same time. */
#define BL_RAISE_AT_ONCE 8

struct bl_raise_options {
    const char *const *topics; /* of these, up to NULL; NULL: of none by its name */
    bool internal;             /* and of those that Kafka calls internal. Neither: of all */
    int32_t factor; /* how many replicas each shall have, where there are brokers enough */
};

/** A partition, and the replicas that it shall have: those that it has, in their order, and new ones behind. */
struct bl_raised {
    const char *topic; /* borrowed from the facts */
    int32_t partition;
    size_t replicas; /* that it has */
    struct bl_broker_ids wanted;
};

struct bl_raise_plan {
    struct {
        struct bl_raised *items; /* by topic and number */
        size_t len, cap;
    } partitions;
    size_t total;      /* partitions of the topics that were asked for */
    size_t moving;     /* of these, such as get replicas right now */
    size_t foreign;    /* partitions of other topics that are being reassigned */
    size_t leaderless; /* that lack replicas and have no leader, so that nothing can be copied */
    int32_t factor;    /* that can be reached with the brokers there are */
};

/** __consumer_offsets, __transaction_state and __share_group_state (Kafka's Topic.INTERNAL_TOPICS). */
bool bl_topic_is_internal(const char *name);

/** "--bootstrap HOST:PORT --command-config FILE", as a shell takes it; FILE may be NULL. For free(). */
char *bl_way_in(const char *bootstrap, const char *command_config);
/** The address by which clients know the first broker that runs; NULL: none does. For free(). */
char *bl_cluster_bootstrap(const struct bl_cluster *cluster);
/** Appends "ballast topics raise --internal --topic orders …". `topics` as in the options. */
void bl_raise_command(const struct bl_raise_options *options, const char *way_in,
                      struct bl_strbuf *out);

/**
 * What is to be done. New replicas go to racks that have none of the partition, then to the broker with the fewest
 * replicas. A broker that does not run gets none. Pure.
 */
void bl_raise_plan(const struct bl_cluster *cluster, const struct bl_raise_options *options,
                   struct bl_raise_plan *ret_plan);
void bl_raise_plan_release(struct bl_raise_plan *plan);

/** Begins with the first `count` of the plan. That one is being done already is no error. Needs Alter on the cluster. */
BL_CHECK int bl_observer_raise(struct bl_observer *observer, const struct bl_raise_plan *plan,
                               size_t count, struct bl_error **err);

#endif
