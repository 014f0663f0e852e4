/**
 * ValidatingAdmissionPolicies from policies: what the API server can decide by itself while no webhook answers.
 *
 * CEL sees one object, so only checks that need no other are made, and they deny nothing that the webhook
 * admits but where this says so: a workload is recognised by the label that Ballast leaves on it, else by the
 * names of images; a count of replicas is that of one workload; a claim, budget or network policy is
 * recognised by its own labels or selector, and is asked for its own annotation before it is deleted. Where a
 * policy's match cannot be told from such an object, nothing of that policy, nor of one below it, is asked
 * of it.
 */
#ifndef BALLAST_POLICIES_VAP_H
#define BALLAST_POLICIES_VAP_H

#include "ballast/policies/policy.h"

struct bl_vap_options {
    /** Label that a namespace must carry, as the chart's webhook wants it; NULL: any namespace. */
    const char *label, *value;
    /** Who may take protection away: "user:NAME" or "group:NAME", up to NULL. May be NULL itself. */
    const char *const *admins;
    bl_day today; /* exceptions that have expired by then are left out */
};

/** An array: for each policy and check a ValidatingAdmissionPolicy and its binding. */
BL_NONNULL cJSON *bl_vap_render(const struct bl_policy_set *set,
                                const struct bl_vap_options *options);

/** Why no check is made of a rule; NULL where there is one. */
const char *bl_vap_left_out(enum bl_rule_id rule);

#endif
