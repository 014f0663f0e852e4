/**
 * Names at Backup for GKE, chosen so that the same object asks for the same resource however often it is looked at, and two
 * objects never for one: projects hold the plans of all namespaces side by side.
 */
#ifndef BALLAST_BACKUP_NAMES_H
#define BALLAST_BACKUP_NAMES_H

#include "ballast/json/decode.h"

/** Characters of a plan's, backup's, restore plan's or restore's ID (gkebackup.v1, backupPlanId). */
#define BL_BACKUP_ID_MAX 63

/** The check of a field that holds one. */
BL_CHECK int bl_backup_check_id(const cJSON *value, struct bl_error **err);

/**
 * An ID made of a name and eight digits of the digest of `scope` and `name`: "nightly-1f0c3a5e". The scope is what the name
 * is unique in: a namespace, or an object's UID. For free().
 */
BL_NONNULL char *bl_backup_make_id(const char *scope, const char *name);

/**
 * What a namespace may do beyond itself, as the administrator lists it: "NAMESPACE=RESOURCE" each, where the namespace may be
 * "*", and the resource is a name at Google, or ends in "/" and stands for all below.
 *
 *     orders=projects/p/locations/europe-west3/clusters/standby     restores into that cluster
 *     orders=projects/p/locations/europe-west3/backupPlans/         restores from backups of those plans
 *     *=transformationRules                                         rewrites objects as they are restored
 */
bool bl_backup_is_allowed(const char *const *allowed, size_t len, const char *namespace,
                          const char *resource);
/** Can it be read? The message says what is wrong. */
BL_CHECK int bl_backup_check_allowed(const char *entry, struct bl_error **err);

#endif
