/**
 * Runs controllers: fills the caches that they watch, waits until it leads, and starts their threads.
 *
 * Every replica keeps its caches full; the one that holds the Lease reconciles. A replica that loses the Lease stops all its
 * API requests at once, because another one leads. From then on bl_manager_failed() is true, and the program has to exit.
 *
 * The order is new, add, start, free; whatever start returns, free follows. The map functions run on every replica, also
 * before it leads: their requests wait in the queue, so that a new leader misses no change.
 */
#ifndef BALLAST_RUNTIME_MANAGER_H
#define BALLAST_RUNTIME_MANAGER_H

#include "ballast/runtime/caches.h"
#include "ballast/runtime/controller.h"

struct bl_manager;

/** All borrowed, for as long as the manager lives. */
struct bl_manager_options {
    const struct bl_kube_target *cluster;
    const char *reporter; /* of Events: "ballast.dev/controller" */
    const char *lease_namespace,
        *lease_name;            /* NULL: the manager takes no Lease, and leads at once */
    struct bl_metrics *metrics; /* the manager registers those of the runtime here */
    /**
     * How objects are cut to what is read, and hooks that run before any controller hears of a change. A kind that has no
     * row is kept whole.
     */
    const struct bl_cache_spec *caches;
    size_t caches_len;
    void *caches_context;
    const struct bl_scope *scope; /* objects of other namespaces are not kept; NULL: all are */
    unsigned workers;             /* threads of each controller */
};

BL_CHECK int bl_manager_new(const struct bl_manager_options *options,
                            struct bl_manager **ret_manager, struct bl_error **err);
/** Ends every request, joins the threads, gives the Lease back, and frees the controllers. */
void bl_manager_free(struct bl_manager *manager);
BL_DEFINE_CLEANUP(struct bl_manager *, bl_manager_cleanup, bl_manager_free)

/** Before start. `spec` is borrowed for ever, `environment` for as long as the manager lives. */
void bl_manager_add(struct bl_manager *manager, const struct bl_controller_spec *spec,
                    void *environment);

/** Begins to fill the caches, and to wait for the Lease, on threads of its own. */
BL_CHECK int bl_manager_start(struct bl_manager *manager, struct bl_error **err);

/** Every controller looks at all of its objects again. From any thread. */
void bl_manager_resync(struct bl_manager *manager);
/** True once this replica has lost the Lease, or could not begin to lead: the program has to exit. From any thread. */
bool bl_manager_failed(const struct bl_manager *manager);
/** NULL once all caches are filled, else what is missing, or that it is shutting down; for free(). From any thread. */
char *bl_manager_unready(struct bl_manager *manager);
/** Brings all gauges up to date. From any thread, once started. */
void bl_manager_measure(struct bl_manager *manager);

/** The caches, once started: first the rows of the program's table, by their places in it. */
BL_NONNULL struct bl_cache_set *bl_manager_caches(const struct bl_manager *manager);
/** Which replica this is, as Lease, Events and logs name it. */
BL_NONNULL const char *bl_manager_identity(const struct bl_manager *manager);

#endif
