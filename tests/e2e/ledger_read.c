/* What the ledger reads: the messages that there are, and how well each partition is replicated. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ledger.h"

/* So long without a message or an end, and reading has failed. */
#define PATIENCE (60 * BL_NSEC_S)
#define METADATA_MS 3000
/* Larger ISRs are counted as this. */
#define ISR_MAX 9

/* --- consume --- */

struct seen {
    struct {
        unsigned char *items; /* how often each number was read */
        size_t len, cap;
    } times;
    struct {
        long *items; /* the last number of each partition */
        size_t len, cap;
    } last;
    long read, duplicates, disorder, foreign;
    size_t ends;
};

static void note_message(struct seen *seen, const rd_kafka_message_t *message)
{
    char key[32];
    char *end;
    long number;

    seen->read++;
    (void)snprintf(key, sizeof(key), "%.*s", (int)message->key_len,
                   message->key ? (const char *)message->key : "");
    number = strtol(key, &end, 10);
    if (end == key || *end || number < 0 || number > 100000000) {
        seen->foreign++;
        return;
    }
    while (seen->times.len <= (size_t)number)
        *BL_PUSH(&seen->times) = 0;
    if (seen->times.items[number])
        seen->duplicates++;
    if (seen->times.items[number] < 255)
        seen->times.items[number]++;
    while (seen->last.len <= (size_t)message->partition)
        *BL_PUSH(&seen->last) = -1;
    if (number < seen->last.items[message->partition])
        seen->disorder++;
    seen->last.items[message->partition] = number;
}

static int count_partitions(rd_kafka_t *client, const char *name)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, name, NULL);
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, 0, topic, &metadata, 30000);
    int count;

    if (code)
        ledger_die(name, rd_kafka_err2str(code));
    count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(topic);
    if (!count)
        ledger_die(name, "it has no partition");
    return count;
}

static rd_kafka_topic_partition_list_t *assign_all(rd_kafka_t *client, const char *topic)
{
    int partitions = count_partitions(client, topic);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);

    for (int i = 0; i < partitions; i++)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    if (rd_kafka_assign(client, list))
        ledger_die(topic, "cannot read it");
    return list;
}

/* One message, or an end, or half a second in which nothing came. */
static void read_one(rd_kafka_t *client, struct seen *seen, bl_nsec *patience)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(client, 500);

    if (ledger_now() > *patience)
        ledger_die("reading", "nothing more comes, and the end is not reached");
    if (!message)
        return;
    if (!message->err)
        note_message(seen, message);
    else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        seen->ends++;
    if (!message->err || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
        *patience = ledger_now() + PATIENCE;
    rd_kafka_message_destroy(message);
}

static void read_all(rd_kafka_t *client, const char *topic, struct seen *seen)
{
    rd_kafka_topic_partition_list_t *list = assign_all(client, topic);
    bl_nsec patience = ledger_now() + PATIENCE;

    while (seen->ends < (size_t)list->cnt && !ledger_ended())
        read_one(client, seen, &patience);
    rd_kafka_topic_partition_list_destroy(list);
}

/* The place behind the last message of each partition, as it is now. Leaders may have just moved. */
static void find_ends(rd_kafka_t *client, const rd_kafka_topic_partition_list_t *list,
                      int64_t *ends)
{
    bl_nsec until = ledger_now() + PATIENCE;

    for (int i = 0; i < list->cnt; i++) {
        const char *topic = list->elems[i].topic;
        rd_kafka_resp_err_t code;
        int64_t first;

        while (
            (code = rd_kafka_query_watermark_offsets(client, topic, i, &first, &ends[i], 5000))) {
            if (ledger_now() > until)
                ledger_die(topic, rd_kafka_err2str(code));
            ledger_pause(BL_NSEC_S / 2);
        }
    }
}

static bool is_behind(rd_kafka_t *client, rd_kafka_topic_partition_list_t *list,
                      const int64_t *ends)
{
    if (rd_kafka_position(client, list))
        ledger_die("reading", "it is not known how far it is");
    for (int i = 0; i < list->cnt; i++)
        if (ends[i] > 0 && list->elems[i].offset < ends[i])
            return true;
    return false;
}

/* As they are written, until told to end; and then what was written by then. */
static void read_along(rd_kafka_t *client, const char *topic, struct seen *seen)
{
    rd_kafka_topic_partition_list_t *list = assign_all(client, topic);
    int64_t *ends = bl_alloc((size_t)list->cnt, sizeof(*ends));
    bl_nsec patience = ledger_now() + PATIENCE;

    while (!ledger_ended())
        read_one(client, seen, &patience);
    find_ends(client, list, ends);
    while (is_behind(client, list, ends))
        read_one(client, seen, &patience);
    free(ends);
    rd_kafka_topic_partition_list_destroy(list);
}

