/* Makes the topics that the ledger is kept in. */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ledger.h"

#define REPLICAS 3
/* So long until every broker knows of a new topic. */
#define PATIENCE (60 * BL_NSEC_S)

static rd_kafka_NewTopic_t *new_topic(const struct ledger_options *options)
{
    char why[256];
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(options->topic, options->partitions, REPLICAS, why, sizeof(why));

    if (!topic)
        ledger_die(options->topic, why);
    for (size_t i = 0; i < options->configs.len; i++) {
        BL_AUTO_FREE char *name = bl_strdup(options->configs.items[i]);
        char *value = strchr(name, '=');

        if (!value)
            ledger_die(name, "a configuration is NAME=VALUE");
        *value++ = '\0';
        (void)rd_kafka_NewTopic_set_config(topic, name, value);
    }
    return topic;
}

static bool is_whole(const struct rd_kafka_metadata_topic *topic, int partitions)
{
    bool whole = topic->partition_cnt == partitions;

    for (int i = 0; i < topic->partition_cnt; i++)
        whole &= topic->partitions[i].leader >= 0 && topic->partitions[i].isr_cnt == REPLICAS;
    return whole;
}

/* Asked for all topics: to ask for one by its name may make it. */
static bool knows(rd_kafka_t *client, const struct ledger_options *options)
{
    const struct rd_kafka_metadata *metadata;
    bool whole = false;

    if (rd_kafka_metadata(client, 1, NULL, &metadata, 3000))
        return false;
    for (int i = 0; i < metadata->topic_cnt; i++) {
        if (strcmp(metadata->topics[i].topic, options->topic) == 0)
            whole = metadata->broker_cnt >= REPLICAS &&
                    is_whole(&metadata->topics[i], options->partitions);
    }
    rd_kafka_metadata_destroy(metadata);
    return whole;
}

/* A client that knows no other broker asks this one. */
static bool broker_knows(const struct rd_kafka_metadata_broker *broker,
                         const struct ledger_options *options)
{
    BL_AUTO_FREE char *address = bl_asprintf("%s:%d", broker->host, broker->port);
    struct ledger_options there = *options;
    rd_kafka_t *client;
    bool known;

    there.brokers = address;
    client = ledger_client(&there, RD_KAFKA_PRODUCER, rd_kafka_conf_new());
    known = knows(client, options);
    rd_kafka_destroy(client);
    return known;
}

/*
 * Until every broker knows the topic. One that does not would make it again when a producer asks, and
 * if it does not know enough brokers yet either, messages fail for it.
 */
static void wait_known(const struct ledger_options *options, rd_kafka_t *client)
{
    bl_nsec until = ledger_now() + PATIENCE;

    for (;;) {
        const struct rd_kafka_metadata *metadata;
        int known = 0;

        if (rd_kafka_metadata(client, 0, NULL, &metadata, 3000) == 0) {
            for (int i = 0; i < metadata->broker_cnt; i++)
                known += broker_knows(&metadata->brokers[i], options);
            rd_kafka_metadata_destroy(metadata);
        }
        if (known >= REPLICAS)
            return;
        if (ledger_now() > until)
            ledger_die(options->topic, "not all brokers know it");
        ledger_pause(200 * BL_NSEC_MS);
    }
}

/* Or there are too few for the replicas. */
static void wait_brokers(const struct ledger_options *options, rd_kafka_t *client)
{
    bl_nsec until = ledger_now() + PATIENCE;

    for (int brokers = 0; brokers < REPLICAS;) {
        const struct rd_kafka_metadata *metadata;

        if (rd_kafka_metadata(client, 0, NULL, &metadata, 3000) == 0) {
            brokers = metadata->broker_cnt;
            rd_kafka_metadata_destroy(metadata);
        }
        if (ledger_now() > until)
            ledger_die(options->topic, "there are too few brokers for it");
        ledger_pause(100 * BL_NSEC_MS);
    }
}

int ledger_topic(const struct ledger_options *options)
{
    rd_kafka_t *client = ledger_client(options, RD_KAFKA_PRODUCER, rd_kafka_conf_new());
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_NewTopic_t *topic = new_topic(options);
    const rd_kafka_topic_result_t **results;
    rd_kafka_event_t *event;
    size_t count;

    wait_brokers(options, client);
    rd_kafka_CreateTopics(client, &topic, 1, NULL, queue);
    event = rd_kafka_queue_poll(queue, -1);
    if (rd_kafka_event_error(event))
        ledger_die(options->topic, rd_kafka_event_error_string(event));
    results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    if (rd_kafka_topic_result_error(results[0]))
        ledger_die(options->topic, rd_kafka_topic_result_error_string(results[0]));
    wait_known(options, client);
    printf("{\"topic\": \"%s\", \"partitions\": %d}\n", options->topic, options->partitions);
    rd_kafka_event_destroy(event);
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(client);
    return 0;
}
