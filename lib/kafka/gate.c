#include "ballast/kafka/gate.h"

#include <stdlib.h>

/* A min.insync.replicas beyond the replication factor is legal, and then acks=all never works. */
static bool has_no_spare(const struct bl_partition *partition, size_t in_sync, size_t needed)
{
    return in_sync == partition->replicas.len && in_sync <= needed;
}

/* What the partition must keep. A reserve ends where one replica down is one too many. */
static size_t needed_in_sync(const struct bl_topic *topic, const struct bl_partition *partition,
                             const struct bl_gate_options *options)
{
    size_t min = topic->min_isr > 1 ? (size_t)topic->min_isr : 1;
    size_t wanted = min + (options && options->reserve > 0 ? (size_t)options->reserve : 0);
    size_t most = partition->replicas.len ? partition->replicas.len - 1 : 0;

    if (wanted > most)
        wanted = most;
    return wanted > min ? wanted : min;
}

/* Why the partition keeps the broker from going; 0 where it does not. */
static enum bl_gate_reason judge_partition(const struct bl_partition *partition, size_t in_sync,
                                           size_t needed, int32_t broker)
{
    size_t after = in_sync - bl_broker_ids_has(&partition->isr, broker);

    if (partition->leader < 0)
        return BL_GATE_NO_LEADER;
    if (after >= needed)
        return (enum bl_gate_reason)0;
    if (has_no_spare(partition, in_sync, needed))
        return BL_GATE_NO_SPARE;
    return in_sync < needed ? BL_GATE_BELOW_MIN : BL_GATE_AT_MIN;
}

/*
 * Room is short, so a topic of many partitions must not push the others out: the first of a topic takes
 * the place of the last one whose topic is named already.
 */
static void name_blocker(struct bl_verdict *verdict, const struct bl_gate_blocker *blocker)
{
    size_t at = verdict->named_len;

    if (at < BL_GATE_MAX_NAMED) {
        verdict->named[verdict->named_len++] = *blocker;
        return;
    }
    if (verdict->named[at - 1].topic == blocker->topic)
        return;
    while (--at > 0)
        if (verdict->named[at].topic == verdict->named[at - 1].topic)
            break;
    if (!at)
        return;
    for (; at + 1 < BL_GATE_MAX_NAMED; at++)
        verdict->named[at] = verdict->named[at + 1];
    verdict->named[at] = *blocker;
}

static void judge_replica(const struct bl_topic *topic, const struct bl_partition *partition,
                          size_t in_sync, const struct bl_gate_options *options,
                          struct bl_verdict *verdict)
{
    size_t needed = needed_in_sync(topic, partition, options);
    enum bl_gate_reason reason = judge_partition(partition, in_sync, needed, verdict->broker);

    if (!reason)
        return;
    if (reason == BL_GATE_NO_SPARE && options && options->accept_no_spare) {
        verdict->accepted++;
        return;
    }
    verdict->blocking++;
    const struct bl_gate_blocker blocker = {.topic = topic->name,
                                            .partition = partition->id,
                                            .reason = reason,
                                            .replicas = partition->replicas.len,
                                            .in_sync = in_sync,
                                            .min_isr = topic->min_isr,
                                            .needed = needed};
    name_blocker(verdict, &blocker);
    if (reason != BL_GATE_NO_SPARE)
        return;
    verdict->no_spare++;
    bl_gate_topics_add(&verdict->thin, &blocker);
}

static void note_missing(struct bl_gate_lag *lag, const struct bl_topic *topic, int32_t partition)
{
    lag->missing++;
    if (lag->named_len == BL_GATE_MAX_NAMED)
        return;
    lag->named[lag->named_len].topic = topic->name;
    lag->named[lag->named_len++].partition = partition;
}

/* `up` is how many replicas are in sync and up. */
static void take_replica(const struct bl_topic *topic, const struct bl_partition *partition,
                         size_t up, const struct bl_gate_options *options,
                         struct bl_gate_answer *answer)
{
    struct bl_verdict *verdict = &answer->verdict;
    bool in_sync = bl_broker_ids_has(&partition->isr, verdict->broker);

    verdict->replicas++;
    answer->lag.replicas++;
    verdict->leads += partition->leader == verdict->broker;
    verdict->in_sync += verdict->running && in_sync;
    /* Where nobody leads there is nobody to catch up with. */
    if (partition->leader >= 0 && !in_sync)
        note_missing(&answer->lag, topic, partition->id);
    if (verdict->running)
        judge_replica(topic, partition, up, options, verdict);
}

static int compare_answers(const void *id, const void *answer)
{
    int32_t wanted = *(const int32_t *)id,
            its = ((const struct bl_gate_answer *)answer)->verdict.broker;

    return (wanted > its) - (wanted < its);
}

static void judge_topic(const struct bl_cluster *cluster, const struct bl_topic *topic,
                        const struct bl_gate_options *options, struct bl_gate_answer *answers,
                        size_t len)
{
    for (size_t i = 0; i < topic->partitions.len; i++) {
        const struct bl_partition *partition = &topic->partitions.items[i];
        size_t up = bl_partition_in_sync(cluster, partition);

        for (size_t r = 0; r < partition->replicas.len; r++) {
            struct bl_gate_answer *answer = bsearch(&partition->replicas.items[r], answers, len,
                                                    sizeof(*answers), compare_answers);

            if (answer)
                take_replica(topic, partition, up, options, answer);
        }
    }
}

void bl_gate_judge_all(const struct bl_cluster *cluster, const int32_t *brokers, size_t len,
                       const struct bl_gate_options *options, struct bl_gate_answer *ret_answers)
{
    for (size_t i = 0; i < len; i++) {
        bool running = bl_cluster_broker(cluster, brokers[i]) != NULL;

        ret_answers[i] =
            (struct bl_gate_answer){.verdict = {.broker = brokers[i], .running = running},
                                    .lag = {.broker = brokers[i], .running = running}};
    }
    for (size_t i = 0; len && i < cluster->topics.len; i++)
        judge_topic(cluster, &cluster->topics.items[i], options, ret_answers, len);
}

void bl_gate_judge(const struct bl_cluster *cluster, int32_t broker,
                   const struct bl_gate_options *options, struct bl_verdict *ret_verdict)
{
    struct bl_gate_answer answer;

    bl_gate_judge_all(cluster, &broker, 1, options, &answer);
    *ret_verdict = answer.verdict;
}

bool bl_gate_lag_is_over(const struct bl_gate_lag *lag)
{
    return lag->running && !lag->missing;
}

bool bl_gate_in_sync(const struct bl_cluster *cluster, int32_t broker, struct bl_gate_lag *ret_lag)
{
    struct bl_gate_answer answer;

    bl_gate_judge_all(cluster, &broker, 1, NULL, &answer);
    *ret_lag = answer.lag;
    return bl_gate_lag_is_over(ret_lag);
}

bool bl_verdict_is_safe(const struct bl_verdict *verdict)
{
    return verdict->running && !verdict->blocking;
}

const char *bl_gate_reason_name(enum bl_gate_reason reason)
{
    static const char *const names[] = {
        [BL_GATE_NO_LEADER] = "no-leader",
        [BL_GATE_BELOW_MIN] = "below-min",
        [BL_GATE_AT_MIN] = "at-min",
        [BL_GATE_NO_SPARE] = "no-spare",
    };

    return names[reason];
}
