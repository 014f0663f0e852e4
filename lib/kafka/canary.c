#include "canary.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/kafka/limits.h"
#include "observer.h"
#include "socket.h"

/* So long a message is given before another producer tries. */
#define TRY_TEXT "3000"
#define TRY_AT_MOST (3500 * BL_NSEC_MS)
/* A topic that nobody knows for so long is not about to come. */
#define UNKNOWN_AT_MOST (10 * BL_NSEC_S)

/* One message, on its way through one partition. */
struct probe {
    int32_t leader;
    int64_t offset; /* -1: not written yet */
    rd_kafka_resp_err_t error;
    bool sent; /* and not answered yet */
    bool read;
    bl_nsec took;
};

struct canary {
    const struct bl_observer *observer;
    const struct bl_cluster *cluster;
    rd_kafka_t *producer, *consumer;
    rd_kafka_topic_t *target, *source;
    rd_kafka_queue_t *queue;
    struct probe *probes;
    size_t len, started;
    char *payload;
    bl_nsec start, deadline;
};

static void close_producer(struct canary *canary)
{
    if (canary->target)
        rd_kafka_topic_destroy(canary->target);
    if (canary->producer) {
        (void)rd_kafka_purge(canary->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_destroy(canary->producer);
    }
    canary->target = NULL;
    canary->producer = NULL;
}

static void canary_release(struct canary *canary)
{
    for (size_t i = 0; i < canary->started; i++)
        (void)rd_kafka_consume_stop(canary->source, (int32_t)i);
    if (canary->queue)
        rd_kafka_queue_destroy(canary->queue);
    if (canary->source)
        rd_kafka_topic_destroy(canary->source);
    if (canary->consumer)
        rd_kafka_destroy(canary->consumer);
    close_producer(canary);
    free(canary->probes);
    free(canary->payload);
}

/* Each message carries its probe, which outlives the producer. */
static void hear_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct probe *probe = message->_private;

    (void)rk, (void)opaque;
    probe->sent = false;
    probe->error = message->err;
    probe->offset = message->err ? -1 : message->offset;
}

static void add_brokers(rd_kafka_t *rk, const struct bl_cluster *cluster)
{
    for (size_t i = 0; i < cluster->brokers.len; i++) {
        const struct bl_broker *broker = &cluster->brokers.items[i];
        BL_AUTO_FREE char *address = bl_asprintf(strchr(broker->host, ':') ? "[%s]:%d" : "%s:%d",
                                                 broker->host, broker->port);

        (void)rd_kafka_brokers_add(rk, address);
    }
}

static int open_producer(struct canary *canary, struct bl_error **err)
{
    static const char *const writes[] = {"acks",   "all", "linger.ms", "0", "message.timeout.ms",
                                         TRY_TEXT, NULL};

    rd_kafka_conf_t *conf = rd_kafka_conf_dup(rd_kafka_conf(canary->observer->rk));

    close_producer(canary);
    rd_kafka_conf_set_opaque(conf, canary);
    rd_kafka_conf_set_dr_msg_cb(conf, hear_delivery);
    canary->producer = bl_client_new(RD_KAFKA_PRODUCER, conf, writes);
    if (!canary->producer)
        return bl_fail(err, BL_ERR_INTERNAL, "cannot make a Kafka client for the canary");
    add_brokers(canary->producer, canary->cluster);
    canary->target = rd_kafka_topic_new(canary->producer, BL_CANARY_TOPIC, NULL);
    return 0;
}

static int open_consumer(struct canary *canary, struct bl_error **err)
{
    static const char *const reads[] = {"fetch.max.bytes",
                                        BL_ANSWER_MOST_FETCH,
                                        "fetch.wait.max.ms",
                                        "100",
                                        "check.crcs",
                                        "true",
                                        NULL};

    rd_kafka_conf_t *conf = rd_kafka_conf_dup(rd_kafka_conf(canary->observer->rk));

    rd_kafka_conf_set_opaque(conf, canary);
    canary->consumer = bl_client_new(RD_KAFKA_CONSUMER, conf, reads);
    if (!canary->consumer)
        return bl_fail(err, BL_ERR_INTERNAL, "cannot make a Kafka client for the canary");
    add_brokers(canary->consumer, canary->cluster);
    canary->source = rd_kafka_topic_new(canary->consumer, BL_CANARY_TOPIC, NULL);
    canary->queue = rd_kafka_queue_new(canary->consumer);
    return 0;
}

