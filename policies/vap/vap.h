/** The parts of bl_vap_render(): what concerns a policy, and what is asked then. */
#ifndef BALLAST_POLICIES_VAP_VAP_H
#define BALLAST_POLICIES_VAP_VAP_H

#include "ballast/policies/vap.h"
#include "policy.h"

enum bl_vap_target {
    BL_VAP_WORKLOAD, /* StatefulSets and Deployments */
    BL_VAP_SET,      /* StatefulSets */
    BL_VAP_CLAIM,
    BL_VAP_BUDGET,
    BL_VAP_NETWORK_POLICY,
};

struct bl_vap_check {
    enum bl_rule_id rule;
    const char *name;
    enum bl_vap_target target;
    bool deletes; /* asked of deletions, else of creations and updates */
    bool warns;   /* it cannot be sure, so it denies nothing */
    /** Adds variables, and says what is good: pairs of expression and message by bl_vap_demand(). */
    void (*write)(const struct bl_vap_check *check, const struct bl_policy *policy, cJSON *spec);
};

extern const struct bl_vap_check bl_vap_checks[];
extern const size_t bl_vap_checks_len;

/** One more variable; those that are added later may use it. */
void bl_vap_variable(cJSON *spec, const char *name, const char *expression);
/** One more thing that must hold of what the policy concerns. */
void bl_vap_demand(cJSON *spec, const char *rule, const char *good, const char *message,
                   const char *hint);

/** Is it asked of workloads, which tell their name, labels and role? */
bool bl_vap_is_workload(enum bl_vap_target target);

/**
 * Does the policy decide the rule here? A CEL expression over the variables labels and role, or NULL where an
 * object of the target cannot tell.
 */
char *bl_vap_scope(const struct bl_policy_set *set, const struct bl_policy *policy,
                   enum bl_rule_id rule, enum bl_vap_target target, bl_day today);

/** The text as a CEL literal. For free(). */
BL_NONNULL char *bl_vap_literal(const char *text);
/** Patterns as a regular expression over the whole text, as a literal. For free(). */
BL_NONNULL char *bl_vap_regex(const struct bl_strings *patterns);

#endif
