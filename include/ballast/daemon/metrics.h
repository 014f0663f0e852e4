/**
 * Metrics of what a program goes by: policies, certificates, and caches of the cluster. Both programs have them, so
 * that one dashboard shows both.
 */
#ifndef BALLAST_DAEMON_METRICS_H
#define BALLAST_DAEMON_METRICS_H

#include "ballast/base/metrics.h"
#include "ballast/kube/informers.h"

enum bl_reload_source {
    BL_SOURCE_FILES,
    BL_SOURCE_CLUSTER,
    BL_SOURCE_CERTIFICATE,
};

/** The most kinds that a program keeps. */
#define BL_CACHES_MAX 31

struct bl_source_metrics {
    const char *resources[BL_CACHES_MAX + 1]; /* plurals of the kinds that are kept, up to NULL */
    struct bl_metric *policies;               /* how many hold */
    struct bl_metric *reloads, *reload_failed;
    struct bl_metric *cache_objects, *cache_left_out, *cache_bytes, *cache_synced, *cache_failures;
};

/** Registers all of them. `sources->resources` are set already, and stay as they are. */
void bl_source_metrics_add(struct bl_metrics *metrics, struct bl_source_metrics *sources);

/** `broken`: something of the source is refused still, this or something else. */
void bl_source_metrics_reload(const struct bl_source_metrics *sources, enum bl_reload_source source,
                              bool ok, bool broken);

/** Of the cache that has this place among the resources. */
void bl_source_metrics_cache(const struct bl_source_metrics *sources, size_t cache,
                             const struct bl_cache_measures *measures);

#endif
