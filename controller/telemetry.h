/** The controller's metrics. Labels are from fixed lists; none names an object or a namespace. */
#ifndef BALLAST_CONTROLLER_TELEMETRY_H
#define BALLAST_CONTROLLER_TELEMETRY_H

#include "ballast/base/clock.h"
#include "ballast/daemon/metrics.h"
#include "companions.h"
#include "rollout.h"

enum bl_eviction_result {
    BL_EVICTION_DONE,
    BL_EVICTION_REFUSED, /* not now */
    BL_EVICTION_FAILED,
};

/** Of Kafka clusters, and of their pods. */
struct bl_keeper_counts {
    int64_t known;                       /* clusters that answer */
    int64_t closed;                      /* readiness gates that are */
    int64_t unsafe;                      /* pods that must stay up, or may have to */
    int64_t rollouts[BL_ROLLOUT_PHASES]; /* clusters with an upgrade under way, by its phase */
};

struct bl_controller_telemetry {
    struct bl_metrics *metrics; /* owned */
    struct bl_metric *clusters, *pods, *rollouts, *looks, *look_duration, *evictions;
    struct bl_metric *reconciles, *skipped, *duration, *writes, *companions, *queue, *leader,
        *events_dropped;
    struct bl_source_metrics sources;
};

/** Registers all of them. `sources.resources` are set already. */
void bl_controller_telemetry_init(struct bl_controller_telemetry *telemetry);
void bl_controller_telemetry_release(struct bl_controller_telemetry *telemetry);

void bl_controller_telemetry_reconcile(struct bl_controller_telemetry *telemetry, bool ok,
                                       bl_nsec duration);

/** One look at a cluster; `ok`: it answered, and what had to be written was. */
void bl_controller_telemetry_look(struct bl_controller_telemetry *telemetry, bool ok,
                                  bl_nsec duration);
/** `unknown`: clusters that do not answer. */
void bl_controller_telemetry_clusters(struct bl_controller_telemetry *telemetry,
                                      const struct bl_keeper_counts *counts, int64_t unknown);

/** Appends all, those of the process (memory, CPU, descriptors) too. */
void bl_controller_telemetry_render(const struct bl_controller_telemetry *telemetry,
                                    struct bl_strbuf *out);

#endif
