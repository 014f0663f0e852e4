/**
 * What is remembered of a KafkaCluster between two looks, so that a chart is rendered again only when something has
 * changed. A new leader renders once, and knows the same.
 */
#ifndef BALLAST_CONTROLLER_CLUSTER_MEMORY_H
#define BALLAST_CONTROLLER_CLUSTER_MEMORY_H

#include "ballast/cluster/evaluate.h"
#include "ballast/runtime/memories.h"

/** A struct bl_memories of these. */
struct bl_cluster_memory {
    char *name; /* "NAMESPACE/NAME" */
    char *account;
    struct bl_kube_client *client; /* as that account; NULL: none yet */

    bool waits; /* for a place of Helm's */
    /* The next whole look; until then only values that lie elsewhere are looked at. 0: at once. */
    bl_nsec due;
    char *version; /* of the object that was looked at; NULL: none was */
    char values
        [BL_DIGEST_SIZE]; /* of the values that it was looked at with; "": they were not found */
    bool known;           /* what follows holds */
    char key[BL_DIGEST_SIZE]; /* of what it was found out from */
    bl_nsec evaluated;
    struct bl_cluster_plan plan;
    struct bl_strings drift, sets;
    int64_t brokers;         /* that the chart gives */
    char *bootstrap, *chart; /* NULL where there is none; the chart is the one of the release */
};

BL_NONNULL struct bl_memories *bl_cluster_memories_new(void);

/** Forgets what was found out; the client stays. */
void bl_cluster_memory_reset(struct bl_cluster_memory *memory);

#endif
