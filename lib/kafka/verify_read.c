#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/hash.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "reader.h"
#include "verify.h"

/* "RUN KEY NUMBER" is shorter. */
#define OWN_MOST 128

/* --- notes --- */

static bool parse_offset(const char *text, size_t len, int64_t *ret_offset)
{
    return bl_text_to_int(text, len, ret_offset) && *ret_offset >= 0 &&
           *ret_offset <= BL_OFFSET_MOST;
}

/* "67:1f3a", or "10-67:1f3a" where the first ten are gone. */
static bool parse_part(const char *text, size_t len, struct bl_verify_part *part)
{
    const char *colon = memchr(text, ':', len);
    const char *dash = colon ? memchr(text, '-', (size_t)(colon - text)) : NULL;
    const char *end = dash ? dash + 1 : text;
    size_t digits = colon ? len - (size_t)(colon + 1 - text) : 0;
    BL_AUTO_FREE char *hex = bl_strndup(colon ? colon + 1 : "", digits);

    if (!digits || digits > 16 || strspn(hex, "0123456789abcdef") != digits ||
        (dash && !parse_offset(text, (size_t)(dash - text), &part->begin)) ||
        !parse_offset(end, (size_t)(colon - end), &part->end) || part->begin > part->end)
        return false;
    part->hash = strtoull(hex, NULL, 16);
    return true;
}

bool bl_verify_parts_parse(const char *noted, struct bl_verify_parts *ret_parts)
{
    while (noted && *noted) {
        size_t len = strcspn(noted, ",");

        if (ret_parts->len == BL_VERIFY_PARTITIONS || !parse_part(noted, len, BL_PUSH(ret_parts)) ||
            (noted[len] && !noted[len + 1]))
            return false;
        noted += len + (noted[len] == ',');
    }
    return true;
}

char *bl_verify_parts_text(const struct bl_verify_parts *parts)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (size_t i = 0; i < parts->len; i++) {
        const struct bl_verify_part *part = &parts->items[i];

        bl_strbuf_adds(&text, i ? "," : "");
        if (part->begin)
            bl_strbuf_addf(&text, "%" PRId64 "-", part->begin);
        bl_strbuf_addf(&text, "%" PRId64 ":%" PRIx64, part->end, part->hash);
    }
    return bl_strbuf_take(&text);
}

/* --- reading --- */

struct partition {
    int64_t begin, end, next; /* offsets: the first, the one behind the last, the one to be read */
    uint64_t hash;
    bool started, compared;
};

struct topic_reader {
    const struct bl_verify_reading *reading;
    struct bl_verify_result *result;
    struct bl_reader reader;
    rd_kafka_topic_t *topic;
    struct partition *partitions;
    size_t len;
    int64_t *next_of_key; /* number that comes next for each key of this run */
};

static void reader_release(struct topic_reader *reader)
{
    for (size_t i = 0; i < reader->len; i++)
        if (reader->partitions[i].started)
            (void)rd_kafka_consume_stop(reader->topic, (int32_t)i);
    if (reader->topic)
        rd_kafka_topic_destroy(reader->topic);
    bl_reader_release(&reader->reader);
    free(reader->partitions);
    free(reader->next_of_key);
}

static int fail(const struct topic_reader *reader, size_t partition, const char *why,
                struct bl_error **err)
{
    return bl_reader_fail(reader->reading->topic, (int32_t)partition, why, err);
}

static int start(struct topic_reader *reader, size_t index, struct bl_error **err)
{
    struct partition *partition = &reader->partitions[index];

    if (bl_reader_ends(&reader->reader, reader->reading->topic, (int32_t)index, &partition->begin,
                       &partition->end, err) < 0)
        return -1;
    partition->next = partition->begin;
    partition->hash = BL_HASH_BEGIN;
    if (partition->next == partition->end)
        return 0;
    if (rd_kafka_consume_start_queue(reader->topic, (int32_t)index, partition->begin,
                                     reader->reader.queue) < 0)
        return fail(reader, index, rd_kafka_err2str(rd_kafka_last_error()), err);
    partition->started = true;
    return 0;
}

static int64_t count_of_key(const struct bl_verify_reading *reading, int64_t key)
{
    return reading->messages / reading->keys + (key < reading->messages % reading->keys);
}

/* "RUN KEY NUMBER", as verify.c writes them. */
static bool parse_own(const rd_kafka_message_t *message, const char *run, int64_t *ret_key,
                      int64_t *ret_number)
{
    const char *text = message->payload;
    size_t len = run ? strlen(run) : 0;
    const char *key = text + len + 1, *end = text + message->len, *space;

    if (!len || message->len <= len || message->len > OWN_MOST || memcmp(text, run, len) != 0 ||
        text[len] != ' ')
        return false;
    space = memchr(key, ' ', (size_t)(end - key));
    return space && bl_text_to_int(key, (size_t)(space - key), ret_key) &&
           bl_text_to_int(space + 1, (size_t)(end - space - 1), ret_number);
}

