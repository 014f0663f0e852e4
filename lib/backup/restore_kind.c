/* KafkaRestore as one writes it. */
#include <string.h>

#include "ballast/api/names.h"
#include "ballast/backup/names.h"
#include "ballast/backup/spec.h"
#include "ballast/base/text.h"
#include "ballast/google/backup.h"
#include "ballast/json/fields.h"
#include "ballast/object/object.h"
#include "kinds.h"

#define SPEC struct bl_restore_spec

const char *const bl_restore_modes[] = {
    "DELETE_AND_RESTORE",        "FAIL_ON_CONFLICT",
    "MERGE_SKIP_ON_CONFLICT",    "MERGE_REPLACE_VOLUME_ON_CONFLICT",
    "MERGE_REPLACE_ON_CONFLICT", NULL};
const char *const bl_restore_conflicts[] = {"USE_EXISTING_VERSION", "USE_BACKUP_VERSION", NULL};
const char *const bl_restore_volumes[] = {"RESTORE_VOLUME_DATA_FROM_BACKUP",
                                          "REUSE_VOLUME_HANDLE_FROM_BACKUP",
                                          "NO_VOLUME_DATA_RESTORATION", NULL};
/* FAIL_ON_CONFLICT: nothing that is there goes unless its owner says so. */
#define MODE_DEFAULT 1
#define RUNNING_AT_MOST 21600 /* seconds */

static int check_backup(const cJSON *value, struct bl_error **err)
{
    return strchr(value->valuestring, '/')
               ? bl_gke_name_check(BL_GKE_BACKUP, value->valuestring, err)
               : 0;
}

static const struct bl_field config_fields[] = {
    BL_HAS_CHOICE(SPEC, "namespacedResourceRestoreMode", mode, bl_restore_modes,
                  "What happens to objects that are there already; FAIL_ON_CONFLICT, where not "
                  "given, leaves them and fails. DELETE_AND_RESTORE deletes what the applications "
                  "select, volumes too."),
    BL_HAS_CHOICE(SPEC, "volumeDataRestorePolicy", volumes, bl_restore_volumes,
                  "RESTORE_VOLUME_DATA_FROM_BACKUP where not given."),
    BL_HAS_TEXTS(SPEC, "selectedApplications", applications,
                 "Names of ProtectedApplications of this namespace; all of the backup where not "
                 "given."),
    BL_HAS_CHOICE(SPEC, "clusterResourceConflictPolicy", conflict, bl_restore_conflicts,
                  "For what lies in no namespace; USE_EXISTING_VERSION where not given."),
    BL_HAS_JSON(SPEC, "clusterResourceRestoreScope", cluster_scope,
                "Kinds without a namespace that are restored, as the API has them; none where not "
                "given. The administrator has to allow it."),
    BL_HAS_JSONS(SPEC, "transformationRules", rules,
                 "Changes to objects as they are restored, as the API has them. The administrator "
                 "has to allow it."),
    BL_HAS_JSON(SPEC, "restoreOrder", order,
                "Which kinds come before which, as the API has it; disruption budgets and network "
                "policies before StatefulSets where not given."),
    {0},
};
static const struct bl_schema config_schema = BL_SCHEMA(SPEC, config_fields);

static const struct bl_field spec_fields[] = {
    {.name = "backup",
     .type = BL_FIELD_STRING,
     .offset = offsetof(SPEC, backup),
     .required = true,
     .check = check_backup,
     .doc = "A KafkaBackup of this namespace, or projects/…/backups/ID of the service."},
    BL_HAS_TEXT(SPEC, "cluster", cluster,
                "projects/…/clusters/NAME to restore into; the one that Ballast runs in where not "
                "given."),
    BL_HAS_CHECKED(SPEC, "restorePlanId", restore_plan_id, bl_backup_check_id,
                   "The restore plan's ID; made of this object's name and UID where not given."),
    BL_HAS_CHECKED(SPEC, "restoreId", restore_id, bl_backup_check_id,
                   "The restore's ID; made of this object's name and UID where not given."),
    BL_HAS_PART("restoreConfig", config_schema, "What is restored, and how."),
    BL_HAS_FLAG(SPEC, "verify", verify,
                "Compare the restored cluster's messages with the backup's note; true where not "
                "given."),
    BL_HAS_FLAG(SPEC, "rehearsal", rehearsal,
                "Cut the namespace off while the backup is restored and judged, and delete what "
                "was restored afterwards. The administrator has to allow the namespace for it."),
    BL_HAS_CHOICE(SPEC, "deletionPolicy", deletion_policy, bl_backup_deletions,
                  "When this object goes: Retain, where not given, leaves restore plan and restore "
                  "at the service; Delete deletes both. What was restored stays, but for "
                  "a rehearsal's."),
    {0},
};
static const struct bl_schema spec_schema = BL_SCHEMA(SPEC, spec_fields);

