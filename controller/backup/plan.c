#include "plan.h"

#include <inttypes.h>
#include <string.h>

#include "ballast/backup/rehearsal.h"
#include "ballast/backup/schedule.h"
#include "ballast/base/date.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/google/backup.h"
#include "ballast/object/object.h"
#include "next.h"

#define DAY INT64_C(86400)
/* Seconds that a backup may be late, before somebody has to look. */
#define LATE 3600

/* --- a plan --- */

static bool plan_is(const cJSON *resource, enum bl_gke_state state)
{
    return bl_gke_state_of(BL_GKE_BACKUP_PLAN, resource) == state;
}

static bool plan_is_missing(const struct bl_backup_plan_state *state, struct bl_backup_next *next)
{
    if (state->plan)
        return false;
    if (bl_next_being_made(&state->at, next))
        return true;
    if (!state->applications)
        return bl_next_waits(
            next, "NothingToProtect", WHILE_UNFIT,
            bl_strdup(state->gap ? state->gap
                                 : "no StatefulSet of the namespace is a Kafka cluster, and "
                                   "spec.backupConfig.selectedApplications names nothing"));
    return bl_next_acts(next, BL_BACKUP_CREATE, "Creating", bl_strdup("the plan is made"));
}

static bool plan_is_unready(const struct bl_backup_plan_state *state, struct bl_backup_next *next)
{
    const cJSON *plan = state->plan;

    if (plan_is(plan, BL_GKE_FAILED)) {
        BL_AUTO_FREE char *why = bl_next_trouble(plan);

        return bl_next_stalls(next, "PlanFailed", bl_asprintf("the service says: %s", why));
    }
    if (plan_is(plan, BL_GKE_READY) ||
        (plan_is(plan, BL_GKE_DEACTIVATED) && state->spec->deactivated))
        return false;
    return bl_next_waits(next, "PlanNotReady", WHILE_MAKING,
                         bl_asprintf("the plan is %s", bl_next_state_of(plan)));
}

static bool plan_differs(const struct bl_backup_plan_state *state, struct bl_backup_next *next)
{
    if (state->foreign)
        return bl_next_stalls(next, "NotOurs",
                              bl_asprintf("a plan of this ID is not taken over: %s. Set another "
                                          "spec.backupPlanId",
                                          state->foreign));
    /* They may be lost, and the plan's backups be what brings them back: it must not come to select nothing. */
    if (!state->applications)
        return bl_next_waits(
            next, "NothingToProtect", WHILE_UNFIT,
            bl_strdup("no Kafka cluster is in the namespace any more: the plan stays as "
                      "it is, and no backup is made by it"));
    if (!*state->mask)
        return false;
    /* What the service refuses to everybody. */
    if (bl_json_bool(bl_json_get(state->plan, "retentionPolicy"), "locked", false) &&
        strstr(state->mask, "retentionPolicy"))
        return bl_next_stalls(
            next, "RetentionLocked",
            bl_strdup("the plan's retention policy is locked, and differs from the "
                      "spec's: take the spec's back, or make another plan"));
    if (state->at.not_made)
        return bl_next_stalls(next, "NotWritten",
                              bl_asprintf("the service could not write %s: %s. It is tried again "
                                          "when the spec changes",
                                          state->mask, state->at.not_made));
    if (state->at.making)
        return bl_next_waits(next, "BeingWritten", WHILE_MAKING,
                             bl_asprintf("the service has the order to write %s", state->mask));
    return bl_next_acts(next, BL_BACKUP_PATCH, "Updating",
                        bl_asprintf("%s is written", state->mask));
}

/* By age, one that failed is tried again when a quarter of the target has passed. */
int64_t bl_backup_plan_due(const struct bl_backup_plan_state *state)
{
    const struct bl_backup_schedule *schedule = &state->spec->schedule;
    int64_t due =
        bl_backup_due(schedule, state->last, bl_object_created(state->at.object), state->at.now);
    int64_t again = state->attempt + schedule->rpo_minutes * 60 / 4;

    return due >= 0 && schedule->rpo_minutes && state->attempt > state->last && due < again ? again
                                                                                            : due;
}

