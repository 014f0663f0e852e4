/** The parameters of inSync. */
#ifndef BALLAST_POLICIES_RULES_IN_SYNC_H
#define BALLAST_POLICIES_RULES_IN_SYNC_H

#include "ballast/policies/managed.h"
#include "policy.h"

enum bl_eviction {
    BL_EVICTION_ALLOW, /* the disruption budget decides alone */
    BL_EVICTION_DENY,
};

struct bl_in_sync_params {
    struct bl_rule_params base;
    int unknown;   /* enum bl_eviction: nobody says whether the pod is safe to disrupt */
    int not_ready; /* enum bl_eviction: the pod is not ready anyway */
    struct bl_gate_settings gate;
};

#endif
