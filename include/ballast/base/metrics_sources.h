/**
 * Metrics of what a program goes by: policies, certificates, and caches of the cluster. Both programs have them, so
 * that one dashboard shows both.
 */
#ifndef BALLAST_BASE_METRICS_SOURCES_H
#define BALLAST_BASE_METRICS_SOURCES_H

#include "ballast/base/metrics.h"

enum bl_reload_source {
    BL_SOURCE_FILES,
    BL_SOURCE_CLUSTER,
    BL_SOURCE_CERTIFICATE,
};

struct bl_source_metrics {
    struct bl_metric *policies; /* how many hold */
    struct bl_metric *reloads, *reload_failed;
    struct bl_metric *cache_objects, *cache_bytes, *cache_synced, *cache_failures;
};

/** Registers all of them. `resources` name the caches, NULL-terminated; borrowed. */
void bl_source_metrics_add(struct bl_metrics *metrics, const char *const *resources,
                           struct bl_source_metrics *ret_sources);

/** `broken`: something of the source is refused still, this or something else. */
void bl_source_metrics_reload(const struct bl_source_metrics *sources, enum bl_reload_source source,
                              bool ok, bool broken);

struct bl_cache_measures {
    int64_t objects, bytes, failures;
    bool synced;
};

/** Of the cache that has this place among the resources. */
void bl_source_metrics_cache(const struct bl_source_metrics *sources, size_t cache,
                             const struct bl_cache_measures *measures);

#endif
