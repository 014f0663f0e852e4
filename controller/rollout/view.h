/** What the plan decides by, put together from what was seen and what is remembered. */
#ifndef BALLAST_CONTROLLER_ROLLOUT_VIEW_H
#define BALLAST_CONTROLLER_ROLLOUT_VIEW_H

#include "act.h"
#include "plan.h"

/** `job` and what it points to must outlive the view. */
void bl_roller_look(struct bl_roller *roller, const struct bl_roller_job *job,
                    struct bl_rollout_view *ret_view);

/** Another number when another process runs in one of the pods. */
uint64_t bl_roller_epoch(const struct bl_roller_job *job);
/** Another number when anything moved: pods, or what they still have to catch up with. */
uint64_t bl_roller_motion(const struct bl_roller_job *job);

/** Is that leadership to come back: does another pod have the place of the one it was moved off? */
bool bl_roller_is_due(const struct bl_roller_job *job, const struct bl_moved *moved);

#endif
