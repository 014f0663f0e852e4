/* KafkaBackupPlans: a plan at the service, the applications that it selects, and a KafkaBackup whenever one is due. */
#include <stdlib.h>
#include <string.h>

#include "applications.h"
#include "ballast/api/names.h"
#include "ballast/backup/body.h"
#include "ballast/backup/schedule.h"
#include "ballast/base/date.h"
#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/runtime/memories.h"
#include "ballast/runtime/owner.h"
#include "controllers.h"
#include "job.h"
#include "standby.h"
#include "tally.h"
#include "world.h"

/* KafkaBackups for what the service made: no more than people read. */
#define OBSERVED_MAX 100

struct planning {
    struct bl_backup_job job;
    struct bl_backup_plan_spec spec;
    struct bl_backup_world world;
    struct bl_strings applications; /* of Ballast's */
    struct bl_backup_place place;
    struct bl_backup_plan_name name;
    cJSON *plan, *body;
    cJSON *unobserved; /* a backup at the service */
    char *mask, *foreign, *unready, *failed, *waiting;
    cJSON *backups; /* KafkaBackups by this plan */
    struct bl_backup_tally tally;
    struct bl_backup_plan_state state;
    struct bl_backup_next next;
};

static void planning_release(struct planning *planning)
{
    bl_backup_job_release(&planning->job);
    bl_backup_plan_spec_release(&planning->spec);
    bl_backup_world_release(&planning->world);
    bl_strings_release(&planning->applications);
    bl_backup_next_release(&planning->next);
    bl_json_free(planning->plan);
    bl_json_free(planning->body);
    bl_json_free(planning->unobserved);
    bl_json_free(planning->backups);
    bl_backup_plan_name_release(&planning->name);
    free(planning->mask);
    free(planning->foreign);
    free(planning->unready);
    free(planning->failed);
    free(planning->waiting);
}

/* --- looking --- */

static int add_backup(void *context, cJSON *object, struct bl_error **err BL_UNUSED)
{
    struct planning *planning = context;

    if (bl_text_eq(bl_json_string(bl_json_get(object, "spec"), "backupPlan"),
                   planning->job.ref.name))
        bl_json_push(planning->backups, object);
    else
        bl_json_free(object);
    return 0;
}

/* What a KafkaBackup says of itself, behind its name; for free(). NULL: there is none. */
static char *says_of(const cJSON *backup)
{
    const char *message =
        bl_json_string(bl_object_condition(backup, BL_CONDITION_READY), "message");

    return backup ? bl_asprintf("KafkaBackup \"%s\": %s", bl_object_ref(backup).name,
                                message && *message ? message : "nobody has looked at it yet")
                  : NULL;
}

static void count(struct planning *planning)
{
    struct bl_backup_tally *tally = &planning->tally;

    bl_backup_tally(&planning->spec.schedule, bl_json_get(planning->job.object, "status"),
                    planning->backups, planning->job.now, tally);
    planning->failed = says_of(tally->failed);
    planning->waiting = says_of(tally->waiting);
    planning->state.last = tally->last;
    planning->state.attempt = tally->attempt;
    planning->state.running = tally->running;
    planning->state.failed = planning->failed;
    planning->state.waiting = planning->waiting;
}

static int look_at_backups(struct planning *planning, struct bl_error **err)
{
    struct bl_kube_selection selection = {.namespace = planning->job.ref.namespace};

    planning->backups = bl_json_new_array();
    if (bl_kube_list(planning->job.client, &bl_kind_kafka_backup.resource, &selection, add_backup,
                     planning, err) < 0)
        return -1;
    count(planning);
    return 0;
}

/* --- who else has the plan --- */

/* Of two objects the older one has it; they would write over each other. */
static bool comes_before(const struct planning *planning, const cJSON *other)
{
    int64_t ours = bl_object_created(planning->job.object), theirs = bl_object_created(other);

    return theirs < ours || (theirs == ours &&
                             strcmp(bl_object_uid(other), bl_object_uid(planning->job.object)) < 0);
}

