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
    char *bootstrap;
    bool counted; /* its brokers were, before librdkafka heard of them */
    /* What librdkafka last said of its connections. It tells by a callback, in rd_kafka_poll(). */
    rd_kafka_resp_err_t cause;
    char *why;
    bool all_down;
    bool too_large; /* one of them sends more than it may */
};

BL_DEFINE_CLEANUP(rd_kafka_queue_t *, bl_queue_cleanup, rd_kafka_queue_destroy)
BL_DEFINE_CLEANUP(rd_kafka_AdminOptions_t *, bl_admin_options_cleanup,
                  rd_kafka_AdminOptions_destroy)

BL_UNUSED static inline void bl_event_cleanup(rd_kafka_event_t **event)
{
    if (*event)
        rd_kafka_event_destroy(*event);
}

/**
 * A further client, with `settings` (name, value, …, NULL) on top of `conf`, which it takes. Its errors are told by what it
 * does, and not by a callback. NULL: it cannot be made.
 */
rd_kafka_t *bl_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *const *settings);

/** Takes those brokers out that the cluster lists, and that do not answer. */
void bl_brokers_probe(rd_kafka_t *rk, bl_nsec deadline, struct bl_cluster *cluster);

/** All topics, with min.insync.replicas of each; those that are gone meanwhile are left out. */
BL_CHECK int bl_topics_look(struct bl_peers *peers, bl_nsec deadline, struct bl_cluster *cluster,
                            struct bl_error **err);

#endif
