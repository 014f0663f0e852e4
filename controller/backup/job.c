#include "job.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ballast/backup/names.h"
#include "ballast/base/date.h"
#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/google/operation.h"
#include "ballast/runtime/owner.h"
#include "caches.h"

/* One that was begun for another spec says nothing of this one. */
static void read_operation(struct bl_backup_job *job)
{
    const cJSON *noted = bl_json_at(job->object, "status", "operation", NULL);
    const char *name = bl_json_string(noted, "name");

    if (name && bl_json_number(noted, "generation") ==
                    bl_json_number(bl_json_get(job->object, "metadata"), "generation"))
        job->operation = bl_strdup(name);
}

int bl_backup_job_open(struct bl_controller *controller, const struct bl_env *env,
                       const struct bl_kind *kind, const struct bl_reconcile_request *request,
                       struct bl_reconcile_result *result, struct bl_backup_job *job,
                       struct bl_error **err)
{
    *job = (struct bl_backup_job){.controller = controller,
                                  .env = env,
                                  .service = env->backups,
                                  .client = bl_controller_client(controller),
                                  .kind = kind,
                                  .now = bl_clock_seconds(&bl_clock_real)};
    /* What is selected follows from what is there, and a part of it must not be taken for the whole. */
    if (!bl_caches_complete(env, request->namespace)) {
        bl_reconcile_again(result, COMPLETE_WITHIN);
        return 0;
    }
    if (bl_kube_find(job->client, &kind->resource, request->namespace, request->name, &job->object,
                     err) < 0)
        return -1;
    if (!job->object)
        return 0;
    job->ref = bl_object_ref(job->object);
    read_operation(job);
    return 0;
}

void bl_backup_job_release(struct bl_backup_job *job)
{
    bl_json_free(job->object);
    free(job->invalid);
    free(job->forbidden);
    free(job->failure);
    free(job->operation);
    free(job->not_made);
}

void bl_backup_job_invalid(struct bl_backup_job *job, struct bl_error **err)
{
    free(job->invalid);
    job->invalid = bl_error_words(*err);
    bl_error_free(BL_STEAL(*err));
}

void bl_backup_job_failed(struct bl_backup_job *job, struct bl_error **err)
{
    if (!job->failure) {
        job->failure = bl_error_words(*err);
        job->passes = bl_error_code(*err) == BL_ERR_UNAVAILABLE;
        job->retry = bl_error_retry_after(*err);
    }
    bl_error_free(BL_STEAL(*err));
}

bool bl_backup_job_is_barred(struct bl_backup_job *job)
{
    BL_ERROR(failure);

    if (job->invalid || job->forbidden)
        return true;
    if (!bl_backup_service_is_enabled(job->service)) {
        job->forbidden = bl_strdup("Backup for GKE is not switched on: set backup.enabled=true in "
                                   "the values of Ballast's chart");
        return true;
    }
    if (bl_backup_service_home(job->service, &job->home, &failure) == 0)
        return false;
    bl_backup_job_failed(job, &failure);
    return true;
}

struct bl_backup_situation bl_backup_job_situation(const struct bl_backup_job *job)
{
    return (struct bl_backup_situation){.object = job->object,
                                        .invalid = job->invalid,
                                        .forbidden = job->forbidden,
                                        .failure = job->failure,
                                        .passes = job->passes,
                                        .now = job->now,
                                        .making = job->making,
                                        .not_made = job->not_made};
}

/* --- names --- */

void bl_backup_plan_name_release(struct bl_backup_plan_name *name)
{
    free(name->parent);
    free(name->id);
    free(name->whole);
    *name = (struct bl_backup_plan_name){0};
}

void bl_backup_job_forbid(struct bl_backup_job *job, const char *field, const char *resource)
{
    if (job->forbidden)
        return;
    job->forbidden =
        bl_asprintf("%s: namespace %s may not use %s; the administrator allows it by backup.allow "
                    "in the values of Ballast's chart",
                    field, job->ref.namespace, resource);
}

