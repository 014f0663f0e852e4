/** What a manager gives its controllers. */
#ifndef BALLAST_RUNTIME_SERVICES_H
#define BALLAST_RUNTIME_SERVICES_H

#include "ballast/runtime/caches.h"
#include "ballast/runtime/recorder.h"

/** The most controllers that a manager runs. */
#define BL_CONTROLLERS_MAX 15

/** Of all controllers, with their names as label values. */
struct bl_controller_metrics {
    const char *names[BL_CONTROLLERS_MAX + 1]; /* up to NULL */
    struct bl_metric *reconciles, *duration, *queue;
};

struct bl_services {
    struct bl_kube_client *client;
    struct bl_recorder *recorder;
    struct bl_stop *stop;
    struct bl_metrics *registry;
    struct bl_controller_metrics metrics;
    struct {
        struct bl_cache_spec *items; /* the program's rows, then those of kinds that have none */
        size_t len, cap;
    } kinds;
    struct bl_cache_set *caches; /* NULL until started */
};

#endif
