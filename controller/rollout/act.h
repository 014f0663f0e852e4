/**
 * Rolls the upgrades of one cluster: puts together what the plan decides by, does what it decides, and notes it
 * where people see it.
 */
#ifndef BALLAST_CONTROLLER_ROLLOUT_ACT_H
#define BALLAST_CONTROLLER_ROLLOUT_ACT_H

#include "ballast/api/progress.h"
#include "ballast/base/metrics.h"
#include "ballast/runtime/recorder.h"
#include "kafka/connection.h"
#include "kafka/pod_state.h"
#include "plan.h"

enum bl_eviction_result {
    BL_EVICTION_DONE,
    BL_EVICTION_REFUSED, /* not now */
    BL_EVICTION_FAILED,
};

/**
 * What is remembered of a cluster between two looks. Nothing that a new leader could not do without: it would
 * ask again, try again, or wait a little longer.
 */
struct bl_roller {
    struct {
        struct bl_evicted {
            char *uid;
            bl_nsec when;
        } * items; /* that the caches may not show yet */
        size_t len, cap;
    } evicted;
    enum bl_rollout_phase phase; /* of the last step */
    uint64_t motion;             /* of what was seen last; while it stays the same nothing moves */
    bl_nsec moved;
    uint64_t epoch; /* of the pods that what follows is about */
    enum bl_canary_state canary;
    char *canary_text;
    bl_nsec canary_at;
    bool led_away, tried, balance_failed;
    bl_nsec tried_at;
    bool acted;    /* the last step did something that the next one may go on from at once */
    char *refusal; /* of the last eviction, or of the last canary tried */
};

void bl_roller_release(struct bl_roller *roller);

/** All borrowed. */
struct bl_roller_job {
    struct bl_kube_client *client;
    struct bl_recorder *recorder;
    struct bl_metric *evictions; /* by enum bl_eviction_result */
    const struct bl_kafka *kafka;
    const struct bl_cluster *facts; /* NULL: unknown */
    const char *unknown;            /* why; NULL: known, or there is nothing to know */
    const char *raising;            /* topics get replicas; NULL: none do */
    bool copying;                   /* a backup copies the volumes */
    const struct bl_pod_states *states;
    struct bl_observer *observer; /* NULL with unknown facts */
    bl_nsec now;                  /* monotonic */
    int64_t wall;                 /* seconds since 1970 */
};

/** One step. `ret_busy`: there is more to do, or to wait for. */
BL_CHECK int bl_roller_step(struct bl_roller *roller, const struct bl_roller_job *job,
                            bool *ret_busy, struct bl_error **err);

#endif