static void check_project(struct bl_backup_job *job, const char *project)
{
    BL_AUTO_FREE char *resource = bl_asprintf("projects/%s", project);

    if (strcmp(project, job->home.project) == 0 ||
        bl_backup_service_allows(job->service, job->ref.namespace, resource))
        return;
    bl_backup_job_forbid(job, "spec.project", resource);
}

/* A key of one's own, which may be another's. */
static void check_key(struct bl_backup_job *job, const char *key)
{
    BL_AUTO_FREE char *home = bl_asprintf("projects/%s/", job->home.project);

    if (strncmp(key, home, strlen(home)) == 0 ||
        bl_backup_service_allows(job->service, job->ref.namespace, key))
        return;
    bl_backup_job_forbid(job, "spec.backupConfig.encryptionKey", key);
}

void bl_backup_job_name_plan(struct bl_backup_job *job, const struct bl_backup_plan_spec *spec,
                             const char *object, struct bl_backup_plan_name *ret_name)
{
    const struct bl_backup_home *home = &job->home;

    if (spec->project)
        check_project(job, spec->project);
    if (spec->kms_key)
        check_key(job, spec->kms_key);
    ret_name->parent =
        bl_asprintf("projects/%s/locations/%s", spec->project ? spec->project : home->project,
                    spec->location ? spec->location : home->region);
    ret_name->id =
        spec->plan_id ? bl_strdup(spec->plan_id) : bl_backup_make_id(job->ref.namespace, object);
    ret_name->whole = bl_asprintf("%s/backupPlans/%s", ret_name->parent, ret_name->id);
}

int bl_backup_job_find(struct bl_backup_job *job, enum bl_gke_kind kind, const char *name,
                       cJSON **ret_resource, struct bl_error **err)
{
    BL_ERROR(failure);

    *ret_resource = NULL;
    if (bl_gke_get(bl_backup_service_client(job->service), kind, name, ret_resource, &failure) ==
            0 ||
        bl_google_status_of(failure) == BL_GOOGLE_NOT_FOUND)
        return 0;
    *err = BL_STEAL(failure);
    return -1;
}

int bl_backup_job_operation(struct bl_backup_job *job, struct bl_error **err)
{
    BL_AUTO(bl_google_operation_release) struct bl_google_operation operation = {0};
    BL_ERROR(failure);

    if (!job->operation)
        return 0;
    if (bl_google_operation_get(bl_backup_service_client(job->service), job->operation, &operation,
                                &failure) < 0) {
        /* Its record is kept for some weeks. */
        if (bl_google_status_of(failure) == BL_GOOGLE_NOT_FOUND)
            return 0;
        *err = BL_STEAL(failure);
        return -1;
    }
    job->making = operation.state == BL_GOOGLE_OPERATION_RUNNING;
    job->made = operation.state == BL_GOOGLE_OPERATION_DONE;
    if (operation.state == BL_GOOGLE_OPERATION_FAILED)
        job->not_made = bl_error_words(operation.error);
    return 0;
}

void bl_backup_job_forget_order(struct bl_backup_job *job)
{
    free(job->operation);
    job->operation = NULL;
}

int bl_backup_job_order(struct bl_backup_job *job, struct bl_error **err)
{
    if (bl_backup_job_operation(job, err) < 0)
        return -1;
    if (!job->made)
        return 0;
    job->making = true;
    bl_backup_job_forget_order(job);
    return 0;
}

int bl_backup_job_create(struct bl_backup_job *job, enum bl_gke_kind kind, const char *parent,
                         const char *id, const cJSON *body, struct bl_error **err)
{
    BL_AUTO_FREE char *operation = NULL;

    if (bl_gke_create(bl_backup_service_client(job->service), kind, parent, id, body, &operation,
                      err) < 0)
        return -1;
    bl_backup_job_began(job, BL_STEAL(operation));
    return 0;
}

