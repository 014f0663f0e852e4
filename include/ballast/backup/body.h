/**
 * What is asked of Backup for GKE, as its API has it (gkebackup.v1: BackupPlan, Backup, RestorePlan, Restore), and what of it
 * the service has otherwise. Pure.
 *
 * The controller's one identity at Google serves every namespace, so that each of these bodies names the object's own
 * namespace and nothing beside it. What reaches further is for bl_backup_is_allowed().
 */
#ifndef BALLAST_BACKUP_BODY_H
#define BALLAST_BACKUP_BODY_H

#include "ballast/backup/spec.h"

/** Where an object stands; all borrowed. */
struct bl_backup_place {
    const char *namespace;
    const char *cluster;                   /* projects/P/locations/L/clusters/C */
    const struct bl_strings *applications; /* ProtectedApplications that Ballast keeps there */
};

/** Labels of what Ballast makes at the service. */
#define BL_BACKUP_LABEL_NAMESPACE "ballast-namespace"
/** On a Backup: the digest of the note that travels in it, cut to 63 digits, which is what a label holds. */
#define BL_BACKUP_LABEL_NOTE "ballast-note"
#define BL_BACKUP_LABEL_MAX 63

BL_NONNULL cJSON *bl_backup_plan_body(const struct bl_backup_plan_spec *spec,
                                      const struct bl_backup_place *place);

/** The paths in which the plan differs from what is wanted, as an updateMask; "" where it does not. For free(). */
BL_NONNULL char *bl_backup_plan_mask(const cJSON *wanted, const cJSON *plan);

/**
 * What is sent with that mask: what is wanted, beside labels of others, and under the etag of the plan as it was read, so that
 * whoever was faster is not overwritten.
 */
BL_NONNULL cJSON *bl_backup_plan_patch(const cJSON *wanted, const cJSON *plan);

/**
 * Why a plan of this ID is not the object's to take over: it is of another cluster, or reaches beyond the namespace. For
 * free(); NULL: it is.
 */
char *bl_backup_plan_foreign(const cJSON *plan, const struct bl_backup_place *place);

/**
 * Why a plan, backup, restore plan or restore is not for the namespace of this cluster to delete: it is another cluster's, whose
 * namespaces may have the same names, or its label does not name the namespace. `parent` is what it lies in, for what does not
 * say its cluster itself; NULL: not known. For free(); NULL: it is.
 */
char *bl_backup_foreign(const cJSON *resource, const cJSON *parent,
                        const struct bl_backup_place *place);
/** The cluster that it is of, or goes to, as it says itself; NULL: it does not. */
const char *bl_backup_cluster_of(const cJSON *resource);

/** `note` is the digest of what was noted; NULL: nothing was. */
BL_NONNULL cJSON *bl_backup_body(const struct bl_backup_spec *spec,
                                 const struct bl_backup_place *place, const char *note);

/**
 * `plan` and `backup` are full names; `cluster` is where it is restored. `rehearsal` is what BL_LABEL_REHEARSAL says of what is
 * restored; NULL: it is no rehearsal.
 */
BL_NONNULL cJSON *bl_restore_plan_body(const struct bl_restore_spec *spec, const char *namespace,
                                       const char *plan, const char *cluster,
                                       const char *rehearsal);
BL_NONNULL cJSON *bl_restore_body(const char *namespace, const char *backup);

#endif
