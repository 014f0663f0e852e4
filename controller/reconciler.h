/**
 * Makes true what was planned: looks at one namespace after another and writes what differs.
 *
 * By server-side apply, so that fields that others manage stay theirs. Where nothing differs nothing is
 * written, however often a namespace is looked at. What fails is tried again after a pause that grows.
 */
#ifndef BALLAST_CONTROLLER_RECONCILER_H
#define BALLAST_CONTROLLER_RECONCILER_H

#include "ballast/runtime/recorder.h"
#include "caches.h"

/** All borrowed. */
struct bl_reconciler_options {
    struct bl_kube_client *client;
    struct bl_caches *caches;
    struct bl_policies *policies;
    struct bl_controller_telemetry *telemetry;
    struct bl_recorder *recorder;
    struct bl_workqueue *queue;
    const struct bl_stop *stop;
    struct bl_scope scope;
    unsigned workers;
};

struct bl_reconciler;

BL_NONNULL struct bl_reconciler *bl_reconciler_new(const struct bl_reconciler_options *options);
/** Stops first. */
void bl_reconciler_free(struct bl_reconciler *reconciler);
BL_DEFINE_CLEANUP(struct bl_reconciler *, bl_reconciler_cleanup, bl_reconciler_free)

/** Starts the workers. */
BL_CHECK int bl_reconciler_start(struct bl_reconciler *reconciler, struct bl_error **err);
/** Shuts the queue down and joins the workers. */
void bl_reconciler_stop(struct bl_reconciler *reconciler);
/** Brings the gauges of companions up to date. */
void bl_reconciler_measure(struct bl_reconciler *reconciler);

#endif
