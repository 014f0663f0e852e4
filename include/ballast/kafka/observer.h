/**
 * Looks at a live Kafka cluster.
 *
 * One observer stands for one cluster and keeps its connections. It only reads: it needs the operation
 * Describe on the cluster and on topics, and DescribeConfigs on topics. Topics that it may not describe
 * are hidden by the brokers, so that what it sees is then not the whole cluster.
 *
 * Not to be used by two threads at once.
 */
#ifndef BALLAST_KAFKA_OBSERVER_H
#define BALLAST_KAFKA_OBSERVER_H

#include "ballast/base/clock.h"
#include "ballast/base/error.h"
#include "ballast/kafka/facts.h"

struct bl_observer;

/** `at_most` bounds each look at the cluster. Strings are not kept. */
struct bl_observer_settings {
    const char *bootstrap;      /* HOST:PORT[,HOST:PORT…] */
    const char *command_config; /* a properties file as Kafka's tools take it, or NULL: plaintext */
    bl_nsec at_most;
};

/** Reads the properties; connects to nobody yet. */
BL_CHECK int bl_observer_new(const struct bl_observer_settings *settings,
                             struct bl_observer **ret_observer, struct bl_error **err);
void bl_observer_free(struct bl_observer *observer);
BL_DEFINE_CLEANUP(struct bl_observer *, bl_observer_cleanup, bl_observer_free)

/**
 * Brokers, partitions and topic configs, as of now. BL_ERR_UNAVAILABLE where no broker answers in time,
 * BL_ERR_FORBIDDEN where one does not let us. The result is released with bl_cluster_release().
 */
BL_CHECK int bl_observer_look(struct bl_observer *observer, struct bl_cluster *ret_cluster,
                              struct bl_error **err);

#endif
