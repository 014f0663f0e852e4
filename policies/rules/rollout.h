/** The parameters of rollout. */
#ifndef BALLAST_POLICIES_RULES_ROLLOUT_H
#define BALLAST_POLICIES_RULES_ROLLOUT_H

#include "ballast/policies/managed.h"
#include "policy.h"

struct bl_rollout_params {
    struct bl_rule_params base;
    int mode;
    int64_t address; /* seconds that a JVM may keep an address; 0: as it is */
    struct bl_rollout_settings settings;
};

#endif
