/**
 * What the webhook knows of the cluster: caches that watches keep fresh, so that no answer has to ask.
 *
 * Only what matters is kept, and cut to what is looked at: Kafka workloads and their pods, budgets, network
 * policies and Services, names and labels of namespaces and nodes.
 */
#ifndef BALLAST_WEBHOOK_CLUSTER_H
#define BALLAST_WEBHOOK_CLUSTER_H

#include "ballast/json/json.h"

struct bl_cluster;

/** The caches' names, NULL-terminated; the label values of their metrics. */
extern const char *const bl_cluster_resources[];

/** Has every cache been filled once? */
bool bl_cluster_synced(struct bl_cluster *cluster);

/** Objects that stay as they are until it is released. */
struct bl_view {
    const cJSON **items;
    size_t len, cap;
};

/** What matters to this admission request. `cluster` may be NULL: nothing. */
void bl_cluster_view(struct bl_cluster *cluster, const cJSON *request, struct bl_view *ret_view);
void bl_view_release(struct bl_view *view);

#endif
