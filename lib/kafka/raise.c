#include "ballast/kafka/raise.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

/* How many replicas each broker has, those that are planned too. */
struct load {
    const struct bl_cluster *cluster;
    size_t *replicas; /* by the place of the broker among the facts */
};

bool bl_topic_is_internal(const char *name)
{
    static const char *const internal[] = {"__consumer_offsets", "__transaction_state",
                                           "__share_group_state", NULL};

    return bl_text_in(name, internal);
}

static void count_load(struct load *load)
{
    const struct bl_cluster *cluster = load->cluster;

    for (size_t t = 0; t < cluster->topics.len; t++)
        for (size_t p = 0; p < cluster->topics.items[t].partitions.len; p++) {
            const struct bl_broker_ids *ids =
                &cluster->topics.items[t].partitions.items[p].replicas;

            for (size_t r = 0; r < ids->len; r++) {
                const struct bl_broker *broker = bl_cluster_broker(cluster, ids->items[r]);

                if (broker)
                    load->replicas[broker - cluster->brokers.items]++;
            }
        }
}

static bool has_rack(const struct bl_cluster *cluster, const struct bl_broker_ids *ids,
                     const char *rack)
{
    for (size_t i = 0; rack && i < ids->len; i++) {
        const struct bl_broker *broker = bl_cluster_broker(cluster, ids->items[i]);

        if (broker && bl_text_eq(broker->rack, rack))
            return true;
    }
    return false;
}

/* The place of the best broker for one more replica; the number of brokers: there is none. */
static size_t best_for(const struct load *load, const struct bl_broker_ids *ids)
{
    const struct bl_cluster *cluster = load->cluster;
    size_t best = cluster->brokers.len;
    bool best_new = false;

    for (size_t i = 0; i < cluster->brokers.len; i++) {
        const struct bl_broker *broker = &cluster->brokers.items[i];
        bool fresh = !has_rack(cluster, ids, broker->rack);

        if (bl_broker_ids_has(ids, broker->id))
            continue;
        if (best == cluster->brokers.len || (fresh && !best_new) ||
            (fresh == best_new && load->replicas[i] < load->replicas[best])) {
            best = i;
            best_new = fresh;
        }
    }
    return best;
}

static void plan_partition(struct load *load, const struct bl_topic *topic,
                           const struct bl_partition *partition, struct bl_raise_plan *plan)
{
    struct bl_raised raised = {
        .topic = topic->name, .partition = partition->id, .replicas = partition->replicas.len};

    for (size_t i = 0; i < partition->replicas.len; i++)
        *BL_PUSH(&raised.wanted) = partition->replicas.items[i];
    while (raised.wanted.len < (size_t)plan->factor) {
        size_t at = best_for(load, &raised.wanted);

        if (at == load->cluster->brokers.len)
            break;
        load->replicas[at]++;
        *BL_PUSH(&raised.wanted) = load->cluster->brokers.items[at].id;
    }
    if (raised.wanted.len == raised.replicas) {
        free(raised.wanted.items);
        return;
    }
    *BL_PUSH(&plan->partitions) = raised;
}

static void look_at(struct load *load, const struct bl_topic *topic,
                    const struct bl_partition *partition, struct bl_raise_plan *plan)
{
    plan->total++;
    if (partition->moving)
        plan->moving++;
    else if (partition->replicas.len >= (size_t)plan->factor)
        return;
    else if (partition->leader < 0)
        plan->leaderless++;
    else
        plan_partition(load, topic, partition, plan);
}

static bool is_asked_for(const struct bl_raise_options *options, const struct bl_topic *topic)
{
    if (!options->topics && !options->internal)
        return true;
    return (options->topics && bl_text_in(topic->name, options->topics)) ||
           (options->internal && bl_topic_is_internal(topic->name));
}

void bl_raise_plan(const struct bl_cluster *cluster, const struct bl_raise_options *options,
                   struct bl_raise_plan *ret_plan)
{
    struct load load = {cluster, bl_alloc(cluster->brokers.len + 1, sizeof(size_t))};
    size_t brokers = cluster->brokers.len;

    *ret_plan = (struct bl_raise_plan){
        .factor = (size_t)options->factor > brokers ? (int32_t)brokers : options->factor};
    count_load(&load);
    for (size_t t = 0; t < cluster->topics.len; t++) {
        const struct bl_topic *topic = &cluster->topics.items[t];
        bool asked = is_asked_for(options, topic);

        for (size_t p = 0; p < topic->partitions.len; p++) {
            if (asked)
                look_at(&load, topic, &topic->partitions.items[p], ret_plan);
            else
                ret_plan->foreign += topic->partitions.items[p].moving;
        }
    }
    free(load.replicas);
}

void bl_raise_plan_release(struct bl_raise_plan *plan)
{
    for (size_t i = 0; i < plan->partitions.len; i++)
        free(plan->partitions.items[i].wanted.items);
    free(plan->partitions.items);
    *plan = (struct bl_raise_plan){0};
}
