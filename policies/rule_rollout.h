/** The parameters of rollout. */
#ifndef BALLAST_POLICIES_RULE_ROLLOUT_H
#define BALLAST_POLICIES_RULE_ROLLOUT_H

#include "ballast/policies/managed.h"
#include "policy.h"

struct bl_rollout_params {
    struct bl_rule_params base;
    int mode;
    struct bl_rollout_settings settings;
};

#endif
