/**
 * Taking Ballast out of a StatefulSet without a restart that nobody asked for. Pure.
 *
 * Two steps, because what the second may do hangs on what the first has brought about: out with the gate and
 * our annotations, under OnDelete, so that nothing restarts; then upgrades back to Kubernetes, where no pod is
 * of an older template than the newest, as RollingUpdate would restart it at once and ask nobody.
 */
#ifndef BALLAST_CLI_LIVE_LEAVE_H
#define BALLAST_CLI_LIVE_LEAVE_H

#include "live.h"

struct cli_leave_step {
    cJSON *patch;     /* JSON patch; NULL: there is nothing to do */
    bool template;    /* it changes the template */
    struct cli_said { /* a line each */
        char **items;
        size_t len, cap;
    } said, warned;
};

/** Safe to repeat. */
void cli_leave_clean(const cJSON *set, struct cli_leave_step *ret_step);
/** After the first step, and once the StatefulSet controller has seen it. `restart`: in any case. */
void cli_leave_return(const cJSON *set, const struct cli_objects *pods, bool restart,
                      struct cli_leave_step *ret_step);
void cli_leave_step_release(struct cli_leave_step *step);

/** Has Ballast anything in it? */
bool cli_leave_concerns(const cJSON *set);
/** Has its template the gate? */
bool cli_leave_gated(const cJSON *set);
/** Does nobody roll it but who deletes its pods? */
bool cli_leave_on_delete(const cJSON *set);

#endif
