#include <stdlib.h>

#include "ballast/base/mem.h"
#include "ballast/kafka/limits.h"
#include "canary.h"
#include "observer.h"
#include "socket.h"

#define REPLICAS 3
/* A message is read within the minute; what stays longer is ballast. */
#define RETENTION_MS "3600000"
#define SEGMENT_BYTES "1048576"

/* Those that are the first replica of a partition. */
static void find_firsts(const struct bl_topic *topic, struct bl_broker_ids *firsts)
{
    for (size_t i = 0; topic && i < topic->partitions.len; i++)
        if (topic->partitions.items[i].replicas.len)
            bl_broker_ids_insert(firsts, topic->partitions.items[i].replicas.items[0]);
}

void bl_canary_plan(const struct bl_cluster *cluster, const struct bl_topic *topic,
                    struct bl_canary_plan *plan)
{
    size_t brokers = cluster->brokers.len;
    struct bl_broker_ids firsts = {0};

    plan->existing = topic ? topic->partitions.len : 0;
    find_firsts(topic, &firsts);
    for (size_t i = 0; i < brokers; i++) {
        struct bl_broker_ids *replicas;

        if (bl_broker_ids_find(&firsts, cluster->brokers.items[i].id))
            continue;
        replicas = BL_PUSH(&plan->missing);
        for (size_t r = 0; r < REPLICAS && r < brokers; r++)
            *BL_PUSH(replicas) = cluster->brokers.items[(i + r) % brokers].id;
    }
    free(firsts.items);
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

/* What the controller answers where there is more than the facts tell: somebody else made it, or they are behind. */
static bool is_behind(rd_kafka_resp_err_t code)
{
    return code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS ||
           code == RD_KAFKA_RESP_ERR_INVALID_PARTITIONS ||
           code == RD_KAFKA_RESP_ERR_INVALID_REPLICA_ASSIGNMENT;
}

/* There is one, as there was one topic in the request. */
static int judge(const rd_kafka_topic_result_t **results, size_t len, bool *ret_behind,
                 struct bl_error **err)
{
    rd_kafka_resp_err_t code;
    const char *why;

    if (!len)
        return fail("the answer is empty", err);
    code = rd_kafka_topic_result_error(results[0]);
    why = rd_kafka_topic_result_error_string(results[0]);
    *ret_behind = is_behind(code);
    return code ? fail(why ? why : rd_kafka_err2str(code), err) : 0;
}

static int wait_for(rd_kafka_queue_t *queue, bool created, int left, bool *ret_behind,
                    struct bl_error **err)
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
    return judge(results, len, ret_behind, err);
}

static int create_topic(rd_kafka_t *rk, rd_kafka_queue_t *queue, const struct bl_canary_plan *plan,
                        int left, bool *ret_behind, struct bl_error **err)
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
    return good ? wait_for(queue, true, left, ret_behind, err) : fail(why, err);
}

static int add_partitions(rd_kafka_t *rk, rd_kafka_queue_t *queue,
                          const struct bl_canary_plan *plan, int left, bool *ret_behind,
                          struct bl_error **err)
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
    return good ? wait_for(queue, false, left, ret_behind, err) : fail(why, err);
}

static int make_missing(rd_kafka_t *rk, const struct bl_canary_plan *plan, bl_nsec deadline,
                        bool *ret_behind, struct bl_error **err)
{
    BL_AUTO(bl_queue_cleanup) rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    int left = bl_deadline_left(deadline, INT32_MAX);

    return plan->existing ? add_partitions(rk, queue, plan, left, ret_behind, err)
                          : create_topic(rk, queue, plan, left, ret_behind, err);
}

static void copy_ids(struct bl_broker_ids *ids, const int32_t *items, int count)
{
    for (int i = 0; i < count; i++)
        *BL_PUSH(ids) = items[i];
}

/* As the last one, unless it is being made and has no partition yet. */
static void add_topic(struct bl_cluster *cluster, const struct rd_kafka_metadata_topic *source)
{
    struct bl_topic *topic;

    if (source->err || source->partition_cnt <= 0)
        return;
    topic = BL_PUSH(&cluster->topics);
    topic->name = bl_strdup(source->topic);
    for (int i = 0; i < source->partition_cnt; i++) {
        const struct rd_kafka_metadata_partition *from = &source->partitions[i];
        struct bl_partition *partition = BL_PUSH(&topic->partitions);

        partition->id = from->id;
        partition->leader = from->leader;
        copy_ids(&partition->replicas, from->replicas, from->replica_cnt);
        copy_ids(&partition->isr, from->isrs, from->isr_cnt);
    }
}

/* The topic as whichever broker tells of it, or NULL where it tells of no more partitions than those. */
static const struct bl_topic *look_once(rd_kafka_t *rk, rd_kafka_topic_t *topic, int at_most,
                                        size_t existing, struct bl_cluster *ret_seen)
{
    const struct rd_kafka_metadata *metadata;
    const struct bl_topic *seen;

    if (rd_kafka_metadata(rk, 0, topic, &metadata, at_most))
        return NULL;
    bl_cluster_release(ret_seen);
    for (int i = 0; i < metadata->topic_cnt; i++)
        add_topic(ret_seen, &metadata->topics[i]);
    rd_kafka_metadata_destroy(metadata);
    seen = bl_cluster_topic(ret_seen, BL_CANARY_TOPIC);
    return seen && seen->partitions.len > existing ? seen : NULL;
}

static const struct bl_topic *look_for_more(rd_kafka_t *rk, size_t existing, bl_nsec deadline,
                                            struct bl_cluster *ret_seen)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, BL_CANARY_TOPIC, NULL);
    const struct bl_topic *more = NULL;

    while (bl_deadline_left(deadline, 1)) {
        more = look_once(rk, topic, bl_deadline_left(deadline, INT32_MAX), existing, ret_seen);
        if (more)
            break;
        (void)rd_kafka_poll(rk, bl_deadline_left(deadline, BL_CANARY_RETRY_MS));
    }
    rd_kafka_topic_destroy(topic);
    return more;
}

int bl_canary_make_topic(rd_kafka_t *rk, const struct bl_cluster *cluster, bl_nsec deadline,
                         size_t *ret_partitions, struct bl_error **err)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster seen = {0};
    const struct bl_topic *topic = bl_cluster_topic(cluster, BL_CANARY_TOPIC);
    const struct bl_limit most = BL_LIMIT_CANARY;

    for (;;) {
        BL_AUTO(bl_canary_plan_release) struct bl_canary_plan plan = {0};
        BL_ERROR(why);
        bool behind = false;

        bl_canary_plan(cluster, topic, &plan);
        if (bl_limit_is_passed(&most, plan.existing + plan.missing.len))
            return bl_limit_fail(&most, plan.existing + plan.missing.len, err);
        if (!plan.missing.len || make_missing(rk, &plan, deadline, &behind, &why) == 0) {
            *ret_partitions = plan.existing + plan.missing.len;
            return 0;
        }
        if (behind)
            topic = look_for_more(rk, plan.existing, deadline, &seen);
        if (!behind || !topic) {
            *err = BL_STEAL(why);
            return -1;
        }
    }
}
