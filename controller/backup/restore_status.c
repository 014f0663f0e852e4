/* What the status of a KafkaRestore says. */
#include <string.h>

#include "ballast/api/names.h"
#include "ballast/backup/body.h"
#include "ballast/backup/rehearsal.h"
#include "restoring.h"

const char *bl_restoring_note(const struct bl_restoring *restoring)
{
    const char *label =
        bl_json_string(bl_json_get(restoring->backup, "labels"), BL_BACKUP_LABEL_NOTE);

    return label ? label
                 : bl_json_string(bl_json_at(restoring->job.object, "status", "restore", NULL),
                                  "note");
}

static void add_restore(const struct bl_restoring *restoring, cJSON *fields)
{
    static const char *const members[] = {"uid",
                                          "backup",
                                          "state",
                                          "stateReason",
                                          "createTime",
                                          "completeTime",
                                          "resourcesRestoredCount",
                                          "resourcesExcludedCount",
                                          "resourcesFailedCount",
                                          "volumesRestoredCount",
                                          NULL};
    const cJSON *old = bl_json_at(restoring->job.object, "status", "restore", NULL);
    cJSON *out;

    if (!restoring->restore) {
        if (old)
            bl_json_add(fields, "restore", bl_json_copy(old));
        return;
    }
    out = bl_json_add_object(fields, "restore");
    bl_backup_copy(out, restoring->restore, members);
    if (bl_restoring_note(restoring))
        bl_json_add_string(out, "note", bl_restoring_note(restoring));
}

static void add_proof(const struct bl_restoring *restoring, cJSON *fields)
{
    const cJSON *old = bl_json_at(restoring->job.object, "status", "proof", NULL);
    const struct bl_note_outcome *outcome = &restoring->outcome;
    int64_t begun = bl_json_time(restoring->restore, "createTime");
    int64_t taken = bl_json_time(restoring->backup, "createTime");
    cJSON *proof;

    if (!restoring->compared) {
        if (old)
            bl_json_add(fields, "proof", bl_json_copy(old));
        return;
    }
    proof = bl_json_add_object(fields, "proof");
    bl_json_add_int(proof, "noted", outcome->noted);
    bl_json_add_int(proof, "lost", outcome->lost);
    bl_json_add_int(proof, "expired", outcome->expired);
    bl_json_add_int(proof, "changedPartitions", outcome->changed);
    bl_json_add_int(proof, "more", outcome->more);
    bl_json_add_bool(proof, "sameClusterId", !outcome->other_cluster);
    if (outcome->worst)
        bl_json_add_string(proof, "differences", outcome->worst);
    if (begun)
        bl_json_add_int(proof, "rtoSeconds", bl_clock_seconds(&bl_clock_real) - begun);
    if (begun && taken)
        bl_json_add_int(proof, "rpoSeconds", begun - taken);
}

static void add_isolation(const struct bl_restoring *restoring, struct bl_status *status)
{
    const struct bl_restore_state *state = &restoring->state;

    bool isolated = state->isolated || state->was_isolated;

    if (!state->rehearses)
        return;
    bl_status_set(status, BL_CONDITION_ISOLATED,
                  state->taken_away ? BL_FALSE
                  : isolated        ? BL_TRUE
                                    : BL_UNKNOWN,
                  state->taken_away ? BL_REHEARSAL_OVER
                  : isolated        ? BL_REHEARSAL_ISOLATED
                                    : "NotYet",
                  "");
}

/* The webhook spares the namespace for as long as this says so: what could not be looked at leaves it as it was. */
static void add_restored(const struct bl_restoring *restoring, struct bl_status *status)
{
    enum bl_gke_state state = bl_gke_state_of(BL_GKE_RESTORE, restoring->restore);
    bool restored = restoring->restore && state == BL_GKE_SUCCEEDED;
    /* What is refused does not begin. */
    bool begins = restoring->next.step == BL_BACKUP_CREATE && restoring->next.phase != BL_STALLED;
    bool made = restoring->plan && restoring->job.making;

    if (!restoring->looked && bl_object_condition(restoring->job.object, BL_CONDITION_RESTORED)) {
        bl_backup_job_keep(&restoring->job, BL_CONDITION_RESTORED, status);
        return;
    }
    bl_status_set(status, BL_CONDITION_RESTORED,
                  !restoring->looked ? BL_UNKNOWN
                  : restored         ? BL_TRUE
                                     : BL_FALSE,
                  !restoring->looked                     ? "NotLookedAt"
                  : restored                             ? "Restored"
                  : bl_gke_state_is_final(state)         ? "Failed"
                  : begins || made || restoring->restore ? BL_RESTORE_RUNNING
                                                         : "NotBegun",
                  "");
}

static void add_verified(const struct bl_restoring *restoring, struct bl_status *status)
{
    const struct bl_restore_state *state = &restoring->state;
    const char *verdict = state->made_of ? "RestoreDiffers" : bl_restore_verdict(state);

    if (!restoring->spec.verify)
        return;
    bl_status_set(status, BL_CONDITION_VERIFIED,
                  !state->verified                 ? BL_UNKNOWN
                  : strcmp(verdict, "Proven") == 0 ? BL_TRUE
                                                   : BL_FALSE,
                  state->verified ? verdict : "NotYet", "");
}

int bl_restoring_status(struct bl_restoring *restoring, struct bl_error **err)
{
    BL_AUTO(bl_status_release) struct bl_status status = {0};

    bl_backup_job_status(&restoring->job, &restoring->next, restoring->name, &status);
    add_restored(restoring, &status);
    add_verified(restoring, &status);
    add_isolation(restoring, &status);
    add_restore(restoring, bl_status_fields(&status));
    add_proof(restoring, bl_status_fields(&status));
    return bl_status_apply(&status, restoring->job.client, err);
}
