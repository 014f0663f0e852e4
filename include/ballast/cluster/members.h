/** The members of a release: its StatefulSets that are Kafka or ZooKeeper, and the door that clients take. Pure. */
#ifndef BALLAST_CLUSTER_MEMBERS_H
#define BALLAST_CLUSTER_MEMBERS_H

#include "ballast/cluster/record.h"
#include "ballast/json/decode.h"

/**
 * Appends the names of the StatefulSets, counts the brokers that they give, and returns HOST:PORT of them by a Service of
 * theirs, for free(); NULL: none.
 */
char *bl_cluster_members(const struct bl_record *record, const char *namespace,
                         struct bl_strings *ret_sets, int64_t *ret_brokers);

#endif
