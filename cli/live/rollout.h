/** What is seen of the rolling upgrade of one StatefulSet, from objects alone, and its two forms. Pure. */
#ifndef BALLAST_CLI_LIVE_ROLLOUT_H
#define BALLAST_CLI_LIVE_ROLLOUT_H

#include "ballast/api/progress.h"
#include "ballast/workload/workload.h"
#include "live.h"

struct cli_rollout_pod {
    char *name;
    const cJSON *pod; /* NULL: the set wants it, and it is not there */
    bool outdated, ready, gated, in_sync;
    const char *safe; /* "True", "False", "Unknown"; NULL: nobody says */
    const char *why;  /* it may not go; NULL */
    bool never;       /* nor does waiting change that */
    bool pending;     /* it does not run yet, so there is nothing that could go down */
    const char *hold; /* NULL */
    const char *node, *zone;
};

struct cli_rollout {
    struct bl_ref ref; /* borrowed from the StatefulSet, as everything that is const */
    enum bl_role role;
    const char *cluster; /* NULL: it belongs to none */
    bool managed;        /* OnDelete, so that the controller rolls it */
    bool stale;          /* the StatefulSet controller has not seen the newest template */
    const char *uid;
    int64_t generation; /* of the object: each change of what is wanted makes a new one */
    const char *revision, *paused, *failed, *aborted, *restored;
    struct bl_progress
        noted; /* by the controller; of a revision before where it is not `current` */
    bool current;
    const char *phase; /* the noted one, "Pending", "Idle" or "Unmanaged" */
    char *message;
    size_t done, outdated, total;
    size_t kept;  /* of these outdated ones, such as a partition keeps so */
    bool counted; /* the StatefulSet controller counts all of them as new and ready, too */
    struct {
        struct cli_rollout_pod *items; /* by ordinal */
        size_t len, cap;
    } pods;
};

/** Borrows all of it. `services` NULL: who looks may not see them. */
void cli_rollout_read(const struct bl_workload *workload, const struct cli_objects *pods,
                      const struct cli_objects *nodes, const struct cli_objects *services,
                      struct cli_rollout *ret_rollout);
void cli_rollout_release(struct cli_rollout *rollout);

enum cli_rollout_end {
    CLI_ROLLOUT_GOES_ON,
    CLI_ROLLOUT_DONE,    /* every pod is new and ready, whoever is asked */
    CLI_ROLLOUT_BLOCKED, /* no waiting helps: somebody has to change something */
    CLI_ROLLOUT_FAILED,  /* failed, or taken back */
};

enum cli_rollout_end cli_rollout_end(const struct cli_rollout *rollout);

struct cli_rollouts {
    struct cli_rollout *items;
    size_t len, cap;
};

void cli_rollouts_release(struct cli_rollouts *rollouts);

/**
 * How it ends with all of `asked`. One that waits for its turn ends as the one that it waits for, also where that is
 * among the `others` of the namespace. With `at_once` one that cannot be completed any more tells for all; without it
 * those that go on are waited for first.
 */
enum cli_rollout_end cli_rollouts_end(const struct cli_rollouts *asked,
                                      const struct cli_rollouts *others, bool at_once);
/** Does one of them need a look: failed, blocked or stuck? */
bool cli_rollouts_are_bad(const struct cli_rollouts *asked, const struct cli_rollouts *others);
/** A line for each that is not done. */
void cli_rollouts_waited_for(const struct cli_rollouts *rollouts, struct bl_strbuf *out);

/** What there was at the first look, for who waits for the upgrade that comes next. Empty to begin with. */
struct cli_rollout_watch {
    bool looked, begun;
    struct {
        char **items; /* "namespace/name uid generation" */
        size_t len, cap;
    } first;
};

/**
 * Has it begun? So it has once a StatefulSet is newer than at the first look, or was made since; and where an upgrade is
 * under way at the first look already, since who waits and who upgrades begin in whatever order.
 */
bool cli_rollout_watch_see(struct cli_rollout_watch *watch, const struct cli_rollouts *rollouts);
void cli_rollout_watch_release(struct cli_rollout_watch *watch);

/** Times are told as of `now`, in seconds since 1970. */
void cli_rollout_text(const struct cli_rollout *rollout, int64_t now, struct bl_strbuf *out);
/** One line without times: what it says now, for who reads a log. */
void cli_rollout_line(const struct cli_rollout *rollout, struct bl_strbuf *out);
cJSON *cli_rollout_json(const struct cli_rollout *rollout);

/** A merge patch of a StatefulSet, and what is told of it. */
struct cli_order {
    cJSON *patch; /* NULL: there is nothing to do */
    char *text;   /* what was done and what follows; or why nothing is */
    bool refused;
};

/** `reason` may be NULL. */
void cli_rollout_pause(const struct cli_rollout *rollout, const char *reason,
                       struct cli_order *ret_order);
void cli_rollout_resume(const struct cli_rollout *rollout, struct cli_order *ret_order);
void cli_rollout_abort(const struct cli_rollout *rollout, struct cli_order *ret_order);
void cli_order_release(struct cli_order *order);

#endif
