#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "observer.h"
#include "socket.h"

/* Topics asked about in one request; each answer has about 30 settings. */
#define BATCH 256
/* What a topic has until its answer came. */
#define UNKNOWN (-1)

static int refuse(rd_kafka_resp_err_t code, const char *why, struct bl_error **err)
{
    bool forbidden = code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
                     code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;

    bl_fail(err, forbidden ? BL_ERR_FORBIDDEN : BL_ERR_UNAVAILABLE,
            "could not read the settings of topics: %s", why ? why : rd_kafka_err2str(code));
    if (!forbidden)
        return -1;
    return bl_hint(err, "Allow the principal DescribeConfigs on all topics: kafka-acls.sh --add "
                        "--operation DescribeConfigs --operation Describe --topic '*' "
                        "--allow-principal …");
}

static void take_entries(const rd_kafka_ConfigResource_t *resource, struct bl_topic *topic)
{
    size_t len;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &len);
    int64_t value;

    for (size_t i = 0; i < len; i++) {
        const char *text = rd_kafka_ConfigEntry_value(entries[i]);

        if (text && bl_text_eq(rd_kafka_ConfigEntry_name(entries[i]), "min.insync.replicas") &&
            bl_text_to_int(text, strlen(text), &value) && value >= 0 && value <= INT32_MAX)
            topic->min_isr = (int32_t)value;
    }
}

static int take_result(rd_kafka_event_t *event, struct bl_cluster *cluster, struct bl_error **err)
{
    size_t len;
    const rd_kafka_DescribeConfigs_result_t *result = rd_kafka_event_DescribeConfigs_result(event);
    const rd_kafka_ConfigResource_t **resources;

    if (rd_kafka_event_error(event))
        return refuse(rd_kafka_event_error(event), rd_kafka_event_error_string(event), err);
    resources = rd_kafka_DescribeConfigs_result_resources(result, &len);
    for (size_t i = 0; i < len; i++) {
        rd_kafka_resp_err_t code = rd_kafka_ConfigResource_error(resources[i]);
        struct bl_topic *topic =
            bl_cluster_topic(cluster, rd_kafka_ConfigResource_name(resources[i]));

        if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
            continue;
        if (code)
            return refuse(code, rd_kafka_ConfigResource_error_string(resources[i]), err);
        if (topic)
            take_entries(resources[i], topic);
    }
    return 0;
}

static int ask(rd_kafka_t *rk, bl_nsec deadline, struct bl_cluster *cluster, size_t first,
               size_t count, struct bl_error **err)
{
    BL_AUTO(bl_queue_cleanup) rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    BL_AUTO(bl_admin_options_cleanup)
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    BL_AUTO(bl_event_cleanup) rd_kafka_event_t *event = NULL;
    rd_kafka_ConfigResource_t *resources[BATCH];
    int left = bl_deadline_left(deadline, INT32_MAX);
    char why[256];

    /* Else librdkafka asks who is named as the controller; in KRaft that is any broker, also one that is gone. */
    if (!left || rd_kafka_AdminOptions_set_request_timeout(options, left, why, sizeof(why)) ||
        rd_kafka_AdminOptions_set_broker(options, cluster->brokers.items[0].id, why, sizeof(why)))
        return refuse(RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, err);
    for (size_t i = 0; i < count; i++)
        resources[i] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC,
                                                   cluster->topics.items[first + i].name);
    rd_kafka_DescribeConfigs(rk, resources, count, options, queue);
    rd_kafka_ConfigResource_destroy_array(resources, count);
    event = rd_kafka_queue_poll(queue, left);
    if (!event)
        return refuse(RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, err);
    return take_result(event, cluster, err);
}

/* A topic that was deleted between the two requests is none of our business. */
static void drop_unknown(struct bl_cluster *cluster)
{
    struct bl_cluster gone = {0};
    size_t kept = 0;

    for (size_t i = 0; i < cluster->topics.len; i++) {
        struct bl_topic *topic = &cluster->topics.items[i];

        if (topic->min_isr == UNKNOWN)
            *BL_PUSH(&gone.topics) = *topic;
        else
            cluster->topics.items[kept++] = *topic;
    }
    cluster->topics.len = kept;
    bl_cluster_release(&gone);
}

int bl_topics_configure(rd_kafka_t *rk, bl_nsec deadline, struct bl_cluster *cluster,
                        struct bl_error **err)
{
    for (size_t i = 0; i < cluster->topics.len; i++)
        cluster->topics.items[i].min_isr = UNKNOWN;
    for (size_t at = 0; at < cluster->topics.len; at += BATCH) {
        size_t left = cluster->topics.len - at;

        if (ask(rk, deadline, cluster, at, left < BATCH ? left : BATCH, err) < 0)
            return -1;
    }
    drop_unknown(cluster);
    return 0;
}
