/* KafkaBackupPlan as one writes it. */
#include <string.h>

#include "ballast/api/names.h"
#include "ballast/backup/names.h"
#include "ballast/backup/schedule.h"
#include "ballast/backup/spec.h"
#include "ballast/base/cron.h"
#include "ballast/google/backup.h"
#include "ballast/json/fields.h"
#include "kinds.h"

#define SPEC struct bl_backup_plan_spec
#define PROOF_MESSAGES 100
/* gkebackup.v1: RpoConfig.targetRpoMinutes and RetentionPolicy. */
#define RPO_MIN 60
#define RPO_MAX 86400
#define RETAIN_MAX 365
#define LOCK_MAX 90
/* Days. The default leaves room for one of a month that fails. */
#define REHEARSAL_AGE 35
#define REHEARSAL_AGE_MAX 3660

static const char *const schedulers[] = {"Ballast", "Service", NULL};

static int check_cron(const cJSON *value, struct bl_error **err)
{
    struct bl_cron cron;

    if (bl_cron_parse(value->valuestring, &cron, err) < 0)
        return -1;
    return bl_cron_next(&cron, 0) >= 0
               ? 0
               : bl_fail(err, BL_ERR_INVALID, "\"%.60s\" names a day that never comes",
                         value->valuestring);
}

static int check_plan_name(const cJSON *value, struct bl_error **err)
{
    return bl_gke_name_check(BL_GKE_BACKUP_PLAN, value->valuestring, err);
}

static const struct bl_field encryption_fields[] = {
    BL_NEEDS_TEXT(SPEC, "gcpKmsEncryptionKey", kms_key,
                  "projects/…/cryptoKeys/KEY, by which the service encrypts; Google's own where "
                  "not given."),
    {0},
};
static const struct bl_schema encryption_schema = BL_SCHEMA(SPEC, encryption_fields);

static const struct bl_field config_fields[] = {
    BL_HAS_TEXTS(SPEC, "selectedApplications", applications,
                 "Names of ProtectedApplications of this namespace; those that Ballast keeps for "
                 "its Kafka clusters where not given."),
    BL_HAS_FLAG(SPEC, "includeSecrets", include_secrets,
                "Secrets travel along; true where not given."),
    BL_HAS_FLAG(SPEC, "includeVolumeData", include_volume_data,
                "Volumes travel along; true where not given."),
    BL_HAS_FLAG(SPEC, "permissiveMode", permissive,
                "A backup goes on where the service finds something that it could not restore."),
    BL_HAS_PART("encryptionKey", encryption_schema, "A key of one's own."),
    {0},
};
static const struct bl_schema config_schema = BL_SCHEMA(SPEC, config_fields);

static const struct bl_field rpo_fields[] = {
    {.name = "targetRpoMinutes",
     .type = BL_FIELD_INT,
     .offset = offsetof(SPEC, schedule.rpo_minutes),
     .required = true,
     .min = RPO_MIN,
     .max = RPO_MAX,
     .doc = "How old the newest backup may become."},
    {.name = "exclusionWindows",
     .type = BL_FIELD_JSONS,
     .offset = offsetof(SPEC, schedule.exclusion_windows),
     .check = bl_backup_check_windows,
     .doc = "Times in which none begins, as the API has them: startTime, duration, and one of "
            "daily, daysOfWeek and singleOccurrenceDate."},
    {0},
};
static const struct bl_schema rpo_schema = BL_SCHEMA(SPEC, rpo_fields);

static const struct bl_field schedule_fields[] = {
    BL_HAS_CHECKED(SPEC, "cronSchedule", schedule.cron, check_cron,
                   "Minute, hour, day, month and weekday, in UTC: 0 3 * * *."),
    BL_HAS_PART("rpoConfig", rpo_schema, "By the age of the newest backup, instead of by cron."),
    BL_HAS_FLAG(SPEC, "paused", schedule.paused, "None is made by the schedule."),
    BL_HAS_CHOICE(SPEC, "by", schedule.by, schedulers,
                  "Ballast, where not given, makes each backup, and notes before what it has to "
                  "hold; those that Service makes by itself are observed, and unproven."),
    {0},
};
static const struct bl_schema schedule_schema = BL_SCHEMA(SPEC, schedule_fields);

static const struct bl_field retention_fields[] = {
    BL_HAS_NUMBER(SPEC, "backupRetainDays", retention.retain_days, 0, RETAIN_MAX,
                  "After this many days the service deletes a backup; 0: never."),
    BL_HAS_NUMBER(SPEC, "backupDeleteLockDays", retention.lock_days, 0, LOCK_MAX,
                  "For this many days nobody can delete one."),
    BL_HAS_FLAG(SPEC, "locked", retention.locked,
                "Nobody can change this policy any more. It cannot be taken back."),
    {0},
};
static const struct bl_schema retention_schema = BL_SCHEMA(SPEC, retention_fields);

