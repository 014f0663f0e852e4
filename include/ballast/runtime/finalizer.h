/**
 * Finalizers: an object that carries ours is not gone before we have cleaned up after it.
 *
 * Each is an entry of metadata.finalizers that server-side apply keeps under a field manager of its own, so that those of
 * others are never touched, and two writers cannot lose one.
 */
#ifndef BALLAST_RUNTIME_FINALIZER_H
#define BALLAST_RUNTIME_FINALIZER_H

#include "ballast/api/kind.h"
#include "ballast/kube/client.h"

/** Does it carry this one? `finalizer` is "ballast.dev/uninstall". */
bool bl_finalizer_has(const cJSON *object, const char *finalizer);
/** Adds it where it is missing. Nothing on an object that is being deleted: the API server takes no new ones. */
BL_CHECK int bl_finalizer_ensure(struct bl_kube_client *client, const struct bl_kind *kind,
                                 const cJSON *object, const char *finalizer, struct bl_error **err);
/** Takes it off, so that the object may go. One that is gone is no failure. */
BL_CHECK int bl_finalizer_remove(struct bl_kube_client *client, const struct bl_kind *kind,
                                 const cJSON *object, const char *finalizer, struct bl_error **err);

#endif