void bl_backup_job_began(struct bl_backup_job *job, char *operation)
{
    if (!operation)
        return;
    free(job->operation);
    job->operation = operation;
}

void bl_backup_job_tell(struct bl_backup_job *job, const char *type, const char *reason,
                        const char *note)
{
    struct bl_event event = {type, reason, "Reconcile", note};

    bl_recorder_tell(bl_controller_recorder(job->controller), job->object, &event);
}

/* --- schedules --- */

cJSON *bl_backup_job_scheduled(const struct bl_backup_job *job, const struct bl_kind *kind,
                               int64_t due)
{
    char when[BL_TIME_SIZE], suffix[sizeof("-YYYYMMDDHHMM")];
    time_t at = (time_t)due;
    struct tm tm;
    cJSON *object, *metadata;

    (void)gmtime_r(&at, &tm);
    (void)strftime(suffix, sizeof(suffix), "-%Y%m%d%H%M", &tm);
    bl_time_format(due, when);
    BL_AUTO_FREE char *name = bl_asprintf("%s%s", job->ref.name, suffix);
    object = bl_kind_new_object(kind, job->ref.namespace, name);
    metadata = bl_json_get(object, "metadata");
    bl_json_add_string(bl_json_add_object(metadata, "annotations"), BL_ANNOTATION_SCHEDULED, when);
    bl_owner_add(object, job->object);
    (void)bl_json_add_object(object, "spec");
    return object;
}

int64_t bl_backup_job_due(const cJSON *object)
{
    return bl_json_time(bl_json_at(object, "metadata", "annotations", NULL),
                        BL_ANNOTATION_SCHEDULED);
}

int bl_backup_job_make(const struct bl_backup_job *job, const struct bl_kind *kind,
                       const cJSON *object, struct bl_error **err)
{
    BL_ERROR(failure);

    if (bl_kube_create(job->client, &kind->resource, job->ref.namespace, object, NULL, &failure) ==
            0 ||
        bl_error_status(failure) == 409)
        return 0;
    *err = BL_STEAL(failure);
    return -1;
}

/* --- status --- */

void bl_backup_job_rest(const struct bl_backup_job *job, const struct bl_backup_next *next,
                        struct bl_reconcile_result *result)
{
    bl_reconcile_again(result, job->retry > next->after ? job->retry : next->after);
}

static void begin_status(const struct bl_backup_job *job, const struct bl_backup_next *next,
                         struct bl_status *status)
{
    cJSON *operation;

    bl_status_begin(status, job->kind, job->object, job->now);
    bl_status_phase(status, next->phase, next->reason, next->message);
    if (!job->operation)
        return;
    operation = bl_json_add_object(bl_status_fields(status), "operation");
    bl_json_add_string(operation, "name", job->operation);
    bl_json_add_int(operation, "generation",
                    bl_json_number(bl_json_get(job->object, "metadata"), "generation"));
}

void bl_backup_job_status(struct bl_backup_job *job, const struct bl_backup_next *next,
                          const char *resource, struct bl_status *status)
{
    begin_status(job, next, status);
    if (!resource)
        resource = bl_json_string(bl_json_get(job->object, "status"), "resource");
    if (resource && *resource)
        bl_json_add_string(bl_status_fields(status), "resource", resource);
}

static void add_time(cJSON *to, const char *key, int64_t seconds)
{
    char text[BL_TIME_SIZE];

    bl_time_format(seconds, text);
    bl_json_add_string(to, key, text);
}

void bl_backup_add_schedule(cJSON *fields, int64_t last, int64_t due)
{
    cJSON *schedule;

    if (due < 0 && !last)
        return;
    schedule = bl_json_add_object(fields, "schedule");
    if (last)
        add_time(schedule, "last", last);
    if (due >= 0)
        add_time(schedule, "next", due);
}

