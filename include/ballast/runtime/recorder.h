/**
 * Events (core/v1): what was done to an object and why, where `kubectl describe` shows it.
 *
 * Telling never waits: a thread of its own writes, from a queue that is bounded, and what does not fit is
 * dropped and counted. An Event that comes again within some minutes becomes a series of the first one, with
 * a count, as client-go's recorder does; how many are remembered is bounded too.
 */
#ifndef BALLAST_RUNTIME_RECORDER_H
#define BALLAST_RUNTIME_RECORDER_H

#include "ballast/kube/client.h"

struct bl_recorder;

/** All borrowed. */
struct bl_recorder_options {
    struct bl_kube_client *client;
    const char *controller;       /* "ballast.dev/controller": who reports */
    const char *instance;         /* which of its replicas */
    const struct bl_clock *clock; /* NULL: the machine's */
};

BL_NONNULL struct bl_recorder *bl_recorder_new(const struct bl_recorder_options *options);
/** Stops first. */
void bl_recorder_free(struct bl_recorder *recorder);
BL_DEFINE_CLEANUP(struct bl_recorder *, bl_recorder_cleanup, bl_recorder_free)

/** Texts are copied; a note is cut at 1,024 bytes, as the API wants it. */
struct bl_event {
    const char *type;   /* "Normal" or "Warning" */
    const char *reason; /* "BudgetCreated": for machines */
    const char *action; /* "Create": what was done */
    const char *note;   /* for people */
};

/** About `object`, which has a namespace. From any thread. */
void bl_recorder_tell(struct bl_recorder *recorder, const cJSON *object,
                      const struct bl_event *event);
/** Starts the thread that writes. */
BL_CHECK int bl_recorder_start(struct bl_recorder *recorder, struct bl_error **err);
/** Writes what is in the queue, on the caller's thread; what fails is dropped. */
void bl_recorder_flush(struct bl_recorder *recorder);
/** Ends the thread; what it was not given time to write is dropped. */
void bl_recorder_stop(struct bl_recorder *recorder);

/** Events that were dropped: too many at once, or the server did not take them. */
uint64_t bl_recorder_dropped(struct bl_recorder *recorder);

#endif