/* Is it the next one of its key? Whatever others write is none. */
static void take_own(struct topic_reader *reader, const rd_kafka_message_t *message)
{
    const struct bl_verify_reading *reading = reader->reading;
    int64_t key, number;

    if (!parse_own(message, reading->run, &key, &number) || key < 0 || key >= reading->keys ||
        number < 0 || number >= count_of_key(reading, key))
        return;
    if (number < reader->next_of_key[key]) {
        reader->result->doubled++;
        return;
    }
    reader->result->lost += number - reader->next_of_key[key];
    reader->next_of_key[key] = number + 1;
}

/* All that was noted of this partition is behind us: is it the same? What was cut off of it is counted in another place. */
static void compare(struct topic_reader *reader, struct partition *partition)
{
    const struct bl_verify_parts *expected = reader->reading->expected;
    size_t index = (size_t)(partition - reader->partitions);
    const struct bl_verify_part *part =
        expected && index < expected->len ? &expected->items[index] : NULL;

    if (!part || partition->compared || partition->end < part->end ||
        partition->begin > part->begin)
        return;
    partition->compared = true;
    if (part->end > part->begin && partition->hash != part->hash)
        reader->result->lost += part->end - part->begin;
}

static int64_t noted_end(const struct topic_reader *reader, size_t index)
{
    const struct bl_verify_parts *expected = reader->reading->expected;

    return expected && index < expected->len ? expected->items[index].end : 0;
}

static void take(struct topic_reader *reader, const rd_kafka_message_t *message)
{
    struct partition *partition = &reader->partitions[message->partition];

    if (message->offset < partition->next || message->offset >= partition->end)
        return;
    /* Offsets that nobody has: markers of transactions, or what a log lost in the middle. */
    if (message->offset >= noted_end(reader, (size_t)message->partition))
        compare(reader, partition);
    partition->next = message->offset + 1;
    partition->hash = bl_hash_part(partition->hash, message->key, message->key_len);
    partition->hash = bl_hash_part(partition->hash, message->payload, message->len);
    reader->result->read++;
    take_own(reader, message);
}

/* A message, the end of a partition, or what went wrong. */
static int hear(struct topic_reader *reader, const rd_kafka_message_t *message,
                struct bl_error **err)
{
    struct partition *partition;

    if (message->partition < 0 || (size_t)message->partition >= reader->len)
        return 0;
    partition = &reader->partitions[message->partition];
    if (bl_reader_is_final(message->err))
        return fail(reader, (size_t)message->partition, rd_kafka_err2str(message->err), err);
    if (!message->err)
        take(reader, message);
    else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && message->offset >= partition->end)
        partition->next = partition->end;
    return 0;
}

static bool is_through(const struct topic_reader *reader, size_t *ret_missing)
{
    for (size_t i = 0; i < reader->len; i++) {
        *ret_missing = i;
        if (reader->partitions[i].next < reader->partitions[i].end)
            return false;
    }
    return true;
}

static int read_all(struct topic_reader *reader, struct bl_error **err)
{
    size_t missing = 0;

    while (!is_through(reader, &missing)) {
        BL_AUTO(bl_message_cleanup) rd_kafka_message_t *message = NULL;

        if (bl_reader_next(&reader->reader, reader->reading->topic, (int32_t)missing, &message,
                           err) < 0 ||
            (message && hear(reader, message, err) < 0))
            return -1;
    }
    return 0;
}

/* --- what is missing --- */

static void count_lost(struct topic_reader *reader)
{
    const struct bl_verify_reading *reading = reader->reading;

    for (size_t i = 0; reading->expected && i < reading->expected->len; i++) {
        const struct bl_verify_part *part = &reading->expected->items[i];
        struct partition none = {0}, *partition = i < reader->len ? &reader->partitions[i] : &none;
        int64_t from = partition->begin > part->begin ? partition->begin : part->begin;
        int64_t to = partition->end < part->end ? partition->end : part->end;

        reader->result->lost += part->end - part->begin - (to > from ? to - from : 0);
        if (partition != &none)
            compare(reader, partition);
    }
    for (int64_t key = 0; reading->run && key < reading->keys; key++)
        reader->result->lost += count_of_key(reading, key) - reader->next_of_key[key];
}

int bl_verify_read(const struct bl_verify_reading *reading, int32_t partitions,
                   struct bl_verify_parts *ret_parts, struct bl_verify_result *result,
                   struct bl_error **err)
{
    BL_AUTO(reader_release)
    struct topic_reader reader = {
        .reading = reading,
        .result = result,
        .reader = {.deadline = reading->deadline, .stop = reading->stop},
        .partitions = bl_alloc((size_t)partitions, sizeof(struct partition)),
        .len = (size_t)partitions,
        .next_of_key = bl_alloc((size_t)reading->keys + 1, sizeof(int64_t)),
    };

    result->read = result->lost = result->doubled = 0;
    if (bl_reader_open(&reader.reader, reading->observer, err) < 0)
        return -1;
    reader.topic = rd_kafka_topic_new(reader.reader.rk, reading->topic, NULL);
    for (size_t i = 0; i < reader.len; i++)
        if (start(&reader, i, err) < 0)
            return -1;
    if (read_all(&reader, err) < 0)
        return -1;
    count_lost(&reader);
    for (size_t i = 0; i < reader.len; i++)
        *BL_PUSH(ret_parts) = (struct bl_verify_part){
            reader.partitions[i].begin, reader.partitions[i].end, reader.partitions[i].hash};
    return 0;
}