static const struct bl_field proof_fields[] = {
    BL_HAS_FLAG(SPEC, "enabled", proof.enabled,
                "Before each backup, note topics, offsets and the last messages, by which a "
                "restore is proven; true where not given."),
    BL_HAS_NUMBER(SPEC, "messages", proof.messages, 1, 10000,
                  "How many messages of each partition, the last ones, are read and digested; 100 "
                  "where not given."),
    {0},
};
static const struct bl_schema proof_schema = BL_SCHEMA(SPEC, proof_fields);

static const struct bl_field rehearsal_fields[] = {
    {.name = "backupPlan",
     .type = BL_FIELD_STRING,
     .offset = offsetof(SPEC, rehearsal.plan),
     .required = true,
     .check = check_plan_name,
     .doc = "projects/…/backupPlans/ID of the cluster that this one stands by for."},
    {.name = "cronSchedule",
     .type = BL_FIELD_STRING,
     .offset = offsetof(SPEC, rehearsal.cron),
     .required = true,
     .check = check_cron,
     .doc = "Minute, hour, day, month and weekday, in UTC: 0 5 * * 6."},
    BL_HAS_NUMBER(SPEC, "maxAgeDays", rehearsal.max_age_days, 1, REHEARSAL_AGE_MAX,
                  "How old the last restore that proved a backup may become, before Ready is False "
                  "and an alert fires; 35 where not given."),
    {0},
};
static const struct bl_schema rehearsal_schema = BL_SCHEMA(SPEC, rehearsal_fields);

static const struct bl_field spec_fields[] = {
    BL_HAS_TEXT(SPEC, "project", project, "The cluster's project where not given."),
    BL_HAS_TEXT(SPEC, "location", location,
                "The region that holds plan and backups; the cluster's where not given. A restore "
                "goes to clusters of that region alone."),
    BL_HAS_CHECKED(SPEC, "backupPlanId", plan_id, bl_backup_check_id,
                   "The plan's ID; made of this object's name where not given."),
    BL_HAS_PART("backupConfig", config_schema, "What is backed up."),
    BL_HAS_PART("backupSchedule", schedule_schema, "When; only by hand where not given."),
    BL_HAS_PART("retentionPolicy", retention_schema, "How long backups are kept."),
    BL_HAS_PART("proof", proof_schema, "What is noted before each backup."),
    BL_HAS_PART("rehearsal", rehearsal_schema,
                "In a cluster that stands by: restore the newest proven backup of another "
                "cluster's plan now and then, judge it, and take it away again. Such an object "
                "makes no plan and no backups."),
    BL_HAS_FLAG(SPEC, "deactivated", deactivated, "The plan makes no backups, of nobody's."),
    BL_HAS_CHOICE(
        SPEC, "deletionPolicy", deletion_policy, bl_backup_deletions,
        "When this object goes: Retain, where not given, leaves the plan and its backups; "
        "Delete deletes the plan, once it has no backups."),
    BL_HAS_FLAG(SPEC, "suspend", suspend, "Nothing is done until it is false."),
    {0},
};
static const struct bl_schema spec_schema = BL_SCHEMA(SPEC, spec_fields);

/* Read and written as JSON; the table is for the CRD alone. */
struct status {
    struct bl_backup_status_head head;
    cJSON *schedule, *last, *rehearsal;
};

static const struct bl_field status_fields[] = {
    BL_BACKUP_STATUS_HEAD(struct status, "Ready, Reconciling and Stalled as kstatus has them; "
                                         "Fit, Present and Rehearsed say more."),
    BL_HAS_JSON(struct status, "schedule", schedule,
                "When the last backup or rehearsal by the schedule was due, and when the next is."),
    BL_HAS_JSON(struct status, "lastBackup", last,
                "The newest backup that succeeded: its name, its time, and whether it is proven."),
    BL_HAS_JSON(struct status, "lastRehearsal", rehearsal,
                "The newest restore that proved a backup: its name and time, the backup, RTO and "
                "RPO in seconds."),
    {0},
};
static const struct bl_schema status_schema = BL_SCHEMA(struct status, status_fields);

