/**
 * What a machine or a pod on GKE is told about itself.
 *
 * The metadata server is at metadata.google.internal, or where GCE_METADATA_HOST says; it speaks plain HTTP, and no proxy
 * is between. On GKE it knows the cluster that the pod runs in.
 */
#ifndef BALLAST_GOOGLE_METADATA_H
#define BALLAST_GOOGLE_METADATA_H

#include "ballast/base/stop.h"

/** Texts are owned. */
struct bl_google_place {
    char *project, *location, *cluster;
};
void bl_google_place_release(struct bl_google_place *place);

/**
 * BL_ERR_UNAVAILABLE where no metadata server answers; BL_ERR_NOT_FOUND where it knows no cluster. `stop` is needed; `pace` is
 * what one second between tries is, for tests, and 0: one second.
 */
BL_CHECK int bl_google_metadata_place(const struct bl_stop *stop, bl_nsec pace,
                                      struct bl_google_place *ret_place, struct bl_error **err);

/** The project alone, which a machine without a cluster has as well. For free(). */
BL_CHECK int bl_google_metadata_project(const struct bl_stop *stop, bl_nsec pace,
                                        char **ret_project, struct bl_error **err);

#endif
