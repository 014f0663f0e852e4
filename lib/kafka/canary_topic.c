#include <stdlib.h>

#include "ballast/base/mem.h"
#include "canary.h"
#include "observer.h"
#include "socket.h"

#define REPLICAS 3
/* A message is read within the minute; what stays longer is ballast. */
#define RETENTION_MS "3600000"
#define SEGMENT_BYTES "1048576"

static bool has_partition(const struct bl_topic *topic, int32_t broker)
{
    for (size_t i = 0; topic && i < topic->partitions.len; i++) {
        const struct bl_broker_ids *replicas = &topic->partitions.items[i].replicas;

        if (replicas->len && replicas->items[0] == broker)
            return true;
    }
    return false;
}

void bl_canary_plan(const struct bl_cluster *cluster, struct bl_canary_plan *plan)
{
    const struct bl_topic *topic = bl_cluster_topic(cluster, BL_CANARY_TOPIC);
    size_t brokers = cluster->brokers.len;

    plan->existing = topic ? topic->partitions.len : 0;
    for (size_t i = 0; i < brokers; i++) {
        struct bl_broker_ids *replicas;

        if (has_partition(topic, cluster->brokers.items[i].id))
            continue;
        replicas = BL_PUSH(&plan->missing);
        for (size_t r = 0; r < REPLICAS && r < brokers; r++)
            *BL_PUSH(replicas) = cluster->brokers.items[(i + r) % brokers].id;
    }
}

void bl_canary_plan_release(struct bl_canary_plan *plan)
{
    for (size_t i = 0; i < plan->missing.len; i++)
        free(plan->missing.items[i].items);
    free(plan->missing.items);
    *plan = (struct bl_canary_plan){0};
}

static int fail(const char *why, struct bl_error **err)
{
    return bl_fail(err, BL_ERR_UNAVAILABLE, "could not make the topic " BL_CANARY_TOPIC ": %s",
                   why);
}

/* Two may make it at once: then it is there. */
static int judge(const rd_kafka_topic_result_t **results, size_t len, struct bl_error **err)
{
    for (size_t i = 0; i < len; i++) {
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
        const char *why = rd_kafka_topic_result_error_string(results[i]);

        if (code && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            return fail(why ? why : rd_kafka_err2str(code), err);
    }
    return 0;
}

static int wait_for(rd_kafka_queue_t *queue, bool created, int left, struct bl_error **err)
{
    BL_AUTO(bl_event_cleanup) rd_kafka_event_t *event = rd_kafka_queue_poll(queue, left);
    const rd_kafka_topic_result_t **results;
    size_t len;

    if (!event)
        return fail("no answer in time", err);
    if (rd_kafka_event_error(event))
        return fail(rd_kafka_event_error_string(event), err);
    results =
        created
            ? rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &len)
            : rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event),
                                                      &len);
    return judge(results, len, err);
}

static int create_topic(rd_kafka_t *rk, rd_kafka_queue_t *queue, const struct bl_canary_plan *plan,
                        int left, struct bl_error **err)
{
    char why[256] = "";
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(BL_CANARY_TOPIC, (int)plan->missing.len, -1, why, sizeof(why));
    bool good = topic && !rd_kafka_NewTopic_set_config(topic, "retention.ms", RETENTION_MS) &&
                !rd_kafka_NewTopic_set_config(topic, "segment.bytes", SEGMENT_BYTES);

    for (size_t i = 0; good && i < plan->missing.len; i++)
        good = !rd_kafka_NewTopic_set_replica_assignment(
            topic, (int32_t)i, plan->missing.items[i].items, plan->missing.items[i].len, why,
            sizeof(why));
    if (good)
        rd_kafka_CreateTopics(rk, &topic, 1, NULL, queue);
    if (topic)
        rd_kafka_NewTopic_destroy(topic);
    return good ? wait_for(queue, true, left, err) : fail(why, err);
}

static int add_partitions(rd_kafka_t *rk, rd_kafka_queue_t *queue,
                          const struct bl_canary_plan *plan, int left, struct bl_error **err)
{
    char why[256] = "";
    rd_kafka_NewPartitions_t *partitions = rd_kafka_NewPartitions_new(
        BL_CANARY_TOPIC, plan->existing + plan->missing.len, why, sizeof(why));
    bool good = partitions != NULL;

    for (size_t i = 0; good && i < plan->missing.len; i++)
        good = !rd_kafka_NewPartitions_set_replica_assignment(
            partitions, (int32_t)i, plan->missing.items[i].items, plan->missing.items[i].len, why,
            sizeof(why));
    if (good)
        rd_kafka_CreatePartitions(rk, &partitions, 1, NULL, queue);
    if (partitions)
        rd_kafka_NewPartitions_destroy(partitions);
    return good ? wait_for(queue, false, left, err) : fail(why, err);
}

int bl_canary_make_topic(rd_kafka_t *rk, const struct bl_cluster *cluster, bl_nsec deadline,
                         size_t *ret_partitions, struct bl_error **err)
{
    BL_AUTO(bl_canary_plan_release) struct bl_canary_plan plan = {0};
    BL_AUTO(bl_queue_cleanup) rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    int left = bl_deadline_left(deadline, INT32_MAX);

    bl_canary_plan(cluster, &plan);
    if (plan.missing.len && !plan.existing && create_topic(rk, queue, &plan, left, err) < 0)
        return -1;
    if (plan.missing.len && plan.existing && add_partitions(rk, queue, &plan, left, err) < 0)
        return -1;
    *ret_partitions = plan.existing + plan.missing.len;
    return 0;
}