/* It goes on, and somebody has to look nevertheless. */
static bool worries(struct bl_backup_next *next, const char *reason, bl_nsec after, char *message)
{
    return bl_next_decided(next, BL_BACKUP_DONE, BL_STALLED, reason, after, message);
}

static bool schedule_rests(const struct bl_backup_plan_state *state, int64_t due,
                           struct bl_backup_next *next)
{
    int64_t first = bl_backup_first_due(&state->spec->schedule, state->last,
                                        bl_object_created(state->at.object));
    bl_nsec wait = due > state->at.now ? (due - state->at.now) * BL_NSEC_S : WHILE_COPYING;
    char when[BL_TIME_SIZE], since[BL_TIME_SIZE];

    if (wait > AT_REST)
        wait = AT_REST;
    bl_time_format(due, when);
    bl_time_format(first, since);
    if (state->failed)
        return worries(next, "BackupsFail", wait,
                       bl_asprintf("%s. The next backup is due at %s", state->failed, when));
    if (state->waiting)
        return worries(next, "Overdue", wait, bl_strdup(state->waiting));
    if (state->at.now - first > LATE)
        return worries(next, "Overdue", wait,
                       bl_asprintf("one was due at %s, and %s", since,
                                   state->running ? "the one before it is still under way"
                                                  : "is not made yet"));
    return bl_next_decided(next, BL_BACKUP_DONE, BL_CURRENT, "Ready", wait,
                           bl_asprintf("the next backup is due at %s", when));
}

/* As the 30th of February. */
static bool is_never_due(const struct bl_backup_schedule *schedule)
{
    return schedule->cron && !schedule->paused && schedule->by == BL_SCHEDULER_BALLAST;
}

static bool is_scheduled(const struct bl_backup_plan_state *state, struct bl_backup_next *next)
{
    int64_t due = bl_backup_plan_due(state);
    char when[BL_TIME_SIZE];

    if (state->spec->deactivated)
        return bl_next_decided(
            next, BL_BACKUP_DONE, BL_CURRENT, "Deactivated", AT_REST,
            bl_strdup("the plan makes no backups until spec.deactivated is false"));
    if (state->unready)
        return bl_next_stalls(next, "ClusterNotReady", bl_strdup(state->unready));
    if (state->unobserved)
        return bl_next_acts(next, BL_BACKUP_OBSERVE, "BackupObserved",
                            bl_asprintf("the service made %s", state->unobserved));
    if (due < 0 && state->failed)
        return worries(next, "BackupsFail", AT_REST, bl_strdup(state->failed));
    if (due < 0 && is_never_due(&state->spec->schedule))
        return worries(next, "NeverDue", AT_REST,
                       bl_asprintf("by backupSchedule.cronSchedule \"%s\" no backup is ever due",
                                   state->spec->schedule.cron));
    if (due < 0)
        return bl_next_decided(next, BL_BACKUP_DONE, BL_CURRENT, "Ready", AT_REST,
                               bl_strdup("backups are made by KafkaBackups, or by the service"));
    if (due > state->at.now || state->running)
        return schedule_rests(state, due, next);
    bl_time_format(due, when);
    return bl_next_acts(next, BL_BACKUP_SCHEDULE, "BackupDue",
                        bl_asprintf("one was due at %s", when));
}

void bl_backup_plan_next(const struct bl_backup_plan_state *state, struct bl_backup_next *ret_next)
{
    if (bl_next_unread(&state->at, ret_next))
        return;
    if (state->spec->suspend)
        (void)bl_next_decided(ret_next, BL_BACKUP_STOP, BL_IN_PROGRESS, "Suspended", AT_REST,
                              bl_strdup("nothing is done until spec.suspend is false"));
    else if (!bl_next_renamed(state->differs, "the plan", "KafkaBackupPlan", ret_next) &&
             !plan_is_missing(state, ret_next) && !plan_differs(state, ret_next) &&
             !plan_is_unready(state, ret_next))
        (void)is_scheduled(state, ret_next);
}

