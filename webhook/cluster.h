/**
 * What the webhook knows of the cluster: caches that watches keep fresh, so that no answer has to ask. One does:
 * whether a node is drained has to be known as it is at that moment.
 *
 * Only what matters is kept, and cut to what is looked at: Kafka workloads and their pods, budgets, network
 * policies and Services, names and labels of namespaces and nodes. KafkaPolicies go to the policies.
 */
#ifndef BALLAST_WEBHOOK_CLUSTER_H
#define BALLAST_WEBHOOK_CLUSTER_H

#include "ballast/kube/informers.h"
#include "ballast/policies/review.h"
#include "ballast/policies/snapshot.h"
#include "telemetry.h"

struct bl_cluster;

/** The caches' names, NULL-terminated; the label values of their metrics. */
extern const char *const bl_cluster_resources[];

/** All borrowed. */
struct bl_cluster_settings {
    struct bl_kube_client *client;
    struct bl_policies *policies;
    struct bl_telemetry *telemetry;
    /** ConfigMaps with settings of brokers too; not usual, because reading them takes the right to read all. */
    bool config_maps;
    const char *lease_namespace,
        *lease_name; /* the controller's; NULL: whether it runs is not known */
};

/** Fills its caches on threads of its own. */
BL_CHECK int bl_cluster_start(const struct bl_cluster_settings *settings,
                              struct bl_cluster **ret_cluster, struct bl_error **err);
void bl_cluster_stop(struct bl_cluster *cluster);

/** NULL once every cache has been filled, else which was not, and why; for free(). */
char *bl_cluster_unready(struct bl_cluster *cluster);
/** Brings the gauges of the caches up to date. */
void bl_cluster_measure(struct bl_cluster *cluster);

/** Does the controller keep its Lease? `cluster` may be NULL. */
enum bl_controller_life bl_cluster_controller(struct bl_cluster *cluster);

/** Objects that stay as they are until it is released. */
struct bl_view {
    const cJSON **items;
    size_t len, cap;
    struct bl_stored_list stored;
    cJSON *node; /* one that was asked for */
};

/** What matters to this admission request. `cluster` may be NULL: nothing. */
void bl_cluster_view(struct bl_cluster *cluster, const cJSON *request, struct bl_view *ret_view);
void bl_view_release(struct bl_view *view);

#endif
