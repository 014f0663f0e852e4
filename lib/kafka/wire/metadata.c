#include "metadata.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "codec.h"

#define NAME "Metadata"
#define KEY 3
#define VERSION 5

static const struct bl_wire_api brokers_api = {
    .name = NAME, .key = KEY, .version = VERSION, .most = BL_ANSWER_MOST};
static const struct bl_wire_api topics_api = {
    .name = NAME, .key = KEY, .version = VERSION, .most = BL_ANSWER_MOST_TOPICS};

void bl_wire_brokers_release(struct bl_wire_brokers *brokers)
{
    for (size_t i = 0; i < brokers->len; i++) {
        free(brokers->items[i].host);
        free(brokers->items[i].rack);
    }
    free(brokers->items);
    *brokers = (struct bl_wire_brokers){.controller = -1};
}

static void read_brokers(struct bl_wire_reader *in, struct bl_wire_brokers *brokers)
{
    (void)bl_wire_get_i32(in); /* how long we are throttled */
    for (size_t left = bl_wire_get_array(in, BL_LIMIT_BROKERS); left && !in->bad; left--) {
        struct bl_broker *broker = BL_PUSH(brokers);
        struct bl_wire_text rack;

        broker->id = bl_wire_get_i32(in);
        broker->host = bl_wire_text_copy(bl_wire_limit(in, bl_wire_get_string(in), BL_LIMIT_HOST));
        broker->port = bl_wire_get_i32(in);
        rack = bl_wire_limit(in, bl_wire_get_string(in), BL_LIMIT_RACK);
        broker->rack = rack.text ? bl_wire_text_copy(rack) : NULL;
    }
    (void)bl_wire_get_string(in); /* the cluster's id */
    brokers->controller = bl_wire_get_i32(in);
}

int bl_wire_decode_metadata(const struct bl_strbuf *response, struct bl_wire_brokers *ret_brokers,
                            struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);
    BL_AUTO(bl_wire_brokers_release) struct bl_wire_brokers brokers = {.controller = -1};

    read_brokers(&in, &brokers);
    if (bl_wire_end(&in, NAME, err) < 0)
        return -1;
    *ret_brokers = brokers;
    brokers = (struct bl_wire_brokers){0};
    return 0;
}

/* There are as many as the answer has bytes for, so memory is taken for all at once. */
static void read_ids(struct bl_wire_reader *in, struct bl_broker_ids *ids)
{
    size_t count = bl_wire_get_array(in, BL_LIMIT_REPLICAS);

    if (!count)
        return;
    ids->items = bl_alloc(count, sizeof(*ids->items));
    ids->len = ids->cap = count;
    for (size_t i = 0; i < count; i++)
        ids->items[i] = bl_wire_get_i32(in);
}

static void skip_ids(struct bl_wire_reader *in)
{
    bl_wire_skip(in, sizeof(int32_t) * bl_wire_get_array(in, BL_LIMIT_REPLICAS));
}

/* Few, however many partitions there are: what is told of each broker is told of no more than those. */
static void note_holders(struct bl_wire_reader *in, const struct bl_broker_ids *replicas,
                         struct bl_broker_ids *holders)
{
    for (size_t i = 0; i < replicas->len && !in->bad; i++) {
        bl_broker_ids_insert(holders, replicas->items[i]);
        bl_wire_check(in, BL_LIMIT_HOLDERS, holders->len);
    }
}

static void read_partition(struct bl_wire_reader *in, struct bl_partition *partition,
                           struct bl_broker_ids *holders)
{
    (void)bl_wire_get_i16(in); /* why nobody leads it */
    partition->id = bl_wire_get_i32(in);
    partition->leader = bl_wire_get_i32(in);
    read_ids(in, &partition->replicas);
    note_holders(in, &partition->replicas, holders);
    read_ids(in, &partition->isr);
    skip_ids(in); /* those on disks that failed */
}

