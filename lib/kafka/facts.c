#include "ballast/kafka/facts.h"

#include <stdlib.h>

static void topic_release(struct bl_topic *topic)
{
    for (size_t i = 0; i < topic->partitions.len; i++) {
        free(topic->partitions.items[i].replicas.items);
        free(topic->partitions.items[i].isr.items);
    }
    free(topic->partitions.items);
    free(topic->name);
}

void bl_cluster_release(struct bl_cluster *cluster)
{
    for (size_t i = 0; i < cluster->topics.len; i++)
        topic_release(&cluster->topics.items[i]);
    free(cluster->topics.items);
    for (size_t i = 0; i < cluster->brokers.len; i++)
        free(cluster->brokers.items[i].host);
    free(cluster->brokers.items);
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

size_t bl_partition_in_sync(const struct bl_cluster *cluster, const struct bl_partition *partition)
{
    size_t count = 0;

    for (size_t i = 0; i < partition->isr.len; i++)
        count += bl_cluster_broker(cluster, partition->isr.items[i]) != NULL;
    return count;
}