/* --- rehearsals --- */

/* From the object's beginning, where none has proven anything yet. */
bool bl_rehearsals_overdue(const struct bl_rehearsals_state *state)
{
    int64_t since = state->proven ? state->proven : bl_object_created(state->at.object);

    return state->at.now - since > state->spec->rehearsal.max_age_days * DAY;
}

static bool rehearsals_rest(const struct bl_rehearsals_state *state, int64_t due,
                            struct bl_backup_next *next)
{
    bl_nsec wait = (due - state->at.now) * BL_NSEC_S;
    char when[BL_TIME_SIZE], proven[BL_TIME_SIZE];

    bl_time_format(due, when);
    bl_time_format(state->proven, proven);
    if (wait > AT_REST)
        wait = AT_REST;
    if (bl_rehearsals_overdue(state))
        return bl_next_decided(
            next, BL_BACKUP_STOP, BL_STALLED, "RehearsalOverdue", wait,
            bl_asprintf("the newest restore that proved a backup is %s%s, and may be "
                        "%" PRId64 " %s old; the next rehearsal is due at %s",
                        state->proven ? "of " : "not there yet", state->proven ? proven : "",
                        state->spec->rehearsal.max_age_days,
                        bl_text_plural(state->spec->rehearsal.max_age_days, "day", "days"), when));
    return bl_next_decided(next, BL_BACKUP_DONE, BL_CURRENT, "Ready", wait,
                           bl_asprintf("the next rehearsal is due at %s", when));
}

void bl_rehearsals_next(const struct bl_rehearsals_state *state, struct bl_backup_next *ret_next)
{
    int64_t due = bl_rehearsal_due(state->spec, state->last, bl_object_created(state->at.object),
                                   state->at.now);

    if (bl_next_unread(&state->at, ret_next))
        return;
    if (state->spec->suspend)
        (void)bl_next_decided(ret_next, BL_BACKUP_STOP, BL_IN_PROGRESS, "Suspended", AT_REST,
                              bl_strdup("nothing is done until spec.suspend is false"));
    else if (!state->plan)
        (void)bl_next_stalls(
            ret_next, "PlanNotFound",
            bl_asprintf("the service has no plan %s", state->spec->rehearsal.plan));
    else if (state->running)
        (void)bl_next_waits(ret_next, "Rehearsing", WHILE_COPYING,
                            bl_asprintf("KafkaRestore \"%s\" is under way", state->running));
    else if (state->surplus)
        (void)bl_next_acts(ret_next, BL_BACKUP_FORGET, "Forgetting",
                           bl_asprintf("KafkaRestore \"%s\" is older than the ones that are kept",
                                       state->surplus));
    else if (due > state->at.now)
        (void)rehearsals_rest(state, due, ret_next);
    else if (due < 0)
        (void)bl_next_stalls(ret_next, "NeverDue",
                             bl_strdup("by rehearsal.cronSchedule none is ever due"));
    else if (state->in_use)
        (void)bl_next_stalls(ret_next, "NamespaceInUse", bl_strdup(state->in_use));
    else if (!state->newest)
        (void)bl_next_stalls(
            ret_next, "NothingProven",
            bl_strdup("no backup of the plan carries a note of what it has to hold: they "
                      "are made by KafkaBackups, with proof.enabled"));
    else
        (void)bl_next_acts(ret_next, BL_BACKUP_SCHEDULE, "RehearsalDue",
                           bl_asprintf("%s is restored", state->newest));
}

/* --- a backup --- */

static bool backup_is(const cJSON *resource, enum bl_gke_state state)
{
    return bl_gke_state_of(BL_GKE_BACKUP, resource) == state;
}

