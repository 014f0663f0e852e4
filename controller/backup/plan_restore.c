/* What is next for a KafkaRestore, a rehearsal or not. */
#include <inttypes.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/google/backup.h"
#include "next.h"

/* Seconds, of a rehearsal, from when it was restored. */
#define PROVEN_WITHIN 3600

static bool backup_is(const cJSON *resource, enum bl_gke_state state)
{
    return bl_gke_state_of(BL_GKE_BACKUP, resource) == state;
}

static bool restore_plan_is(const cJSON *resource, enum bl_gke_state state)
{
    return bl_gke_state_of(BL_GKE_RESTORE_PLAN, resource) == state;
}

static bool restore_is(const cJSON *resource, enum bl_gke_state state)
{
    return bl_gke_state_of(BL_GKE_RESTORE, resource) == state;
}

/* --- a restore --- */

static bool has_no_source(const struct bl_restore_state *state, struct bl_backup_next *next)
{
    if (!state->backup)
        return bl_next_stalls(next, "BackupNotFound",
                              bl_asprintf("the service has no backup %s", state->spec->backup));
    if (backup_is(state->backup, BL_GKE_SUCCEEDED))
        return false;
    if (backup_is(state->backup, BL_GKE_FAILED) || backup_is(state->backup, BL_GKE_DELETING))
        return bl_next_stalls(next, "BackupNotUsable",
                              bl_asprintf("the backup is %s", bl_next_state_of(state->backup)));
    return bl_next_waits(next, "BackupNotReady", WHILE_COPYING,
                         bl_asprintf("the backup is %s", bl_next_state_of(state->backup)));
}

static bool restore_plan_is_unready(const struct bl_restore_state *state,
                                    struct bl_backup_next *next)
{
    if (!state->restore_plan && bl_next_being_made(&state->at, next))
        return true;
    if (!state->restore_plan)
        return bl_next_acts(next, BL_BACKUP_CREATE_PLAN, "Planning",
                            bl_strdup("the restore plan is made"));
    if (*state->differs && !state->restore)
        return bl_next_stalls(next, "PlanDiffers",
                              bl_asprintf("the restore plan is there, with another %s. Set another "
                                          "spec.restorePlanId",
                                          state->differs));
    if (restore_plan_is(state->restore_plan, BL_GKE_FAILED)) {
        BL_AUTO_FREE char *why = bl_next_trouble(state->restore_plan);

        return bl_next_stalls(next, "PlanFailed", bl_asprintf("the service says: %s", why));
    }
    if (restore_plan_is(state->restore_plan, BL_GKE_READY))
        return false;
    return bl_next_waits(
        next, "PlanNotReady", WHILE_MAKING,
        bl_asprintf("the restore plan is %s", bl_next_state_of(state->restore_plan)));
}

static char *restore_progress(const cJSON *restore)
{
    int64_t objects = bl_json_number(restore, "resourcesRestoredCount");
    int64_t volumes = bl_json_number(restore, "volumesRestoredCount");

    return bl_asprintf("the service restores: %s, %" PRId64 " %s and %" PRId64 " %s so far",
                       bl_next_state_of(restore), objects,
                       bl_text_plural(objects, "object", "objects"), volumes,
                       bl_text_plural(volumes, "volume", "volumes"));
}

static bool is_restoring(const struct bl_restore_state *state, struct bl_backup_next *next)
{
    const cJSON *restore = state->restore;

    if (!restore && bl_next_being_made(&state->at, next))
        return true;
    if (!restore && state->begun)
        return bl_next_stalls(
            next, "Gone",
            bl_strdup("the service has the restore no more, and it is not made twice"));
    if (!restore)
        return bl_next_acts(next, BL_BACKUP_CREATE, "Restoring",
                            bl_strdup("the restore is asked for"));
    if (restore_is(restore, BL_GKE_SUCCEEDED))
        return false;
    if (restore_is(restore, BL_GKE_FAILED)) {
        BL_AUTO_FREE char *why = bl_next_trouble(restore);

        return bl_next_stalls(
            next, "RestoreFailed",
            bl_asprintf("the service says: %s. What it had restored is there; nothing is "
                        "tried again: make another KafkaRestore",
                        why));
    }
    if (restore_is(restore, BL_GKE_DELETING))
        return bl_next_stalls(next, "Deleted", bl_strdup("the service deletes the restore"));
    return bl_next_waits(next, "Restoring", WHILE_COPYING, restore_progress(restore));
}

const char *bl_restore_verdict(const struct bl_restore_state *state)
{
    return state->lost            ? "MessagesLost"
           : state->changed       ? "ContentDiffers"
           : state->other_cluster ? "OtherCluster"
                                  : "Proven";
}

static char *verdict_words(const struct bl_restore_state *state)
{
    const char *worst = state->worst ? state->worst : "status.proof has the numbers";

    if (state->lost)
        return bl_asprintf("%" PRId64 " %s of the note %s not there", state->lost,
                           bl_text_plural(state->lost, "message", "messages"),
                           bl_text_plural(state->lost, "is", "are"));
    if (state->changed)
        return bl_asprintf("%" PRId64 " %s other messages than the note says, as damage does, and "
                           "compaction, of which the note does not tell: %s",
                           state->changed,
                           bl_text_plural(state->changed, "partition holds", "partitions hold"),
                           worst);
    if (state->other_cluster)
        return bl_strdup("the cluster has another ID than the one that was backed up: it began "
                         "anew, or is another one");
    return bl_strdup("all that was noted before the backup is there");
}

