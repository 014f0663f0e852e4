#include "ballast/policies/managed.h"

#include "rules/in_sync.h"
#include "rules/rollout.h"

/* The parameters of the rule for a workload; NULL where no policy has it do anything. */
static const struct bl_rule_params *params_of(const struct bl_policy_set *set, enum bl_rule_id rule,
                                              const struct bl_match_scope *scope, bl_day today)
{
    const struct bl_policy *policy = bl_policy_for(set, rule, scope);

    return policy && policy->rules[rule]->action == BL_ACTION_MUTATE &&
                   !bl_policy_excuses(set, rule, scope, today)
               ? policy->rules[rule]
               : NULL;
}

void bl_policy_managed(const struct bl_policy_set *set, const struct bl_world *world,
                       const struct bl_workload *workload, bl_day today,
                       struct bl_managed *ret_managed)
{
    const struct bl_match_scope scope = {world, workload->object, workload->role,
                                         workload->ref.namespace};
    const struct bl_rule_params *gate = params_of(set, BL_RULE_IN_SYNC, &scope, today);
    const struct bl_rule_params *rollout = params_of(set, BL_RULE_ROLLOUT, &scope, today);
    const struct bl_rule_params *in_sync_defaults = bl_rules[BL_RULE_IN_SYNC]->defaults;
    const struct bl_rule_params *rollout_defaults = bl_rules[BL_RULE_ROLLOUT]->defaults;

    *ret_managed = (struct bl_managed){
        .gated = gate != NULL,
        .rolled = rollout != NULL,
        .gate = ((const struct bl_in_sync_params *)(gate ? gate : in_sync_defaults))->gate,
        .rollout =
            ((const struct bl_rollout_params *)(rollout ? rollout : rollout_defaults))->settings,
    };
}
