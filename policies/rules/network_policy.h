/** Network policies that are there already; the rule itself is in network_policy.c. */
#ifndef BALLAST_POLICIES_RULES_NETWORK_POLICY_H
#define BALLAST_POLICIES_RULES_NETWORK_POLICY_H

#include "rule.h"

/** Reports what is wrong with the policies that govern ingress to a workload. False: there are none. */
bool bl_judge_network_policies(struct bl_rule_run *run, const struct bl_workload *workload);

#endif
