/** Metrics of what a program goes by: policies and certificates. Both programs have them, so that one dashboard shows both. */
#ifndef BALLAST_DAEMON_METRICS_H
#define BALLAST_DAEMON_METRICS_H

#include "ballast/runtime/caches.h"

enum bl_reload_source {
    BL_SOURCE_FILES,
    BL_SOURCE_CLUSTER,
    BL_SOURCE_CERTIFICATE,
};

struct bl_source_metrics {
    struct bl_metric *policies; /* how many hold */
    struct bl_metric *reloads, *reload_failed;
};

/** Registers all of them. */
void bl_source_metrics_add(struct bl_metrics *metrics, struct bl_source_metrics *sources);

/** `broken`: something of the source is refused still, this or something else. */
void bl_source_metrics_reload(const struct bl_source_metrics *sources, enum bl_reload_source source,
                              bool ok, bool broken);

#endif
