/** Lets pods go that wait for their companions: takes the scheduling gate off. */
#ifndef BALLAST_CONTROLLER_COMPANIONS_SCHEDULING_GATE_H
#define BALLAST_CONTROLLER_COMPANIONS_SCHEDULING_GATE_H

#include "ballast/kube/client.h"

/** Does the pod wait for us? */
bool bl_pod_is_held(const cJSON *pod);

/** One that has gone, or was let go meanwhile, is no failure. */
BL_CHECK int bl_pod_let_go(struct bl_kube_client *client, const cJSON *pod, struct bl_error **err);

#endif
