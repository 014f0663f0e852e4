/**
 * What a program keeps of the cluster: a store for each kind that it asks for, filled by watches, with the words that
 * say why one is not filled yet, and metrics. The program's table says which, and how each is cut to what is read.
 */
#ifndef BALLAST_RUNTIME_CACHES_H
#define BALLAST_RUNTIME_CACHES_H

#include "ballast/api/builtin.h"
#include "ballast/base/metrics.h"
#include "ballast/kube/informers.h"
#include "ballast/runtime/scope.h"

/** One row of the table. */
struct bl_cache_spec {
    const struct bl_kind *kind;
    struct bl_kube_selection selection;
    bool left_out; /* not asked for this time; its store is NULL */
    /** What is kept of it in namespaces that are out of scope, and reached; NULL: nothing. Where one is selected: all. */
    bool (*outside)(const cJSON *object);
    bool optional; /* goes without it where the API server, or who stands behind it, refuses it */
    bool (*keep)(cJSON *object, void *context);
    void *(*derive)(const cJSON *object, size_t *ret_bytes); /* kept beside it, see store.h */
    void (*drop)(void *derived);
    void (*changed)(const cJSON *before, const cJSON *after, void *context);
    void *context; /* of these two; NULL: the one that all have */
};

/** The most kinds that a program keeps. */
#define BL_CACHES_MAX 31

/** Metrics of the caches, with the plurals of their kinds as label values. */
struct bl_cache_metrics {
    /** Up to NULL; a kind whose plural another one has, too, is named with its group. */
    const char *resources[BL_CACHES_MAX + 1];
    struct bl_metric *objects, *left_out, *bytes, *synced, *failures;
};

/** Registers them for the kinds of this table. `ret_metrics` must outlive `metrics`. */
void bl_cache_metrics_add(struct bl_metrics *metrics, const struct bl_cache_spec *specs, size_t len,
                          struct bl_cache_metrics *ret_metrics);

/**
 * Rows of a table for the policies of network plugins, to stand behind a designator: kinds that a cluster has some of, or
 * none, and that another server may answer for.
 */
#define BL_PLUGIN_CACHES 8
#define BL_PLUGIN_CACHE_ROWS(keep, changed)                  \
    BL_PLUGIN_CACHE(cilium_policy, keep, changed),           \
        BL_PLUGIN_CACHE(cilium_wide_policy, keep, changed),  \
        BL_PLUGIN_CACHE(calico_policy, keep, changed),       \
        BL_PLUGIN_CACHE(calico_wide_policy, keep, changed),  \
        BL_PLUGIN_CACHE(calico3_policy, keep, changed),      \
        BL_PLUGIN_CACHE(calico3_wide_policy, keep, changed), \
        BL_PLUGIN_CACHE(baseline_policy, keep, changed),     \
        BL_PLUGIN_CACHE(cluster_policy, keep, changed)
#define BL_PLUGIN_CACHE(id, keep_, changed_)                                            \
    {                                                                                   \
        .kind = &bl_kind_##id, .optional = true, .keep = (keep_), .changed = (changed_) \
    }

struct bl_cache_set;

/** All borrowed. */
struct bl_cache_set_options {
    struct bl_kube_client *client;
    const struct bl_cache_metrics *metrics;
    /**
     * Objects of other namespaces are not kept. Takes a row for namespaces, without which no other one is filled. NULL: all
     * are kept.
     */
    const struct bl_scope *scope;
    void *context; /* of keep() and changed() */
};

/** Starts nothing yet, so that who is told of changes can be there before. */
BL_CHECK int bl_cache_set_new(const struct bl_cache_set_options *options,
                              const struct bl_cache_spec *specs, size_t len,
                              struct bl_cache_set **ret_set, struct bl_error **err);
/** Fills them, on threads of its own. */
BL_CHECK int bl_cache_set_start(struct bl_cache_set *set, struct bl_error **err);
/** Stops, and frees the stores. */
void bl_cache_set_free(struct bl_cache_set *set);
BL_DEFINE_CLEANUP(struct bl_cache_set *, bl_cache_set_cleanup, bl_cache_set_free)

/** By the place in the table; NULL: left out. */
struct bl_store *bl_cache_set_store(const struct bl_cache_set *set, size_t index);
/** What lies in the namespace, and all of a kind that lies in none. */
void bl_cache_set_list(struct bl_cache_set *set, size_t index, const char *namespace,
                       struct bl_stored_list *list);
/** Does `test` hold for any of these, at this second? */
bool bl_cache_set_any(struct bl_cache_set *set, size_t index, const char *namespace,
                      bool (*test)(const cJSON *object, int64_t now));
/**
 * Was each filled once, or is it of a kind that the cluster does not have? One that is optional, and was tried in vain, is
 * not waited for.
 */
bool bl_cache_set_synced(struct bl_cache_set *set);
/** Is any of these an optional one that was tried in vain? */
bool bl_cache_set_lacks(struct bl_cache_set *set, size_t first, size_t len);
/** NULL once all are, else which is not, and why; for free(). */
char *bl_cache_set_unready(struct bl_cache_set *set);
/** What a namespace is at the moment. */
enum bl_scope_place bl_cache_set_place(struct bl_cache_set *set, const char *namespace);
/**
 * Is all that there is of the namespace kept? Not where it is out of scope, nor where it came into it so lately that not all
 * kinds were listed again. One that was never heard of is.
 */
bool bl_cache_set_complete(struct bl_cache_set *set, const char *namespace);
/** Does the cluster have this kind: is its CRD installed? */
bool bl_cache_set_knows(struct bl_cache_set *set, size_t index);
/** Brings the gauges up to date. */
void bl_cache_set_measure(struct bl_cache_set *set);

#endif
