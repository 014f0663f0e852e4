/**
 * The status of an object of our own kinds: composed as a value, compared with what the object has, and written by one
 * server-side apply where they differ.
 *
 * Conditions are those of the API (meta/v1 Condition): a lastTransitionTime changes with the status alone, and each says by
 * observedGeneration which spec it is about. Ready, Reconciling and Stalled have the meanings of kstatus, by which Helm,
 * Flux, Argo and `kubectl wait` tell whether an object is done.
 */
#ifndef BALLAST_RUNTIME_STATUS_H
#define BALLAST_RUNTIME_STATUS_H

#include "ballast/api/kind.h"
#include "ballast/kube/client.h"

enum bl_condition_value {
    BL_UNKNOWN,
    BL_TRUE,
    BL_FALSE,
};

/** The words of kstatus. */
enum bl_kstatus {
    BL_CURRENT,     /* the object is as its spec says: Ready is True */
    BL_IN_PROGRESS, /* Ballast still works on it: Ready is Unknown, Reconciling is True */
    BL_STALLED,     /* a person has to act first: Ready is False, Stalled is True */
};

/** `kind` and `object` are borrowed. */
struct bl_status {
    const struct bl_kind *kind;
    const cJSON *object;
    int64_t now;  /* seconds since 1970 */
    cJSON *patch; /* what is applied; owned */
};

/** Begins a new status for `object`, which is as the cluster has it. The new one has observedGeneration alone. */
void bl_status_begin(struct bl_status *status, const struct bl_kind *kind, const cJSON *object,
                     int64_t now);
void bl_status_release(struct bl_status *status);

/** `reason` is a word for machines, in CamelCase; `message` is for people. To be called once for each
 * condition. One that is not set at all goes from the object with the apply. */
void bl_status_set(struct bl_status *status, const char *type, enum bl_condition_value value,
                   const char *reason, const char *message);
/** Sets Ready, Reconciling and Stalled. */
void bl_status_phase(struct bl_status *status, enum bl_kstatus phase, const char *reason,
                     const char *message);
/** The status itself, for fields beside the conditions. Borrowed. */
BL_NONNULL cJSON *bl_status_fields(struct bl_status *status);

/** Does the new status differ from the object's? */
bool bl_status_differs(const struct bl_status *status);
/** Writes it where it differs. An object that is gone meanwhile is no failure. */
BL_CHECK int bl_status_apply(struct bl_status *status, struct bl_kube_client *client,
                             struct bl_error **err);

#endif