static int note_other(void *context, cJSON *object, struct bl_error **err BL_UNUSED)
{
    struct planning *planning = context;
    const char *resource = bl_json_string(bl_json_get(object, "status"), "resource");

    if (!planning->foreign && bl_text_eq(resource, planning->name.whole) &&
        bl_object_condition_is(object, BL_CONDITION_PRESENT, "True") &&
        !bl_object_condition(object, BL_CONDITION_REHEARSED) && comes_before(planning, object))
        planning->foreign =
            bl_asprintf("KafkaBackupPlan \"%s\" has it", bl_object_ref(object).name);
    bl_json_free(object);
    return 0;
}

static int look_at_others(struct planning *planning, struct bl_error **err)
{
    struct bl_kube_selection selection = {.namespace = planning->job.ref.namespace};

    return bl_kube_list(planning->job.client, &bl_kind_kafka_backup_plan.resource, &selection,
                        note_other, planning, err);
}

static void list_applications(struct planning *planning)
{
    const struct bl_protected_applications *found = &planning->world.applications;

    for (size_t i = 0; i < found->len; i++)
        *BL_PUSH(&planning->applications) = bl_strdup(found->items[i].name);
    planning->place = (struct bl_backup_place){planning->job.ref.namespace,
                                               planning->job.home.cluster, &planning->applications};
    planning->state.applications = planning->spec.applications.len ? planning->spec.applications.len
                                                                   : planning->applications.len;
}

/* --- backups that the service made by its own schedule --- */

static bool is_observed(const struct planning *planning, const cJSON *taken)
{
    const char *id = strrchr(bl_json_string(taken, "name"), '/') + 1;
    const cJSON *backup;

    cJSON_ArrayForEach(backup, planning->backups) {
        if (bl_text_eq(bl_json_string(bl_json_get(backup, "spec"), "backupId"), id))
            return true;
    }
    return false;
}

/* The newest one that no KafkaBackup stands for. */
static int find_unobserved(struct planning *planning, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *all = NULL;
    const cJSON *backup, *newest = NULL;

    if (!planning->plan || planning->spec.schedule.by != BL_SCHEDULER_SERVICE ||
        bl_json_len(planning->backups) >= OBSERVED_MAX)
        return 0;
    if (bl_gke_list(bl_backup_service_client(planning->job.service), BL_GKE_BACKUP,
                    planning->name.whole, NULL, &all, NULL, err) < 0)
        return -1;
    cJSON_ArrayForEach(backup, all) {
        if (bl_json_bool(backup, "manual", false) || !bl_json_string(backup, "name") ||
            bl_gke_state_of(BL_GKE_BACKUP, backup) == BL_GKE_DELETING ||
            is_observed(planning, backup))
            continue;
        if (!newest || bl_json_time(backup, "createTime") > bl_json_time(newest, "createTime"))
            newest = backup;
    }
    planning->unobserved = newest ? bl_json_copy(newest) : NULL;
    planning->state.unobserved = bl_json_string(planning->unobserved, "name");
    return 0;
}

static int look_at_service(struct planning *planning, struct bl_error **err)
{
    if (bl_backup_job_find(&planning->job, BL_GKE_BACKUP_PLAN, planning->name.whole,
                           &planning->plan, err) < 0 ||
        bl_backup_service_unready(planning->job.service, planning->job.home.cluster,
                                  &planning->unready, err) < 0)
        return -1;
    planning->body = bl_backup_plan_body(&planning->spec, &planning->place);
    if (!planning->plan)
        return bl_backup_job_operation(&planning->job, err);
    planning->mask = bl_backup_plan_mask(planning->body, planning->plan);
    planning->foreign = bl_backup_plan_foreign(planning->plan, &planning->place);
    if (!planning->foreign && look_at_others(planning, err) < 0)
        return -1;
    if (planning->foreign)
        return 0;
    /* What was written may be on its way. */
    if (planning->mask && *planning->mask && bl_backup_job_order(&planning->job, err) < 0)
        return -1;
    return find_unobserved(planning, err);
}

