#include "ballast/daemon/metrics.h"

static const char *const names[] = {"files", "cluster", "certificate", NULL};
static const char *const results[] = {"ok", "failed", NULL};

void bl_source_metrics_add(struct bl_metrics *metrics, struct bl_source_metrics *sources)
{
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
}

void bl_source_metrics_reload(const struct bl_source_metrics *sources, enum bl_reload_source source,
                              bool ok, bool broken)
{
    bl_metric_add(sources->reloads, 1, source, ok ? 0 : 1, 0);
    bl_metric_set(sources->reload_failed, broken, source, 0, 0);
}
