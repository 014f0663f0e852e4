/**
 * What no Kafka has: lists so long that whoever wrote them meant something else.
 *
 * Asked before any work is done on an object, because a pod of ten thousand containers fits into a request and costs
 * each rule ten thousand looks. The limits stand far beyond what is seen in the wild and below what hurts.
 */
#ifndef BALLAST_WORKLOAD_LIMITS_H
#define BALLAST_WORKLOAD_LIMITS_H

#include "ballast/json/json.h"

#define BL_MAX_CONTAINERS 64 /* of a list */
#define BL_MAX_PORTS 256     /* of a container, a Service, a rule */
#define BL_MAX_LABELS 256    /* of an object or a selector */
#define BL_MAX_TERMS 256     /* of affinity, and spreads */
#define BL_MAX_ITEMS 4096    /* of any other list or map: variables, mounts, rules */

/** A list that is too long. */
struct bl_excess {
    const char *list; /* its key: "containers" */
    size_t len, most;
};

/** The first list or map anywhere below `spec` or the metadata that is longer than it may be; false: there is none. */
bool bl_object_excess(const cJSON *object, struct bl_excess *ret_excess);
/** How many a list of this key may have. */
size_t bl_list_limit(const char *key);

#endif
