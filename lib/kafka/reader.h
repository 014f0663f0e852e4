/** A consumer of chosen partitions, without a group: what reads logs whole, and what reads their ends, share. */
#ifndef BALLAST_KAFKA_READER_H
#define BALLAST_KAFKA_READER_H

#include <librdkafka/rdkafka.h>

#include "ballast/base/stop.h"
#include "observer.h"

/** Beyond what any log gets to, and all partitions together still fit into a number. */
#define BL_OFFSET_MOST ((int64_t)1 << 48)

struct bl_reader {
    bl_nsec deadline;
    const struct bl_stop *stop;
    rd_kafka_t *rk;
    rd_kafka_queue_t *queue;   /* of all partitions that are read */
    rd_kafka_resp_err_t error; /* the last that was heard of */
};

/** Connects as the observer does. Fills all fields but the first two, which are given. */
BL_CHECK int bl_reader_open(struct bl_reader *reader, const struct bl_observer *observer,
                            struct bl_error **err);
/** When nothing is read any more. */
void bl_reader_release(struct bl_reader *reader);

/** "could not read partition TOPIC-N: WHY". */
int bl_reader_fail(const char *topic, int32_t partition, const char *why, struct bl_error **err);
/** Does trying again not help? */
bool bl_reader_is_final(rd_kafka_resp_err_t code);

/** The offsets of the first message, and behind the last one. A leader that moves is waited for. */
BL_CHECK int bl_reader_ends(const struct bl_reader *reader, const char *topic, int32_t partition,
                            int64_t *ret_begin, int64_t *ret_end, struct bl_error **err);

/**
 * What came next: a message, the end of a partition or an error; `*ret_message` NULL where nothing did for a moment. Fails by
 * deadline and stop; `topic` and `partition` are one that is not through yet, for the text of the error.
 */
BL_CHECK int bl_reader_next(struct bl_reader *reader, const char *topic, int32_t partition,
                            rd_kafka_message_t **ret_message, struct bl_error **err);

static inline void bl_message_cleanup(rd_kafka_message_t **message)
{
    if (*message)
        rd_kafka_message_destroy(*message);
}

#endif
