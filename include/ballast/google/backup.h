/**
 * Backup for GKE (gkebackup.googleapis.com, v1), and what it needs to know of a cluster.
 *
 * Bodies stay JSON, as the API's reference has them: what is here are names, the texts of enumerations, and how long the
 * service may take. A plan says what of which cluster is kept; a Backup is one execution of it, a Restore one of a
 * RestorePlan. A Backup or Restore is judged by its state, never by the operation that made it.
 */
#ifndef BALLAST_GOOGLE_BACKUP_H
#define BALLAST_GOOGLE_BACKUP_H

#include "ballast/google/resource.h"

enum bl_gke_kind {
    BL_GKE_BACKUP_PLAN = 1, /* projects/P/locations/L/backupPlans/ID */
    BL_GKE_BACKUP,          /* …/backupPlans/ID/backups/ID */
    BL_GKE_VOLUME_BACKUP,   /* …/backups/ID/volumeBackups/ID; only read */
    BL_GKE_RESTORE_PLAN,    /* projects/P/locations/L/restorePlans/ID */
    BL_GKE_RESTORE,         /* …/restorePlans/ID/restores/ID */
    BL_GKE_VOLUME_RESTORE,  /* …/restores/ID/volumeRestores/ID; only read */
};

/** 1 to 63 of a-z, 0-9 and '-', a letter first, no '-' last? */
bool bl_gke_id_valid(const char *id);
/** Appends "projects/P/locations/L". */
BL_CHECK int bl_gke_location(struct bl_strbuf *name, const char *project, const char *location,
                             struct bl_error **err);
/** Appends "projects/P/locations/L/clusters/C". */
BL_CHECK int bl_gke_cluster_name(struct bl_strbuf *name, const char *project, const char *location,
                                 const char *cluster, struct bl_error **err);
/** Appends the name of one of that kind: `parent`, its collection, and the id. */
BL_CHECK int bl_gke_name(struct bl_strbuf *name, enum bl_gke_kind kind, const char *parent,
                         const char *id, struct bl_error **err);
/** Is it the name of one of that kind? Ids that the service gave itself may have other characters. */
BL_CHECK int bl_gke_name_check(enum bl_gke_kind kind, const char *name, struct bl_error **err);
/** Appends what a name is below: of a Backup its plan, of a plan its location. */
void bl_gke_parent(const char *name, struct bl_strbuf *parent);

/** What a resource can be in; each kind has some of these. */
enum bl_gke_state {
    BL_GKE_UNKNOWN, /* none, or one that is newer than we are: not over, as far as we know */
    BL_GKE_CLUSTER_PENDING,
    BL_GKE_PROVISIONING,
    BL_GKE_READY,
    BL_GKE_DEACTIVATED,
    BL_GKE_CREATING,
    BL_GKE_VALIDATING,
    BL_GKE_IN_PROGRESS,
    BL_GKE_SNAPSHOTTING,
    BL_GKE_UPLOADING,
    BL_GKE_RESTORING,
    BL_GKE_SUCCEEDED,
    BL_GKE_FAILED,
    BL_GKE_DELETING,
    BL_GKE_CLEANED_UP,
};

enum bl_gke_state bl_gke_state_of(enum bl_gke_kind kind, const cJSON *resource);
/** The text as the service has it, also of one that is not known; "" where there is none. */
const char *bl_gke_state_text(const cJSON *resource);
/** Is there nothing more to wait for? As gcloud has it, one that is being deleted is not waited for. */
bool bl_gke_state_is_final(enum bl_gke_state state);

/** troubleshootingInfo.stateReasonCode, "200010301", of what FAILED; NULL: none. */
const char *bl_gke_reason_code(const cJSON *resource);
/** What can be done about such a code; NULL where it is not one that we know. */
const char *bl_gke_reason_hint(const char *code);

/** Texts of enumerations, up to NULL. At 0 is what is not said. */
extern const char *const bl_gke_volume_policies[]; /* restoreConfig.volumeDataRestorePolicy */
extern const char
    *const bl_gke_conflict_policies[];           /* restoreConfig.clusterResourceConflictPolicy */
extern const char *const bl_gke_restore_modes[]; /* restoreConfig.namespacedResourceRestoreMode */
extern const char *const bl_gke_rule_ops[];      /* …transformationRules[].fieldActions[].op */

BL_CHECK int bl_gke_get(struct bl_google_client *client, enum bl_gke_kind kind, const char *name,
                        cJSON **ret_resource, struct bl_error **err);
/** bl_google_create() below `parent`. */
BL_CHECK int bl_gke_create(struct bl_google_client *client, enum bl_gke_kind kind,
                           const char *parent, const char *id, const cJSON *body,
                           char **ret_operation, struct bl_error **err);
/** bl_google_patch(), whose timeout is the kind's. */
BL_CHECK int bl_gke_patch(struct bl_google_client *client, enum bl_gke_kind kind,
                          const struct bl_google_patch *patch, char **ret_operation,
                          struct bl_error **err);
/** bl_google_delete(), whose timeout is the kind's. A backup plan cannot be deleted by force. */
BL_CHECK int bl_gke_delete(struct bl_google_client *client, enum bl_gke_kind kind,
                           const struct bl_google_delete *how, char **ret_operation,
                           struct bl_error **err);
/** Those below `parent`, whose last parts may be "-": "projects/P/locations/-". `filter` may be NULL. */
BL_CHECK int bl_gke_list(struct bl_google_client *client, enum bl_gke_kind kind, const char *parent,
                         const char *filter, cJSON **ret_items, struct bl_strings *unreachable,
                         struct bl_error **err);

/** What a cluster must be for its backups. */
struct bl_gke_cluster {
    bool running;      /* status is RUNNING */
    bool backup_agent; /* addonsConfig.gkeBackupAgentConfig.enabled */
};

/** Asks container.googleapis.com, so by a client of that. */
BL_CHECK int bl_gke_cluster_get(struct bl_google_client *client, const char *name,
                                struct bl_gke_cluster *ret_cluster, struct bl_error **err);

#endif