/* The name of the plan that the object has made or taken over; NULL: it has none. One that rehearsed had another's. */
static const char *noted_name(const struct bl_backup_job *job)
{
    const cJSON *status = bl_json_get(job->object, "status");
    bool has = bl_object_condition_is(job->object, BL_CONDITION_PRESENT, "True") ||
               bl_json_get(status, "operation");

    return has && !bl_object_condition(job->object, BL_CONDITION_REHEARSED)
               ? bl_json_string(status, "resource")
               : NULL;
}

static void look(struct planning *planning)
{
    struct bl_backup_job *job = &planning->job;
    const char *noted = noted_name(job);
    BL_ERROR(failure);

    /* Also where nothing else is looked at: what was due stands in the status. */
    count(planning);
    if (bl_backup_job_is_barred(job))
        return;
    bl_backup_job_name_plan(job, &planning->spec, job->ref.name, &planning->name);
    if (noted && strcmp(noted, planning->name.whole) != 0)
        planning->state.differs = noted;
    if (job->forbidden || planning->spec.suspend || planning->state.differs)
        return;
    bl_backup_world_read(job->env, job->ref.namespace, &planning->world);
    list_applications(planning);
    if (look_at_backups(planning, &failure) < 0 || look_at_service(planning, &failure) < 0)
        bl_backup_job_failed(job, &failure);
}

static void decide(struct planning *planning)
{
    struct bl_backup_plan_state *state = &planning->state;

    state->at = bl_backup_job_situation(&planning->job);
    state->spec = &planning->spec;
    state->plan = planning->plan;
    state->foreign = planning->foreign;
    state->unready = planning->unready;
    state->gap = planning->world.gap;
    state->mask = planning->mask ? planning->mask : "";
    bl_backup_plan_next(state, &planning->next);
}

/* --- acts --- */

static int apply_applications(struct planning *planning, struct bl_error **err)
{
    return planning->spec.applications.len
               ? 0
               : bl_backup_applications_apply(&planning->job, &planning->world.applications, err);
}

static int create_plan(struct planning *planning, struct bl_error **err)
{
    if (apply_applications(planning, err) < 0)
        return -1;
    return bl_backup_job_create(&planning->job, BL_GKE_BACKUP_PLAN, planning->name.parent,
                                planning->name.id, planning->body, err);
}

static int patch_plan(struct planning *planning, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *body = bl_backup_plan_patch(planning->body, planning->plan);
    BL_AUTO_FREE char *operation = NULL;
    struct bl_google_patch patch = {.name = planning->name.whole,
                                    .body = body,
                                    .mask = planning->mask,
                                    .etag = bl_json_string(planning->plan, "etag")};

    if (apply_applications(planning, err) < 0)
        return -1;
    if (bl_gke_patch(bl_backup_service_client(planning->job.service), BL_GKE_BACKUP_PLAN, &patch,
                     &operation, err) < 0)
        return -1;
    bl_backup_job_began(&planning->job, BL_STEAL(operation));
    return 0;
}

static int schedule_backup(struct planning *planning, struct bl_error **err)
{
    int64_t due = bl_backup_plan_due(&planning->state);
    BL_AUTO_JSON cJSON *object =
        bl_backup_job_scheduled(&planning->job, &bl_kind_kafka_backup, due);

    bl_json_add_string(bl_json_get(object, "spec"), "backupPlan", planning->job.ref.name);
    if (bl_backup_job_make(&planning->job, &bl_kind_kafka_backup, object, err) < 0)
        return -1;
    planning->state.last = planning->state.attempt = due;
    return 0;
}

