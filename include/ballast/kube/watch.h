/**
 * A reflector: it tells a handler of every object of one resource, and then of every change, for ever.
 *
 * It lists, watches from there, and whatever goes wrong (the server away, a stream cut off, a version that
 * grew too old) leads back to a state in which the handler knows the truth, after a pause that grows from
 * 0.8 to 30 s and has a random part. A resource that the server does not know (its CRD is not installed
 * yet) is a state, asked for again every half minute. Objects are read one by one, so memory holds one at
 * a time, in lists too.
 */
#ifndef BALLAST_KUBE_WATCH_H
#define BALLAST_KUBE_WATCH_H

#include "ballast/kube/client.h"

/** Called on the thread that runs the reflector. None may be NULL. apiVersion and kind are always there. */
struct bl_watch_handler {
    /** A full list starts: what is not in an upsert before synced() is gone. May come again before. */
    void (*begin)(void *context);
    /** A new or changed object, taken. */
    void (*upsert)(void *context, cJSON *object);
    void (*remove)(void *context, const cJSON *object);
    /** The list is complete. */
    void (*synced)(void *context);
    void *context;
};

/** The strings of the selection are copied. */
struct bl_watch_spec {
    const struct bl_resource *resource; /* borrowed, for ever: a constant */
    struct bl_kube_selection selection;
};

#define BL_WATCH_ERROR_LEN 256

struct bl_watch_status {
    bool synced;  /* a list was complete once; from then on the handler's view is at worst old */
    bool missing; /* the server does not know the resource */
    bl_nsec
        contact; /* when the server last said something that made sense, by config's clock; 0: never */
    uint64_t lists, watches, events, failures;
    char error[BL_WATCH_ERROR_LEN]; /* of the last failure; "" once things go well again */
};

struct bl_reflector;

/** `client` is borrowed. */
BL_NONNULL struct bl_reflector *bl_reflector_new(struct bl_kube_client *client,
                                                 const struct bl_watch_spec *spec,
                                                 const struct bl_watch_handler *handler);
/** Before it runs: it shall be possible to ask for lists, bl_reflector_relist(). */
BL_CHECK int bl_reflector_allow_relist(struct bl_reflector *reflector, struct bl_error **err);
void bl_reflector_free(struct bl_reflector *reflector);
BL_DEFINE_CLEANUP(struct bl_reflector *, bl_reflector_cleanup, bl_reflector_free)

/** Runs on the caller's thread until `stop` is raised. */
void bl_reflector_run(struct bl_reflector *reflector, const struct bl_stop *stop);

/**
 * From any thread: list anew, because what the handler made of the objects is no longer what it would make of them. At
 * once, but no sooner than half a second after the last list; one that is under way is not ended.
 */
void bl_reflector_relist(struct bl_reflector *reflector);

/** From any thread. */
void bl_reflector_status(struct bl_reflector *reflector, struct bl_watch_status *ret_status);

#endif