/* Read and written as JSON; the table is for the CRD alone. */
struct status {
    struct bl_backup_status_head head;
    cJSON *restore, *proof;
};

static const struct bl_field status_fields[] = {
    BL_BACKUP_STATUS_HEAD(struct status, "Ready, Reconciling and Stalled as kstatus has them; "
                                         "Restored and Verified say how far it is, Isolated of "
                                         "a rehearsal whether anything of it is there."),
    BL_HAS_JSON(struct status, "restore", restore,
                "As the service has it: the backup, state, times, and how many objects and "
                "volumes."),
    BL_HAS_JSON(struct status, "proof", proof,
                "Messages of the note that are there and that are lost, RTO and RPO in seconds."),
    {0},
};
static const struct bl_schema status_schema = BL_SCHEMA(struct status, status_fields);

static const char *const short_names[] = {"kr", NULL};
static const struct bl_column columns[] = {
    {"Ready", "string", BL_BACKUP_CONDITION(BL_CONDITION_READY, "status"), false},
    {"State", "string", ".status.restore.state", false},
    {"Lost", "integer", ".status.proof.lost", false},
    {"RTO", "integer", ".status.proof.rtoSeconds", false},
    {"RPO", "integer", ".status.proof.rpoSeconds", false},
    {"Status", "string", BL_BACKUP_CONDITION(BL_CONDITION_READY, "message"), true},
    {"Backup", "string", ".spec.backup", true},
    {"Age", "date", ".metadata.creationTimestamp", false},
    {0},
};

/* One that becomes none in the middle would leave everything behind. */
static void keep_rehearsal(cJSON *schema)
{
    static const char *const kept[] = {"backup", "cluster", "restorePlanId", "restoreId", NULL};
    cJSON *rules = bl_json_add_array(schema, "x-kubernetes-validations");
    cJSON *rule = bl_json_push(rules, bl_json_new_object());

    bl_json_add_string(rule, "rule",
                       "(has(self.rehearsal) && self.rehearsal) == (has(oldSelf.rehearsal) && "
                       "oldSelf.rehearsal)");
    bl_json_add_string(rule, "message",
                       "a restore stays a rehearsal or none: make another KafkaRestore");
    bl_backup_keep(schema, kept);
}

const struct bl_kind bl_kind_kafka_restore = {
    .resource = {BL_API_GROUP, "v1alpha1", "kafkarestores"},
    .kind = "KafkaRestore",
    .scope = BL_KIND_NAMESPACED,
    .singular = "kafkarestore",
    .short_names = short_names,
    .doc = "Restores a backup of Backup for GKE, and compares what came back with what was noted.",
    .spec = &spec_schema,
    .status = &status_schema,
    .columns = columns,
    .extend_spec = keep_rehearsal,
};

/* Nothing that was there may go or be written to, a disk least of all, and what is restored has to be found again. */
static int check_rehearsal(const struct bl_decode *from, const cJSON *given,
                           const struct bl_restore_spec *spec, struct bl_error **err)
{
    const char *field = spec->mode != MODE_DEFAULT ? "restoreConfig.namespacedResourceRestoreMode"
                        : spec->cluster            ? "cluster"
                        : spec->cluster_scope      ? "restoreConfig.clusterResourceRestoreScope"
                        : spec->volumes            ? "restoreConfig.volumeDataRestorePolicy"
                        : !spec->verify            ? "verify"
                                                   : NULL;

    if (!spec->rehearsal || !field)
        return 0;
    return bl_decode_fail(from, given, field, err,
                          "a rehearsal restores into this cluster, by FAIL_ON_CONFLICT, with "
                          "volumes of its own and without what lies in no namespace, and is "
                          "verified: leave it out");
}

int bl_restore_spec_read(const struct bl_decode *from, const cJSON *object,
                         struct bl_restore_spec *spec, struct bl_error **err)
{
    const cJSON *given = bl_json_get(object, "spec");
    struct bl_decode inside = {from->file, from->doc, "spec"};

    *spec = (struct bl_restore_spec){.mode = MODE_DEFAULT, .verify = true};
    if (bl_kind_check_head(&bl_kind_kafka_restore, "KafkaRestore", from, object, err) < 0)
        return -1;
    if (bl_decode(&inside, given, &spec_schema, spec, err) < 0)
        return -1;
    return check_rehearsal(&inside, given, spec, err);
}

bool bl_restore_is_running(const cJSON *object, int64_t now)
{
    const cJSON *restored = bl_object_condition(object, BL_CONDITION_RESTORED);
    const cJSON *status = bl_json_get(object, "status");
    int64_t begun = bl_json_time(bl_json_get(status, "restore"), "createTime");

    return bl_text_eq(bl_json_string(restored, "reason"), BL_RESTORE_RUNNING) &&
           (!begun || now - begun < RUNNING_AT_MOST);
}

void bl_restore_spec_release(struct bl_restore_spec *spec)
{
    bl_decode_release(&spec_schema, spec);
}
