/**
 * What the controller knows of the cluster, and how it hears of changes: caches that watches keep fresh. Each
 * change puts the namespace that it happened in into the queues of those whom it concerns.
 *
 * Only what matters is kept, and cut to what is looked at. Pods and the progress of StatefulSets concern those
 * who look after Kafka clusters, and not those who keep companions.
 */
#ifndef BALLAST_CONTROLLER_CACHES_H
#define BALLAST_CONTROLLER_CACHES_H

#include "ballast/daemon/caches.h"
#include "ballast/daemon/sources.h"
#include "ballast/runtime/workqueue.h"

struct bl_caches;

/** The plurals of the kinds that are kept, up to NULL: the label values of their metrics. */
void bl_caches_names(const char *ret_names[BL_CACHES_MAX + 1]);

/** All borrowed. */
struct bl_caches_options {
    struct bl_kube_client *client;
    struct bl_sources *sources; /* that KafkaPolicies go to */
    const struct bl_source_metrics *metrics;
    /** Namespaces whose companions have to be looked at; "/NAME" of policies. */
    struct bl_workqueue *queue;
    /** Namespaces whose Kafka clusters have to be looked at. */
    struct bl_workqueue *clusters;
    /** Those that hold settings of brokers too; reading them takes the right to read all. */
    bool config_maps;
};

/** Fills its caches on threads of its own. */
BL_CHECK int bl_caches_start(const struct bl_caches_options *options, struct bl_caches **ret_caches,
                             struct bl_error **err);
void bl_caches_stop(struct bl_caches *caches);
BL_DEFINE_CLEANUP(struct bl_caches *, bl_caches_cleanup, bl_caches_stop)

/** Before that nothing can be decided by them. */
bool bl_caches_synced(struct bl_caches *caches);
/** NULL once every cache has been filled, else which was not, and why; for free(). */
char *bl_caches_unready(struct bl_caches *caches);
/** Is a KafkaPolicy refused, so that what holds may not be all that was meant? */
bool bl_caches_refuse_policy(struct bl_caches *caches);
/** Why the newest version of this policy is refused, for free(); NULL: it holds. */
char *bl_caches_refusal(struct bl_caches *caches, const char *name);
/** A KafkaPolicy as the cluster has it, or NULL. */
struct bl_stored *bl_caches_policy(struct bl_caches *caches, const char *name);
/** Does the cluster have PolicyReports: is their CRD installed? */
bool bl_caches_know_reports(struct bl_caches *caches);
/** Brings the gauges of the caches up to date. */
void bl_caches_measure(struct bl_caches *caches);
/** Puts all namespaces into the queue. */
void bl_caches_enqueue(struct bl_caches *caches);

/** Which namespaces are looked after. Borrowed. */
struct bl_scope {
    const cJSON *selector;       /* a LabelSelector; NULL: all */
    const char *const *left_out; /* names, up to NULL */
};

bool bl_scope_has(const struct bl_scope *scope, const cJSON *namespace);

/** Objects that stay as they are until it is released. */
struct bl_namespace_view {
    const cJSON *namespace; /* the Namespace; NULL: it is not there */
    const cJSON **items;    /* all of the namespace but its pods, and the Namespace; or the pods */
    size_t len, cap;
    struct bl_stored_list stored;
    struct {
        cJSON **items;
        size_t len, cap;
    } own; /* what is not stored so, and goes with the view */
};

void bl_caches_view(struct bl_caches *caches, const char *namespace,
                    struct bl_namespace_view *ret_view);
/** The pods of managed workloads. */
void bl_caches_pods(struct bl_caches *caches, const char *namespace,
                    struct bl_namespace_view *ret_view);
void bl_namespace_view_release(struct bl_namespace_view *view);

#endif
