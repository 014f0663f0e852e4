/**
 * KafkaBackupPlan, KafkaBackup and KafkaRestore (ballast.dev/v1alpha1): Backup for GKE from objects in Git. Fields have the
 * names of the service's API (gkebackup.googleapis.com, v1) where it has them; the tables are plan_kind.c's, backup_kind.c's
 * and restore_kind.c's, and what a field means stands there, in the CRDs and in docs/disaster-recovery.md.
 */
#ifndef BALLAST_BACKUP_SPEC_H
#define BALLAST_BACKUP_SPEC_H

#include "ballast/api/kind.h"

/** When the object goes. */
enum bl_backup_deletion {
    BL_BACKUP_RETAIN, /* what the service holds stays */
    BL_BACKUP_DELETE,
};

/** Who makes backups by the schedule. */
enum bl_backup_scheduler {
    BL_SCHEDULER_BALLAST, /* each is proven */
    BL_SCHEDULER_SERVICE, /* the service, which asks nobody: they are observed, and count as unproven */
};

struct bl_backup_schedule {
    char *cron;               /* cronSchedule, in UTC; NULL: none */
    int64_t rpo_minutes;      /* rpoConfig.targetRpoMinutes; 0: none */
    cJSON *exclusion_windows; /* rpoConfig.exclusionWindows, as the API has them */
    bool paused;
    int by; /* enum bl_backup_scheduler */
};

/** Of retention, -1 stands for "not given". */
struct bl_backup_plan_spec {
    char *project, *location; /* NULL: those of the cluster */
    char *plan_id;            /* NULL: made of namespace and name */
    struct bl_strings
        applications; /* ProtectedApplications of the namespace; none: those that Ballast keeps */
    bool include_secrets, include_volume_data, permissive;
    char *kms_key; /* NULL: Google's */
    struct bl_backup_schedule schedule;
    struct {
        int64_t retain_days, lock_days;
        bool locked;
    } retention;
    struct {
        bool enabled;     /* note what is there before each backup */
        int64_t messages; /* of each partition, the last ones, that are read and digested */
    } proof;
    /* With a plan it makes nothing at the service but restores: it is another cluster's plan that is rehearsed here. */
    struct {
        char *plan; /* projects/…/backupPlans/ID; NULL: none */
        char *cron; /* in UTC */
        int64_t max_age_days;
    } rehearsal;
    bool deactivated, suspend;
    int deletion_policy; /* enum bl_backup_deletion */
};

struct bl_backup_spec {
    char *plan;      /* the KafkaBackupPlan, of the same namespace */
    char *backup_id; /* NULL: made of the object's name and UID */
    char *description;
    int64_t retain_days, lock_days;
    int deletion_policy; /* enum bl_backup_deletion */
};

struct bl_restore_spec {
    char *backup;  /* a KafkaBackup of the namespace, or projects/…/backups/ID */
    char *cluster; /* projects/…/clusters/NAME; NULL: the one that Ballast runs in */
    char *restore_plan_id, *restore_id; /* NULL: made of the object's name and UID */
    struct bl_strings applications;     /* none: all that the backup has */
    int mode, conflict,
        volumes;          /* of bl_restore_modes[], bl_restore_conflicts[], bl_restore_volumes[] */
    cJSON *cluster_scope; /* clusterResourceRestoreScope; NULL: nothing */
    cJSON *rules;         /* transformationRules; NULL: none */
    cJSON *order;         /* restoreOrder; NULL: what protects a workload comes before it */
    bool verify;
    bool rehearsal;      /* ballast/backup/rehearsal.h */
    int deletion_policy; /* enum bl_backup_deletion */
};

extern const struct bl_kind bl_kind_kafka_backup_plan;
extern const struct bl_kind bl_kind_kafka_backup;
extern const struct bl_kind bl_kind_kafka_restore;

/** The words of the API, up to NULL; those that end in _UNSPECIFIED are left out. */
extern const char *const bl_restore_modes[], *const bl_restore_conflicts[],
                                                 *const bl_restore_volumes[];

/** Each fills `spec` with the defaults, and with what the object says. Errors name the field. Release it either way. */
BL_CHECK int bl_backup_plan_spec_read(const struct bl_decode *from, const cJSON *object,
                                      struct bl_backup_plan_spec *spec, struct bl_error **err);
BL_CHECK int bl_backup_spec_read(const struct bl_decode *from, const cJSON *object,
                                 struct bl_backup_spec *spec, struct bl_error **err);
BL_CHECK int bl_restore_spec_read(const struct bl_decode *from, const cJSON *object,
                                  struct bl_restore_spec *spec, struct bl_error **err);
void bl_backup_plan_spec_release(struct bl_backup_plan_spec *spec);
void bl_backup_spec_release(struct bl_backup_spec *spec);
void bl_restore_spec_release(struct bl_restore_spec *spec);

/**
 * Does the service copy volumes by this KafkaBackup just now, as its status says? A pod that is taken down meanwhile is copied in
 * the middle of it. Until every volume has its snapshot, and for half an hour at most.
 */
bool bl_backup_is_copying(const cJSON *object, int64_t now);

/**
 * Does the service restore by this KafkaRestore just now, as its status says? Then an admission webhook that denies fails the
 * restore for good, and what controllers make beside gets into its way. For six hours at most, whatever the status says.
 */
bool bl_restore_is_running(const cJSON *object, int64_t now);
/** The reason of the condition Restored while that is so. */
#define BL_RESTORE_RUNNING "Restoring"

#endif
