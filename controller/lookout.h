/**
 * Asks the brokers and ZooKeeper servers of one cluster how things are, and keeps the connection between two
 * times. How to reach them is found in the workload, or told by annotations on it.
 */
#ifndef BALLAST_CONTROLLER_LOOKOUT_H
#define BALLAST_CONTROLLER_LOOKOUT_H

#include "ballast/kafka/observer.h"
#include "ballast/kafka/zookeeper.h"
#include "ballast/kube/client.h"
#include "topology.h"

/** Empty to begin with. Not to be used by two threads at once. */
struct bl_lookout {
    struct bl_observer *observer; /* NULL: none is connected */
    char *bootstrap;              /* that it was made for */
    bool answered;                /* the observer had an answer once */
    unsigned failures;            /* in a row */
};

void bl_lookout_release(struct bl_lookout *lookout);

/** Has the cluster brokers or controllers at all, or is it a ZooKeeper that nobody in sight uses? */
bool bl_lookout_has_kafka(const struct bl_kafka *kafka);

/**
 * What the brokers say. BL_ERR_UNAVAILABLE where none runs or answers. `client` reads the Secret that an
 * annotation names.
 */
BL_CHECK int bl_lookout_ask(struct bl_lookout *lookout, struct bl_kube_client *client,
                            const struct bl_kafka *kafka, struct bl_cluster *ret_facts,
                            struct bl_error **err);
/** What each ZooKeeper pod says, in their order; one that is not there is away. */
BL_CHECK int bl_lookout_ask_zookeepers(const struct bl_kafka *kafka,
                                       struct bl_zookeeper_servers *ret_servers,
                                       struct bl_error **err);

#endif
