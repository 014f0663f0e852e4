/* KafkaBackup as one writes it. */
#include "ballast/api/names.h"
#include "ballast/backup/names.h"
#include "ballast/backup/spec.h"
#include "ballast/google/backup.h"
#include "ballast/json/fields.h"
#include "kinds.h"

#define SPEC struct bl_backup_spec
#define COPYING_AT_MOST 1800

const char *const bl_backup_deletions[] = {"Retain", "Delete", NULL};

static const struct bl_field spec_fields[] = {
    BL_NEEDS_TEXT(SPEC, "backupPlan", plan, "The KafkaBackupPlan, of the same namespace."),
    BL_HAS_CHECKED(SPEC, "backupId", backup_id, bl_backup_check_id,
                   "The backup's ID; made of this object's name and UID where not given."),
    BL_HAS_TEXT(SPEC, "description", description, "What it is for, as the service shows it."),
    BL_HAS_NUMBER(SPEC, "retainDays", retain_days, 0, 365,
                  "After this many days the service deletes it; the plan's where not given."),
    BL_HAS_NUMBER(SPEC, "deleteLockDays", lock_days, 0, 90,
                  "For this many days nobody can delete it; the plan's where not given."),
    BL_HAS_CHOICE(
        SPEC, "deletionPolicy", deletion_policy, bl_backup_deletions,
        "When this object goes: Retain, where not given, leaves the backup; Delete deletes "
        "it, which waits while it is locked."),
    {0},
};
static const struct bl_schema spec_schema = BL_SCHEMA(SPEC, spec_fields);

/* Read and written as JSON; the table is for the CRD alone. */
struct status {
    struct bl_backup_status_head head;
    cJSON *backup, *proof;
};

static const struct bl_field status_fields[] = {
    BL_BACKUP_STATUS_HEAD(struct status, "Ready, Reconciling and Stalled as kstatus has them; Fit, "
                                         "Noted and Taken say how far it is."),
    BL_HAS_JSON(struct status, "backup", backup,
                "As the service has it: state, times, volumes, bytes, and when it goes."),
    BL_HAS_JSON(struct status, "proof", proof,
                "What was noted before: topics, partitions, messages, and the note's digest."),
    {0},
};
static const struct bl_schema status_schema = BL_SCHEMA(struct status, status_fields);

static const char *const short_names[] = {"kb", NULL};
static const struct bl_column columns[] = {
    {"Ready", "string", BL_BACKUP_CONDITION(BL_CONDITION_READY, "status"), false},
    {"State", "string", ".status.backup.state", false},
    {"Bytes", "string", ".status.backup.sizeBytes", false},
    {"Proof", "string", ".status.proof.digest", true},
    {"Status", "string", BL_BACKUP_CONDITION(BL_CONDITION_READY, "message"), true},
    {"Plan", "string", ".spec.backupPlan", false},
    {"Age", "date", ".metadata.creationTimestamp", false},
    {0},
};

static void keep_names(cJSON *schema)
{
    static const char *const kept[] = {"backupPlan", "backupId", NULL};

    bl_backup_keep(schema, kept);
}

const struct bl_kind bl_kind_kafka_backup = {
    .resource = {BL_API_GROUP, "v1alpha1", "kafkabackups"},
    .kind = "KafkaBackup",
    .scope = BL_KIND_NAMESPACED,
    .singular = "kafkabackup",
    .short_names = short_names,
    .doc = "One backup by a KafkaBackupPlan: taken when the cluster is fit for it, and proven.",
    .spec = &spec_schema,
    .status = &status_schema,
    .columns = columns,
    .extend_spec = keep_names,
};

static int check_retention(const struct bl_decode *from, const cJSON *given,
                           const struct bl_backup_spec *spec, struct bl_error **err)
{
    if (!bl_backup_is_overlocked(spec->retain_days, spec->lock_days))
        return 0;
    return bl_decode_fail(from, bl_json_get(given, "retainDays"), "retainDays", err,
                          "a backup that is kept for fewer days than it is locked cannot go");
}

int bl_backup_spec_read(const struct bl_decode *from, const cJSON *object,
                        struct bl_backup_spec *spec, struct bl_error **err)
{
    const cJSON *given = bl_json_get(object, "spec");
    struct bl_decode inside = {from->file, from->doc, "spec"};

    *spec = (struct bl_backup_spec){.retain_days = -1, .lock_days = -1};
    if (bl_kind_check_head(&bl_kind_kafka_backup, "KafkaBackup", from, object, err) < 0)
        return -1;
    if (bl_decode(&inside, given, &spec_schema, spec, err) < 0)
        return -1;
    return check_retention(&inside, given, spec, err);
}

bool bl_backup_is_copying(const cJSON *object, int64_t now)
{
    const cJSON *backup = bl_json_at(object, "status", "backup", NULL);
    const cJSON *volumes = bl_json_get(backup, "volumes");
    enum bl_gke_state state = bl_gke_state_of(BL_GKE_BACKUP, backup);
    int64_t total = bl_json_number(volumes, "total");

    if (state != BL_GKE_CREATING && state != BL_GKE_IN_PROGRESS)
        return false;
    return now - bl_json_time(backup, "createTime") < COPYING_AT_MOST &&
           (!total || bl_json_number(volumes, "snapshotted") < total);
}

void bl_backup_spec_release(struct bl_backup_spec *spec)
{
    bl_decode_release(&spec_schema, spec);
}
