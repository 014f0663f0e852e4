/** What the parts of the observer share. */
#ifndef BALLAST_KAFKA_OBSERVER_PRIVATE_H
#define BALLAST_KAFKA_OBSERVER_PRIVATE_H

#include <librdkafka/rdkafka.h>

#include "ballast/base/clock.h"
#include "ballast/base/error.h"
#include "ballast/kafka/facts.h"
#include "peers.h"

struct bl_observer {
    rd_kafka_t *rk;
    struct bl_peers peers;
    bl_nsec at_most;
    /* What librdkafka last said of its connections. It tells by a callback, in rd_kafka_poll(). */
    rd_kafka_resp_err_t cause;
    char *why;
    bool all_down;
};

BL_DEFINE_CLEANUP(rd_kafka_queue_t *, bl_queue_cleanup, rd_kafka_queue_destroy)
BL_DEFINE_CLEANUP(rd_kafka_AdminOptions_t *, bl_admin_options_cleanup,
                  rd_kafka_AdminOptions_destroy)

BL_UNUSED static inline void bl_event_cleanup(rd_kafka_event_t **event)
{
    if (*event)
        rd_kafka_event_destroy(*event);
}

/** Adds it as the last one, unless it is being made and has no partition yet. Sorts nothing. */
void bl_topics_add(struct bl_cluster *cluster, const struct rd_kafka_metadata_topic *source);

/** Takes those brokers out that the cluster lists, and that do not answer. */
void bl_brokers_probe(rd_kafka_t *rk, bl_nsec deadline, struct bl_cluster *cluster);

/**
 * Fills in min.insync.replicas of all topics; those that are gone meanwhile are left out. Asks the first broker,
 * which must be there.
 */
BL_CHECK int bl_topics_configure(rd_kafka_t *rk, bl_nsec deadline, struct bl_cluster *cluster,
                                 struct bl_error **err);

#endif
