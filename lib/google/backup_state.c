/* The enumerations of Backup for GKE. The fake service's tests compare them with Google's own description. */
#include "ballast/base/text.h"
#include "ballast/google/backup.h"

const char *const bl_gke_volume_policies[] = {
    "VOLUME_DATA_RESTORE_POLICY_UNSPECIFIED", "RESTORE_VOLUME_DATA_FROM_BACKUP",
    "REUSE_VOLUME_HANDLE_FROM_BACKUP", "NO_VOLUME_DATA_RESTORATION", NULL};

const char *const bl_gke_conflict_policies[] = {"CLUSTER_RESOURCE_CONFLICT_POLICY_UNSPECIFIED",
                                                "USE_EXISTING_VERSION", "USE_BACKUP_VERSION", NULL};

const char *const bl_gke_restore_modes[] = {"NAMESPACED_RESOURCE_RESTORE_MODE_UNSPECIFIED",
                                            "DELETE_AND_RESTORE",
                                            "FAIL_ON_CONFLICT",
                                            "MERGE_SKIP_ON_CONFLICT",
                                            "MERGE_REPLACE_VOLUME_ON_CONFLICT",
                                            "MERGE_REPLACE_ON_CONFLICT",
                                            NULL};

const char *const bl_gke_rule_ops[] = {"OP_UNSPECIFIED", "REMOVE",  "MOVE", "COPY", "ADD",
                                       "TEST",           "REPLACE", NULL};

static const struct state {
    const char *text;
    enum bl_gke_state state;
} plans[] = {{"CLUSTER_PENDING", BL_GKE_CLUSTER_PENDING},
             {"PROVISIONING", BL_GKE_PROVISIONING},
             {"READY", BL_GKE_READY},
             {"FAILED", BL_GKE_FAILED},
             {"DEACTIVATED", BL_GKE_DEACTIVATED},
             {"DELETING", BL_GKE_DELETING},
             {NULL, BL_GKE_UNKNOWN}},
  backups[] = {{"CREATING", BL_GKE_CREATING},   {"IN_PROGRESS", BL_GKE_IN_PROGRESS},
               {"SUCCEEDED", BL_GKE_SUCCEEDED}, {"FAILED", BL_GKE_FAILED},
               {"DELETING", BL_GKE_DELETING},   {NULL, BL_GKE_UNKNOWN}},
  volume_backups[] = {{"CREATING", BL_GKE_CREATING},     {"SNAPSHOTTING", BL_GKE_SNAPSHOTTING},
                      {"UPLOADING", BL_GKE_UPLOADING},   {"SUCCEEDED", BL_GKE_SUCCEEDED},
                      {"FAILED", BL_GKE_FAILED},         {"DELETING", BL_GKE_DELETING},
                      {"CLEANED_UP", BL_GKE_CLEANED_UP}, {NULL, BL_GKE_UNKNOWN}},
  restore_plans[] = {{"CLUSTER_PENDING", BL_GKE_CLUSTER_PENDING},
                     {"READY", BL_GKE_READY},
                     {"FAILED", BL_GKE_FAILED},
                     {"DELETING", BL_GKE_DELETING},
                     {NULL, BL_GKE_UNKNOWN}},
  restores[] = {{"CREATING", BL_GKE_CREATING},
                {"VALIDATING", BL_GKE_VALIDATING},
                {"IN_PROGRESS", BL_GKE_IN_PROGRESS},
                {"SUCCEEDED", BL_GKE_SUCCEEDED},
                {"FAILED", BL_GKE_FAILED},
                {"DELETING", BL_GKE_DELETING},
                {NULL, BL_GKE_UNKNOWN}},
  volume_restores[] = {{"CREATING", BL_GKE_CREATING},   {"RESTORING", BL_GKE_RESTORING},
                       {"SUCCEEDED", BL_GKE_SUCCEEDED}, {"FAILED", BL_GKE_FAILED},
                       {"DELETING", BL_GKE_DELETING},   {NULL, BL_GKE_UNKNOWN}};

static const struct state *const states[] = {
    [BL_GKE_BACKUP_PLAN] = plans,
    [BL_GKE_BACKUP] = backups,
    [BL_GKE_VOLUME_BACKUP] = volume_backups,
    [BL_GKE_RESTORE_PLAN] = restore_plans,
    [BL_GKE_RESTORE] = restores,
    [BL_GKE_VOLUME_RESTORE] = volume_restores,
};

const char *bl_gke_state_text(const cJSON *resource)
{
    const char *text = bl_json_string(resource, "state");

    return text ? text : "";
}

enum bl_gke_state bl_gke_state_of(enum bl_gke_kind kind, const cJSON *resource)
{
    const struct state *state = states[kind];

    while (state->text && !bl_text_eq(state->text, bl_gke_state_text(resource)))
        state++;
    return state->state;
}

bool bl_gke_state_is_final(enum bl_gke_state state)
{
    return state == BL_GKE_READY || state == BL_GKE_DEACTIVATED || state == BL_GKE_SUCCEEDED ||
           state == BL_GKE_FAILED || state == BL_GKE_DELETING || state == BL_GKE_CLEANED_UP;
}

/* --- why it failed --- */

static const struct {
    const char *code, *hint;
} reasons[] = {
    {"200010301", "An admission webhook of the cluster could not be reached. It must run before "
                  "the restore, and not be part of it."},
    {"200010302", "An admission webhook of the cluster denied an object of the backup."},
    {"200060202", "A restored workload did not become valid: look at its pods and Events."},
};

const char *bl_gke_reason_code(const cJSON *resource)
{
    return bl_json_string(bl_json_get(resource, "troubleshootingInfo"), "stateReasonCode");
}

const char *bl_gke_reason_hint(const char *code)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(reasons); i++)
        if (bl_text_eq(code, reasons[i].code))
            return reasons[i].hint;
    return NULL;
}
