#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "status.h"

/* What is asked of the gate about one look: every broker, every voter, and the flaws of partitions. */

/* Brokers that are down are known by their replicas alone. */
static void find_brokers(const struct bl_cluster *cluster, struct bl_broker_ids *ids)
{
    for (size_t i = 0; i < cluster->brokers.len; i++)
        bl_broker_ids_insert(ids, cluster->brokers.items[i].id);
    for (size_t t = 0; t < cluster->topics.len; t++)
        for (size_t p = 0; p < cluster->topics.items[t].partitions.len; p++) {
            const struct bl_broker_ids *replicas =
                &cluster->topics.items[t].partitions.items[p].replicas;

            for (size_t r = 0; r < replicas->len; r++)
                bl_broker_ids_insert(ids, replicas->items[r]);
        }
}

/* In one walk over the partitions. */
static void judge_brokers(struct cli_status *status)
{
    struct bl_broker_ids ids = {0};
    struct bl_gate_answer *answers;

    find_brokers(&status->cluster, &ids);
    answers = bl_alloc(ids.len + 1, sizeof(*answers));
    bl_gate_judge_all(&status->cluster, ids.items, ids.len, NULL, answers);
    for (size_t i = 0; i < ids.len; i++)
        *BL_PUSH(&status->verdicts) = answers[i].verdict;
    free(answers);
    free(ids.items);
}

static void judge_partition(struct cli_status *status, const struct bl_topic *topic,
                            const struct bl_partition *partition)
{
    const struct cli_flaw flaw = {topic, partition,
                                  bl_partition_in_sync(&status->cluster, partition)};

    status->partitions++;
    if (partition->leader < 0)
        *BL_PUSH(&status->offline) = flaw;
    if ((int64_t)flaw.in_sync < topic->min_isr)
        *BL_PUSH(&status->below_min) = flaw;
    if (flaw.in_sync < partition->replicas.len)
        *BL_PUSH(&status->under_replicated) = flaw;
    if (partition->moving)
        *BL_PUSH(&status->reassigned) = flaw;
}

static const char *rack_of(const struct cli_status *status, const struct bl_verdict *verdict)
{
    const struct bl_broker *broker = bl_cluster_broker(&status->cluster, verdict->broker);

    return broker && broker->rack ? broker->rack : "";
}

static int compare_verdicts(const void *a, const void *b, void *status)
{
    const struct bl_verdict *one = a, *other = b;
    const char *rack = rack_of(status, one), *other_rack = rack_of(status, other);
    /* What is down has no rack, and comes last. */
    int order = !*rack == !*other_rack ? strcmp(rack, other_rack) : *rack ? -1 : 1;

    return order ? order : (one->broker > other->broker) - (one->broker < other->broker);
}

struct bl_voter_verdict cli_status_voter(const struct cli_status *status,
                                         const struct bl_verdict *verdict)
{
    struct bl_voter_verdict voter;

    bl_gate_judge_voter(&status->cluster, verdict->broker, &voter);
    return voter;
}

bool cli_status_may_go(const struct cli_status *status, const struct bl_verdict *verdict)
{
    return bl_verdict_is_safe(verdict) && cli_status_voter(status, verdict).safe;
}

void cli_status_judge(struct cli_status *status)
{
    judge_brokers(status);
    if (status->verdicts.len)
        qsort_r(status->verdicts.items, status->verdicts.len, sizeof(struct bl_verdict),
                compare_verdicts, status);
    for (size_t i = 0; i < status->cluster.quorum.voters.len; i++)
        bl_gate_judge_voter(&status->cluster, status->cluster.quorum.voters.items[i].id,
                            BL_PUSH(&status->voters));
    for (size_t t = 0; t < status->cluster.topics.len; t++) {
        const struct bl_topic *topic = &status->cluster.topics.items[t];

        for (size_t p = 0; p < topic->partitions.len; p++)
            judge_partition(status, topic, &topic->partitions.items[p]);
    }
}

void cli_status_release(struct cli_status *status)
{
    bl_cluster_release(&status->cluster);
    cli_status_disks_release(status);
    free(status->verdicts.items);
    free(status->voters.items);
    free(status->reassigned.items);
    free(status->offline.items);
    free(status->below_min.items);
    free(status->under_replicated.items);
    *status = (struct cli_status){0};
}

bool cli_status_is_fine(const struct cli_status *status)
{
    for (size_t i = 0; i < status->verdicts.len; i++)
        if (!cli_status_may_go(status, &status->verdicts.items[i]))
            return false;
    for (size_t i = 0; i < status->voters.len; i++)
        if (!status->voters.items[i].safe)
            return false;
    return !status->offline.len && !status->below_min.len && !status->under_replicated.len;
}
