/** What the two halves of zoneSpread share: how pods stand to each other, and on which nodes they may stand. */
#ifndef BALLAST_POLICIES_RULES_ZONE_SPREAD_H
#define BALLAST_POLICIES_RULES_ZONE_SPREAD_H

#include "rule.h"

/* Of each wish that is added: it goes before all others. */
#define BL_TERM_WEIGHT 100

enum bl_strength { BL_REQUIRED, BL_PREFERRED, BL_OFF };

/** What is at a place below the pod: being edited in the first pass, as it is in the second. */
const cJSON *bl_zone_pod_value(const struct bl_rule_run *run, const char *below);

/** May its pods run in one zone only, by this node label? */
bool bl_zone_is_pinned(const struct bl_rule_run *run, const char *key);
/** That zone, as the pod template names it; "" where it is no text, NULL where it is not pinned. */
const char *bl_zone_of_workload(const struct bl_workload *workload, const char *key);

/** First pass: nodes with the label first, or no others. */
void bl_zone_wish_label(struct bl_rule_run *run, const char *key);
void bl_zone_require_label(struct bl_rule_run *run, const char *key);
/** Second pass: is it asked for as strongly as is wanted? */
void bl_zone_check_label(struct bl_rule_run *run, enum bl_strength wanted, const char *key);

#endif
