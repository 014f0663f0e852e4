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
    const char *hold; /* NULL */
    const char *node, *zone;
};

struct cli_rollout {
    struct bl_ref ref; /* borrowed from the StatefulSet, as everything that is const */
    enum bl_role role;
    const char *cluster; /* NULL: it belongs to none */
    bool managed;        /* OnDelete, so that the controller rolls it */
    bool stale;          /* the StatefulSet controller has not seen the newest template */
    const char *revision, *paused, *failed, *aborted;
    struct bl_progress
        noted; /* by the controller; of a revision before where it is not `current` */
    bool current;
    const char *phase; /* the noted one, "Pending", "Idle" or "Unmanaged" */
    char *message;
    size_t done, outdated, total;
    struct {
        struct cli_rollout_pod *items; /* by ordinal */
        size_t len, cap;
    } pods;
};

/** Borrows all of it. */
void cli_rollout_read(const struct bl_workload *workload, const struct cli_objects *pods,
                      const struct cli_objects *nodes, struct cli_rollout *ret_rollout);
void cli_rollout_release(struct cli_rollout *rollout);

enum cli_rollout_end {
    CLI_ROLLOUT_GOES_ON,
    CLI_ROLLOUT_DONE,
    CLI_ROLLOUT_FAILED, /* failed, or taken back */
};

enum cli_rollout_end cli_rollout_end(const struct cli_rollout *rollout);

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