/* It goes when the service's goes, as each that a schedule made. */
static int observe_backup(struct planning *planning, struct bl_error **err)
{
    const char *id = strrchr(planning->state.unobserved, '/') + 1;
    BL_AUTO_FREE char *name = bl_asprintf("%s-%s", planning->job.ref.name, id);
    BL_AUTO_JSON cJSON *object =
        bl_kind_new_object(&bl_kind_kafka_backup, planning->job.ref.namespace, name);
    cJSON *metadata = bl_json_get(object, "metadata"), *spec;

    bl_json_add_string(bl_json_add_object(metadata, "annotations"), BL_ANNOTATION_SCHEDULED,
                       bl_json_string(planning->unobserved, "createTime"));
    bl_owner_add(object, planning->job.object);
    spec = bl_json_add_object(object, "spec");
    bl_json_add_string(spec, "backupPlan", planning->job.ref.name);
    bl_json_add_string(spec, "backupId", id);
    return bl_backup_job_make(&planning->job, &bl_kind_kafka_backup, object, err);
}

static int carry_out(struct planning *planning, struct bl_error **err)
{
    switch (planning->next.step) {
    case BL_BACKUP_CREATE:
        return create_plan(planning, err);
    case BL_BACKUP_PATCH:
        return patch_plan(planning, err);
    case BL_BACKUP_SCHEDULE:
        return schedule_backup(planning, err);
    case BL_BACKUP_OBSERVE:
        return observe_backup(planning, err);
    default:
        return planning->next.step == BL_BACKUP_DONE ? apply_applications(planning, err) : 0;
    }
}

/* --- status --- */

static void add_newest(const struct planning *planning, cJSON *fields)
{
    static const char *const members[] = {"createTime", "completeTime", NULL};
    const cJSON *newest = planning->tally.newest, *status = bl_json_get(newest, "status");
    const cJSON *old = bl_json_at(planning->job.object, "status", "lastBackup", NULL);
    cJSON *out;

    if (!newest) {
        if (old)
            bl_json_add(fields, "lastBackup", bl_json_copy(old));
        return;
    }
    out = bl_json_add_object(fields, "lastBackup");
    bl_json_add_string(out, "name", bl_object_ref(newest).name);
    bl_backup_copy(out, bl_json_get(status, "backup"), members);
    bl_json_add_bool(out, "proven", bl_json_get(status, "proof") != NULL);
}

static int write_status(struct planning *planning, struct bl_error **err)
{
    BL_AUTO(bl_status_release) struct bl_status status = {0};
    bool known = planning->body != NULL;
    const char *resource = planning->foreign                      ? ""
                           : known || !noted_name(&planning->job) ? planning->name.whole
                                                                  : NULL;

    bl_backup_job_status(&planning->job, &planning->next, resource, &status);
    bl_status_set(&status, BL_CONDITION_FIT,
                  !known              ? BL_UNKNOWN
                  : planning->unready ? BL_FALSE
                                      : BL_TRUE,
                  !known              ? "NotLookedAt"
                  : planning->unready ? "ClusterNotReady"
                                      : "Fit",
                  planning->unready     ? planning->unready
                  : planning->world.gap ? planning->world.gap
                                        : "");
    if (!known && noted_name(&planning->job))
        bl_backup_job_keep(&planning->job, BL_CONDITION_PRESENT, &status);
    else
        bl_status_set(&status, BL_CONDITION_PRESENT,
                      !known              ? BL_UNKNOWN
                      : planning->foreign ? BL_FALSE
                      : planning->plan    ? BL_TRUE
                                          : BL_FALSE,
                      !known              ? "NotLookedAt"
                      : planning->foreign ? "NotOurs"
                      : planning->plan    ? "Found"
                                          : "NotFound",
                      "");
    bl_backup_add_schedule(bl_status_fields(&status), planning->state.attempt,
                           bl_backup_plan_due(&planning->state));
    add_newest(planning, bl_status_fields(&status));
    return bl_status_apply(&status, planning->job.client, err);
}

