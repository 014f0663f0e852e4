/**
 * Looks after Kafka clusters, one at a time each: asks how things are, keeps the conditions of their pods, and
 * rolls their upgrades.
 *
 * A cluster whose pods are rolled is looked at three times a second, one in which something else is under way every second,
 * one at rest every ten, and one that does not answer less and less often; where a look takes long, up to two seconds
 * pass until the next, or as long again. Those that are slow share half of the workers (turns.h). What changes in Kubernetes brings a look forward.
 */
#ifndef BALLAST_CONTROLLER_KEEPER_H
#define BALLAST_CONTROLLER_KEEPER_H

#include "ballast/runtime/recorder.h"
#include "caches.h"

/** All borrowed. */
struct bl_keeper_options {
    struct bl_kube_client *client;
    struct bl_caches *caches;
    struct bl_policies *policies;
    struct bl_controller_telemetry *telemetry;
    struct bl_recorder *recorder;
    struct bl_workqueue *queue; /* namespaces from the caches; and clusters, "namespace/name" */
    const struct bl_stop *stop;
    struct bl_scope scope;
    unsigned workers;
};

struct bl_keeper;

BL_NONNULL struct bl_keeper *bl_keeper_new(const struct bl_keeper_options *options);
/** Stops first. */
void bl_keeper_free(struct bl_keeper *keeper);
BL_DEFINE_CLEANUP(struct bl_keeper *, bl_keeper_cleanup, bl_keeper_free)

BL_CHECK int bl_keeper_start(struct bl_keeper *keeper, struct bl_error **err);
/** Brings the gauges of clusters up to date. */
void bl_keeper_measure(struct bl_keeper *keeper);

#endif
