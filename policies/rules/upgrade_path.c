#include "rule.h"

/*
 * Nothing that members need while they run is taken away. What would be lost is found by comparing before and after
 * (ballast/policies/losses.h), which one object alone does not show: so the rule has no check of its own, and decides
 * what comes of it at admission, and with `ballast lint --against`.
 */

static const struct bl_rule_params defaults = {0};
static const struct bl_field fields[] = {BL_RULE_ACTION_FIELD, {0}};
static const struct bl_schema schema = BL_SCHEMA(struct bl_rule_params, fields);

const struct bl_rule bl_rule_upgrade_path = {
    .summary =
        "No change takes away what members that run need: their set, their mode, their Services.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_CONTROLLER | BL_MATCH_COMBINED | BL_MATCH_ZOOKEEPER,
};
