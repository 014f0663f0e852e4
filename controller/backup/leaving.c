/* What an object stands for goes first, where it deletes that: in its order, and once it can. */
#include <stdlib.h>
#include <string.h>

#include "ballast/api/names.h"
#include "ballast/backup/body.h"
#include "ballast/base/date.h"
#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/runtime/finalizer.h"
#include "job.h"
#include "next.h"

/* Seconds after which what is locked is looked at again, also where the clock of this machine goes wrong. */
#define LOCKED_AT_MOST 3600

int bl_backup_job_hold(struct bl_backup_job *job, bool deletes, struct bl_error **err)
{
    return deletes
               ? bl_finalizer_ensure(job->client, job->kind, job->object, BL_FINALIZER_BACKUP, err)
               : bl_finalizer_remove(job->client, job->kind, job->object, BL_FINALIZER_BACKUP, err);
}

/* A backup that never began does not say which cluster it is of; its plan does. */
static int find_parent(struct bl_backup_job *job, const struct bl_backup_resource *what,
                       const cJSON *resource, cJSON **ret_parent, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf name = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (bl_backup_cluster_of(resource) ||
        (what->kind != BL_GKE_BACKUP && what->kind != BL_GKE_RESTORE))
        return 0;
    bl_gke_parent(what->name, &name);
    return bl_backup_job_find(
        job, what->kind == BL_GKE_BACKUP ? BL_GKE_BACKUP_PLAN : BL_GKE_RESTORE_PLAN, name.text,
        ret_parent, err);
}

/* Whoever may write statuses, or an ID into a spec, must not choose what is deleted. */
static int look_whose(struct bl_backup_job *job, const struct bl_backup_resource *what,
                      const cJSON *resource, char **ret_foreign, struct bl_error **err)
{
    struct bl_backup_place place = {job->ref.namespace,
                                    what->cluster ? what->cluster : job->home.cluster, NULL};
    BL_AUTO_JSON cJSON *parent = NULL;

    if (find_parent(job, what, resource, &parent, err) < 0)
        return -1;
    *ret_foreign = bl_backup_foreign(resource, parent, &place);
    return 0;
}

static void tell_left(struct bl_backup_job *job, const char *name, const char *why)
{
    BL_AUTO_FREE char *note = bl_asprintf("%s is left at the service: %s", name, why);

    bl_backup_job_tell(job, "Warning", "NotDeleted", note);
}

/* A backup that nobody may delete yet: it is not asked for until then. */
static bool is_locked(const struct bl_backup_job *job, const struct bl_backup_resource *what,
                      const cJSON *resource, struct bl_backup_next *next)
{
    int64_t until = bl_json_time(resource, "deleteLockExpireTime");
    int64_t left = until - job->now;
    char when[BL_TIME_SIZE];

    if (what->kind != BL_GKE_BACKUP || until <= job->now)
        return false;
    bl_time_format(until, when);
    return bl_next_waits(
        next, "Locked", (left < LOCKED_AT_MOST ? left : LOCKED_AT_MOST) * BL_NSEC_S,
        bl_asprintf("%s is locked until %s: until then nobody can delete it", what->name, when));
}

/* A plan goes once its backups have: the service does not delete it with them. */
static int look_inside(struct bl_backup_job *job, const struct bl_backup_resource *what,
                       struct bl_backup_next *next, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *backups = NULL;
    size_t len;

    if (what->kind != BL_GKE_BACKUP_PLAN)
        return 0;
    if (bl_gke_list(bl_backup_service_client(job->service), BL_GKE_BACKUP, what->name, NULL,
                    &backups, NULL, err) < 0)
        return -1;
    len = bl_json_len(backups);
    if (len)
        (void)bl_next_waits(next, "NotEmpty", AFTER_FAILURE,
                            bl_asprintf("%s has %zu %s, and goes once they have", what->name, len,
                                        bl_text_plural((int64_t)len, "backup", "backups")));
    return 0;
}

static void wait_until_gone(const struct bl_backup_resource *what, struct bl_backup_next *next)
{
    (void)bl_next_waits(next, "Deleting", WHILE_MAKING,
                        bl_asprintf("the service deletes %s", what->name));
}

/* The order that was given: does it go on, or has it failed? */
static int look_at_order(struct bl_backup_job *job, const struct bl_backup_resource *what,
                         struct bl_backup_next *next, struct bl_error **err)
{
    if (bl_backup_job_order(job, err) < 0)
        return -1;
    if (job->making)
        (void)bl_next_waits(next, "Deleting", WHILE_MAKING,
                            bl_asprintf("the service has the order to delete %s", what->name));
    if (!job->not_made)
        return 0;
    (void)bl_next_waits(
        next, "NotDeleted", AFTER_FAILURE,
        bl_asprintf("the service could not delete %s: %s", what->name, job->not_made));
    bl_backup_job_forget_order(job);
    return 0;
}

static int order_deletion(struct bl_backup_job *job, const struct bl_backup_resource *what,
                          const cJSON *resource, struct bl_backup_next *next, struct bl_error **err)
{
    BL_AUTO_FREE char *operation = NULL;
    /* A backup goes with its VolumeBackups, as gcloud has it; a plan that has backups stays. */
    struct bl_google_delete how = {.name = what->name,
                                   .etag = bl_json_string(resource, "etag"),
                                   .force = what->kind != BL_GKE_BACKUP_PLAN};

    if (bl_gke_delete(bl_backup_service_client(job->service), what->kind, &how, &operation, err) <
        0)
        return -1;
    bl_backup_job_began(job, BL_STEAL(operation));
    wait_until_gone(what, next);
    return 0;
}

