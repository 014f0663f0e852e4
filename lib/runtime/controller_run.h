/** The manager's side of a controller. */
#ifndef BALLAST_RUNTIME_CONTROLLER_RUN_H
#define BALLAST_RUNTIME_CONTROLLER_RUN_H

#include "ballast/runtime/controller.h"
#include "services.h"

/** `services` are borrowed; `index` is the controller's place among the names of the metrics. */
BL_NONNULL struct bl_controller *bl_controller_new(const struct bl_controller_spec *spec,
                                                   const struct bl_services *services, size_t index,
                                                   void *environment);
/** Its threads have ended. */
void bl_controller_free(struct bl_controller *controller);

BL_NONNULL const struct bl_controller_spec *bl_controller_spec(
    const struct bl_controller *controller);

BL_CHECK int bl_controller_start(struct bl_controller *controller, unsigned workers,
                                 struct bl_error **err);
/** Joins the threads, and frees what it remembers; what is enqueued after that waits for ever. */
void bl_controller_end(struct bl_controller *controller);
void bl_controller_measure(struct bl_controller *controller);

#endif
