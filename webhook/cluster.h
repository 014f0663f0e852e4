/**
 * What the webhook knows of the cluster: caches that watches keep fresh, so that no answer has to ask. One does:
 * whether a node is drained has to be known as it is at that moment.
 *
 * Only what matters is kept, and cut to what is looked at: Kafka workloads and their pods, budgets, network
 * policies and Services, names and labels of namespaces and nodes, names of claims. KafkaPolicies go to the policies.
 */
#ifndef BALLAST_WEBHOOK_CLUSTER_H
#define BALLAST_WEBHOOK_CLUSTER_H

#include "ballast/base/options.h"
#include "ballast/daemon/sources.h"
#include "ballast/policies/review.h"

struct bl_cluster_cache;

/** All borrowed. */
struct bl_cluster_cache_options {
    struct bl_kube_client *client;
    struct bl_sources *sources; /* that KafkaPolicies go to */
    struct bl_metrics *metrics; /* that those of the caches are added to */
    struct bl_scope scope;      /* of others nothing is kept */
    /** ConfigMaps with settings of brokers too; not usual, because reading them takes the right to read all. */
    bool config_maps;
    const struct bl_namespaced *lease; /* the controller's; empty: whether it runs is not known */
};

/** Fills its caches on threads of its own. */
BL_CHECK int bl_cluster_cache_start(const struct bl_cluster_cache_options *options,
                                    struct bl_cluster_cache **ret_cluster, struct bl_error **err);
void bl_cluster_cache_stop(struct bl_cluster_cache *cluster);

/** NULL once every cache has been filled, else which was not, and why; for free(). */
char *bl_cluster_cache_unready(struct bl_cluster_cache *cluster);
/** Brings the gauges of the caches up to date. */
void bl_cluster_cache_measure(struct bl_cluster_cache *cluster);

/** Does the controller keep its Lease? `cluster` may be NULL. */
enum bl_controller_life bl_cluster_cache_controller(struct bl_cluster_cache *cluster);

/** Objects that stay as they are until it is released. */
struct bl_cluster_view {
    const cJSON **items;
    size_t len, cap;
    const struct bl_kin **kin; /* of each of them; NULL: it is looked at in any case */
    struct bl_stored_list stored;
    struct {
        const cJSON **items;
        size_t len, cap;
    } pods; /* those of members, which are not among the items */
    struct bl_stored_list stored_pods;
    cJSON *node;      /* one that was asked for */
    bool restoring;   /* Backup for GKE restores into the namespace */
    bool complete;    /* all that there is of the namespace */
    bool sees_claims; /* those that a StatefulSet which is made would find are among them */
};

/** What matters to this admission request. `cluster` may be NULL: nothing. */
void bl_cluster_cache_view(struct bl_cluster_cache *cluster, const cJSON *request,
                           struct bl_cluster_view *ret_view);
void bl_cluster_view_release(struct bl_cluster_view *view);

#endif
