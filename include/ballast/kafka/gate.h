/**
 * May this broker go down now?
 *
 * A broker may go when every partition that has a replica on it keeps at least min.insync.replicas
 * without it, so that producers with acks=all go on and nothing acknowledged is lost with the next
 * broker. That a broker is Ready, or that there are no under-replicated partitions on it, says neither.
 *
 * Pure: facts in, verdict out. The answer is as old as the facts, and it is about one broker: two that
 * may each go may not go together. Partitions only: a controller's quorum is not looked at.
 */
#ifndef BALLAST_KAFKA_GATE_H
#define BALLAST_KAFKA_GATE_H

#include "ballast/kafka/facts.h"

/** What stands against it, the graver first. */
enum bl_gate_reason {
    BL_GATE_NO_LEADER = 1, /* nobody leads: it is offline already, or an election is under way */
    BL_GATE_BELOW_MIN,     /* it has fewer in sync than it needs already */
    BL_GATE_AT_MIN,        /* it would have fewer: others are behind, and waiting helps */
    BL_GATE_NO_SPARE,      /* it would have fewer, with all replicas in sync: waiting never helps */
};

struct bl_gate_blocker {
    const char *topic; /* borrowed from the facts */
    int32_t partition;
    enum bl_gate_reason reason;
    size_t replicas, in_sync;
    int32_t min_isr;
};

/** How many blockers are named; the others are counted. */
#define BL_GATE_MAX_NAMED 8

struct bl_verdict {
    int32_t broker;
    bool running;                    /* where not, there is nothing to take down */
    size_t replicas, leads, in_sync; /* partitions of this broker */
    size_t blocking;
    struct bl_gate_blocker named[BL_GATE_MAX_NAMED]; /* of each topic its first, then the others */
    size_t named_len;
};

/** Looks at every partition of the cluster. The facts must outlive the verdict. */
void bl_gate_judge(const struct bl_cluster *cluster, int32_t broker,
                   struct bl_verdict *ret_verdict);

/** True where the broker runs and nothing blocks it. */
bool bl_verdict_is_safe(const struct bl_verdict *verdict);

/** A word for programs: "no-leader". */
const char *bl_gate_reason_name(enum bl_gate_reason reason);

#endif