/* `next` stays as it is where it is gone; what is not ours counts as gone. */
static int delete_resource(struct bl_backup_job *job, const struct bl_backup_resource *what,
                           struct bl_backup_next *next, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *resource = NULL;
    BL_AUTO_FREE char *foreign = NULL;

    if (bl_backup_job_find(job, what->kind, what->name, &resource, err) < 0)
        return -1;
    if (!resource)
        return 0;
    if (look_whose(job, what, resource, &foreign, err) < 0)
        return -1;
    if (foreign) {
        tell_left(job, what->name, foreign);
        return 0;
    }
    if (bl_gke_state_of(what->kind, resource) == BL_GKE_DELETING) {
        wait_until_gone(what, next);
        return 0;
    }
    if (look_at_order(job, what, next, err) < 0)
        return -1;
    if (next->message || is_locked(job, what, resource, next))
        return 0;
    if (look_inside(job, what, next, err) < 0)
        return -1;
    return next->message ? 0 : order_deletion(job, what, resource, next, err);
}

bool bl_backup_job_deletes(const struct bl_backup_job *job)
{
    return bl_text_eq(bl_json_string(bl_json_get(job->object, "spec"), "deletionPolicy"), "Delete");
}

enum bl_backup_reach bl_backup_job_reach(struct bl_backup_job *job, struct bl_error **ret_why)
{
    if (!bl_backup_service_is_enabled(job->service))
        return BL_BACKUP_OFF;
    return bl_backup_service_home(job->service, &job->home, ret_why) < 0 ? BL_BACKUP_AWAY
                                                                         : BL_BACKUP_HERE;
}

/* Does the status say it already? The same words stand there for other reasons while nothing is to be deleted. */
static bool is_told(const struct bl_backup_job *job, const struct bl_backup_next *next)
{
    const cJSON *ready = bl_object_condition(job->object, BL_CONDITION_READY);

    return bl_text_eq(bl_json_string(ready, "reason"), next->reason) &&
           bl_text_eq(bl_json_string(ready, "message"), next->message);
}

/* It waits: told once for each reason, and said in the status. */
static int wait_with(struct bl_backup_job *job, const struct bl_backup_next *next,
                     struct bl_reconcile_result *result, struct bl_error **err)
{
    bool going_on = strcmp(next->reason, "Deleting") == 0;

    if (!going_on && !is_told(job, next)) {
        bl_backup_job_tell(job, "Warning", "NotDeleted", next->message);
        BL_LOG(BL_LOG_WARN, "not deleted at the service",
               BL_LOG_TEXT("namespace", job->ref.namespace), BL_LOG_TEXT("name", job->ref.name),
               BL_LOG_TEXT("message", next->message));
    }
    bl_backup_job_rest(job, next, result);
    return bl_backup_job_say(job, next, err);
}

static int not_deleted(struct bl_backup_job *job, const struct bl_error *failure,
                       struct bl_reconcile_result *result, struct bl_error **err)
{
    BL_AUTO(bl_backup_next_release) struct bl_backup_next next = {0};

    (void)bl_next_waits(&next, "NotDeleted", AFTER_FAILURE, bl_error_words(failure));
    job->retry = bl_error_retry_after(failure);
    return wait_with(job, &next, result, err);
}

/* Nobody may ask the service any more, and whoever switched that off does not wait for what it holds. */
static int leave_all(struct bl_backup_job *job, const struct bl_backup_resource *resources,
                     size_t len, struct bl_error **err)
{
    for (size_t i = 0; i < len; i++)
        if (resources[i].name)
            tell_left(job, resources[i].name,
                      job->forbidden ? job->forbidden
                                     : "Backup for GKE is switched off (backup.enabled)");
    return bl_finalizer_remove(job->client, job->kind, job->object, BL_FINALIZER_BACKUP, err);
}

int bl_backup_job_let_go(struct bl_backup_job *job, const struct bl_backup_resource *resources,
                         size_t len, struct bl_reconcile_result *result, struct bl_error **err)
{
    enum bl_backup_reach reach = BL_BACKUP_HERE;
    BL_ERROR(away);

    if (!bl_finalizer_has(job->object, BL_FINALIZER_BACKUP))
        return 0;
    if (len)
        reach = bl_backup_job_reach(job, &away);
    if (reach == BL_BACKUP_AWAY)
        return not_deleted(job, away, result, err);
    if (reach == BL_BACKUP_OFF || (len && job->forbidden))
        return leave_all(job, resources, len, err);
    for (size_t i = 0; i < len; i++) {
        BL_AUTO(bl_backup_next_release) struct bl_backup_next next = {0};
        BL_ERROR(failure);

        if (resources[i].name && delete_resource(job, &resources[i], &next, &failure) < 0)
            return not_deleted(job, failure, result, err);
        if (next.message)
            return wait_with(job, &next, result, err);
    }
    return bl_finalizer_remove(job->client, job->kind, job->object, BL_FINALIZER_BACKUP, err);
}
