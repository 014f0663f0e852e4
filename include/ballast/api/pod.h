/** What Ballast's programs ask of a pod of a StatefulSet. Pure. */
#ifndef BALLAST_API_POD_H
#define BALLAST_API_POD_H

#include "ballast/api/names.h"
#include "ballast/json/json.h"

/** Does it wait for the controller to open BL_CONDITION_IN_SYNC before it is Ready? */
bool bl_pod_is_gated(const cJSON *pod);

enum bl_pod_revision {
    /** The StatefulSet controller has not said yet what the newest is, or the pod carries no revision. */
    BL_POD_REVISION_UNKNOWN,
    BL_POD_REVISION_NEWEST,
    BL_POD_REVISION_OLDER,
};

/**
 * Is the pod of the template that its StatefulSet has now? Who restarts pods must take UNKNOWN for the newest;
 * who promises that nothing restarts must take it for an older one, because Kubernetes does.
 */
enum bl_pod_revision bl_pod_revision(const cJSON *set, const cJSON *pod);

#endif
