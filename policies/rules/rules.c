#include "rule.h"

const struct bl_rule *const bl_rules[BL_RULE_COUNT] = {
    [BL_RULE_DISRUPTION_BUDGET] = &bl_rule_disruption_budget,
    [BL_RULE_ZONE_SPREAD] = &bl_rule_zone_spread,
    [BL_RULE_NETWORK_POLICY] = &bl_rule_network_policy,
    [BL_RULE_PROBES] = &bl_rule_probes,
    [BL_RULE_GRACEFUL_STOP] = &bl_rule_graceful_stop,
    [BL_RULE_SERVICES] = &bl_rule_services,
    [BL_RULE_IN_SYNC] = &bl_rule_in_sync,
    [BL_RULE_ROLLOUT] = &bl_rule_rollout,
    [BL_RULE_RACK] = &bl_rule_rack,
    [BL_RULE_IMAGES] = &bl_rule_images,
    [BL_RULE_REPLICAS] = &bl_rule_replicas,
    [BL_RULE_DURABILITY] = &bl_rule_durability,
    [BL_RULE_STORAGE] = &bl_rule_storage,
    [BL_RULE_RESOURCES] = &bl_rule_resources,
};
