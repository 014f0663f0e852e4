#include <stdlib.h>
#include <string.h>

#include "ballast/base/hash.h"
#include "ballast/base/mem.h"
#include "ballast/kafka/note.h"
#include "ballast/kafka/observer.h"
#include "ballast/kafka/raise.h"
#include "observer.h"
#include "reader.h"

/* Partitions that are read side by side: each has a buffer. */
#define BATCH 32

/* One partition of a batch. */
struct lane {
    struct bl_note_row *row;
    rd_kafka_topic_t *topic;
    int64_t next, until; /* offsets: the one to be read, and the first that is not digested */
    bool started;
};

struct note_reader {
    const struct bl_note_settings *settings;
    struct bl_reader reader;
    struct lane lanes[BATCH];
    size_t len;
};

static void lanes_end(struct note_reader *reader)
{
    for (size_t i = 0; i < reader->len; i++) {
        struct lane *lane = &reader->lanes[i];

        if (lane->started)
            (void)rd_kafka_consume_stop(lane->topic, lane->row->partition);
        if (lane->topic)
            rd_kafka_topic_destroy(lane->topic);
    }
    reader->len = 0;
}

static void note_reader_release(struct note_reader *reader)
{
    lanes_end(reader);
    bl_reader_release(&reader->reader);
}

static int fail(const struct bl_note_row *row, const char *why, struct bl_error **err)
{
    return bl_reader_fail(row->topic, row->partition, why, err);
}

/* --- offsets --- */

/* Which messages are digested: [from, until). */
static int64_t choose(const struct note_reader *reader, struct bl_note_row *row)
{
    const struct bl_note *like = reader->settings->like;
    const struct bl_note_row *noted = like ? bl_note_find(like, row) : NULL;

    if (!like) {
        row->from = row->end - reader->settings->messages;
        if (row->from < row->first)
            row->from = row->first;
        return row->end;
    }
    row->from = noted && noted->from > row->first ? noted->from : row->first;
    if (row->from > row->end)
        row->from = row->end;
    if (!noted || noted->end < row->from)
        return row->from;
    return noted->end < row->end ? noted->end : row->end;
}

/* --- messages --- */

static void take(struct lane *lane, const rd_kafka_message_t *message)
{
    struct bl_note_row *row = lane->row;

    if (message->offset < lane->next)
        return;
    lane->next = message->offset + 1;
    if (message->offset >= lane->until)
        return;
    row->digest = bl_hash_part(row->digest, &message->offset, sizeof(message->offset));
    row->digest = bl_hash_part(row->digest, message->key, message->key_len);
    row->digest = bl_hash_part(row->digest, message->payload, message->len);
    row->count++;
}

static struct lane *lane_of(struct note_reader *reader, const rd_kafka_message_t *message)
{
    for (size_t i = 0; i < reader->len; i++)
        if (reader->lanes[i].topic == message->rkt &&
            reader->lanes[i].row->partition == message->partition)
            return &reader->lanes[i];
    return NULL;
}

static int hear(struct note_reader *reader, const rd_kafka_message_t *message,
                struct bl_error **err)
{
    struct lane *lane = lane_of(reader, message);

    if (!lane)
        return 0;
    if (!message->err)
        take(lane, message);
    else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        lane->next = message->offset > lane->next ? message->offset : lane->next;
    else if (bl_reader_is_final(message->err))
        return fail(lane->row, rd_kafka_err2str(message->err), err);
    return 0;
}

static struct lane *unread(struct note_reader *reader)
{
    for (size_t i = 0; i < reader->len; i++)
        if (reader->lanes[i].started && reader->lanes[i].next < reader->lanes[i].until)
            return &reader->lanes[i];
    return NULL;
}

static int read_lanes(struct note_reader *reader, struct bl_error **err)
{
    struct lane *lane;

    while ((lane = unread(reader))) {
        BL_AUTO(bl_message_cleanup) rd_kafka_message_t *message = NULL;

        if (bl_reader_next(&reader->reader, lane->row->topic, lane->row->partition, &message, err) <
                0 ||
            (message && hear(reader, message, err) < 0))
            return -1;
    }
    return 0;
}

static int add_lane(struct note_reader *reader, struct bl_note_row *row, struct bl_error **err)
{
    struct lane *lane = &reader->lanes[reader->len];
    int64_t until;

    if (bl_reader_ends(&reader->reader, row->topic, row->partition, &row->first, &row->end, err) <
        0)
        return -1;
    until = choose(reader, row);
    row->count = 0;
    row->digest = BL_HASH_BEGIN;
    if (row->from >= until)
        return 0;
    *lane = (struct lane){.row = row,
                          .topic = rd_kafka_topic_new(reader->reader.rk, row->topic, NULL),
                          .next = row->from,
                          .until = until};
    reader->len++;
    if (rd_kafka_consume_start_queue(lane->topic, row->partition, row->from, reader->reader.queue) <
        0)
        return fail(row, rd_kafka_err2str(rd_kafka_last_error()), err);
    lane->started = true;
    return 0;
}

static int read_rows(struct note_reader *reader, struct bl_note *note, struct bl_error **err)
{
    for (size_t i = 0; i < note->len; i++) {
        if (add_lane(reader, &note->items[i], err) < 0)
            return -1;
        if (reader->len < BATCH && i + 1 < note->len)
            continue;
        if (read_lanes(reader, err) < 0)
            return -1;
        lanes_end(reader);
    }
    return 0;
}

/* --- all of it --- */

static int add_rows(const struct bl_cluster *cluster, struct bl_note *note, struct bl_error **err)
{
    for (size_t i = 0; i < cluster->topics.len; i++) {
        const struct bl_topic *topic = &cluster->topics.items[i];

        if (bl_topic_is_internal(topic->name))
            continue;
        if (note->len + topic->partitions.len > BL_NOTE_PARTITIONS)
            return bl_fail(err, BL_ERR_TOO_LARGE, "more than %d partitions are too many to note",
                           BL_NOTE_PARTITIONS);
        for (size_t j = 0; j < topic->partitions.len; j++)
            *BL_PUSH(note) = (struct bl_note_row){.topic = bl_strdup(topic->name),
                                                  .partition = topic->partitions.items[j].id};
    }
    return 0;
}

int bl_note_take(const struct bl_note_settings *settings, struct bl_note *ret_note,
                 struct bl_error **err)
{
    BL_AUTO(bl_observer_cleanup) struct bl_observer *observer = NULL;
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    BL_AUTO(note_reader_release)
    struct note_reader reader = {
        .settings = settings,
        .reader = {.deadline = bl_clock_now(&bl_clock_real) + settings->at_most,
                   .stop = settings->stop}};
    struct bl_observer_settings connection = {.bootstrap = settings->bootstrap,
                                              .command_config = settings->command_config,
                                              .properties = settings->properties,
                                              .at_most = settings->at_most / 4};

    if (bl_observer_new(&connection, &observer, err) < 0 ||
        bl_observer_look(observer, &cluster, err) < 0 || add_rows(&cluster, ret_note, err) < 0 ||
        bl_reader_open(&reader.reader, observer, err) < 0)
        return -1;
    ret_note->cluster_id = bl_strdup(*cluster.id ? cluster.id : "-");
    return read_rows(&reader, ret_note, err);
}
