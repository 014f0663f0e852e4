/**
 * Keys that wait to be worked on, with the meanings of client-go's workqueue.
 *
 * A key that is added twice waits once. A key is never with two workers at once: one that is added while it
 * is worked on waits again when that is done, so the last change is always seen. A key that failed comes
 * back after a pause that doubles each time, until it is forgotten. After shut_down() nothing is added any
 * more, and what waits is still handed out.
 *
 * Any number of threads may use one queue.
 */
#ifndef BALLAST_RUNTIME_WORKQUEUE_H
#define BALLAST_RUNTIME_WORKQUEUE_H

#include "ballast/base/clock.h"

struct bl_workqueue;

/** What is 0 or NULL has the default named. */
struct bl_workqueue_options {
    const struct bl_clock *clock;     /* the machine's; borrowed */
    bl_nsec backoff_min, backoff_max; /* of the pause after a failure; 5 ms and 1,000 s */
};

/** `options` may be NULL. */
BL_NONNULL struct bl_workqueue *bl_workqueue_new(const struct bl_workqueue_options *options);
/** When no thread uses it any more. */
void bl_workqueue_free(struct bl_workqueue *queue);
BL_DEFINE_CLEANUP(struct bl_workqueue *, bl_workqueue_cleanup, bl_workqueue_free)

void bl_workqueue_add(struct bl_workqueue *queue, const char *key);
/** Of two times for one key the earlier counts. It may be added otherwise meanwhile, and waits on. */
void bl_workqueue_add_after(struct bl_workqueue *queue, const char *key, bl_nsec pause);
/** After the pause that its failures in a row have earned. */
void bl_workqueue_add_rate_limited(struct bl_workqueue *queue, const char *key);
/** It went well: the next failure is its first. */
void bl_workqueue_forget(struct bl_workqueue *queue, const char *key);
/** Failures in a row. */
unsigned bl_workqueue_failures(struct bl_workqueue *queue, const char *key);

/**
 * The next key, for free(), which is the caller's to work on until done(). Waits for one; NULL: the queue is
 * shut down and empty.
 */
char *bl_workqueue_get(struct bl_workqueue *queue);
/** The same without waiting; NULL: none is due. */
char *bl_workqueue_poll(struct bl_workqueue *queue);
void bl_workqueue_done(struct bl_workqueue *queue, const char *key);

/** Who waits in get() is woken. Delayed keys are dropped. */
void bl_workqueue_shut_down(struct bl_workqueue *queue);
/** Keys that are due and with no worker. */
size_t bl_workqueue_len(struct bl_workqueue *queue);

#endif