/* Does the client see all partitions, each with a leader? */
static bool find_leaders(const struct canary *canary, const struct rd_kafka_metadata *metadata)
{
    const struct rd_kafka_metadata_topic *topic;
    size_t led = 0;

    if (metadata->topic_cnt != 1)
        return false;
    topic = &metadata->topics[0];
    for (int i = 0; i < topic->partition_cnt; i++) {
        const struct rd_kafka_metadata_partition *partition = &topic->partitions[i];

        if (partition->id < 0 || (size_t)partition->id >= canary->len)
            continue;
        canary->probes[partition->id].leader = partition->leader;
        led += partition->leader >= 0;
    }
    return led == canary->len;
}

static int fail(const struct canary *canary, size_t partition, const char *what, const char *why,
                struct bl_error **err)
{
    return bl_fail(err, BL_ERR_UNAVAILABLE,
                   "%s partition " BL_CANARY_TOPIC "-%zu, led by broker %d: %s", what, partition,
                   canary->probes[partition].leader, why);
}

static bool is_unknown(const struct rd_kafka_metadata *metadata)
{
    return metadata->topic_cnt == 1 &&
           metadata->topics[0].err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
}

/* The facts may know of a topic that somebody has just deleted. */
static int wait_for_leaders(const struct canary *canary, struct bl_error **err)
{
    bl_nsec known = bl_clock_now(&bl_clock_real);

    for (;;) {
        const struct rd_kafka_metadata *metadata;
        bool found = false, unknown = false;

        if (rd_kafka_metadata(canary->producer, 0, canary->target, &metadata,
                              bl_deadline_left(canary->deadline, INT32_MAX)) == 0) {
            found = find_leaders(canary, metadata);
            unknown = is_unknown(metadata);
            rd_kafka_metadata_destroy(metadata);
        }
        if (found)
            return 0;
        if (!unknown)
            known = bl_clock_now(&bl_clock_real);
        else if (bl_clock_now(&bl_clock_real) - known > UNKNOWN_AT_MOST)
            return bl_fail(err, BL_ERR_UNAVAILABLE,
                           "no broker knows of the topic " BL_CANARY_TOPIC);
        if (!bl_deadline_left(canary->deadline, 1))
            break;
        (void)rd_kafka_poll(canary->producer,
                            bl_deadline_left(canary->deadline, BL_CANARY_RETRY_MS));
    }
    for (size_t i = 0; i < canary->len; i++)
        if (canary->probes[i].leader < 0)
            return fail(canary, i, "could not find a leader of", "nobody leads it", err);
    return bl_fail(err, BL_ERR_UNAVAILABLE, "could not see the topic " BL_CANARY_TOPIC " in time");
}

static void write_one(const struct canary *canary, size_t partition)
{
    struct probe *probe = &canary->probes[partition];

    if (rd_kafka_produce(canary->target, (int32_t)partition, RD_KAFKA_MSG_F_COPY, canary->payload,
                         strlen(canary->payload), NULL, 0, probe) < 0)
        probe->error = rd_kafka_last_error();
    else
        probe->sent = true;
}

static void write_missing(const struct canary *canary)
{
    bl_nsec until = bl_clock_now(&bl_clock_real) + TRY_AT_MOST;

    if (until > canary->deadline)
        until = canary->deadline;
    for (size_t i = 0; i < canary->len; i++)
        if (canary->probes[i].offset < 0)
            write_one(canary, i);
    for (size_t i = 0; i < canary->len; i++)
        while (canary->probes[i].sent && bl_deadline_left(until, 1))
            (void)rd_kafka_poll(canary->producer, bl_deadline_left(until, BL_CANARY_RETRY_MS));
}

/* What passes once the brokers have all heard of the partition, or agree on who leads it. */
static bool is_passing(const struct probe *probe)
{
    switch (probe->error) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return probe->sent;
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
        return true;
    default:
        return false;
    }
}

/* After a pause, if there is time for it. */
static bool is_worth_another_try(const struct canary *canary)
{
    bool passing = false;

    for (size_t i = 0; i < canary->len; i++) {
        const struct probe *probe = &canary->probes[i];

        if (probe->offset < 0 && !is_passing(probe))
            return false;
        passing |= probe->offset < 0;
    }
    if (!passing || !bl_deadline_left(canary->deadline, 1))
        return false;
    (void)rd_kafka_poll(canary->producer, bl_deadline_left(canary->deadline, BL_CANARY_RETRY_MS));
    return bl_deadline_left(canary->deadline, 1) > 0;
}

