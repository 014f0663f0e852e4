/**
 * Rehearsals: a backup is restored where nobody works with it, judged, and taken away again. Pure.
 *
 * What is restored gets BL_LABEL_REHEARSAL, by which it is found again: nothing else is deleted. Before the first pod starts, a
 * NetworkPolicy cuts the namespace off from all but itself, DNS and Ballast, and a ResourceQuota refuses what would be met from
 * outside: load balancers, ports of nodes and Ingresses. Rules of the restore plan take away what would undo that.
 */
#ifndef BALLAST_BACKUP_REHEARSAL_H
#define BALLAST_BACKUP_REHEARSAL_H

#include "ballast/backup/spec.h"

/** Name of the NetworkPolicy and of the ResourceQuota. */
#define BL_REHEARSAL_ISOLATION "ballast-rehearsal"

/** Appends them to RestoreConfig.transformationRules (gkebackup.v1, TransformationRule). `label` is the value of the label. */
void bl_rehearsal_add_rules(cJSON *list, const char *label);

/** `ours` is the namespace whose pods may come in, to look at brokers; NULL: none. */
BL_NONNULL cJSON *bl_rehearsal_policy(const char *namespace, const char *ours);
/** Does this policy of the namespace, NetworkPolicy or a network plugin's, let something through beside ours? They add up. */
bool bl_rehearsal_is_opened_by(const cJSON *policy);
BL_NONNULL cJSON *bl_rehearsal_quota(const char *namespace);
/** Does the API server go by the quota, as it has it? Not yet, in the first moments. */
bool bl_rehearsal_quota_holds(const cJSON *quota);

/** Is anything of the rehearsal there, as the status of the KafkaRestore says? `now` is not used. */
bool bl_rehearsal_is_on(const cJSON *restore, int64_t now);
/** Is it over, and taken away again? */
bool bl_rehearsal_is_over(const cJSON *restore);
/** Reasons of the condition Isolated. */
#define BL_REHEARSAL_ISOLATED "Isolated"
#define BL_REHEARSAL_OVER "TakenAway"

/** When the next one is due, by the cron of the plan: seconds since 1970. `last`: 0 where there was none. */
int64_t bl_rehearsal_due(const struct bl_backup_plan_spec *spec, int64_t last, int64_t created,
                         int64_t now);
/** As bl_backup_believed(). */
int64_t bl_rehearsal_believed(const struct bl_backup_plan_spec *spec, int64_t last, int64_t now);

/** What a rehearsal leaves behind, so that it is deleted: kinds in the order in which they go. Up to NULL. */
extern const struct bl_kind *const bl_rehearsal_kinds[];

#endif