/* What was acknowledged and is not there is lost; what was not may be there all the same. */
static void compare(const struct seen *seen, const char *path)
{
    FILE *file = fopen(path, "re");
    long acked = 0, lost = 0, extra = 0;
    int c;

    if (!file)
        ledger_die(path, "cannot read the ledger");
    for (size_t i = 0; (c = getc(file)) != EOF; i++) {
        bool there = i < seen->times.len && seen->times.items[i];

        acked += c == '1';
        lost += c == '1' && !there;
        extra += c != '1' && there;
    }
    (void)fclose(file);
    printf(", \"acked\": %ld, \"lost\": %ld, \"not_acked_but_there\": %ld", acked, lost, extra);
}

int ledger_consume(const struct ledger_options *options)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    struct seen seen = {0};
    rd_kafka_t *client;

    (void)rd_kafka_conf_set(conf, "group.id", "ledger", NULL, 0);
    (void)rd_kafka_conf_set(conf, "enable.auto.commit", "false", NULL, 0);
    (void)rd_kafka_conf_set(conf, "enable.partition.eof", "true", NULL, 0);
    client = ledger_client(options, RD_KAFKA_CONSUMER, conf);
    (void)rd_kafka_poll_set_consumer(client);
    (options->follow ? read_along : read_all)(client, options->topic, &seen);
    printf("{\"read\": %ld, \"distinct\": %ld, \"duplicates\": %ld, \"out_of_order\": %ld",
           seen.read, seen.read - seen.duplicates - seen.foreign, seen.duplicates, seen.disorder);
    if (options->file)
        compare(&seen, options->file);
    printf("}\n");
    (void)rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    free(seen.times.items);
    free(seen.last.items);
    return 0;
}

/* --- watch --- */

struct tally {
    long samples, silent, leaderless;
    long smallest[ISR_MAX + 1]; /* samples, by the smallest ISR of all partitions */
    int last, brokers;          /* as was said last; -1: no answer */
};

static void look(const struct rd_kafka_metadata *metadata, struct tally *tally, double at)
{
    int smallest = ISR_MAX;
    bool leaderless = false;
    const char *where = "";

    for (int i = 0; i < metadata->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *topic = &metadata->topics[i];

        for (int j = 0; j < topic->partition_cnt; j++) {
            const struct rd_kafka_metadata_partition *partition = &topic->partitions[j];

            leaderless |= partition->leader < 0;
            if (partition->isr_cnt < smallest) {
                smallest = partition->isr_cnt;
                where = topic->topic;
            }
        }
    }
    tally->smallest[smallest]++;
    tally->leaderless += leaderless;
    if (smallest != tally->last || metadata->broker_cnt != tally->brokers)
        (void)fprintf(stderr, "%.1f s: smallest ISR %d (%s), %d brokers%s\n", at, smallest, where,
                      metadata->broker_cnt, leaderless ? ", a partition without a leader" : "");
    tally->last = smallest;
    tally->brokers = metadata->broker_cnt;
}

static void print_tally(const struct tally *tally)
{
    const char *comma = "";

    printf("{\"samples\": %ld, \"no_answer\": %ld, \"leaderless\": %ld, \"smallest_isr\": {",
           tally->samples, tally->silent, tally->leaderless);
    for (int i = 0; i <= ISR_MAX; i++) {
        if (!tally->smallest[i])
            continue;
        printf("%s\"%d\": %ld", comma, i, tally->smallest[i]);
        comma = ", ";
    }
    printf("}}\n");
}

int ledger_watch(const struct ledger_options *options)
{
    rd_kafka_t *client = ledger_client(options, RD_KAFKA_PRODUCER, rd_kafka_conf_new());
    struct tally tally = {.last = ISR_MAX};
    bl_nsec begun = ledger_now();

    while (!ledger_ended()) {
        bl_nsec next = ledger_now() + options->every;
        const struct rd_kafka_metadata *metadata;

        tally.samples++;
        if (rd_kafka_metadata(client, 1, NULL, &metadata, METADATA_MS)) {
            tally.silent++;
            tally.last = -1;
        } else {
            look(metadata, &tally, (double)(ledger_now() - begun) / (double)BL_NSEC_S);
            rd_kafka_metadata_destroy(metadata);
        }
        (void)rd_kafka_poll(client, 0);
        ledger_pause(next - ledger_now());
    }
    print_tally(&tally);
    rd_kafka_destroy(client);
    return 0;
}
