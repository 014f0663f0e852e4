/**
 * May this broker, controller or ZooKeeper server go down now?
 *
 * A broker may go when every partition that has a replica on it keeps at least min.insync.replicas
 * without it, so that producers with acks=all go on and nothing acknowledged is lost with the next
 * broker. That a broker is Ready, or that there are no under-replicated partitions on it, says neither.
 * A voter may go when the others that are up to date are a majority without it. A node that is both needs
 * both answers.
 *
 * Pure: facts in, verdict out. The answer is as old as the facts, and it is about one node: two that
 * may each go may not go together.
 */
#ifndef BALLAST_KAFKA_GATE_H
#define BALLAST_KAFKA_GATE_H

#include "ballast/base/strbuf.h"
#include "ballast/kafka/facts.h"
#include "ballast/kafka/zookeeper.h"

/** What stands against it, the graver first. */
enum bl_gate_reason {
    BL_GATE_NO_LEADER = 1, /* nobody leads: it is offline already, or an election is under way */
    BL_GATE_BELOW_MIN,     /* it has fewer in sync than it needs already */
    BL_GATE_AT_MIN,        /* it would have fewer: others are behind, and waiting helps */
    BL_GATE_NO_SPARE,      /* it would have fewer, with all replicas in sync: waiting never helps */
};

struct bl_gate_options {
    /* In-sync replicas wanted beyond min.insync.replicas. It counts for as much as a partition can have when one of
     * its replicas is down: a reserve alone never keeps a broker for good. */
    int32_t reserve;
    bool accept_no_spare; /* what would be BL_GATE_NO_SPARE is counted, and blocks nothing */
};

struct bl_gate_blocker {
    const char *topic; /* borrowed from the facts */
    int32_t partition;
    enum bl_gate_reason reason;
    size_t replicas, in_sync;
    int32_t min_isr;
    size_t needed; /* in sync: min_isr, at least 1, and of the reserve what counts */
};

/** How many blockers are named; the others are counted. */
#define BL_GATE_MAX_NAMED 8

/** A topic with partitions that no waiting helps. */
struct bl_gate_topic {
    struct bl_gate_blocker first;
    size_t partitions;
};

#define BL_GATE_MAX_TOPICS 3

/** Such topics by name: as many as people read, and a count of the others. */
struct bl_gate_topics {
    struct bl_gate_topic items[BL_GATE_MAX_TOPICS];
    size_t len;
    size_t other_topics, other_partitions;
    const char *last; /* that was added */
};

struct bl_verdict {
    int32_t broker;
    bool running;                    /* where not, there is nothing to take down */
    size_t replicas, leads, in_sync; /* partitions of this broker */
    size_t accepted;                 /* without a spare, and let through by the options */
    size_t blocking;
    size_t no_spare;                                 /* of these, for how many no waiting helps */
    struct bl_gate_topics thin;                      /* which those are */
    struct bl_gate_blocker named[BL_GATE_MAX_NAMED]; /* of each topic its first, then the others */
    size_t named_len;
};

/** Looks at every partition of the cluster. `options` may be NULL. The facts must outlive the verdict. */
void bl_gate_judge(const struct bl_cluster *cluster, int32_t broker,
                   const struct bl_gate_options *options, struct bl_verdict *ret_verdict);

/** True where the broker runs and nothing blocks it. */
bool bl_verdict_is_safe(const struct bl_verdict *verdict);

/**
 * Appends one sentence without a full stop, for people and for a condition's message: "orders-3 has 2 of 3
 * replicas in sync and needs 2; 4 more partitions". What no waiting helps comes first, by topic: "orders-0 has its only
 * replica here; without a spare: orders: 17 partitions, payments: 2".
 */
void bl_verdict_explain(const struct bl_verdict *verdict, struct bl_strbuf *out);

/** Counts a partition that no waiting helps; those of a topic in a row. */
void bl_gate_topics_add(struct bl_gate_topics *topics, const struct bl_gate_blocker *blocker);

/**
 * Appends what a person does about them, as it is typed: "give the topics more replicas: ballast topics raise --internal
 * --topic orders --bootstrap kafka-0.kafka:9092". Where more replicas alone do not help, or there are no brokers for them,
 * it says what does. `brokers` is how many run, `way_in` as bl_way_in() makes it.
 */
void bl_gate_way_out(const struct bl_gate_topics *topics, size_t brokers, const char *way_in,
                     struct bl_strbuf *out);

/** A word for programs: "no-leader". */
const char *bl_gate_reason_name(enum bl_gate_reason reason);

/** What stands against a voter. */
enum bl_voter_reason {
    BL_VOTER_UNKNOWN = 1, /* the quorum could not be asked */
    BL_VOTER_NO_LEADER,   /* an election is under way, or it has no majority already */
    BL_VOTER_BEHIND,      /* too few of the others are up to date: waiting helps */
    BL_VOTER_NO_SPARE,    /* the others are too few even when all are up to date */
    BL_VOTER_ALONE,       /* it is the only one: it may go, and everything stops while it is away */
};

/** Of a KRaft controller or a ZooKeeper server. */
struct bl_voter_verdict {
    bool safe;
    bool voter;                  /* false: it has no vote, so nothing stands against it */
    enum bl_voter_reason reason; /* 0: none; BL_VOTER_ALONE is told although it is safe */
    size_t voters, ready,
        needed; /* all; those of the others that are up to date; how many of these it takes */
};

/**
 * Of a KRaft controller, by its node.id. Up to date are a majority of all voters without it, or, of two, the
 * other one. In ZooKeeper mode nothing is a voter.
 */
void bl_gate_judge_voter(const struct bl_cluster *cluster, int32_t node_id,
                         struct bl_voter_verdict *ret_verdict);

/** Of the ZooKeeper server at `index`: those of the others that serve must be a majority of all that vote. */
void bl_gate_judge_zookeeper(const struct bl_zookeeper_server *servers, size_t len, size_t index,
                             struct bl_voter_verdict *ret_verdict);

/** As bl_verdict_explain(). */
void bl_voter_verdict_explain(const struct bl_voter_verdict *verdict, struct bl_strbuf *out);

/** A word for programs: "behind". */
const char *bl_voter_reason_name(enum bl_voter_reason reason);

/** Replicas of one broker that are not in sync, though waiting would help. */
struct bl_gate_lag {
    int32_t broker;
    bool running;
    size_t replicas, missing;
    struct {
        const char *topic; /* borrowed from the facts */
        int32_t partition;
    } named[BL_GATE_MAX_NAMED];
    size_t named_len;
};

/**
 * Has this broker caught up after a start? True where it runs, and every replica on it is in sync, those not
 * counted that nobody leads: there is nobody to catch up with.
 */
bool bl_gate_in_sync(const struct bl_cluster *cluster, int32_t broker, struct bl_gate_lag *ret_lag);
/** The same of one that is known. */
bool bl_gate_lag_is_over(const struct bl_gate_lag *lag);

/** Both questions about one broker. */
struct bl_gate_answer {
    struct bl_verdict verdict;
    struct bl_gate_lag lag;
};

/**
 * Asks both of many brokers, whose ids ascend, in one walk over the partitions: a large cluster has a hundred
 * thousand of them.
 */
void bl_gate_judge_all(const struct bl_cluster *cluster, const int32_t *brokers, size_t len,
                       const struct bl_gate_options *options, struct bl_gate_answer *ret_answers);

/** "3 of 40 replicas not in sync yet: orders-3, orders-7, payments-0". */
void bl_gate_lag_explain(const struct bl_gate_lag *lag, struct bl_strbuf *out);

#endif
