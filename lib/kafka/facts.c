#include "ballast/kafka/facts.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"

void bl_topic_release(struct bl_topic *topic)
{
    for (size_t i = 0; i < topic->partitions.len; i++) {
        free(topic->partitions.items[i].replicas.items);
        free(topic->partitions.items[i].isr.items);
    }
    free(topic->partitions.items);
    free(topic->name);
    *topic = (struct bl_topic){0};
}

void bl_quorum_release(struct bl_quorum *quorum)
{
    for (size_t i = 0; i < quorum->voters.len; i++)
        free(quorum->voters.items[i].host);
    free(quorum->voters.items);
    *quorum = (struct bl_quorum){.leader = -1};
}

void bl_cluster_release(struct bl_cluster *cluster)
{
    for (size_t i = 0; i < cluster->topics.len; i++)
        bl_topic_release(&cluster->topics.items[i]);
    free(cluster->topics.items);
    for (size_t i = 0; i < cluster->brokers.len; i++) {
        free(cluster->brokers.items[i].host);
        free(cluster->brokers.items[i].rack);
    }
    free(cluster->brokers.items);
    bl_quorum_release(&cluster->quorum);
    free(cluster->id);
    *cluster = (struct bl_cluster){0};
}

bool bl_broker_ids_has(const struct bl_broker_ids *ids, int32_t id)
{
    for (size_t i = 0; i < ids->len; i++)
        if (ids->items[i] == id)
            return true;
    return false;
}

/* Where it is, or would be. */
static size_t place_of(const struct bl_broker_ids *ids, int32_t id)
{
    size_t low = 0, high = ids->len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (ids->items[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool bl_broker_ids_find(const struct bl_broker_ids *ids, int32_t id)
{
    size_t at = place_of(ids, id);

    return at < ids->len && ids->items[at] == id;
}

void bl_broker_ids_insert(struct bl_broker_ids *ids, int32_t id)
{
    size_t at = place_of(ids, id);

    if (at < ids->len && ids->items[at] == id)
        return;
    (void)BL_PUSH(ids);
    memmove(&ids->items[at + 1], &ids->items[at], (ids->len - 1 - at) * sizeof(*ids->items));
    ids->items[at] = id;
}

const struct bl_broker *bl_cluster_broker(const struct bl_cluster *cluster, int32_t id)
{
    size_t low = 0, high = cluster->brokers.len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (cluster->brokers.items[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == cluster->brokers.len || cluster->brokers.items[low].id != id)
        return NULL;
    return &cluster->brokers.items[low];
}

static int compare_topic(const void *name, const void *topic)
{
    return strcmp(name, ((const struct bl_topic *)topic)->name);
}

struct bl_topic *bl_cluster_topic(const struct bl_cluster *cluster, const char *name)
{
    if (!cluster->topics.len)
        return NULL;
    return bsearch(name, cluster->topics.items, cluster->topics.len, sizeof(struct bl_topic),
                   compare_topic);
}

static int compare_partition(const void *id, const void *partition)
{
    int32_t one = *(const int32_t *)id, other = ((const struct bl_partition *)partition)->id;

    return (one > other) - (one < other);
}

struct bl_partition *bl_topic_partition(const struct bl_topic *topic, int32_t id)
{
    if (!topic->partitions.len)
        return NULL;
    return bsearch(&id, topic->partitions.items, topic->partitions.len, sizeof(struct bl_partition),
                   compare_partition);
}

static int compare_voter(const void *id, const void *voter)
{
    int32_t one = *(const int32_t *)id, other = ((const struct bl_voter *)voter)->id;

    return (one > other) - (one < other);
}

const struct bl_voter *bl_quorum_voter(const struct bl_quorum *quorum, int32_t id)
{
    if (!quorum->voters.len)
        return NULL;
    return bsearch(&id, quorum->voters.items, quorum->voters.len, sizeof(struct bl_voter),
                   compare_voter);
}

size_t bl_partition_in_sync(const struct bl_cluster *cluster, const struct bl_partition *partition)
{
    size_t count = 0;

    for (size_t i = 0; i < partition->isr.len; i++)
        count += bl_cluster_broker(cluster, partition->isr.items[i]) != NULL;
    return count;
}
