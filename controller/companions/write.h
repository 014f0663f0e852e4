/** One step of a plan, written to the API server. */
#ifndef BALLAST_CONTROLLER_COMPANIONS_WRITE_H
#define BALLAST_CONTROLLER_COMPANIONS_WRITE_H

#include "ballast/kube/client.h"
#include "plan.h"

/**
 * What is made takes no field from anybody, so that an object which came to stand there meanwhile is left
 * alone (BL_ERR_CONFLICT). What is repaired or withdrawn is the very object that was looked at, by its uid.
 */
BL_CHECK int bl_write_step(struct bl_kube_client *client, const struct bl_step *step,
                           struct bl_error **err);

/** Are there pods that the companion selects? */
BL_CHECK int bl_companion_has_pods(struct bl_kube_client *client, const cJSON *companion,
                                   bool *ret_has, struct bl_error **err);

/**
 * Would this repair put back an owner that is gone or on its way out? The caches may have seen its owner taken off and not
 * yet why: with an owner that is no more, the garbage collector would take the companion of pods that run on.
 */
BL_CHECK int bl_companion_owner_goes(struct bl_kube_client *client, const struct bl_step *step,
                                     bool *ret_goes, struct bl_error **err);

#endif