void bl_backup_copy(cJSON *to, const cJSON *resource, const char *const *members)
{
    for (; *members; members++) {
        const cJSON *member = bl_json_get(resource, *members);

        if (member)
            bl_json_add(to, *members, bl_json_copy(member));
    }
}

bool bl_backup_job_had(const struct bl_backup_job *job, const char *part)
{
    return bl_json_string(bl_json_at(job->object, "status", part, NULL), "uid") != NULL;
}

void bl_backup_job_keep(const struct bl_backup_job *job, const char *type, struct bl_status *status)
{
    const cJSON *old = bl_object_condition(job->object, type);
    const char *value = bl_json_string(old, "status"), *message = bl_json_string(old, "message");

    if (old)
        bl_status_set(status, type,
                      bl_text_eq(value, "True")    ? BL_TRUE
                      : bl_text_eq(value, "False") ? BL_FALSE
                                                   : BL_UNKNOWN,
                      bl_json_string(old, "reason"), message ? message : "");
}

/* Those of the phase are set already. */
static void keep_conditions(const struct bl_backup_job *job, struct bl_status *status)
{
    const cJSON *condition, *conditions = bl_json_at(job->object, "status", "conditions", NULL);

    cJSON_ArrayForEach(condition, conditions) {
        const char *type = bl_json_string(condition, "type");

        if (type && strcmp(type, BL_CONDITION_READY) != 0 &&
            strcmp(type, BL_CONDITION_RECONCILING) != 0 && strcmp(type, BL_CONDITION_STALLED) != 0)
            bl_backup_job_keep(job, type, status);
    }
}

int bl_backup_job_say(struct bl_backup_job *job, const struct bl_backup_next *next,
                      struct bl_error **err)
{
    static const char *const ours[] = {"conditions", "observedGeneration", "operation", NULL};
    BL_AUTO(bl_status_release) struct bl_status status = {0};
    const cJSON *field;

    begin_status(job, next, &status);
    keep_conditions(job, &status);
    BL_JSON_EACH_MEMBER(field, bl_json_get(job->object, "status")) {
        if (!bl_text_in(field->string, ours))
            bl_json_add(bl_status_fields(&status), field->string, bl_json_copy(field));
    }
    return bl_status_apply(&status, job->client, err);
}

static bool is_refusal(const struct bl_error *failure)
{
    switch (bl_google_status_of(failure)) {
    case BL_GOOGLE_INVALID_ARGUMENT:
    case BL_GOOGLE_ALREADY_EXISTS:
    case BL_GOOGLE_PERMISSION_DENIED:
    case BL_GOOGLE_FAILED_PRECONDITION:
        return true;
    default:
        return false;
    }
}

void bl_backup_job_refused(const struct bl_error *failure, struct bl_backup_next *next)
{
    bool refused = is_refusal(failure);

    bl_backup_next_release(next);
    next->phase = refused ? BL_STALLED : BL_IN_PROGRESS;
    next->reason = refused ? "Refused" : "TryingAgain";
    next->message = bl_error_words(failure);
}

int bl_backup_job_acted(struct bl_backup_job *job, struct bl_error **failure,
                        struct bl_reconcile_result *result, struct bl_error **err)
{
    bl_nsec wait;

    if (!*failure) {
        /* What was done is seen by the next look, and not believed. */
        bl_reconcile_again(result, BL_NSEC_MS);
        return 0;
    }
    bl_backup_job_tell(job, "Warning", "Failed", bl_error_text(*failure));
    wait = bl_error_retry_after(*failure);
    if (wait > 0) {
        bl_log_error(BL_LOG_WARN, "the service asks to wait", *failure);
        bl_error_free(BL_STEAL(*failure));
        bl_reconcile_again(result, wait);
        return 0;
    }
    *err = BL_STEAL(*failure);
    return -1;
}
