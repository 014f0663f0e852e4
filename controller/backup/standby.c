#include "standby.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/api/names.h"
#include "ballast/backup/body.h"
#include "ballast/backup/rehearsal.h"
#include "ballast/base/date.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/runtime/owner.h"
#include "rehearse.h"

/* KafkaRestores that are kept when they are over. */
#define KEPT 3

struct standby {
    struct bl_backup_job *job;
    const struct bl_backup_plan_spec *spec;
    struct bl_backup_world world;
    cJSON *plan, *newest; /* at the service */
    cJSON *restores;      /* KafkaRestores that this object made */
    const cJSON *proven;  /* of them, the newest that proved its backup */
    char *in_use;
    struct bl_rehearsals_state state;
    struct bl_backup_next next;
};

static void standby_release(struct standby *standby)
{
    bl_backup_world_release(&standby->world);
    bl_backup_next_release(&standby->next);
    bl_json_free(standby->plan);
    bl_json_free(standby->newest);
    bl_json_free(standby->restores);
    free(standby->in_use);
}

/* --- looking: what was rehearsed --- */

static int add_restore(void *context, cJSON *object, struct bl_error **err BL_UNUSED)
{
    struct standby *standby = context;

    if (bl_owner_has(object, standby->job->object))
        bl_json_push(standby->restores, object);
    else
        bl_json_free(object);
    return 0;
}

/* One that was stopped before anything was restored is over, too. */
static bool is_over(const cJSON *restore)
{
    return bl_rehearsal_is_over(restore) ||
           (bl_object_condition_is(restore, BL_CONDITION_STALLED, "True") &&
            !bl_rehearsal_is_on(restore, 0));
}

static void note_restore(struct standby *standby, const cJSON *restore)
{
    struct bl_rehearsals_state *state = &standby->state;
    int64_t due =
        bl_rehearsal_believed(standby->spec, bl_backup_job_due(restore), standby->job->now);

    if (due > state->last)
        state->last = due;
    if (!is_over(restore)) {
        state->running = bl_object_ref(restore).name;
    } else if (bl_object_condition_is(restore, BL_CONDITION_VERIFIED, "True") &&
               bl_backup_job_due(restore) >= state->proven) {
        state->proven = bl_backup_job_due(restore);
        standby->proven = restore;
    }
}

/* The oldest one of those that are over, where there are more than are kept. */
static void find_surplus(struct standby *standby)
{
    const cJSON *restore, *oldest = NULL;
    size_t over = 0;

    cJSON_ArrayForEach(restore, standby->restores) {
        if (!is_over(restore) || bl_object_is_going(restore))
            continue;
        over++;
        if (!oldest || bl_backup_job_due(restore) < bl_backup_job_due(oldest))
            oldest = restore;
    }
    if (over > KEPT)
        standby->state.surplus = bl_object_ref(oldest).name;
}

/* Also where nothing else is looked at. */
static void note_former(struct standby *standby)
{
    const cJSON *status = bl_json_get(standby->job->object, "status");

    standby->state.last = bl_rehearsal_believed(
        standby->spec, bl_json_time(bl_json_get(status, "schedule"), "last"), standby->job->now);
    standby->state.proven = bl_json_time(bl_json_get(status, "lastRehearsal"), "time");
}

static int look_at_restores(struct standby *standby, struct bl_error **err)
{
    const cJSON *restore;
    struct bl_kube_selection selection = {.namespace = standby->job->ref.namespace};

    standby->restores = bl_json_new_array();
    if (bl_kube_list(standby->job->client, &bl_kind_kafka_restore.resource, &selection, add_restore,
                     standby, err) < 0)
        return -1;
    cJSON_ArrayForEach(restore, standby->restores) {
        note_restore(standby, restore);
    }
    find_surplus(standby);
    return 0;
}

/* --- looking: what there is to rehearse --- */

static bool is_provable(const cJSON *backup)
{
    return bl_gke_state_of(BL_GKE_BACKUP, backup) == BL_GKE_SUCCEEDED &&
           bl_json_string(bl_json_get(backup, "labels"), BL_BACKUP_LABEL_NOTE);
}

static int look_at_service(struct standby *standby, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *backups = NULL;
    const char *plan = standby->spec->rehearsal.plan;
    const cJSON *backup, *newest = NULL;
    int64_t time = 0, best = 0;

    if (bl_backup_job_find(standby->job, BL_GKE_BACKUP_PLAN, plan, &standby->plan, err) < 0)
        return -1;
    if (!standby->plan)
        return 0;
    if (bl_gke_list(bl_backup_service_client(standby->job->service), BL_GKE_BACKUP, plan, NULL,
                    &backups, NULL, err) < 0)
        return -1;
    cJSON_ArrayForEach(backup, backups) {
        if (!is_provable(backup) || !bl_time_parse(bl_json_string(backup, "createTime"), &time) ||
            time <= best)
            continue;
        best = time;
        newest = backup;
    }
    standby->newest = newest ? bl_json_copy(newest) : NULL;
    return 0;
}

static void check_reach(struct standby *standby)
{
    struct bl_backup_job *job = standby->job;
    const char *plan = standby->spec->rehearsal.plan;

    if (!bl_backup_service_allows(job->service, job->ref.namespace, plan))
        bl_backup_job_forbid(job, "spec.rehearsal.backupPlan", plan);
}

