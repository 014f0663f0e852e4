/**
 * One message through every broker, as proof that the cluster works.
 *
 * That all replicas are in sync says that brokers talk to each other. Whether clients can write and read
 * through a broker that has just come back, is known when one has: listeners, certificates, quotas and disks
 * fail for clients alone. The topic "ballast-canary" has a partition for each broker to lead; it is made
 * when it is missing, and gets a partition for each broker that is new.
 *
 * It needs Create, Describe, Alter, Write and Read on that topic.
 */
#ifndef BALLAST_KAFKA_CANARY_H
#define BALLAST_KAFKA_CANARY_H

#include "ballast/kafka/observer.h"

#define BL_CANARY_TOPIC "ballast-canary"

struct bl_canary_result {
    size_t partitions;
    /* The one that took longest to be written with acks=all and read again. */
    bl_nsec slowest;
    int32_t slowest_partition, slowest_leader;
};

/**
 * Writes one message to every partition of the topic, and reads it again. The facts are those of the last look:
 * its brokers are those that should lead one. BL_ERR_UNAVAILABLE names the first partition that failed, with its
 * leader.
 */
BL_CHECK int bl_canary_check(struct bl_observer *observer, const struct bl_cluster *cluster,
                             bl_nsec at_most, struct bl_canary_result *ret_result,
                             struct bl_error **err);

#endif
