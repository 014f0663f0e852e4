/** Makes true what was planned: writes it, and tells of it. */
#ifndef BALLAST_CONTROLLER_COMPANIONS_ACT_H
#define BALLAST_CONTROLLER_COMPANIONS_ACT_H

#include "ballast/runtime/controller.h"
#include "pending.h"

/** All borrowed. */
struct bl_companion_actor {
    const struct bl_controller *controller;
    struct bl_pending *pending;
    struct bl_metric *writes;
};

/** Takes the steps out of the plan that the caches have yet to follow, and those that have to wait. */
void bl_companions_put_off(const struct bl_companion_actor *actor, struct bl_plan *plan,
                           struct bl_reconcile_result *result);
/**
 * Several at once. A step that fails keeps none of the others from being done; the first failure is told. What is new is
 * there before what it replaces goes.
 */
BL_CHECK int bl_companions_act(const struct bl_companion_actor *actor, const struct bl_plan *plan,
                               struct bl_error **err);

#endif
