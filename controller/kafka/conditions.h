/**
 * The two conditions that the controller keeps on pods of Kafka and ZooKeeper. Pure.
 *
 * ballast.dev/in-sync is the readiness gate of brokers: closed after each start until every replica is back in
 * sync, and open from then on for as long as that process runs, because readiness must not cut clients off
 * from a broker that is merely slow. Where waiting cannot help it opens: when nobody leads what is missing, and
 * when the cluster has not answered for as long as the policy says.
 *
 * A pod that serves and is not ready yet is touched, every two seconds and ten times at most for each process: its kubelet
 * then probes it at once. Nothing is probed sooner than the pod's own probes allow: a startup probe has to have
 * succeeded, an initial delay to be over (kubernetes, pkg/kubelet/prober, manualTriggerCh).
 *
 * ballast.dev/safe-to-disrupt says whether the pod may go down now, and what stands against it.
 */
#ifndef BALLAST_CONTROLLER_KAFKA_CONDITIONS_H
#define BALLAST_CONTROLLER_KAFKA_CONDITIONS_H

#include "pod_state.h"

/** As in the API; `type` NULL: the pod does not have it. */
struct bl_condition {
    const char *type;
    const char *status; /* "True", "False", "Unknown" */
    const char *reason;
    char *message; /* owned */
    int64_t since; /* lastTransitionTime, in seconds since 1970 */
};

enum {
    BL_CONDITION_GATE,
    BL_CONDITION_SAFETY,
    BL_CONDITION_COUNT,
};

struct bl_conditions {
    struct bl_condition items[BL_CONDITION_COUNT];
    bool changed;          /* they are not what the pod has */
    bool opened_unknowing; /* the gate was opened although nothing is known: worth an Event */
    bool closed;           /* the gate is closed: worth another look soon */
    char *probe;           /* the annotation that has a kubelet look now; NULL: the pod has none */
};

/** Of a pod that is there. `now` in seconds since 1970. */
void bl_conditions_of(const struct bl_member *member, const cJSON *pod,
                      const struct bl_pod_state *state, int64_t now,
                      struct bl_conditions *ret_conditions);
void bl_conditions_release(struct bl_conditions *conditions);

/** What server-side apply wants: the pod's name and uid, and the conditions that it has. */
BL_NONNULL cJSON *bl_conditions_patch(const cJSON *pod, const struct bl_conditions *conditions);

#endif