static char *backup_progress(const cJSON *backup)
{
    int64_t volumes = bl_json_number(backup, "volumeCount");
    const char *bytes = bl_json_string(backup, "sizeBytes");

    return bl_asprintf("the service copies: %s, %" PRId64 " %s, %s bytes so far",
                       bl_next_state_of(backup), volumes,
                       bl_text_plural(volumes, "volume", "volumes"), bytes ? bytes : "0");
}

/* One that was there once is not taken again. */
static bool is_gone(const struct bl_backup_state *state, struct bl_backup_next *next)
{
    if (state->backup || !state->taken)
        return false;
    if (state->scheduled)
        return bl_next_acts(next, BL_BACKUP_FORGET, "Expired",
                            bl_strdup("the service has the backup no more"));
    return bl_next_stalls(
        next, "Gone",
        bl_strdup("the service has the backup no more: its days are over, or somebody "
                  "deleted it"));
}

static bool is_taken(const struct bl_backup_state *state, struct bl_backup_next *next)
{
    const cJSON *backup = state->backup;

    if (!backup)
        return false;
    if (backup_is(backup, BL_GKE_SUCCEEDED))
        return bl_next_decided(
            next, BL_BACKUP_DONE, BL_CURRENT, state->note ? "Proven" : "Unproven", AT_REST,
            bl_strdup(state->note ? "the backup is complete, and a note of what it has to hold "
                                    "travels in it"
                                  : "the backup is complete; nobody noted what it has to hold"));
    if (backup_is(backup, BL_GKE_FAILED)) {
        BL_AUTO_FREE char *why = bl_next_trouble(backup);

        return bl_next_stalls(
            next, "BackupFailed",
            bl_asprintf("the service says: %s. Nothing is tried again: make another "
                        "KafkaBackup",
                        why));
    }
    if (backup_is(backup, BL_GKE_DELETING))
        return bl_next_stalls(next, "Deleted", bl_strdup("the service deletes the backup"));
    return bl_next_waits(next, "Copying", WHILE_COPYING, backup_progress(backup));
}

/* Whoever gives an ID may have given production's, in the cluster that stands by. */
static bool is_not_ours(const struct bl_backup_state *state, struct bl_backup_next *next)
{
    return state->foreign &&
           bl_next_stalls(
               next, "NotOurs",
               bl_asprintf("a backup of this ID is not taken over: %s. Make another KafkaBackup, "
                           "with another spec.backupId",
                           state->foreign));
}

void bl_backup_next(const struct bl_backup_state *state, struct bl_backup_next *ret_next)
{
    if (bl_next_unread(&state->at, ret_next) || is_not_ours(state, ret_next) ||
        bl_next_renamed(state->differs, "the backup", "KafkaBackup", ret_next) ||
        is_gone(state, ret_next) || is_taken(state, ret_next) ||
        bl_next_being_made(&state->at, ret_next))
        return;
    if (state->plan_unready)
        (void)bl_next_waits(ret_next, "PlanNotReady", WHILE_UNFIT, bl_strdup(state->plan_unready));
    else if (state->unfit)
        (void)bl_next_waits(ret_next, "ClusterNotFit", WHILE_UNFIT, bl_strdup(state->unfit));
    else if (state->proves && state->note_taken)
        (void)bl_next_stalls(
            ret_next, "NoteNotOurs",
            bl_asprintf("ConfigMap \"%s\", which would be the note, is there, and not this "
                        "object's: delete it, or make a KafkaBackup of another name",
                        state->note_taken));
    else if (state->proves && !state->note)
        (void)bl_next_acts(ret_next, BL_BACKUP_NOTE, "Noting",
                           bl_strdup("topics, offsets and the last messages are noted"));
    else
        (void)bl_next_acts(ret_next, BL_BACKUP_CREATE, "Taking",
                           bl_strdup("the backup is asked for"));
}
