/**
 * What a cluster holds, noted as a text that is small enough to travel in a backup, and compared with what is there after the
 * backup was restored: of every partition of every topic of people its first and its end offset, and a digest of its last
 * messages. Topics that Kafka keeps for itself (__consumer_offsets, __transaction_state, …) change all the time, and are left out.
 *
 *     ballast-note 1 MkU3OEVBNTcwNTJENDM2Qk
 *     topic1 0 0 67 0 67 c0ffee…          topic, partition, first, end, digested from, messages digested, digest
 *
 * Taking one needs Describe and Read on the topics, and Describe on the cluster.
 */
#ifndef BALLAST_KAFKA_NOTE_H
#define BALLAST_KAFKA_NOTE_H

#include "ballast/base/clock.h"
#include "ballast/base/error.h"
#include "ballast/base/stop.h"

/** Partitions that a note has at most; a ConfigMap holds a MiB. */
#define BL_NOTE_PARTITIONS 8000

struct bl_note_row {
    char *topic;
    int32_t partition;
    int64_t first, end;  /* offsets: of the first message, and behind the last one */
    int64_t from, count; /* from where on messages were digested, and how many there were */
    uint64_t digest;
};

struct bl_note {
    char *cluster_id;
    struct bl_note_row *items; /* by topic and partition */
    size_t len, cap;
};
void bl_note_release(struct bl_note *note);

/** BL_ERR_INVALID where it is no note of this form. Release it either way. */
BL_CHECK int bl_note_parse(const char *text, struct bl_note *ret_note, struct bl_error **err);
BL_NONNULL char *bl_note_text(const struct bl_note *note);
/** The row of the same topic and partition, or NULL. */
const struct bl_note_row *bl_note_find(const struct bl_note *note, const struct bl_note_row *row);
/** Messages that it tells of: all, and those that are in a digest. */
int64_t bl_note_messages(const struct bl_note *note);
int64_t bl_note_digested(const struct bl_note *note);
size_t bl_note_topics(const struct bl_note *note);

/** All borrowed. */
struct bl_note_settings {
    const char *bootstrap;
    const char *command_config; /* a properties file, or NULL */
    const char *properties;     /* text of such a file, or NULL */
    int64_t messages;           /* of each partition, the last ones, that are digested */
    const struct bl_note
        *like;       /* digest what this one did, as far as it is there; NULL: the last messages */
    bl_nsec at_most; /* of the whole call */
    const struct bl_stop *stop;
};

/**
 * BL_ERR_UNAVAILABLE where brokers do not answer in time, BL_ERR_TOO_LARGE where there are more than BL_NOTE_PARTITIONS.
 * `ret_note` is to be released also after a failure.
 */
BL_CHECK int bl_note_take(const struct bl_note_settings *settings, struct bl_note *ret_note,
                          struct bl_error **err);

struct bl_note_difference {
    int64_t
        lost; /* messages that were noted, and lie at or behind the end that a partition has now */
    int64_t expired; /* that a partition begins behind now, as retention has it: no loss */
    int64_t
        changed; /* partitions whose digested messages are others; compaction does that, and so does damage */
    int64_t more; /* messages behind what was noted: written after the note, before the backup */
    bool other_cluster; /* the cluster IDs differ */
    char *worst;        /* of what differs, for people; NULL: nothing does */
};
void bl_note_difference_release(struct bl_note_difference *difference);

/** Pure. `now` was taken with `like` noted. */
void bl_note_compare(const struct bl_note *noted, const struct bl_note *now,
                     struct bl_note_difference *ret_difference);

#endif
