/**
 * Several resources kept in stores, each by a reflector on a thread of its own.
 *
 * Started and stopped together; every thread is joined. Whoever decides by a store asks
 * bl_informers_synced() first: an empty store means nothing until then.
 */
#ifndef BALLAST_KUBE_INFORMERS_H
#define BALLAST_KUBE_INFORMERS_H

#include "ballast/kube/store.h"

struct bl_informers;

/** `client` is borrowed. */
BL_CHECK int bl_informers_new(struct bl_kube_client *client, struct bl_informers **ret_informers,
                              struct bl_error **err);
/** Stops first. Frees the stores. */
void bl_informers_free(struct bl_informers *informers);
BL_DEFINE_CLEANUP(struct bl_informers *, bl_informers_cleanup, bl_informers_free)

/** Before start. The store is borrowed, and lives as long as the informers. `options` may be NULL. */
BL_NONNULL struct bl_store *bl_informers_add(struct bl_informers *informers,
                                             const struct bl_watch_spec *spec,
                                             const struct bl_store_options *options);

/**
 * Before start, of the resource that was added as the `index`-th: it does not begin before bl_informers_open(), and may be
 * asked to list anew. For what depends on another resource being known.
 */
BL_CHECK int bl_informers_hold(struct bl_informers *informers, size_t index, struct bl_error **err);
/** From any thread. */
void bl_informers_open(struct bl_informers *informers);
/** From any thread: bl_reflector_relist(), of one that was held. */
void bl_informers_relist(struct bl_informers *informers, size_t index);

BL_CHECK int bl_informers_start(struct bl_informers *informers, struct bl_error **err);
/** Ends every request at once and joins the threads. The stores stay, and grow old. */
void bl_informers_stop(struct bl_informers *informers);

/** What follows names resources by the order in which they were added. */
size_t bl_informers_len(const struct bl_informers *informers);
/**
 * Has the resource been listed completely once, or is it one that the server does not know? A resource
 * whose CRD is missing has no objects, and must not keep anybody waiting.
 */
bool bl_informers_synced(struct bl_informers *informers, size_t index);
void bl_informers_status(struct bl_informers *informers, size_t index,
                         struct bl_watch_status *ret_status);

struct bl_cache_measures {
    int64_t objects, left_out, bytes, failures;
    bool synced;
};
void bl_informers_measure(struct bl_informers *informers, size_t index,
                          struct bl_cache_measures *ret_measures);

#endif
