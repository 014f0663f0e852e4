/** All controllers: one line each, by which the program runs them, and from which CRDs and rights are made. */
#ifndef BALLAST_CONTROLLER_CONTROLLERS_H
#define BALLAST_CONTROLLER_CONTROLLERS_H

#include "ballast/runtime/controller.h"

#define BL_CONTROLLERS(X) \
    X(policy)             \
    X(companions)         \
    X(kafka)              \
    X(cluster)            \
    X(backup_plan)        \
    X(backup)             \
    X(restore)

/* bl_policy_controller, … in the kind.c of each. The environment of all is a struct bl_env. */
#define BL_DECLARE_CONTROLLER(name) extern const struct bl_controller_spec bl_##name##_controller;
BL_CONTROLLERS(BL_DECLARE_CONTROLLER)
#undef BL_DECLARE_CONTROLLER

/** The same, up to NULL. */
extern const struct bl_controller_spec *const bl_controllers[];

#endif
