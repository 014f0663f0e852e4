#include "ballast/daemon/metrics.h"

static const char *const names[] = {"files", "cluster", "certificate", NULL};
static const char *const results[] = {"ok", "failed", NULL};

void bl_source_metrics_add(struct bl_metrics *metrics, struct bl_source_metrics *sources)
{
    const char *const *resources = sources->resources;

    sources->policies =
        bl_metrics_make(metrics, BL_METRIC_GAUGE, "ballast_policies", "Policies that hold now.",
                        BL_METRIC_NO_LABEL, BL_METRIC_NO_LABEL);
    sources->reloads =
        bl_metrics_make(metrics, BL_METRIC_COUNTER, "ballast_reloads_total",
                        "Changes of policies and certificates that were tried.",
                        BL_METRIC_LABEL("source", names), BL_METRIC_LABEL("result", results));
    sources->reload_failed =
        bl_metrics_make(metrics, BL_METRIC_GAUGE, "ballast_last_reload_failed",
                        "1 while the newest version of a source is broken and an older one holds.",
                        BL_METRIC_LABEL("source", names), BL_METRIC_NO_LABEL);
    sources->cache_objects = bl_metrics_make(
        metrics, BL_METRIC_GAUGE, "ballast_cache_objects", "Objects kept of the cluster.",
        BL_METRIC_LABEL("resource", resources), BL_METRIC_NO_LABEL);
    sources->cache_left_out =
        bl_metrics_make(metrics, BL_METRIC_GAUGE, "ballast_cache_left_out",
                        "Objects that are not kept, as they or their namespace are too large.",
                        BL_METRIC_LABEL("resource", resources), BL_METRIC_NO_LABEL);
    sources->cache_bytes = bl_metrics_make(
        metrics, BL_METRIC_GAUGE, "ballast_cache_bytes", "Memory that the objects kept take.",
        BL_METRIC_LABEL("resource", resources), BL_METRIC_NO_LABEL);
    sources->cache_synced = bl_metrics_make(
        metrics, BL_METRIC_GAUGE, "ballast_cache_synced", "1 once all objects of a kind were seen.",
        BL_METRIC_LABEL("resource", resources), BL_METRIC_NO_LABEL);
    sources->cache_failures =
        bl_metrics_make(metrics, BL_METRIC_COUNTER, "ballast_cache_failures_total",
                        "Lists and watches that failed.", BL_METRIC_LABEL("resource", resources),
                        BL_METRIC_NO_LABEL);
}

void bl_source_metrics_reload(const struct bl_source_metrics *sources, enum bl_reload_source source,
                              bool ok, bool broken)
{
    bl_metric_add(sources->reloads, 1, source, ok ? 0 : 1, 0);
    bl_metric_set(sources->reload_failed, broken, source, 0, 0);
}

void bl_source_metrics_cache(const struct bl_source_metrics *sources, size_t cache,
                             const struct bl_cache_measures *measures)
{
    bl_metric_set(sources->cache_objects, measures->objects, cache, 0, 0);
    bl_metric_set(sources->cache_left_out, measures->left_out, cache, 0, 0);
    bl_metric_set(sources->cache_bytes, measures->bytes, cache, 0, 0);
    bl_metric_set(sources->cache_synced, measures->synced, cache, 0, 0);
    bl_metric_set(sources->cache_failures, measures->failures, cache, 0, 0);
}
