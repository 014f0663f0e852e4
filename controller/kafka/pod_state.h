/**
 * What is seen of each pod of a cluster: does it serve, is it in sync, may it go down now? Pure.
 *
 * Kubernetes knows pods, Kafka knows nodes by their ids, and this is where the two meet.
 */
#ifndef BALLAST_CONTROLLER_KAFKA_POD_STATE_H
#define BALLAST_CONTROLLER_KAFKA_POD_STATE_H

#include "ballast/kafka/gate.h"
#include "topology.h"

#define BL_NO_NODE (-1)

struct bl_pod_state {
    int32_t node; /* broker.id or node.id; BL_NO_NODE: ZooKeeper, or it cannot be told */
    bool known;   /* what follows was seen, and is not assumed */
    bool answers;
    bool in_sync;
    bool safe;
    bool leader; /* active controller, leader of the quorum or of ZooKeeper */
    int64_t leads;
    char *missing;      /* what is missing until it is in sync; NULL */
    char *why;          /* it may not go, or why that is not known; NULL */
    const char *reason; /* the same in a word: "PartitionsAtRisk" */
};

/** What was found out about a cluster; NULL: it did not answer. */
struct bl_findings {
    const struct bl_cluster *facts;
    const struct bl_zookeeper_servers
        *zookeepers;     /* one for each pod of that role, in their order */
    const char *unknown; /* why there are no facts */
    bool raising;        /* Kafka's own topics get the replicas that they lack, by the controller */
};

struct bl_pod_states {
    struct bl_pod_state *pods; /* one for each of the cluster's */
    size_t len;
    bool unbalanced; /* leaders that are not the preferred ones, and could be */
};

void bl_pod_states_read(const struct bl_kafka *kafka, const struct bl_findings *found,
                        struct bl_pod_states *ret_states);
void bl_pod_states_release(struct bl_pod_states *states);

/**
 * May these brokers, each of which may go, be down together? Where no partition has replicas on two of them: a
 * topic whose min.insync.replicas is 1 would allow more, and lose its spare by our act. Indexes are of the
 * cluster's pods; `facts` NULL: no.
 */
bool bl_pod_states_together(const struct bl_pod_states *states, const struct bl_cluster *facts,
                            const size_t *pods, size_t len);

#endif
