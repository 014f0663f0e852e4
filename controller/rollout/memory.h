/**
 * What is remembered of each Kafka cluster between two looks, and counted over all of them. Nothing that a new leader could
 * not do without.
 */
#ifndef BALLAST_CONTROLLER_ROLLOUT_MEMORY_H
#define BALLAST_CONTROLLER_ROLLOUT_MEMORY_H

#include "act.h"
#include "ballast/runtime/memories.h"
#include "kafka/connection.h"
#include "kafka/raiser.h"

/** Of Kafka clusters, and of their pods. */
struct bl_kafka_counts {
    int64_t clusters;                    /* all that are looked after */
    int64_t known;                       /* those that answer */
    int64_t closed;                      /* readiness gates that are */
    int64_t unsafe;                      /* pods that must stay up, or may have to */
    int64_t rollouts[BL_ROLLOUT_PHASES]; /* clusters with an upgrade under way, by its phase */
};

/** A struct bl_memories of these; with the one thread that works on the cluster, but for what the list's lock guards. */
struct bl_kafka_memory {
    char *name; /* "NAMESPACE/NAME" */
    struct bl_kafka_connection connection;
    struct bl_roller roller;
    struct bl_raiser raiser;
    char *unknown;           /* why it did not answer, as all may read it; NULL: it did */
    char *failure;           /* the same as the log has it */
    unsigned failures;       /* in a row */
    bl_nsec answered;        /* when it did last; 0: never */
    bl_nsec asked, expected; /* how long asking it took, and is expected to take */

    bool raises; /* it is its turn to get replicas; guarded by the lock, as what follows */
    struct bl_kafka_counts counts;
};

/** `bootstrap_to` is borrowed: hosts that an annotation may name beside Services of its namespace. */
BL_NONNULL struct bl_memories *bl_kafka_memories_new(const struct bl_texts *bootstrap_to);

/** Notes whether this cluster gets replicas now. */
void bl_kafka_memories_note_raise(struct bl_memories *memories, struct bl_kafka_memory *memory,
                                  bool raises);
/** May it? One cluster at a time: what is copied takes disks and network from everybody. */
bool bl_kafka_memories_may_raise(struct bl_memories *memories,
                                 const struct bl_kafka_memory *memory);

void bl_kafka_memories_note(struct bl_memories *memories, struct bl_kafka_memory *memory,
                            const struct bl_kafka_counts *counts);
void bl_kafka_memories_sum(struct bl_memories *memories, struct bl_kafka_counts *ret_sum);

#endif