/* --- requests --- */

static bool is_act(enum bl_backup_step step)
{
    return step > BL_BACKUP_DONE;
}

static int look_and_act(struct planning *planning, struct bl_reconcile_result *result,
                        struct bl_error **err)
{
    BL_ERROR(failure);

    look(planning);
    decide(planning);
    /* It may be one that rehearses: what it has proven stays noted. */
    if (planning->job.invalid) {
        bl_backup_job_rest(&planning->job, &planning->next, result);
        return bl_backup_job_say(&planning->job, &planning->next, err);
    }
    if (is_act(planning->next.step))
        bl_backup_job_tell(&planning->job, "Normal", planning->next.reason, planning->next.message);
    if (!planning->body || planning->foreign) {
        bl_backup_job_rest(&planning->job, &planning->next, result);
        return write_status(planning, err);
    }
    if (carry_out(planning, &failure) < 0)
        bl_backup_job_refused(failure, &planning->next);
    if (write_status(planning, err) < 0)
        return -1;
    if (failure || is_act(planning->next.step))
        return bl_backup_job_acted(&planning->job, &failure, result, err);
    bl_backup_job_rest(&planning->job, &planning->next, result);
    return 0;
}

/* As it was noted, where it was: the spec may name another one by now. */
static int let_go(struct planning *planning, struct bl_reconcile_result *result,
                  struct bl_error **err)
{
    struct bl_backup_job *job = &planning->job;
    const char *noted = noted_name(job);
    BL_ERROR(away);

    if (!noted && !job->invalid && bl_backup_job_reach(job, &away) == BL_BACKUP_HERE)
        bl_backup_job_name_plan(job, &planning->spec, job->ref.name, &planning->name);
    if (planning->name.whole && look_at_others(planning, err) < 0)
        return -1;
    struct bl_backup_resource plan = {BL_GKE_BACKUP_PLAN,
                                      planning->foreign ? NULL
                                      : noted           ? noted
                                                        : planning->name.whole,
                                      NULL};

    return bl_backup_job_let_go(job, &plan, bl_backup_job_deletes(job), result, err);
}

/* --- what it remembers: how rehearsals stand, for a gauge --- */

struct plans {
    struct bl_env *env;
    struct bl_memories *memories; /* an enum bl_rehearsal_result for each plan that rehearses */
    struct bl_metric *rehearsals;
};

static void *make_memory(const char *name BL_UNUSED, void *context BL_UNUSED)
{
    return BL_NEW(enum bl_rehearsal_result);
}

static void *make(struct bl_controller *controller, void *environment)
{
    static const char *const results[] = {"none", "proven", "overdue", NULL};
    struct bl_metrics *metrics = bl_controller_metrics(controller);
    struct plans *plans = BL_NEW(struct plans);

    plans->env = environment;
    plans->memories = bl_memories_new(make_memory, free, NULL);
    plans->rehearsals = bl_metrics_make(metrics, BL_METRIC_GAUGE, "ballast_controller_rehearsals",
                                        "KafkaBackupPlans that rehearse, by what became of it.",
                                        BL_METRIC_LABEL("state", results), BL_METRIC_NO_LABEL);
    return plans;
}

static void free_plans(void *context)
{
    struct plans *plans = context;

    bl_memories_free(plans->memories);
    free(plans);
}

static void measure(void *context)
{
    int64_t sums[BL_REHEARSAL_OVERDUE + 1] = {0};
    struct plans *plans = context;

    bl_memories_lock(plans->memories);
    for (size_t i = 0; i < bl_memories_len(plans->memories); i++)
        sums[*(enum bl_rehearsal_result *)bl_memories_at(plans->memories, i)]++;
    bl_memories_unlock(plans->memories);
    for (size_t i = 0; i < BL_ARRAY_LEN(sums); i++)
        bl_metric_set(plans->rehearsals, sums[i], i, 0, 0);
}

