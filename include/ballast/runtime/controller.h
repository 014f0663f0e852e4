/**
 * A controller brings objects to what is wanted, again whenever something changes: many objects side by side, but never one
 * object on two threads at once. The words and their meanings are those of Kubernetes' controller-runtime.
 *
 * What a controller is stands in a table, struct bl_controller_spec: which objects it is for, what else it watches, and
 * one function, reconcile(). Everything around that belongs to the runtime: the queue, threads, pauses after failures,
 * metrics and log lines. A manager (manager.h) runs it.
 */
#ifndef BALLAST_RUNTIME_CONTROLLER_H
#define BALLAST_RUNTIME_CONTROLLER_H

#include "ballast/api/kind.h"
#include "ballast/base/metrics.h"
#include "ballast/base/stop.h"
#include "ballast/kube/store.h"
#include "ballast/runtime/recorder.h"

/** Which object to look at: its name, and not what happened to it. `namespace` is "" for what lies in none. */
struct bl_reconcile_request {
    const char *namespace, *name;
};

/** What is to follow when reconcile() went well. */
struct bl_reconcile_result {
    bl_nsec requeue_after; /* 0: nothing, until something changes */
};

/** Asks for another look after `pause`. The shortest pause that was asked for counts; 0 asks for nothing. */
void bl_reconcile_again(struct bl_reconcile_result *result, bl_nsec pause);

struct bl_controller;

/** A kind that a controller watches. */
struct bl_controller_watch {
    const struct bl_kind *kind;
    /**
     * Enqueues the requests that a change of this object asks for: bl_map_self() and the like. For an update the runtime
     * calls it with both, what the object was and what it is: the two may have other owners.
     */
    void (*map)(struct bl_controller *controller, const cJSON *object);
    /**
     * Does this change matter? `before` NULL: the object is new; `after` NULL: it is gone. For an update the runtime calls
     * it once, with both. NULL: as bl_changed().
     */
    bool (*changed)(const cJSON *before, const cJSON *after);
};

struct bl_controller_spec {
    /** In lower case: the label `controller` of metrics, and the field of log lines. */
    const char *name;
    /**
     * Up to one without a kind. The first is what the controller is for; all objects of that kind are asked for again
     * by bl_manager_resync().
     */
    const struct bl_controller_watch *watches;
    /**
     * enum bl_kind_right: what the controller may do with objects of its own kind, where that kind is one of ours.
     * `cmake --build … -t update-crd` writes the RBAC rules of the chart from it.
     */
    unsigned rights;
    bl_nsec backoff_min, backoff_max; /* of the pause after a failure; 0: 5 ms and 30 s */

    /** Makes what the controller remembers; `environment` is what bl_manager_add() was given. NULL: `environment` itself is the context. */
    void *(*make)(struct bl_controller *controller, void *environment);
    /** NULL: nothing is freed. */
    void (*free)(void *context);
    /**
     * Looks at what the request names, and does what is missing. One request is never with two threads at once. A
     * failure is logged, and the request comes back after a pause that doubles each time; a conflict is logged as debug,
     * since somebody was merely faster. It returns 0 where the object does not exist any more. Objects of a kind that lies in
     * namespaces are asked for where the manager's scope has their namespace, and as soon as that is heard of.
     */
    int (*reconcile)(struct bl_controller *controller, const struct bl_reconcile_request *request,
                     struct bl_reconcile_result *ret_result, struct bl_error **err);
    /** Brings gauges up to date; NULL: it has none. */
    void (*measure)(void *context);
};

/** What make() returned. */
void *bl_controller_context(const struct bl_controller *controller);
BL_NONNULL struct bl_kube_client *bl_controller_client(const struct bl_controller *controller);
/** Ends requests and waits; raised when the program ends, or leads no more. */
BL_NONNULL const struct bl_stop *bl_controller_stop(const struct bl_controller *controller);
/** Where make() registers metrics of its own. */
BL_NONNULL struct bl_metrics *bl_controller_metrics(const struct bl_controller *controller);

/**
 * An object as the cache has it, or NULL; the caller releases it with bl_stored_unref(). `kind` is one that this or another
 * controller of the manager watches.
 */
struct bl_stored *bl_controller_find(const struct bl_controller *controller,
                                     const struct bl_kind *kind, const char *namespace,
                                     const char *name);
/** For Events. */
BL_NONNULL struct bl_recorder *bl_controller_recorder(const struct bl_controller *controller);

/** From any thread: the request is worked on when a thread is free for it. */
void bl_controller_enqueue(struct bl_controller *controller,
                           const struct bl_reconcile_request *request);
/** Maps all objects of the first kind that the controller watches; before the caches are started, none. */
void bl_controller_resync(struct bl_controller *controller);

/* --- maps: from an object that changed to requests --- */

/** The object itself. */
void bl_map_self(struct bl_controller *controller, const cJSON *object);
/** The object that controls it (ownerReferences, `controller: true`), in the same namespace. */
void bl_map_owner(struct bl_controller *controller, const cJSON *object);
/** The Namespace that it lies in. */
void bl_map_namespace(struct bl_controller *controller, const cJSON *object);

/** The Namespace that it lies in. For a cluster-scoped object: all objects of the first kind that the controller watches. */
void bl_map_namespace_or_all(struct bl_controller *controller, const cJSON *object);

/* --- predicates: does a change matter? --- */

/** All but metadata.resourceVersion. */
bool bl_changed(const cJSON *before, const cJSON *after);
/** The same, and the status does not count: for what writes that status itself, or does not read it. */
bool bl_changed_beside_status(const cJSON *before, const cJSON *after);

#endif
