/**
 * Asks the brokers and ZooKeeper servers of one cluster how things are, and keeps the connection between two
 * times. How to reach them is found in the workload, or told by annotations on it.
 */
#ifndef BALLAST_CONTROLLER_KAFKA_CONNECTION_H
#define BALLAST_CONTROLLER_KAFKA_CONNECTION_H

#include "ballast/base/options.h"
#include "ballast/kafka/observer.h"
#include "ballast/kafka/zookeeper.h"
#include "ballast/kube/client.h"
#include "topology.h"

/** Empty to begin with, but for what may be asked. Not to be used by two threads at once. */
struct bl_kafka_connection {
    const struct bl_texts
        *bootstrap_to;            /* hosts that an annotation may name beside its own Services */
    struct bl_observer *observer; /* NULL: none is connected */
    char *bootstrap;              /* that it was made for */
    bool answered;                /* the observer had an answer once */
    unsigned failures;            /* in a row */
};

void bl_kafka_connection_release(struct bl_kafka_connection *connection);

/** Appends the client.properties that this Secret holds. */
BL_CHECK int bl_kafka_read_properties(struct bl_kube_client *client, const char *namespace,
                                      const char *name, struct bl_strbuf *properties,
                                      struct bl_error **err);

/**
 * How to reach its brokers: HOST:PORT,…, for free(), and what stands in the Secret that an annotation names ("" where none does).
 * BL_ERR_UNAVAILABLE where no broker runs. `bootstrap_to` as in struct bl_kafka_connection.
 */
BL_CHECK int bl_kafka_address(const struct bl_texts *bootstrap_to, struct bl_kube_client *client,
                              const struct bl_kafka *kafka, char **ret_bootstrap,
                              struct bl_strbuf *properties, struct bl_error **err);

/** Has the cluster brokers or controllers at all, or is it a ZooKeeper that nobody in sight uses? */
bool bl_has_kafka(const struct bl_kafka *kafka);

/**
 * What the brokers say. BL_ERR_UNAVAILABLE where none runs or answers. `client` reads the Secret that an
 * annotation names.
 */
BL_CHECK int bl_kafka_connection_ask(struct bl_kafka_connection *connection,
                                     struct bl_kube_client *client, const struct bl_kafka *kafka,
                                     struct bl_cluster *ret_facts, struct bl_error **err);
/** What each ZooKeeper pod says, in their order; one that is not there is away. */
BL_CHECK int bl_ask_zookeepers(const struct bl_kafka *kafka,
                               struct bl_zookeeper_servers *ret_servers, struct bl_error **err);

#endif
