/** What rolling an upgrade writes: to the API server, and to the brokers. */
#ifndef BALLAST_CONTROLLER_ROLLOUT_WRITE_H
#define BALLAST_CONTROLLER_ROLLOUT_WRITE_H

#include "act.h"
#include "plan.h"

/** Asks for an eviction, as kubectl drain does. 429: a budget or a guard says "not now". */
BL_CHECK int bl_roller_evict(const struct bl_roller_job *job, size_t pod, struct bl_error **err);

/**
 * Puts the template back that the other pods of the set run, and notes the newest revision as one that failed.
 */
BL_CHECK int bl_roller_restore(const struct bl_roller_job *job, size_t member,
                               struct bl_error **err);

/** Moves leadership off a pod's broker, and notes before that how it comes back. */
BL_CHECK int bl_roller_move_leaders(const struct bl_roller_job *job, size_t pod,
                                    struct bl_error **err);
/** Brings back what is due. `ret_moved` counts partitions. */
BL_CHECK int bl_roller_return_leaders(const struct bl_roller_job *job, size_t *ret_moved,
                                      struct bl_error **err);

/** Writes to every broker and reads it again. */
BL_CHECK int bl_roller_canary(const struct bl_roller_job *job, struct bl_error **err);

/** Notes the plan on the sets that it concerns, where it is not what is noted. `ret_news`: the phase is new. */
BL_CHECK int bl_roller_note(const struct bl_roller_job *job, const struct bl_rollout_view *view,
                            const struct bl_rollout_plan *plan, bool *ret_news,
                            struct bl_error **err);
/** Adds to the plan's message why what it wants was refused the last time. */
void bl_roller_explain(struct bl_rollout_plan *plan, const char *refusal);

#endif
