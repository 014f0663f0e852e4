/** Deleting what the webhook guards. */
#ifndef BALLAST_RUNTIME_DELETION_H
#define BALLAST_RUNTIME_DELETION_H

#include "ballast/api/kind.h"
#include "ballast/kube/client.h"

/**
 * Writes the annotation `ballast.dev/allow-deletion` for which the webhook's guards ask. Only where somebody has asked for the
 * deletion in so many words. An object that is gone is no failure.
 */
BL_CHECK int bl_deletion_allow(struct bl_kube_client *client, const struct bl_kind *kind,
                               const char *namespace, const char *name, struct bl_error **err);

#endif
