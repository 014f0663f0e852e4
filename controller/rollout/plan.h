/**
 * What a rolling upgrade does next. Pure: what is seen of a cluster in, one action out.
 *
 * Nothing is kept from one decision to the next but what stands in the cluster itself (which pods are of
 * which revision, since when they are ready, what the annotations say), so that whoever decides may be killed
 * at any moment, and the next one goes on where it stopped. One disruption at a time holds for the whole
 * cluster, ZooKeeper included: while any pod of it is away, on its way or not ready, nothing is taken down.
 *
 * Waiting is a state, not a failure. It becomes an alarm when nothing has moved for as long as the policy
 * says, and a roll back when the first pod of a revision cannot start.
 */
#ifndef BALLAST_CONTROLLER_ROLLOUT_PLAN_H
#define BALLAST_CONTROLLER_ROLLOUT_PLAN_H

#include "ballast/policies/managed.h"

/** Times are in seconds. Texts are borrowed. */
struct bl_rollout_set {
    const char *name;
    enum bl_role role;
    bool managed;  /* ours to roll */
    bool stale;    /* its controller has not seen the newest template yet */
    bool paused;   /* somebody wants it so */
    bool failed;   /* the first pod of this revision did not come up before */
    bool restored; /* its template was taken back, and nobody has changed it since */
    bool aborted;  /* somebody wants this revision no more */
    bool begun;    /* it is noted as being rolled */
    struct bl_rollout_settings settings;
};

struct bl_rollout_pod {
    size_t set;
    const char *name;
    bool missing;  /* the set wants it, and it is not there */
    bool going;    /* being deleted */
    bool outdated; /* of an older revision than its set */
    bool ready;
    bool answers;        /* its process serves */
    bool in_sync;        /* every replica on it is; of what has no replicas: it has caught up */
    const char *trouble; /* why it cannot start: "ImagePullBackOff"; NULL */
    const char *state;   /* what it waits for, for people; NULL */
    int64_t since; /* seconds for which it is ready (running, where it leads no partition) or not */
    bool safe;     /* it may go down now */
    bool never;    /* it may not, and no waiting changes that */
    const char *why;  /* it may not; of one that never may, with what changes that */
    const char *hold; /* somebody keeps it up; NULL */
    bool leader;      /* active controller, leader of the quorum or of ZooKeeper */
    int64_t leads;    /* partitions */
};

enum bl_canary_state {
    BL_CANARY_UNASKED, /* since the last pod changed */
    BL_CANARY_PASSED,
    BL_CANARY_FAILED,
};

struct bl_rollout_view {
    struct {
        struct bl_rollout_set *items;
        size_t len, cap;
    } sets;
    struct {
        struct bl_rollout_pod *items; /* of all sets, also of those that are not ours to roll */
        size_t len, cap;
    } pods;
    const char *unknown; /* why nothing is known of the cluster; NULL: it answered */
    const char *raising; /* topics get replicas, after which more pods may go; NULL: none do */
    bool copying;        /* a backup copies the volumes */
    bool unbalanced;     /* leaders that are not the preferred ones, and could be */
    bool balance_failed; /* it was tried, and changed nothing */
    enum bl_canary_state canary;
    const char *canary_text;
    bool led_away; /* the next pod leads nothing any more, or will not be rid of it */
    int64_t idle;  /* since anything moved */
    /** May these brokers be down together? NULL: never two. */
    bool (*together)(const void *context, const size_t *pods, size_t len);
    const void *context;
};

enum bl_rollout_act {
    BL_ROLLOUT_REST = 1, /* there is nothing to roll */
    BL_ROLLOUT_WAIT,
    BL_ROLLOUT_LEAD_BACK, /* leadership to the preferred replicas */
    BL_ROLLOUT_CHECK,     /* write and read a canary */
    BL_ROLLOUT_LEAD_AWAY, /* leadership off the pods that come next */
    BL_ROLLOUT_EVICT,
    BL_ROLLOUT_ROLL_BACK, /* the template of the set, to the revision before */
    BL_ROLLOUT_FINISH,    /* all is new, in sync, and has proved itself */
};

enum bl_rollout_phase {
    BL_ROLLOUT_IDLE,
    BL_ROLLOUT_ROLLING,
    BL_ROLLOUT_PAUSED,
    BL_ROLLOUT_BLOCKED, /* waiting does not help: somebody has to change something */
    BL_ROLLOUT_STUCK,   /* nothing has moved for too long */
    BL_ROLLOUT_FAILED,  /* the revision does not come up; what was begun was taken back */
    BL_ROLLOUT_COMPLETE,
    BL_ROLLOUT_PHASES,
};

struct bl_rollout_plan {
    enum bl_rollout_act act;
    enum bl_rollout_phase phase;
    size_t set; /* that it is about */
    struct {
        size_t *items;
        size_t len, cap;
    } pods;             /* that are led away from or evicted; or the one that is waited for */
    size_t done, total; /* pods of managed sets: of the newest revision and ready; all */
    char *message;      /* what is done or waited for, and why */
    bool canary;        /* the policy of a managed broker asks for one */
};

void bl_rollout_decide(const struct bl_rollout_view *view, struct bl_rollout_plan *ret_plan);
void bl_rollout_plan_release(struct bl_rollout_plan *plan);
void bl_rollout_view_release(struct bl_rollout_view *view);

const char *bl_rollout_act_name(enum bl_rollout_act act);
const char *bl_rollout_phase_name(enum bl_rollout_phase phase);

#endif
