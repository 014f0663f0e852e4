/**
 * Threads that work on the keys of a queue, as many at once as there are threads.
 *
 * Who works on a key marks nothing: a key is done when the function returns, and what else is to happen with
 * it (again after a pause, again because it failed) is asked of the queue.
 */
#ifndef BALLAST_RUNTIME_WORKERS_H
#define BALLAST_RUNTIME_WORKERS_H

#include "ballast/base/stop.h"
#include "ballast/runtime/workqueue.h"

struct bl_workers;

/** All borrowed. Once `stop` is raised keys are taken and left alone. */
struct bl_workers_options {
    struct bl_workqueue *queue;
    const struct bl_stop *stop;
    unsigned count;
    void (*work)(void *context, const char *key);
    void *context;
};

BL_CHECK int bl_workers_start(const struct bl_workers_options *options,
                              struct bl_workers **ret_workers, struct bl_error **err);
/** Shuts the queue down and joins the threads. */
void bl_workers_free(struct bl_workers *workers);
BL_DEFINE_CLEANUP(struct bl_workers *, bl_workers_cleanup, bl_workers_free)

#endif