static int judge_writes(const struct canary *canary, struct bl_error **err)
{
    for (size_t i = 0; i < canary->len; i++) {
        if (canary->probes[i].error)
            return fail(canary, i, "could not write to", rd_kafka_err2str(canary->probes[i].error),
                        err);
        if (canary->probes[i].offset < 0)
            return fail(canary, i, "could not write to", "no answer in time", err);
    }
    return 0;
}

/*
 * A broker that lags behind tells of fewer partitions, and a producer that hears it loses what it was given
 * for the others. So each try has a producer of its own.
 */
static int write_all(struct canary *canary, struct bl_error **err)
{
    canary->start = bl_clock_now(&bl_clock_real);
    for (size_t i = 0; i < canary->len; i++)
        canary->probes[i].offset = -1;
    do {
        for (size_t i = 0; i < canary->len; i++)
            canary->probes[i].sent = false;
        if (open_producer(canary, err) < 0 || wait_for_leaders(canary, err) < 0)
            return -1;
        write_missing(canary);
    } while (is_worth_another_try(canary));
    return judge_writes(canary, err);
}

/* Errors of a partition pass while its leader moves, so that only the deadline ends the reading. */
static bool take_message(struct canary *canary, const rd_kafka_message_t *message)
{
    struct probe *probe;

    if (message->partition < 0 || (size_t)message->partition >= canary->len)
        return false;
    probe = &canary->probes[message->partition];
    if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
        probe->error = message->err;
    if (message->err || probe->read || message->offset != probe->offset ||
        message->len != strlen(canary->payload) ||
        memcmp(message->payload, canary->payload, message->len) != 0)
        return false;
    probe->read = true;
    probe->took = bl_clock_now(&bl_clock_real) - canary->start;
    return true;
}

static int read_all(struct canary *canary, struct bl_error **err)
{
    size_t read = 0;

    for (; canary->started < canary->len; canary->started++)
        if (rd_kafka_consume_start_queue(canary->source, (int32_t)canary->started,
                                         canary->probes[canary->started].offset, canary->queue) < 0)
            return fail(canary, canary->started, "could not read from",
                        rd_kafka_err2str(rd_kafka_last_error()), err);
    while (read < canary->len && bl_deadline_left(canary->deadline, 1)) {
        rd_kafka_message_t *message = rd_kafka_consume_queue(
            canary->queue, bl_deadline_left(canary->deadline, BL_CANARY_RETRY_MS));

        if (!message)
            continue;
        read += take_message(canary, message);
        rd_kafka_message_destroy(message);
    }
    for (size_t i = 0; i < canary->len; i++)
        if (!canary->probes[i].read)
            return fail(canary, i, "could not read from",
                        canary->probes[i].error ? rd_kafka_err2str(canary->probes[i].error)
                                                : "the message did not come in time",
                        err);
    return 0;
}

static struct bl_canary_result summarize(const struct canary *canary)
{
    struct bl_canary_result result = {canary->len, 0, -1, -1};

    for (size_t i = 0; i < canary->len; i++)
        if (canary->probes[i].took >= result.slowest) {
            result.slowest = canary->probes[i].took;
            result.slowest_partition = (int32_t)i;
            result.slowest_leader = canary->probes[i].leader;
        }
    return result;
}

int bl_canary_check(struct bl_observer *observer, const struct bl_cluster *cluster, bl_nsec at_most,
                    struct bl_canary_result *ret_result, struct bl_error **err)
{
    BL_AUTO(canary_release)
    struct canary canary = {.observer = observer,
                            .cluster = cluster,
                            .deadline = bl_clock_now(&bl_clock_real) + at_most};

    if (bl_canary_make_topic(observer->rk, cluster, canary.deadline, &canary.len, err) < 0)
        return -1;
    canary.probes = bl_alloc(canary.len, sizeof(*canary.probes));
    canary.payload = bl_asprintf("ballast %lld", (long long)bl_clock_wall(&bl_clock_real));
    if (write_all(&canary, err) < 0 || open_consumer(&canary, err) < 0 ||
        read_all(&canary, err) < 0)
        return -1;
    *ret_result = summarize(&canary);
    return 0;
}
