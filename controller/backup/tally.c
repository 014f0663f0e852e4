#include "tally.h"

#include "ballast/api/names.h"
#include "ballast/backup/schedule.h"
#include "ballast/base/date.h"
#include "ballast/google/backup.h"
#include "ballast/object/object.h"
#include "job.h"

/* Seconds in which a backup begins, unless something is wrong. */
#define BEGINS_WITHIN 3600

struct look {
    const struct bl_backup_schedule *schedule;
    int64_t now;
    struct bl_backup_tally *tally;
};

static void raise_to(int64_t *time, int64_t other)
{
    if (other > *time)
        *time = other;
}

static const cJSON *newer(const cJSON *a, const cJSON *b)
{
    return a && bl_object_created(a) >= bl_object_created(b) ? a : b;
}

/* What a person has to do something about is not under way, whatever the service has of it. */
static bool has_failed(const cJSON *backup, enum bl_gke_state state)
{
    return state == BL_GKE_FAILED || state == BL_GKE_DELETING ||
           (state != BL_GKE_SUCCEEDED &&
            bl_object_condition_is(backup, BL_CONDITION_STALLED, "True"));
}

static void note_unfinished(const struct look *look, const cJSON *backup, bool by_schedule)
{
    look->tally->running = true;
    if (by_schedule && !bl_json_at(backup, "status", "backup", NULL) &&
        look->now - bl_object_created(backup) > BEGINS_WITHIN)
        look->tally->waiting = backup;
}

static void note(const struct look *look, const cJSON *backup)
{
    enum bl_gke_state state =
        bl_gke_state_of(BL_GKE_BACKUP, bl_json_at(backup, "status", "backup", NULL));
    int64_t due = bl_backup_job_due(backup);
    int64_t at = look->schedule->rpo_minutes && !due ? bl_object_created(backup) : due;
    bool failed = has_failed(backup, state);
    struct bl_backup_tally *tally = look->tally;

    at = bl_backup_believed(look->schedule, at, look->now);
    raise_to(&tally->attempt, at);
    if (!failed)
        raise_to(&tally->last, at);
    if (state == BL_GKE_SUCCEEDED)
        tally->newest = newer(tally->newest, backup);
    else if (failed && due)
        tally->failed = newer(tally->failed, backup);
    else if (!failed)
        note_unfinished(look, backup, due != 0);
}

void bl_backup_tally(const struct bl_backup_schedule *schedule, const cJSON *status,
                     const cJSON *backups, int64_t now, struct bl_backup_tally *ret_tally)
{
    struct look look = {schedule, now, ret_tally};
    const cJSON *backup;

    *ret_tally = (struct bl_backup_tally){
        .attempt = bl_backup_believed(schedule,
                                      bl_json_time(bl_json_get(status, "schedule"), "last"), now)};
    /* KafkaBackups may have gone. */
    if (schedule->rpo_minutes)
        ret_tally->last = bl_backup_believed(
            schedule, bl_json_time(bl_json_get(status, "lastBackup"), "createTime"), now);
    cJSON_ArrayForEach(backup, backups) {
        note(&look, backup);
    }
    /* By cron its time has passed, however it ended. */
    if (!schedule->rpo_minutes)
        ret_tally->last = ret_tally->attempt;
    if (ret_tally->newest && newer(ret_tally->newest, ret_tally->failed) == ret_tally->newest)
        ret_tally->failed = NULL;
}
