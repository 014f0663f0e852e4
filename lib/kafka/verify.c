#include "verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kafka/raise.h"
#include "socket.h"

#define PARTITIONS 3
#define KEYS 12
#define POLL_MS 100

/* --- the topic --- */

struct proof {
    const struct bl_verify_settings *settings;
    struct bl_observer *observer;
    bl_nsec deadline;
    struct bl_verify_result *result;
};

static int check_topic(const struct proof *proof, const struct bl_cluster *cluster,
                       const struct bl_topic *topic, struct bl_error **err)
{
    int wanted = bl_verify_replicas(proof->settings, cluster);
    struct bl_verify_result *result = proof->result;

    if (topic->partitions.len > BL_VERIFY_PARTITIONS)
        return bl_fail(err, BL_ERR_TOO_LARGE,
                       "topic \"%s\" has more partitions than are read: %zu, of %d at most",
                       topic->name, topic->partitions.len, BL_VERIFY_PARTITIONS);
    result->partitions = (int32_t)topic->partitions.len;
    result->replicas = INT32_MAX;
    for (size_t i = 0; i < topic->partitions.len; i++)
        if ((int32_t)topic->partitions.items[i].replicas.len < result->replicas)
            result->replicas = (int32_t)topic->partitions.items[i].replicas.len;
    bl_verify_racks(cluster, topic, result);
    if (result->replicas >= wanted)
        return 0;
    bl_fail(err, BL_ERR_CONFLICT, "topic \"%s\" has %d %s, and %d %s asked for", topic->name,
            result->replicas, bl_text_plural(result->replicas, "replica", "replicas"), wanted,
            bl_text_plural(wanted, "is", "are"));

    BL_AUTO_FREE char *way_in =
        bl_way_in(proof->settings->bootstrap, proof->settings->command_config);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf command = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    const struct bl_raise_options options = {.topics = (const char *[]){topic->name, NULL},
                                             .factor = wanted};

    bl_raise_command(&options, way_in, &command);
    return bl_hint(err, "%s", command.text);
}

static int judge_creation(const struct proof *proof, rd_kafka_event_t *event, struct bl_error **err)
{
    const rd_kafka_topic_result_t **results;
    const char *why = "no answer in time";
    rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
    size_t len = 0;

    if (event && rd_kafka_event_error(event)) {
        why = rd_kafka_event_error_string(event);
    } else if (event) {
        results =
            rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &len);
        code = len ? rd_kafka_topic_result_error(results[0]) : code;
        why = rd_kafka_err2str(code);
    }
    if (!code || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return 0;
    return bl_fail(err, BL_ERR_UNAVAILABLE, "could not make the topic \"%s\": %s",
                   proof->settings->topic, why);
}

static int make_topic(struct proof *proof, int replicas, struct bl_error **err)
{
    rd_kafka_t *rk = proof->observer->rk;
    BL_AUTO(bl_queue_cleanup) rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    char why[256] = "";
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(proof->settings->topic, PARTITIONS, replicas, why, sizeof(why));

    if (!topic)
        return bl_fail(err, BL_ERR_INVALID, "\"%s\" is no name for a topic: %s",
                       proof->settings->topic, why);
    /* What is to be there after the next upgrade must not be tidied away. */
    (void)rd_kafka_NewTopic_set_config(topic, "retention.ms", "-1");
    (void)rd_kafka_NewTopic_set_config(topic, "retention.bytes", "-1");
    (void)rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "delete");
    rd_kafka_CreateTopics(rk, &topic, 1, NULL, queue);
    rd_kafka_NewTopic_destroy(topic);
    BL_AUTO(bl_event_cleanup)
    rd_kafka_event_t *event =
        rd_kafka_queue_poll(queue, bl_deadline_left(proof->deadline, INT32_MAX));

    proof->result->made = true;
    return judge_creation(proof, event, err);
}

/* Every partition has a leader, as far as this broker knows. */
static bool is_led(const struct bl_topic *topic)
{
    for (size_t i = 0; i < topic->partitions.len; i++)
        if (topic->partitions.items[i].leader < 0)
            return false;
    return topic->partitions.len > 0;
}

/* Of what is only read nothing is made: a topic that is not there holds none of what was noted. */
static bool is_left_alone(const struct proof *proof, const struct bl_topic *topic)
{
    return !topic && !proof->settings->messages;
}

/* Looks until the topic is there; makes it at most once. */
static int find_or_make_topic(struct proof *proof, struct bl_error **err)
{
    bool made = false;

    for (;;) {
        BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
        const struct bl_topic *topic;

        if (bl_observer_look(proof->observer, &cluster, err) < 0)
            return -1;
        topic = bl_cluster_topic(&cluster, proof->settings->topic);
        if (is_left_alone(proof, topic))
            return 0;
        if (topic && is_led(topic))
            return check_topic(proof, &cluster, topic, err);
        if (!topic && !made &&
            make_topic(proof, bl_verify_replicas(proof->settings, &cluster), err) < 0)
            return -1;
        made = true;
        if (!bl_deadline_left(proof->deadline, 1) ||
            bl_stop_wait(proof->settings->stop, POLL_MS * BL_NSEC_MS))
            return bl_fail(err, BL_ERR_UNAVAILABLE, "topic \"%s\" has no leaders in time",
                           proof->settings->topic);
    }
}

/* --- writing --- */

struct writing {
    int64_t delivered, failed;
    rd_kafka_resp_err_t error; /* of the first that failed */
    bl_nsec slowest;
};

