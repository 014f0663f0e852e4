/* How many replicas the topic of a proof has to have, and over how many racks they lie. */
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "verify.h"

#define REPLICAS 3

int bl_verify_replicas(const struct bl_verify_settings *settings, const struct bl_cluster *cluster)
{
    /* One that is away now is a broker all the same: a topic keeps the number that it was made with. */
    size_t brokers = cluster->brokers.len;

    if (settings->replicas)
        return settings->replicas;
    if (settings->brokers > 0 && (size_t)settings->brokers > brokers)
        brokers = (size_t)settings->brokers;
    return brokers < REPLICAS ? (int)brokers : REPLICAS;
}

struct racks {
    const char **items;
    size_t len, cap;
};

static void racks_release(struct racks *racks)
{
    free(racks->items);
}

/* Adds one that is not among them yet. */
static void add_rack(struct racks *racks, const char *rack)
{
    for (size_t i = 0; i < racks->len; i++)
        if (strcmp(racks->items[i], rack) == 0)
            return;
    *BL_PUSH(racks) = rack;
}

static int32_t racks_of(const struct bl_cluster *cluster, const struct bl_partition *partition)
{
    BL_AUTO(racks_release) struct racks racks = {0};

    for (size_t i = 0; i < partition->replicas.len; i++) {
        const struct bl_broker *broker = bl_cluster_broker(cluster, partition->replicas.items[i]);

        if (broker && broker->rack)
            add_rack(&racks, broker->rack);
    }
    return (int32_t)racks.len;
}

void bl_verify_racks(const struct bl_cluster *cluster, const struct bl_topic *topic,
                     struct bl_verify_result *result)
{
    BL_AUTO(racks_release) struct racks racks = {0};

    result->racks = result->spread = 0;
    for (size_t i = 0; i < cluster->brokers.len; i++) {
        /* Where one does not say where it is, nobody knows who lies beside it. */
        if (!cluster->brokers.items[i].rack)
            return;
        add_rack(&racks, cluster->brokers.items[i].rack);
    }
    result->racks = (int32_t)racks.len;
    result->spread = result->racks;
    for (size_t i = 0; i < topic->partitions.len; i++) {
        int32_t here = racks_of(cluster, &topic->partitions.items[i]);

        result->spread = here < result->spread ? here : result->spread;
    }
}

bool bl_verify_is_spread(const struct bl_verify_result *result)
{
    int32_t most = result->replicas < result->racks ? result->replicas : result->racks;

    return result->spread >= most;
}
