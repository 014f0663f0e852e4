/** Services that stand before Kafka or ZooKeeper. */
#ifndef BALLAST_WORKLOAD_SERVICE_H
#define BALLAST_WORKLOAD_SERVICE_H

#include "ballast/workload/workload.h"

/**
 * What a Service serves, told from the Service alone: BROKER for any Kafka role, ZOOKEEPER, or NONE.
 * Only Services by which brokers find each other count: headless ones, and those for a single pod.
 */
enum bl_role bl_service_role(const cJSON *service);

/** Could it stand before Kafka or ZooKeeper in any way, so that it tells which workloads belong together? */
bool bl_service_may_matter(const cJSON *service);

/** Headless, or for one pod of a StatefulSet. */
bool bl_service_addresses_pods(const cJSON *service);

#endif
