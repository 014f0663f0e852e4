/**
 * What the policies hand to the controller: the readiness gate of brokers, and the rolling of upgrades.
 */
#ifndef BALLAST_POLICIES_MANAGED_H
#define BALLAST_POLICIES_MANAGED_H

#include "ballast/policies/engine.h"

enum bl_no_spare {
    BL_NO_SPARE_BLOCK,  /* a partition that needs all of its replicas keeps its brokers up */
    BL_NO_SPARE_ACCEPT, /* it is down while one of them is */
};

enum bl_raise {
    BL_RAISE_NEVER,
    BL_RAISE_INTERNAL, /* what Kafka calls internal gets the replicas that it lacks */
};

enum bl_on_failure {
    BL_ON_FAILURE_ROLL_BACK,
    BL_ON_FAILURE_PAUSE,
};

enum bl_metadata_version {
    BL_METADATA_VERSION_KEEP,
    BL_METADATA_VERSION_RAISE,
};

/** Of rule inSync. */
struct bl_gate_settings {
    int64_t reserve;       /* replicas in sync beyond min.insync.replicas */
    int no_spare;          /* enum bl_no_spare */
    int64_t unknown_after; /* seconds without an answer of the cluster until the gate opens */
    int raise;             /* enum bl_raise */
    int64_t raise_at_most; /* MiB of internal topics on a broker */
};

/** Of rule rollout; times in seconds. */
struct bl_rollout_settings {
    int64_t max_concurrent; /* brokers at once, where their partitions allow it */
    int64_t settle;     /* from ready to leading again: clients have to learn a pod's new address */
    int64_t soak;       /* from ready to the next pod, after the first of a new template */
    int64_t fail_after; /* seconds that a pod which cannot start is given */
    int64_t patience;   /* seconds without any progress, after which the alarm is raised */
    int on_failure;     /* enum bl_on_failure */
    int metadata_version; /* enum bl_metadata_version */
    bool lead_away;       /* leadership is moved off a broker before it is evicted */
    bool canary;
};

struct bl_managed {
    bool gated;                   /* the controller opens its readiness gate */
    bool rolled;                  /* the controller rolls its upgrades */
    struct bl_gate_settings gate; /* the defaults where no policy says otherwise */
    struct bl_rollout_settings rollout;
};

/**
 * What holds for a workload. `world` has the labels of its namespace; exceptions are looked up as of
 * `today`. Pure.
 */
void bl_policy_managed(const struct bl_policy_set *set, const struct bl_world *world,
                       const struct bl_workload *workload, bl_day today,
                       struct bl_managed *ret_managed);

#endif
