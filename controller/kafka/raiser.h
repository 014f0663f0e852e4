/**
 * Gives Kafka's own topics the replicas that they lack, before a rolling upgrade or a drain is held up by them.
 *
 * Only what Kafka calls internal, and only where nothing can go wrong by it: all brokers run and are ready, nobody
 * else reassigns anything, what is copied is small and there is room for it. One cluster at a time. Nothing is remembered
 * but what was said: what is left to do is read off the cluster at each look.
 */
#ifndef BALLAST_CONTROLLER_KAFKA_RAISER_H
#define BALLAST_CONTROLLER_KAFKA_RAISER_H

#include "ballast/kafka/raise.h"
#include "ballast/policies/managed.h"
#include "topology.h"

/** What was found out of what is to be copied. */
struct bl_raise_sizes {
    bool known;
    int64_t bytes;  /* of internal topics, on the broker that holds most of them */
    int64_t usable; /* on the fullest disk of all brokers; -1: not known */
};

enum bl_raise_step {
    BL_RAISE_NOTHING = 1, /* nothing lacks replicas, or the policy wants none added */
    BL_RAISE_WAIT,        /* it is under way, or will be when the cluster is whole */
    BL_RAISE_MEASURE,     /* how much is to be copied is not known yet */
    BL_RAISE_ADD,         /* the next partitions */
    BL_RAISE_REFUSE,      /* a person has to */
};

struct bl_raise_decision {
    enum bl_raise_step step;
    char *message; /* what is done or waited for, or why it is refused; NULL with NOTHING */
};

/** `whole`: every pod of the cluster is there and ready. `sizes` may be NULL: not asked yet. Pure. */
void bl_raise_decide(const struct bl_gate_settings *settings, const struct bl_raise_plan *plan,
                     bool whole, const struct bl_raise_sizes *sizes,
                     struct bl_raise_decision *ret_decision);
void bl_raise_decision_release(struct bl_raise_decision *decision);

/** Of one cluster, between two looks. Empty to begin with. */
struct bl_raiser {
    struct bl_raise_sizes sizes;
    bl_nsec measured; /* when; 0: never */
    bool active;      /* it is this cluster's turn */
    char *said;       /* in the last Event */
};

void bl_raiser_release(struct bl_raiser *raiser);

/** All borrowed. */
struct bl_raiser_job {
    struct bl_observer *observer;
    const struct bl_cluster *facts;
    const struct bl_kafka *kafka;
    bl_nsec now;
};

/**
 * One look and one step. `may_begin` says whether it may become this cluster's turn. What is to be told to people is put
 * into `ret_decision`; news of it, for an Event, is told by `*ret_news`.
 */
BL_CHECK int bl_raiser_step(struct bl_raiser *raiser, const struct bl_raiser_job *job,
                            bool may_begin, struct bl_raise_decision *ret_decision, bool *ret_news,
                            struct bl_error **err);

#endif
