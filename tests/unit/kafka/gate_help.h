/**
 * Clusters as text, for tests of the gate: "1 2 3 | 2 | 1: 1 2 3 / 1 2" has the running brokers 1 to 3, min.insync.replicas 2, and a
 * partition with leader 1, replicas 1 to 3 and ISR 1, 2.
 */
#ifndef BALLAST_TEST_GATE_HELP_H
#define BALLAST_TEST_GATE_HELP_H

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/kafka/gate.h"
#include "unit.h"

/** Reads numbers up to something else, and past that. */
static inline const char *read_ids(const char *at, struct bl_broker_ids *ids)
{
    for (char *end;; at = end) {
        long id = strtol(at, &end, 10);

        if (end == at)
            break;
        *BL_PUSH(ids) = (int32_t)id;
    }
    at += strspn(at, " ");
    return *at ? at + 1 : at;
}

/** Of the text's last part. */
static inline void add_partition(struct bl_topic *topic, const char *text)
{
    struct bl_partition *partition = BL_PUSH(&topic->partitions);
    char *rest;

    partition->id = (int32_t)topic->partitions.len - 1;
    partition->leader = (int32_t)strtol(text, &rest, 10);
    read_ids(read_ids(rest + 1, &partition->replicas), &partition->isr);
}

static inline void add_topic(struct bl_cluster *cluster, const char *name, int32_t min_isr)
{
    struct bl_topic *topic = BL_PUSH(&cluster->topics);

    topic->name = bl_strdup(name);
    topic->min_isr = min_isr;
}

/** With one topic, "orders". */
static inline void read_cluster(const char *text, struct bl_cluster *cluster)
{
    struct bl_broker_ids ids = {0}, min = {0};

    text = read_ids(read_ids(text, &ids), &min);
    for (size_t i = 0; i < ids.len; i++)
        BL_PUSH(&cluster->brokers)->id = ids.items[i];
    add_topic(cluster, "orders", min.items ? min.items[0] : 0);
    add_partition(&cluster->topics.items[0], text);
    free(ids.items);
    free(min.items);
}

#endif
