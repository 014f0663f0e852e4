/** What the sources that decide on the next step of an upgrade share. */
#ifndef BALLAST_CONTROLLER_ROLLOUT_DECISION_H
#define BALLAST_CONTROLLER_ROLLOUT_DECISION_H

#include <stdint.h>

#include "plan.h"

#define BL_ROLLOUT_NO_POD SIZE_MAX

/** A decision that is being made. */
struct bl_rollout_decision {
    const struct bl_rollout_view *view;
    struct bl_rollout_plan *plan;
};

static inline const struct bl_rollout_pod *bl_rollout_pod(
    const struct bl_rollout_decision *decision, size_t pod)
{
    return &decision->view->pods.items[pod];
}

static inline const struct bl_rollout_set *bl_rollout_set_of(
    const struct bl_rollout_decision *decision, size_t pod)
{
    return &decision->view->sets.items[decision->view->pods.items[pod].set];
}

/** Notes the end of the decision, and returns true. The message is taken. `pod` may be BL_ROLLOUT_NO_POD. */
bool bl_rollout_decided(struct bl_rollout_decision *decision, enum bl_rollout_act act, size_t pod,
                        char *message);
/** The set whose template was taken back, and which nobody has changed since; BL_ROLLOUT_NO_POD: none. */
size_t bl_rollout_restored_set(const struct bl_rollout_decision *decision);
/** Is it old, and does it stay so because of that? */
bool bl_rollout_is_held_back(const struct bl_rollout_decision *decision, size_t pod);
/** Is it to be replaced? */
bool bl_rollout_is_wanted(const struct bl_rollout_decision *decision, size_t pod);
/** Has nothing moved for as long as the policy of the set says? */
bool bl_rollout_out_of_patience(const struct bl_rollout_decision *decision, size_t set);
/** Takes the next pod down, or says why none may go. False: none is left. */
bool bl_rollout_go_on(struct bl_rollout_decision *decision);

#endif
