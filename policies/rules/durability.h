/** The parameters of durability, and what it completes. */
#ifndef BALLAST_POLICIES_RULES_DURABILITY_H
#define BALLAST_POLICIES_RULES_DURABILITY_H

#include "rule.h"

struct bl_durability_params {
    struct bl_rule_params base;
    int64_t min_in_sync, replication_factor;
    bool unclean, auto_create;
    bool complete_min_in_sync; /* min.insync.replicas too */
    bool complete_only;        /* what is wrong is judged by the policy behind */
};

/**
 * First pass: gives a cluster that is made new the factors that its author left to Kafka, as variables; and keeps, on a
 * later update, those that were given when it was made.
 */
void bl_durability_complete(struct bl_rule_run *run);

#endif
