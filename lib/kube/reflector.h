/**
 * The parts of a reflector: reflector.c decides what comes next, stream.c makes sense of events, both note in
 * reflector_status.c how it goes.
 */
#ifndef BALLAST_KUBE_REFLECTOR_H
#define BALLAST_KUBE_REFLECTOR_H

#include <pthread.h>

#include "ballast/kube/watch.h"
#include "client.h"
#include "list.h"

struct bl_reflector {
    struct bl_kube_client *client;
    const struct bl_resource *resource;
    struct bl_kube_selection selection;
    struct bl_watch_handler handler;
    char *strings[3]; /* what the selection points to */

    /* Of the thread that runs it. */
    struct bl_strbuf version; /* that the next watch starts from; empty: list first */
    bool no_streaming;        /* the server cannot list by a watch */
    bool no_paging;           /* pages grew too old before the last one: take all in one */
    unsigned failures;        /* in a row */
    bool opened;              /* the last step had a watch that the server agreed to */
    bl_nsec listed_at;        /* when the last list began; 0: there was none */

    pthread_mutex_t lock; /* guards what is below */
    struct bl_watch_status status;
    struct bl_stop
        *again;   /* raised: the watch ends, and a list comes next; NULL: nobody asks for that */
    bool listing; /* a list is under way, which is not ended */
    bool asked;   /* one more, once it is */
};

/** A list begins: what was asked for before it comes with it. */
void bl_reflector_begin(struct bl_reflector *reflector);

/** Bookmarks come about once a minute: a watch that stays silent for this time has lost its server. */
#define STREAM_IDLE (180 * BL_NSEC_S)

/** A stream of events under way. */
struct bl_stream {
    struct bl_reflector *reflector;
    bool initial; /* it lists: versions and removals count only once that is over */
    bool opened;  /* the server agreed to it */
    bool refused; /* an ERROR event came: the failure is what the server says */
    bl_nsec idle;
};

/** One event, as text. */
BL_CHECK int bl_stream_event(void *context, const char *text, size_t len, struct bl_error **err);

/** The server said something that makes sense. */
void bl_reflector_contact(struct bl_reflector *reflector, uint64_t events);
/** The handler knows all there is. */
void bl_reflector_synced(struct bl_reflector *reflector);
/** The server could not be understood, or does not know the resource (`missing`). */
void bl_reflector_failed(struct bl_reflector *reflector, const struct bl_error *err, bool missing);
/** One more of a counter in its status. */
void bl_reflector_count(struct bl_reflector *reflector, uint64_t *counter);

#endif