static bool is_unproven(const struct bl_restore_state *state, struct bl_backup_next *next)
{
    if (state->away)
        return bl_next_decided(
            next, BL_BACKUP_DONE, BL_CURRENT, "Unproven", AT_REST,
            bl_strdup("all is restored, into another cluster: what came back is not "
                      "looked at from here"));
    if (state->noted)
        return bl_next_stalls(
            next, "NoteMissing",
            bl_strdup("the backup was noted, and its note did not come back, or came "
                      "back as another one: nothing is proven"));
    return bl_next_decided(
        next, BL_BACKUP_DONE, BL_CURRENT, "Unproven", AT_REST,
        bl_strdup("all is restored; nobody had noted what the backup holds, so that "
                  "nothing proves it"));
}

static bool is_judged(const struct bl_restore_state *state, struct bl_backup_next *next)
{
    if (state->unready && !state->verified)
        return bl_next_waits(
            next, "ComingUp", WHILE_UNFIT,
            bl_asprintf("all is restored; the cluster comes up: %s", state->unready));
    if (!state->spec->verify)
        return bl_next_decided(
            next, BL_BACKUP_DONE, BL_CURRENT, "Restored", AT_REST,
            bl_strdup("all is restored; its messages were not looked at, as spec.verify "
                      "is false"));
    if (!state->has_note)
        return is_unproven(state, next);
    if (!state->verified)
        return bl_next_acts(next, BL_BACKUP_VERIFY, "Verifying",
                            bl_strdup("messages are compared with the note of the backup"));
    if (state->lost || state->changed || state->other_cluster)
        return bl_next_stalls(next, bl_restore_verdict(state), verdict_words(state));
    return bl_next_decided(next, BL_BACKUP_DONE, BL_CURRENT, bl_restore_verdict(state), AT_REST,
                           verdict_words(state));
}

/* What was restored, and proven, is not what the spec names by now. */
static bool is_of_others(const struct bl_restore_state *state, struct bl_backup_next *next)
{
    if (state->made_of)
        return bl_next_stalls(
            next, "RestoreDiffers",
            bl_asprintf("the restore was made of %s, and the spec names another backup: "
                        "make another KafkaRestore",
                        state->made_of));
    return bl_next_renamed(state->moved, "the restore", "KafkaRestore", next);
}

static void restores_next(const struct bl_restore_state *state, struct bl_backup_next *next)
{
    /* Whatever else has changed, the service still writes. */
    if (state->restore && !bl_gke_state_is_final(bl_gke_state_of(BL_GKE_RESTORE, state->restore))) {
        (void)is_restoring(state, next);
        return;
    }
    if (is_of_others(state, next))
        return;
    /* A backup may go while its restore stays. */
    if (state->restore && restore_is(state->restore, BL_GKE_SUCCEEDED)) {
        (void)is_judged(state, next);
        return;
    }
    if (!has_no_source(state, next) && !restore_plan_is_unready(state, next) &&
        !is_restoring(state, next))
        (void)is_judged(state, next);
}

/* --- a restore that is a rehearsal --- */

static bool has_no_place(const struct bl_restore_state *state, struct bl_backup_next *next)
{
    if (state->begun)
        return false;
    if (state->backup && !state->noted)
        return bl_next_stalls(
            next, "NothingNoted",
            bl_strdup("the backup carries no note of what it has to hold, so that a "
                      "restore would prove nothing"));
    return state->in_use && bl_next_stalls(next, "NamespaceInUse", bl_strdup(state->in_use));
}

/* Whatever it waits for. */
static bool gives_up(const struct bl_restore_state *state)
{
    return !state->verified && state->restored && state->at.now - state->restored > PROVEN_WITHIN;
}

static bool is_told(const struct bl_restore_state *state, struct bl_backup_next *next)
{
    if (state->verified)
        return is_judged(state, next);
    BL_AUTO_FREE char *why =
        !state->begun     ? bl_strdup("the restore could not begin")
        : !state->restore ? bl_strdup("the service has the restore no more")
        : restore_is(state->restore, BL_GKE_FAILED)
            ? bl_next_trouble(state->restore)
            : bl_strdup("within an hour it did not come up, or its note did not come back");
    return bl_next_stalls(next, "NotProven",
                          bl_asprintf("nothing is proven: %s. All of it is taken away again", why));
}

static bool is_at_rest(const struct bl_backup_next *next)
{
    return next->step == BL_BACKUP_DONE || next->step == BL_BACKUP_STOP;
}

static void rehearses_next(const struct bl_restore_state *state, struct bl_backup_next *next)
{
    if (state->taken_away) {
        (void)(is_of_others(state, next) || is_told(state, next));
        return;
    }
    if (!has_no_place(state, next))
        restores_next(state, next);
    if ((state->begun || state->was_isolated) && (is_at_rest(next) || gives_up(state))) {
        char *message = bl_asprintf("%s; what was restored is taken away", next->message);

        bl_backup_next_release(next);
        (void)bl_next_acts(next, BL_BACKUP_TAKE_AWAY, "TakingAway", message);
    } else if (!is_at_rest(next) && !state->isolated) {
        bl_backup_next_release(next);
        (void)bl_next_acts(next, BL_BACKUP_ISOLATE, "Isolating",
                           bl_strdup("the namespace is cut off from all but itself"));
    }
}

void bl_restore_next(const struct bl_restore_state *state, struct bl_backup_next *ret_next)
{
    if (bl_next_unread(&state->at, ret_next))
        return;
    if (state->rehearses)
        rehearses_next(state, ret_next);
    else if (state->rehearsing && !state->begun)
        (void)bl_next_waits(
            ret_next, "RehearsalUnderWay", WHILE_UNFIT,
            bl_asprintf("KafkaRestore \"%s\" rehearses in the namespace: delete it, and what "
                        "it restored goes first",
                        state->rehearsing));
    else
        restores_next(state, ret_next);
}
