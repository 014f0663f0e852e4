/**
 * How much of a Kafka cluster is looked after, and how much one answer may cost.
 *
 * Brokers and ZooKeeper servers are not trusted: whoever runs one may answer what they like, and one program looks at
 * the clusters of many. So an answer has a most in bytes, which is refused by its length alone, and every list in it
 * a most in items, which is refused before the first is read. Past a limit the whole answer is refused with
 * BL_ERR_TOO_LARGE and "too large to look after: 1200 voters, at most 1000": a part is never taken for the whole.
 *
 * All reading takes time in proportion to the bytes, so the bytes bound the time too: some 4 MiB are read in less
 * than a tenth of a second, and cost 24 MiB of memory at most, which is given back after the look.
 */
#ifndef BALLAST_KAFKA_LIMITS_H
#define BALLAST_KAFKA_LIMITS_H

#include "ballast/base/error.h"

/** What there may be at most; `before` of them were counted already. */
struct bl_limit {
    const char *what;
    size_t most, before;
};

#define BL_LIMIT(what, most) ((struct bl_limit){what, most, 0})

/* ---- Bytes of one answer ---- */

/* All topics with their partitions, of which one with three replicas takes 46 bytes: 90,000 of them, and names. The
 * replicas of one broker and reassignments are shorter or fewer. */
#define BL_ANSWER_MOST_TOPICS ((size_t)4 << 20)
/* A thousand brokers, voters or results with their names; settings of one batch of topics. */
#define BL_ANSWER_MOST ((size_t)1 << 20)
/* Which calls there are, and what is said to log in: some kilobytes. */
#define BL_ANSWER_MOST_HELLO ((size_t)64 << 10)
/* What librdkafka may receive: brokers without topics, and the settings of one of them. */
#define BL_ANSWER_MOST_CLIENT "1048576"
/* Below the former by what librdkafka asks for. The canary's messages have some hundred bytes. */
#define BL_ANSWER_MOST_FETCH "1000000"
/* mntr has some kilobytes, srvr less than one. */
#define BL_ANSWER_MOST_WORD ((size_t)64 << 10)

/* ---- Items of one list ---- */

/* The largest clusters known have some hundred brokers; each costs a thread and a question. */
#define BL_LIMIT_BROKERS BL_LIMIT("brokers", 1000)
/* Quorums have three or five; some have every broker vote. */
#define BL_LIMIT_VOTERS BL_LIMIT("voters", 1000)
/* Brokers, and controllers that stand by. */
#define BL_LIMIT_OBSERVERS BL_LIMIT("nodes that follow the quorum", 2000)
#define BL_LIMIT_NODES BL_LIMIT("nodes with an address", 2000)
#define BL_LIMIT_QUORUMS BL_LIMIT("quorums", 1)
/* Of one node. */
#define BL_LIMIT_LISTENERS BL_LIMIT("listeners", 100)
/* Kafka's own advice ends at 200,000 partitions. */
#define BL_LIMIT_TOPICS BL_LIMIT("topics", 20000)
#define BL_LIMIT_PARTITIONS BL_LIMIT("partitions", 200000)
/* Of one partition, which is judged for each of them by all in sync: three, seldom more than five. */
#define BL_LIMIT_REPLICAS BL_LIMIT("replicas of a partition", 100)
/* Those that replicas are on, also where they do not run and are not listed. */
#define BL_LIMIT_HOLDERS BL_LIMIT("brokers with replicas", 2000)
/* Our canary has one for each broker, and each is written to and read from. */
#define BL_LIMIT_CANARY BL_LIMIT("partitions of the canary's topic", 2000)
/* Results of one request, which we make of a thousand partitions or fewer. */
#define BL_LIMIT_RESULTS BL_LIMIT("results", 1000)
/* Settings of one topic, of which we ask for one, and where each comes from. */
#define BL_LIMIT_SETTINGS BL_LIMIT("settings of a topic", 1000)
/* Kafka has some ninety calls, and a dozen features. */
#define BL_LIMIT_CALLS BL_LIMIT("calls", 1000)
#define BL_LIMIT_FEATURES BL_LIMIT("features", 1000)
/* One for each disk of a broker. */
#define BL_LIMIT_LOG_DIRS BL_LIMIT("log folders", 1000)
/* Ensembles have three, five or seven. */
#define BL_LIMIT_ZOOKEEPERS BL_LIMIT("ZooKeeper servers", 100)

/* ---- Bytes of one text ---- */

/* DNS has 253, Kafka gives topics 249, Linux paths 4096. */
#define BL_LIMIT_HOST BL_LIMIT("bytes of a host's name", 255)
#define BL_LIMIT_RACK BL_LIMIT("bytes of a rack's name", 255)
#define BL_LIMIT_TOPIC_NAME BL_LIMIT("bytes of a topic's name", 249)
#define BL_LIMIT_PATH BL_LIMIT("bytes of a path", 4096)

/** The same limit, where `before` were counted already. */
BL_UNUSED static inline struct bl_limit bl_limit_after(struct bl_limit limit, size_t before)
{
    limit.before = before;
    return limit;
}

/** Do `count` more pass it? */
BL_UNUSED static inline bool bl_limit_is_passed(const struct bl_limit *limit, size_t count)
{
    return limit->before > limit->most || count > limit->most - limit->before;
}

/** Fails with BL_ERR_TOO_LARGE. */
int bl_limit_fail(const struct bl_limit *limit, size_t count, struct bl_error **err);

#endif
