/** One step of a plan, written to the API server. */
#ifndef BALLAST_CONTROLLER_WRITER_H
#define BALLAST_CONTROLLER_WRITER_H

#include "ballast/kube/client.h"
#include "companions.h"

/**
 * What is made takes no field from anybody, so that an object which came to stand there meanwhile is left
 * alone (BL_ERR_CONFLICT). What is repaired or withdrawn is the very object that was looked at, by its uid.
 */
BL_CHECK int bl_write_step(struct bl_kube_client *client, const struct bl_step *step,
                           struct bl_error **err);

/** Are there pods that the companion selects? */
BL_CHECK int bl_companion_has_pods(struct bl_kube_client *client, const cJSON *companion,
                                   bool *ret_has, struct bl_error **err);

#endif
