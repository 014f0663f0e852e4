/**
 * Proof by messages that a cluster works: a topic is written and read back whole, and what was written the last time is still
 * there.
 *
 * Each message has a key and a number that grows by one for its key; keys spread over all partitions. A key is whole when its
 * numbers were read in order without a gap. A number that was read before is counted as doubled and is no loss: a producer
 * that tries again may write twice. The topic is made where it is missing, with three partitions; it keeps what is written
 * (retention.ms -1).
 *
 * It needs Create, Describe, Write and Read on the topic, and DescribeConfigs.
 */
#ifndef BALLAST_KAFKA_VERIFY_H
#define BALLAST_KAFKA_VERIFY_H

#include "ballast/base/clock.h"
#include "ballast/base/error.h"
#include "ballast/base/stop.h"

/** All borrowed. */
struct bl_verify_settings {
    const char *bootstrap;
    const char *command_config; /* a properties file, or NULL */
    const char *properties;     /* text of such a file, or NULL */
    const char *topic;
    int replicas; /* that the topic has to have; 0: three, or as many as there are brokers if those are fewer */
    int64_t brokers;  /* that there are known to be, whoever answers now; 0: those that answer */
    int64_t messages; /* to be written; 0: only what is there is read, and no topic is made */
    const char *expected; /* `noted` of a former result; NULL: nothing is compared */
    bl_nsec at_most;      /* of the whole call */
    const struct bl_stop *stop;
};

struct bl_verify_result {
    int64_t sent, read; /* messages written now; all that were read */
    int64_t lost;       /* noted before, or written now, and not read */
    int64_t doubled;
    int32_t partitions, replicas; /* of the topic; 0: it is not there */
    int32_t racks;                /* in which brokers are; 0: not known of each of them */
    int32_t spread;               /* racks of the partition that has its replicas in the fewest */
    bool made;                    /* this call created the topic */
    bl_nsec slowest;              /* longest time from a message's sending to its acknowledgement */
    char *noted;                  /* what is there now, to be expected the next time */
};

/**
 * BL_ERR_UNAVAILABLE where no broker answers in time, or a message could not be written; BL_ERR_CONFLICT for a topic that
 * has fewer replicas than asked for, BL_ERR_INVALID where `expected` cannot be parsed. Lost messages are no failure: they are in the
 * result. `ret_result` is to be released also after a failure.
 */
BL_CHECK int bl_verify(const struct bl_verify_settings *settings,
                       struct bl_verify_result *ret_result, struct bl_error **err);
/** Has every partition its replicas in as many racks as it can? Also where racks are not known. */
bool bl_verify_is_spread(const struct bl_verify_result *result);
void bl_verify_result_release(struct bl_verify_result *result);

#endif
