/**
 * Kafka that Ballast does not look at: in kinds of workload that have no stable names or disks, and in resources from
 * which an operator makes the pods. It is told, because "nothing found" would read as a clean bill.
 */
#ifndef BALLAST_WORKLOAD_UNMANAGED_H
#define BALLAST_WORKLOAD_UNMANAGED_H

#include "ballast/object/object.h"

/**
 * Why the object, which runs Kafka or ZooKeeper or stands for them, is not judged, and what to do. NULL: it is judged, or
 * it is neither. What a known controller owns (the ReplicaSet of a Deployment) is judged there.
 */
const char *bl_unmanaged_reason(const cJSON *object);

/**
 * What is wrong with a kind or apiVersion that was meant to be one of those that are looked at, and what was meant: of pods
 * that run Kafka or ZooKeeper, of Services, ConfigMaps, budgets and network policies. For free(); NULL: nothing, or it is
 * a kind of somebody else's that has no Kafka in it.
 */
char *bl_misspelt(const cJSON *object);

#endif
