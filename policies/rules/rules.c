/* The table of rules: a line of BL_RULES() and a file of that name in this folder make one. */
#include "rule.h"

#define RULE(id, file, key, name) [BL_RULE_##id] = &bl_rule_##file,
const struct bl_rule *const bl_rules[BL_RULE_COUNT] = {BL_RULES(RULE)};

#define KEY(id, file, key, name) [BL_RULE_##id] = (key),
const char *const bl_rule_keys[BL_RULE_COUNT + 1] = {BL_RULES(KEY)};

#define NAME(id, file, key, name) [BL_RULE_##id] = (name),
static const char *const names[BL_RULE_COUNT] = {BL_RULES(NAME)};

const char *bl_rule_key(enum bl_rule_id rule)
{
    return bl_rule_keys[rule];
}

const char *bl_rule_name(enum bl_rule_id rule)
{
    return names[rule];
}