static int compare_partitions(const void *a, const void *b)
{
    int32_t one = ((const struct bl_partition *)a)->id,
            other = ((const struct bl_partition *)b)->id;

    return (one > other) - (one < other);
}

/* What all topics have together. */
struct sum {
    size_t partitions;
    struct bl_broker_ids holders;
};

static void sum_release(struct sum *sum)
{
    free(sum->holders.items);
}

static void read_topic(struct bl_wire_reader *in, struct sum *sum, struct bl_topic *topic,
                       int16_t *ret_code)
{
    size_t count;

    *ret_code = bl_wire_get_i16(in);
    topic->name = bl_wire_text_copy(bl_wire_limit(in, bl_wire_get_string(in), BL_LIMIT_TOPIC_NAME));
    (void)bl_wire_get_i8(in); /* is it Kafka's own? */
    count = bl_wire_get_array(in, bl_limit_after(BL_LIMIT_PARTITIONS, sum->partitions));
    if (!count)
        return;
    topic->partitions.items = bl_alloc(count, sizeof(struct bl_partition));
    topic->partitions.cap = count;
    while (topic->partitions.len < count && !in->bad)
        read_partition(in, &topic->partitions.items[topic->partitions.len++], &sum->holders);
    sum->partitions += topic->partitions.len;
    qsort(topic->partitions.items, topic->partitions.len, sizeof(struct bl_partition),
          compare_partitions);
}

static int compare_topics(const void *a, const void *b)
{
    return strcmp(((const struct bl_topic *)a)->name, ((const struct bl_topic *)b)->name);
}

/* A topic that is being made, or removed, has no partitions yet or an error; we are not told of it then. */
static void read_topics(struct bl_wire_reader *in, struct bl_cluster *cluster)
{
    BL_AUTO(sum_release) struct sum sum = {0};

    for (size_t left = bl_wire_get_array(in, BL_LIMIT_TOPICS); left && !in->bad; left--) {
        struct bl_topic *topic = BL_PUSH(&cluster->topics);
        int16_t code = 0;

        *topic = (struct bl_topic){0};
        read_topic(in, &sum, topic, &code);
        if (!code && topic->partitions.len)
            continue;
        bl_topic_release(topic);
        cluster->topics.len--;
    }
    if (cluster->topics.len)
        qsort(cluster->topics.items, cluster->topics.len, sizeof(struct bl_topic), compare_topics);
}

int bl_wire_decode_topics(const struct bl_strbuf *response, struct bl_cluster *ret_cluster,
                          struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(response);
    BL_AUTO(bl_wire_brokers_release) struct bl_wire_brokers brokers = {.controller = -1};
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};

    read_brokers(&in, &brokers);
    read_topics(&in, &cluster);
    if (bl_wire_end(&in, NAME, err) < 0)
        return -1;
    *ret_cluster = cluster;
    cluster = (struct bl_cluster){0};
    return 0;
}

static int ask(struct bl_wire *wire, const struct bl_wire_api *api, int32_t topics,
               bl_nsec deadline, struct bl_strbuf *response, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf body = BL_WIRE_BODY_INIT;

    bl_wire_put_i32(&body, topics);
    bl_wire_put_i8(&body, 0); /* make none */
    return bl_wire_call(wire, api, &body, deadline, response, err);
}

int bl_wire_metadata(struct bl_wire *wire, bl_nsec deadline, struct bl_wire_brokers *ret_brokers,
                     struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf response = BL_WIRE_RESPONSE_INIT;

    if (ask(wire, &brokers_api, 0, deadline, &response, err) < 0)
        return -1;
    return bl_wire_decode_metadata(&response, ret_brokers, err);
}

int bl_wire_topics(struct bl_wire *wire, bl_nsec deadline, struct bl_cluster *ret_cluster,
                   struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf response = BL_WIRE_RESPONSE_INIT;

    if (ask(wire, &topics_api, -1, deadline, &response, err) < 0) /* no list: all */
        return -1;
    return bl_wire_decode_topics(&response, ret_cluster, err);
}
