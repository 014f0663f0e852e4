/**
 * What a program keeps of the cluster: a store for each kind that it asks for, filled by watches, with the words that
 * say why one is not filled yet, and metrics. The program's table says which, and how each is cut to what is read.
 */
#ifndef BALLAST_DAEMON_CACHES_H
#define BALLAST_DAEMON_CACHES_H

#include "ballast/api/builtin.h"
#include "ballast/daemon/metrics.h"

/** One row of the table. */
struct bl_cache_spec {
    const struct bl_kind *kind;
    struct bl_kube_selection selection;
    bool left_out; /* not asked for this time; its store is NULL */
    bool (*keep)(cJSON *object, void *context);
    void (*changed)(const cJSON *before, const cJSON *after, void *context);
};

/** The plurals of the kinds, for the labels of metrics. */
void bl_cache_names(const struct bl_cache_spec *specs, size_t len,
                    const char *ret_names[BL_CACHES_MAX + 1]);

struct bl_cache_set;

/** Starts nothing yet, so that who is told of changes can be there before. `metrics` are borrowed. */
BL_CHECK int bl_cache_set_new(struct bl_kube_client *client, const struct bl_cache_spec *specs,
                              size_t len, const struct bl_source_metrics *metrics, void *context,
                              struct bl_cache_set **ret_set, struct bl_error **err);
/** Fills them, on threads of its own. */
BL_CHECK int bl_cache_set_start(struct bl_cache_set *set, struct bl_error **err);
/** Stops, and frees the stores. */
void bl_cache_set_free(struct bl_cache_set *set);
BL_DEFINE_CLEANUP(struct bl_cache_set *, bl_cache_set_cleanup, bl_cache_set_free)

/** By the place in the table; NULL: left out. */
struct bl_store *bl_cache_set_store(const struct bl_cache_set *set, size_t index);
/** Was each filled once, or is it of a kind that the cluster does not have? */
bool bl_cache_set_synced(struct bl_cache_set *set);
/** NULL once all are, else which is not, and why; for free(). */
char *bl_cache_set_unready(struct bl_cache_set *set);
/** Does the cluster have this kind: is its CRD installed? */
bool bl_cache_set_knows(struct bl_cache_set *set, size_t index);
/** Brings the gauges up to date. */
void bl_cache_set_measure(struct bl_cache_set *set);

#endif