static void look(struct standby *standby)
{
    struct bl_backup_job *job = standby->job;
    BL_ERROR(failure);

    note_former(standby);
    if (bl_backup_job_is_barred(job))
        return;
    check_reach(standby);
    if (job->forbidden || standby->spec->suspend)
        return;
    bl_backup_world_read(job->env, job->ref.namespace, &standby->world);
    if (bl_rehearse_in_use(job, &standby->world, &standby->in_use, &failure) < 0 ||
        look_at_restores(standby, &failure) < 0 || look_at_service(standby, &failure) < 0)
        bl_backup_job_failed(job, &failure);
}

static void decide(struct standby *standby)
{
    struct bl_rehearsals_state *state = &standby->state;

    state->at = bl_backup_job_situation(standby->job);
    state->spec = standby->spec;
    state->plan = standby->plan;
    state->newest = bl_json_string(standby->newest, "name");
    state->in_use = standby->in_use;
    bl_rehearsals_next(state, &standby->next);
}

/* --- acts --- */

/* What it made at the service goes with it, since it is one of many. */
static int rehearse(struct standby *standby, struct bl_error **err)
{
    int64_t due = bl_rehearsal_due(standby->spec, standby->state.last,
                                   bl_object_created(standby->job->object), standby->job->now);
    BL_AUTO_JSON cJSON *object = bl_backup_job_scheduled(standby->job, &bl_kind_kafka_restore, due);
    cJSON *spec = bl_json_get(object, "spec");

    bl_json_add_string(spec, "backup", standby->state.newest);
    bl_json_add_bool(spec, "rehearsal", true);
    bl_json_add_string(spec, "deletionPolicy", "Delete");
    if (bl_backup_job_make(standby->job, &bl_kind_kafka_restore, object, err) < 0)
        return -1;
    standby->state.last = due;
    return 0;
}

static int carry_out(struct standby *standby, struct bl_error **err)
{
    switch (standby->next.step) {
    case BL_BACKUP_SCHEDULE:
        return rehearse(standby, err);
    case BL_BACKUP_FORGET:
        return bl_kube_delete(standby->job->client, &bl_kind_kafka_restore.resource,
                              standby->job->ref.namespace, standby->state.surplus, NULL, err);
    default:
        return 0;
    }
}

/* --- status --- */

static void add_rehearsal(const struct standby *standby, cJSON *fields)
{
    static const char *const members[] = {"noted", "rtoSeconds", "rpoSeconds", NULL};
    const cJSON *old = bl_json_at(standby->job->object, "status", "lastRehearsal", NULL);
    char text[BL_TIME_SIZE];
    cJSON *out;

    if (!standby->proven) {
        if (old)
            bl_json_add(fields, "lastRehearsal", bl_json_copy(old));
        return;
    }
    out = bl_json_add_object(fields, "lastRehearsal");
    bl_time_format(standby->state.proven, text);
    bl_json_add_string(out, "name", bl_object_ref(standby->proven).name);
    bl_json_add_string(out, "time", text);
    bl_json_add_string(out, "backup",
                       bl_json_string(bl_json_get(standby->proven, "spec"), "backup"));
    bl_backup_copy(out, bl_json_at(standby->proven, "status", "proof", NULL), members);
}

static enum bl_rehearsal_result result_of(const struct standby *standby)
{
    return bl_rehearsals_overdue(&standby->state) ? BL_REHEARSAL_OVERDUE
           : standby->state.proven                ? BL_REHEARSAL_PROVEN
                                                  : BL_REHEARSAL_NONE;
}

static int write_status(struct standby *standby, struct bl_error **err)
{
    BL_AUTO(bl_status_release) struct bl_status status = {0};
    enum bl_rehearsal_result result = result_of(standby);

    bl_backup_job_status(standby->job, &standby->next, standby->spec->rehearsal.plan, &status);
    bl_status_set(&status, BL_CONDITION_PRESENT, standby->plan ? BL_TRUE : BL_UNKNOWN,
                  standby->plan ? "Found" : "NotLookedAt", "");
    bl_status_set(&status, BL_CONDITION_REHEARSED,
                  result == BL_REHEARSAL_PROVEN    ? BL_TRUE
                  : result == BL_REHEARSAL_OVERDUE ? BL_FALSE
                                                   : BL_UNKNOWN,
                  result == BL_REHEARSAL_PROVEN    ? "Proven"
                  : result == BL_REHEARSAL_OVERDUE ? "Overdue"
                                                   : "NotYet",
                  "");
    bl_backup_add_schedule(bl_status_fields(&status), standby->state.last,
                           bl_rehearsal_due(standby->spec, standby->state.last,
                                            bl_object_created(standby->job->object),
                                            standby->job->now));
    add_rehearsal(standby, bl_status_fields(&status));
    return bl_status_apply(&status, standby->job->client, err);
}

int bl_standby_reconcile(struct bl_backup_job *job, const struct bl_backup_plan_spec *spec,
                         enum bl_rehearsal_result *ret_rehearsal,
                         struct bl_reconcile_result *result, struct bl_error **err)
{
    BL_AUTO(standby_release) struct standby standby = {.job = job, .spec = spec};
    BL_ERROR(failure);
    bool acts;

    look(&standby);
    decide(&standby);
    *ret_rehearsal = result_of(&standby);
    acts = standby.next.step > BL_BACKUP_DONE;
    if (acts)
        bl_backup_job_tell(job, "Normal", standby.next.reason, standby.next.message);
    if (carry_out(&standby, &failure) < 0)
        bl_backup_job_refused(failure, &standby.next);
    if (write_status(&standby, err) < 0)
        return -1;
    if (acts || failure)
        return bl_backup_job_acted(job, &failure, result, err);
    bl_backup_job_rest(job, &standby.next, result);
    return 0;
}
