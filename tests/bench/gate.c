/*
 * What the gate costs on a large cluster: 100 brokers, 100,000 partitions of three replicas. The reference is one
 * walk over all in-sync replicas of the same facts, which nobody can do without.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kafka/gate.h"

#define TOPIC_PARTITIONS 100
#define REPLICAS 3

static double cpu_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Replicas on neighbours, from a place that jumps; of every hundredth partition one is out of sync. */
static void fill(struct bl_cluster *cluster, int32_t brokers, int64_t partitions)
{
    for (int32_t i = 0; i < brokers; i++)
        BL_PUSH(&cluster->brokers)->id = i;
    for (int64_t i = 0; i < partitions; i++) {
        struct bl_topic *topic;
        struct bl_partition *partition;

        if (i % TOPIC_PARTITIONS == 0) {
            topic = BL_PUSH(&cluster->topics);
            topic->name = bl_asprintf("topic-%06lld", (long long)(i / TOPIC_PARTITIONS));
            topic->min_isr = 2;
        }
        topic = &cluster->topics.items[cluster->topics.len - 1];
        partition = BL_PUSH(&topic->partitions);
        partition->id = (int32_t)(i % TOPIC_PARTITIONS);
        for (int32_t r = 0; r < REPLICAS; r++) {
            int32_t id = (int32_t)((i * 7919 + r) % brokers);

            *BL_PUSH(&partition->replicas) = id;
            if (r < REPLICAS - 1 || i % 100)
                *BL_PUSH(&partition->isr) = id;
        }
        partition->leader = partition->replicas.items[0];
    }
}

static int64_t walk(const struct bl_cluster *cluster)
{
    int64_t sum = 0;

    for (size_t t = 0; t < cluster->topics.len; t++)
        for (size_t p = 0; p < cluster->topics.items[t].partitions.len; p++) {
            const struct bl_partition *partition = &cluster->topics.items[t].partitions.items[p];

            for (size_t i = 0; i < partition->isr.len; i++)
                sum += partition->isr.items[i];
        }
    return sum;
}

int main(int argc, char **argv)
{
    struct bl_cluster cluster = {0};
    int64_t brokers = 100, partitions = 100000, sum = 0;
    double begin, one, all, reference;
    struct bl_gate_answer *answers;
    struct bl_verdict verdict;
    int32_t *ids;
    size_t blocking = 0;

    if (argc > 3 || (argc > 1 && !bl_text_to_int(argv[1], strlen(argv[1]), &brokers)) ||
        (argc > 2 && !bl_text_to_int(argv[2], strlen(argv[2]), &partitions)) ||
        brokers < REPLICAS || brokers > INT32_MAX || partitions < 1) {
        fprintf(stderr, "usage: %s [BROKERS [PARTITIONS]]\n", argv[0]);
        return 2;
    }
    fill(&cluster, (int32_t)brokers, partitions);

    begin = cpu_ms();
    for (int i = 0; i < 10; i++)
        sum += walk(&cluster);
    reference = (cpu_ms() - begin) / 10;
    begin = cpu_ms();
    for (int32_t i = 0; i < brokers; i++) {
        bl_gate_judge(&cluster, i, NULL, &verdict);
        blocking += verdict.blocking;
    }
    one = (cpu_ms() - begin) / (double)brokers;
    ids = bl_alloc((size_t)brokers, sizeof(*ids));
    answers = bl_alloc((size_t)brokers, sizeof(*answers));
    for (int32_t i = 0; i < brokers; i++)
        ids[i] = i;
    begin = cpu_ms();
    bl_gate_judge_all(&cluster, ids, (size_t)brokers, NULL, answers);
    all = cpu_ms() - begin;
    free(answers);
    free(ids);

    printf("%lld brokers, %lld partitions; %zu times a partition stands against a broker (%lld)\n",
           (long long)brokers, (long long)partitions, blocking, (long long)(sum % 10));
    printf("%9.3f ms CPU  one walk over all in-sync replicas, the reference\n", reference);
    printf("%9.3f ms CPU  may this broker go down now?  %.1f walks\n", one, one / reference);
    printf("%9.3f ms CPU  that, and whether it is in sync, of every broker at once  %.1f walks\n",
           all, all / reference);
    bl_cluster_release(&cluster);
    return 0;
}