static const char *const short_names[] = {"kbp", NULL};
static const struct bl_column columns[] = {
    {"Ready", "string", BL_BACKUP_CONDITION(BL_CONDITION_READY, "status"), false},
    {"Schedule", "string", ".spec.backupSchedule.cronSchedule", false},
    {"Last", "date", ".status.lastBackup.createTime", false},
    {"Proven", "boolean", ".status.lastBackup.proven", false},
    {"Rehearsed", "date", ".status.lastRehearsal.time", false},
    {"Status", "string", BL_BACKUP_CONDITION(BL_CONDITION_READY, "message"), true},
    {"Plan", "string", ".status.resource", true},
    {"Age", "date", ".metadata.creationTimestamp", false},
    {0},
};

static void keep_names(cJSON *schema)
{
    static const char *const kept[] = {"project", "location", "backupPlanId", NULL};

    bl_backup_keep(schema, kept);
}

const struct bl_kind bl_kind_kafka_backup_plan = {
    .resource = {BL_API_GROUP, "v1alpha1", "kafkabackupplans"},
    .kind = "KafkaBackupPlan",
    .scope = BL_KIND_NAMESPACED,
    .singular = "kafkabackupplan",
    .short_names = short_names,
    .doc = "A backup plan of Backup for GKE for the Kafka clusters of a namespace.",
    .spec = &spec_schema,
    .status = &status_schema,
    .columns = columns,
    .extend_spec = keep_names,
};

/* --- reading --- */

static int check_schedule(const struct bl_decode *from, const cJSON *given,
                          const struct bl_backup_plan_spec *spec, struct bl_error **err)
{
    const struct bl_backup_schedule *schedule = &spec->schedule;

    if (schedule->cron && schedule->rpo_minutes)
        return bl_decode_fail(from, bl_json_get(given, "backupSchedule"), "backupSchedule", err,
                              "cronSchedule and rpoConfig exclude each other");
    if ((schedule->cron || schedule->rpo_minutes) && spec->retention.retain_days < 0)
        return bl_decode_fail(from, given, "retentionPolicy.backupRetainDays", err,
                              "a schedule needs it: the service keeps backups for ever otherwise");
    return 0;
}

static int check_retention(const struct bl_decode *from, const cJSON *given,
                           const struct bl_backup_plan_spec *spec, struct bl_error **err)
{
    if (!bl_backup_is_overlocked(spec->retention.retain_days, spec->retention.lock_days))
        return 0;
    return bl_decode_fail(from, bl_json_get(given, "retentionPolicy"), "retentionPolicy", err,
                          "backups that are kept for fewer days than they are locked cannot go");
}

/* What it would say has no meaning for an object that makes no plan. */
static int check_rehearsal(const struct bl_decode *from, const cJSON *given,
                           const struct bl_backup_plan_spec *spec, struct bl_error **err)
{
    static const char *const others[] = {
        "project",         "location", "backupPlanId", "backupConfig",   "backupSchedule",
        "retentionPolicy", "proof",    "deactivated",  "deletionPolicy", NULL};

    for (const char *const *other = others; spec->rehearsal.plan && *other; other++)
        if (bl_json_get(given, *other))
            return bl_decode_fail(from, bl_json_get(given, *other), *other, err,
                                  "an object with rehearsal makes no plan, and has no %s: write "
                                  "another KafkaBackupPlan",
                                  *other);
    return 0;
}

int bl_backup_plan_spec_read(const struct bl_decode *from, const cJSON *object,
                             struct bl_backup_plan_spec *spec, struct bl_error **err)
{
    const cJSON *given = bl_json_get(object, "spec");
    struct bl_decode inside = {from->file, from->doc, "spec"};

    *spec = (struct bl_backup_plan_spec){.include_secrets = true,
                                         .include_volume_data = true,
                                         .retention = {.retain_days = -1, .lock_days = -1},
                                         .proof = {true, PROOF_MESSAGES},
                                         .rehearsal.max_age_days = REHEARSAL_AGE};
    if (bl_kind_check_head(&bl_kind_kafka_backup_plan, "KafkaBackupPlan", from, object, err) < 0)
        return -1;
    /* It may be empty, but the CRD requires it. */
    if (bl_json_is_null(given))
        return bl_decode_fail(from, object, "spec", err,
                              "a KafkaBackupPlan needs one, as spec: {}");
    if (bl_decode(&inside, given, &spec_schema, spec, err) < 0 ||
        check_schedule(&inside, given, spec, err) < 0 ||
        check_rehearsal(&inside, given, spec, err) < 0)
        return -1;
    return check_retention(&inside, given, spec, err);
}

void bl_backup_plan_spec_release(struct bl_backup_plan_spec *spec)
{
    bl_decode_release(&spec_schema, spec);
}
