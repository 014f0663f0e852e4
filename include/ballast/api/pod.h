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

/** Is it, by its name, the claim that a template of the StatefulSet gave to one of its pods: "data-kafka-0"? */
bool bl_set_claims(const cJSON *set, const char *claim);

/** Pods that a StatefulSet wants and that are not there are named up to so many; the others are counted. */
#define BL_MISSING_NAMED 64

struct bl_set_pod {
    const cJSON *pod; /* NULL: it is not there */
    int64_t ordinal;
};

struct bl_set_pods {
    struct bl_set_pod
        *items; /* by ordinal: all that are there, and the first of those that are missing */
    size_t len, cap;
    int64_t missing; /* in all */
};

/**
 * Those of `pods` that the StatefulSet made and still wants; what is beyond, while it scales down, is on its way out.
 * `replicas` is what anybody wrote, so nothing here grows with it: two thousand million of them cost no more than
 * what there is.
 */
void bl_set_pods_find(const cJSON *set, const cJSON *const *pods, size_t len,
                      struct bl_set_pods *ret_pods);
void bl_set_pods_release(struct bl_set_pods *pods);

#endif
