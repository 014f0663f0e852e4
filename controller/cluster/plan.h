/**
 * What is next for a KafkaCluster, and what its status says meanwhile. Pure: what was found out in, one step out. Nothing is
 * remembered but what stands in the cluster, so that whoever leads next goes on where this one stopped.
 */
#ifndef BALLAST_CONTROLLER_CLUSTER_PLAN_H
#define BALLAST_CONTROLLER_CLUSTER_PLAN_H

#include "ballast/api/pod.h"
#include "ballast/cluster/evaluate.h"
#include "ballast/runtime/status.h"

enum bl_cluster_step {
    BL_CLUSTER_STOP,          /* a person is needed, or it was said so */
    BL_CLUSTER_WAIT,          /* look again in a while */
    BL_CLUSTER_UNLOCK,        /* the release is pending, and nobody works on it */
    BL_CLUSTER_VERIFY_BEFORE, /* what is there before the upgrade is noted */
    BL_CLUSTER_BACK_UP,       /* a KafkaBackup, before the upgrade */
    BL_CLUSTER_RELEASE,       /* Helm */
    BL_CLUSTER_VERIFY,
    BL_CLUSTER_FINALIZE, /* metadata.version, from which there is no way back */
    BL_CLUSTER_DONE,
};

/** Of the StatefulSets of a release that are Kafka or ZooKeeper. */
struct bl_cluster_rollout {
    int64_t pods, updated, ready;
    char *waiting; /* what it waits for, for people; NULL: it is complete */
    char *failed;  /* a template that was taken back, or cannot start; NULL */
};

/** Brokers, by what their pods say of themselves. */
struct bl_cluster_sync {
    int64_t in, out, unknown;
    char *message; /* of the first that is not in sync, or of which that is not known; NULL */
};
/** Adds the pods of a StatefulSet; of a set whose pods say nothing, none. */
void bl_cluster_sync_add(const struct bl_set_pods *pods, struct bl_cluster_sync *sync);
void bl_cluster_sync_release(struct bl_cluster_sync *sync);

/** Adds the pods of `set` to `members`, an array, for status.members: name, zone, image, updated, ready, inSync. */
void bl_cluster_members_add(const cJSON *set, const struct bl_set_pods *pods, cJSON *members);

/** The KafkaBackup that goes before the plan; all borrowed. */
struct bl_cluster_backup {
    bool made;           /* it is there */
    bool complete;       /* and over, and good */
    int64_t made_at;     /* seconds since 1970 */
    const char *stalled; /* why it will not become so by itself; NULL: it may */
    const char *message; /* how far it is; NULL: nobody has looked */
};

/** A step that went wrong, as the status has it. */
struct bl_cluster_failure {
    const char *step; /* as bl_cluster_step_name() has it; NULL: none did */
    const char *of;   /* what it was tried for, as bl_cluster_input() has it */
    const char *message;
    int64_t count, at; /* how often in a row; when last, in seconds since 1970 */
    bool lasts;        /* waiting does not change it */
};

/** Noted in the status of the object, and read from there. */
struct bl_cluster_notes {
    int64_t attempt;     /* the revision of this release that we told Helm to make; 0: none */
    int64_t verified;    /* the revision that was proven last; 0: none */
    int64_t verified_at; /* when, in seconds since 1970; 0: never */
    const char *noted;   /* messages that lie there, as bl_verify() has it; NULL */
    const char *before;  /* the digest of the plan before which they were looked at; NULL */
    int64_t lost;        /* of the last proof */
    int64_t finalized;   /* the revision for which metadata.version was raised last; 0: none */
    int64_t level;       /* of metadata.version, as it was seen then; -1: not known */
    int64_t rolled_at;   /* when its pods were ready, in seconds since 1970; 0: not yet */
    struct bl_cluster_failure failure;
};

/** All borrowed. */
struct bl_cluster_state {
    const cJSON *object;
    const struct bl_cluster_spec *spec;
    const char *invalid; /* why its spec cannot be read; NULL: it was */
    const char *failure; /* what could not be found out; NULL */
    enum bl_errcode failure_code;
    enum bl_evaluate_stage stage;
    bool has_release, pending;
    int64_t revision;
    const char *release_status;
    bool abandoned; /* it is pending, and its Helm is gone */
    const struct bl_cluster_plan *plan;
    const struct bl_strings *drift;
    struct bl_cluster_rollout rollout;
    struct bl_cluster_sync sync;
    const cJSON *members; /* for the status; NULL: they were not looked at */
    struct bl_cluster_backup backup;
    struct bl_cluster_notes notes;
    struct bl_cluster_known known;
    int64_t now; /* seconds since 1970 */
};

struct bl_cluster_next {
    enum bl_cluster_step step;
    enum bl_kstatus phase;
    const char *reason; /* a word in CamelCase */
    char *message;
    bl_nsec after;   /* WAIT, STOP and DONE: the next look */
    bool has_failed; /* the failure that is noted is of this step: it stays in the status */
};

/** "Release"; NULL for what is no act. */
const char *bl_cluster_step_name(enum bl_cluster_step step);
/** What a step is tried for: another spec, chart or value is another one. For free(). */
BL_NONNULL char *bl_cluster_input(const struct bl_cluster_state *state);
/** Is the failure that is noted one of this step, for what it is tried for now? */
bool bl_cluster_has_failed(const struct bl_cluster_state *state, enum bl_cluster_step step);

/** Does an upgrade by this plan take a KafkaBackup before? */
bool bl_cluster_wants_backup(const struct bl_cluster_state *state);
/** What that is called: another one for each plan, and each time that it comes again. For free(). */
BL_NONNULL char *bl_cluster_backup_name(const struct bl_cluster_state *state);

void bl_cluster_next(const struct bl_cluster_state *state, struct bl_cluster_next *ret_next);
void bl_cluster_next_release(struct bl_cluster_next *next);

/** Adds the conditions that say how far it is. */
void bl_cluster_conditions(const struct bl_cluster_state *state, const struct bl_cluster_next *next,
                           struct bl_status *status);

#endif