static void forget(struct plans *plans, const struct bl_reconcile_request *request)
{
    BL_AUTO_FREE char *name = bl_asprintf("%s/%s", request->namespace, request->name);

    bl_memories_forget(plans->memories, name);
}

static int rehearse(struct plans *plans, const struct bl_reconcile_request *request,
                    struct planning *planning, struct bl_reconcile_result *result,
                    struct bl_error **err)
{
    BL_AUTO_FREE char *name = bl_asprintf("%s/%s", request->namespace, request->name);
    enum bl_rehearsal_result *memory = bl_memories_find(plans->memories, name), found;
    int rc;

    if (bl_backup_job_hold(&planning->job, false, err) < 0)
        return -1;
    rc = bl_standby_reconcile(&planning->job, &planning->spec, &found, result, err);
    bl_memories_lock(plans->memories);
    *memory = found;
    bl_memories_unlock(plans->memories);
    return rc;
}

static int reconcile(struct bl_controller *controller, const struct bl_reconcile_request *request,
                     struct bl_reconcile_result *ret_result, struct bl_error **err)
{
    BL_AUTO(planning_release) struct planning planning = {0};
    struct plans *plans = bl_controller_context(controller);
    BL_ERROR(invalid);

    if (bl_backup_job_open(controller, plans->env, &bl_kind_kafka_backup_plan, request, ret_result,
                           &planning.job, err) < 0)
        return -1;
    if (!planning.job.object || bl_object_is_going(planning.job.object))
        forget(plans, request);
    if (!planning.job.object)
        return 0;
    if (bl_backup_plan_spec_read(&(struct bl_decode){0}, planning.job.object, &planning.spec,
                                 &invalid) < 0)
        bl_backup_job_invalid(&planning.job, &invalid);
    if (bl_object_is_going(planning.job.object))
        return let_go(&planning, ret_result, err);
    if (planning.spec.rehearsal.plan)
        return rehearse(plans, request, &planning, ret_result, err);
    if (bl_backup_job_hold(&planning.job, bl_backup_job_deletes(&planning.job), err) < 0)
        return -1;
    return look_and_act(&planning, ret_result, err);
}

/* A KafkaBackup that changes is its plan's affair. */
static void map_backup(struct bl_controller *controller, const cJSON *object)
{
    const char *plan = bl_json_string(bl_json_get(object, "spec"), "backupPlan");

    if (plan)
        bl_controller_enqueue(
            controller, &(struct bl_reconcile_request){bl_object_ref(object).namespace, plan});
}

/* So is a KafkaRestore that rehearses. */
static void map_restore(struct bl_controller *controller, const cJSON *object)
{
    const cJSON *owner, *owners = bl_json_at(object, "metadata", "ownerReferences", NULL);

    cJSON_ArrayForEach(owner, owners) {
        if (bl_text_eq(bl_json_string(owner, "kind"), bl_kind_kafka_backup_plan.kind))
            bl_controller_enqueue(controller,
                                  &(struct bl_reconcile_request){bl_object_ref(object).namespace,
                                                                 bl_json_string(owner, "name")});
    }
}

static const struct bl_controller_watch watches[] = {
    {.kind = &bl_kind_kafka_backup_plan, .map = bl_map_self, .changed = bl_changed_beside_status},
    {.kind = &bl_kind_kafka_backup, .map = map_backup},
    {.kind = &bl_kind_kafka_restore, .map = map_restore},
    {0},
};

const struct bl_controller_spec bl_backup_plan_controller = {
    .name = "backupplans",
    .watches = watches,
    .rights = BL_RIGHT_READ | BL_RIGHT_GET | BL_RIGHT_STATUS | BL_RIGHT_WRITE,
    .backoff_min = BL_NSEC_S,
    .make = make,
    .free = free_plans,
    .reconcile = reconcile,
    .measure = measure,
};
