/** What writes and what reads the messages of a proof share. */
#ifndef BALLAST_KAFKA_VERIFY_PRIVATE_H
#define BALLAST_KAFKA_VERIFY_PRIVATE_H

#include <librdkafka/rdkafka.h>

#include "ballast/kafka/verify.h"
#include "observer.h"

/** Of one topic; each costs a question and a buffer. Ours has three. */
#define BL_VERIFY_PARTITIONS 1000

/** A partition, as it was noted or as it is. */
struct bl_verify_part {
    int64_t begin, end; /* offsets: of its first message, and behind its last one */
    uint64_t hash;      /* of all keys and values */
};

struct bl_verify_parts {
    struct bl_verify_part *items;
    size_t len, cap;
};

/** "67:1f3a…,10-70:…": a part for each partition, with where it begins if that is not 0; "" has none. False where it is none of ours. */
bool bl_verify_parts_parse(const char *noted, struct bl_verify_parts *ret_parts);
BL_NONNULL char *bl_verify_parts_text(const struct bl_verify_parts *parts);

/** How many replicas the topic has to have. */
int bl_verify_replicas(const struct bl_verify_settings *settings, const struct bl_cluster *cluster);
/** Fills `racks` and `spread` of the result. */
void bl_verify_racks(const struct bl_cluster *cluster, const struct bl_topic *topic,
                     struct bl_verify_result *result);

/** What is looked for while all partitions are read from their beginnings. */
struct bl_verify_reading {
    const struct bl_observer *observer;
    const char *topic;
    bl_nsec deadline;
    const struct bl_stop *stop;
    const struct bl_verify_parts *expected; /* NULL: nothing */
    const char *run;                        /* of the messages written just now; NULL: none were */
    int64_t messages, keys;                 /* of that run */
};

/**
 * Reads everything. `ret_parts` is what is there; `result` gets what was read, lost and doubled. Errors are of brokers that do
 * not answer.
 */
BL_CHECK int bl_verify_read(const struct bl_verify_reading *reading, int32_t partitions,
                            struct bl_verify_parts *ret_parts, struct bl_verify_result *result,
                            struct bl_error **err);

#endif