static void hear_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct writing *writing = opaque;
    bl_nsec took = rd_kafka_message_latency(message) * (BL_NSEC_MS / 1000);

    (void)rk;
    if (message->err && !writing->failed++)
        writing->error = message->err;
    writing->delivered += !message->err;
    if (took > writing->slowest)
        writing->slowest = took;
}

static bool may_go_on(const struct proof *proof)
{
    return bl_deadline_left(proof->deadline, 1) && !bl_stop_raised(proof->settings->stop);
}

static rd_kafka_resp_err_t write_one(rd_kafka_t *rk, const struct proof *proof, const char *run,
                                     int64_t index)
{
    BL_AUTO_FREE char *key = bl_asprintf("key-%" PRId64, index % KEYS);
    BL_AUTO_FREE char *value =
        bl_asprintf("%s %" PRId64 " %" PRId64, run, index % KEYS, index / KEYS);

    return rd_kafka_producev(
        rk, RD_KAFKA_V_TOPIC(proof->settings->topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(key, strlen(key)), RD_KAFKA_V_VALUE(value, strlen(value)), RD_KAFKA_V_END);
}

static int write_all(const struct proof *proof, const char *run, struct bl_error **err)
{
    static const char *const writes[] = {"acks",
                                         "all",
                                         "enable.idempotence",
                                         "true",
                                         "linger.ms",
                                         "5",
                                         "message.timeout.ms",
                                         "60000",
                                         "queue.buffering.max.messages",
                                         "10000",
                                         NULL};
    rd_kafka_conf_t *conf = rd_kafka_conf_dup(rd_kafka_conf(proof->observer->rk));
    struct writing writing = {0};
    rd_kafka_resp_err_t code = 0;
    rd_kafka_t *rk;

    rd_kafka_conf_set_opaque(conf, &writing);
    rd_kafka_conf_set_dr_msg_cb(conf, hear_delivery);
    rk = bl_client_new(RD_KAFKA_PRODUCER, conf, writes);
    if (!rk)
        return bl_fail(err, BL_ERR_INTERNAL, "cannot make a Kafka client");
    (void)rd_kafka_brokers_add(rk, proof->observer->bootstrap);
    for (int64_t i = 0; !code && !writing.failed && i < proof->settings->messages;) {
        code = write_one(rk, proof, run, i);
        if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && may_go_on(proof)) {
            code = RD_KAFKA_RESP_ERR_NO_ERROR;
            (void)rd_kafka_poll(rk, POLL_MS);
        } else {
            i++;
        }
    }
    while (!code && !writing.failed && writing.delivered < proof->settings->messages &&
           may_go_on(proof))
        (void)rd_kafka_poll(rk, POLL_MS);
    (void)rd_kafka_purge(rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_destroy(rk);
    proof->result->sent = writing.delivered;
    proof->result->slowest = writing.slowest;
    if (!code && writing.delivered == proof->settings->messages)
        return 0;
    code = code ? code : writing.error ? writing.error : RD_KAFKA_RESP_ERR__TIMED_OUT;
    bl_fail(err, BL_ERR_UNAVAILABLE,
            "%" PRId64 " of %" PRId64 " messages could be written to \"%s\": %s", writing.delivered,
            proof->settings->messages, proof->settings->topic, rd_kafka_err2str(code));
    /* librdkafka says of a partition with too few in sync only that it took too long. */
    return bl_hint(err, "Look at ballast status: a message is written once min.insync.replicas of "
                        "its partition have it.");
}

/* --- all of it --- */

static int prove(struct proof *proof, struct bl_error **err)
{
    BL_AUTO_FREE char *run =
        bl_asprintf("ballast-%llx", (unsigned long long)bl_clock_wall(&bl_clock_real));
    struct bl_verify_parts expected = {0}, found = {0};
    struct bl_verify_reading reading = {.observer = proof->observer,
                                        .topic = proof->settings->topic,
                                        .deadline = proof->deadline,
                                        .stop = proof->settings->stop,
                                        .messages = proof->settings->messages,
                                        .keys = KEYS};
    int rc = -1;

    if (!bl_verify_parts_parse(proof->settings->expected, &expected))
        bl_fail(err, BL_ERR_INVALID, "what was noted before is no note of ours");
    else if (find_or_make_topic(proof, err) == 0 &&
             (!reading.messages || write_all(proof, run, err) == 0)) {
        reading.expected = &expected;
        reading.run = reading.messages ? run : NULL;
        rc = bl_verify_read(&reading, proof->result->partitions, &found, proof->result, err);
    }
    if (rc == 0)
        proof->result->noted = bl_verify_parts_text(&found);
    free(expected.items);
    free(found.items);
    return rc;
}

int bl_verify(const struct bl_verify_settings *settings, struct bl_verify_result *ret_result,
              struct bl_error **err)
{
    BL_AUTO(bl_observer_cleanup) struct bl_observer *observer = NULL;
    struct bl_observer_settings connection = {.bootstrap = settings->bootstrap,
                                              .command_config = settings->command_config,
                                              .properties = settings->properties,
                                              .at_most = settings->at_most / 4};
    struct proof proof = {.settings = settings,
                          .deadline = bl_clock_now(&bl_clock_real) + settings->at_most,
                          .result = ret_result};

    *ret_result = (struct bl_verify_result){0};
    if (bl_observer_new(&connection, &observer, err) < 0)
        return -1;
    proof.observer = observer;
    return prove(&proof, err);
}

void bl_verify_result_release(struct bl_verify_result *result)
{
    free(result->noted);
    *result = (struct bl_verify_result){0};
}
