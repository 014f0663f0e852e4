/* KafkaBackups: taken when the cluster is fit for it, with a note of what it has to hold. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "applications.h"
#include "ballast/api/names.h"
#include "ballast/backup/body.h"
#include "ballast/backup/names.h"
#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "controllers.h"
#include "job.h"
#include "note.h"

struct taking {
    struct bl_backup_job job;
    struct bl_backup_spec spec;
    struct bl_backup_plan_spec plan;
    struct bl_backup_plan_name plan_name;
    struct bl_backup_world world;
    char *id, *name, *note_name;
    char *plan_unready, *unfit, *foreign;
    bool note_taken; /* the ConfigMap of its name is somebody else's */
    cJSON *backup, *volumes;
    struct bl_note_summary note; /* taken by this look */
    struct bl_backup_state state;
    struct bl_backup_next next;
};

static void taking_release(struct taking *taking)
{
    bl_backup_job_release(&taking->job);
    bl_backup_spec_release(&taking->spec);
    bl_backup_plan_spec_release(&taking->plan);
    bl_backup_plan_name_release(&taking->plan_name);
    bl_backup_world_release(&taking->world);
    bl_backup_next_release(&taking->next);
    bl_json_free(taking->backup);
    bl_json_free(taking->volumes);
    free(taking->id);
    free(taking->name);
    free(taking->note_name);
    free(taking->plan_unready);
    free(taking->unfit);
    free(taking->foreign);
}

/* --- the plan --- */

static int read_plan(struct taking *taking, struct bl_error **err)
{
    struct bl_backup_job *job = &taking->job;
    BL_AUTO_JSON cJSON *plan = NULL;
    BL_ERROR(invalid);

    if (bl_kube_find(job->client, &bl_kind_kafka_backup_plan.resource, job->ref.namespace,
                     taking->spec.plan, &plan, err) < 0)
        return -1;
    if (!plan)
        taking->plan_unready = bl_asprintf("there is no KafkaBackupPlan \"%s\"", taking->spec.plan);
    else if (bl_backup_plan_spec_read(&(struct bl_decode){0}, plan, &taking->plan, &invalid) < 0)
        taking->plan_unready =
            bl_asprintf("KafkaBackupPlan \"%s\": %s", taking->spec.plan, bl_error_text(invalid));
    else
        bl_backup_job_name_plan(job, &taking->plan, taking->spec.plan, &taking->plan_name);
    return 0;
}

/* Of the plan at the service, which may be somebody else's. */
static int look_at_plan(struct taking *taking, struct bl_error **err)
{
    struct bl_backup_place place = {taking->job.ref.namespace, taking->job.home.cluster, NULL};
    BL_AUTO_JSON cJSON *plan = NULL;

    if (bl_backup_job_find(&taking->job, BL_GKE_BACKUP_PLAN, taking->plan_name.whole, &plan, err) <
        0)
        return -1;
    if (!plan)
        taking->plan_unready = bl_strdup("the service does not have the plan yet");
    else if (bl_gke_state_of(BL_GKE_BACKUP_PLAN, plan) != BL_GKE_READY)
        taking->plan_unready = bl_asprintf("the plan is %s", bl_gke_state_text(plan));
    else
        taking->plan_unready = bl_backup_plan_foreign(plan, &place);
    return 0;
}

/* --- looking --- */

/* The name of the backup that the object has; NULL: it never had one. */
static const char *noted_name(const struct bl_backup_job *job)
{
    return bl_backup_job_had(job, "backup")
               ? bl_json_string(bl_json_get(job->object, "status"), "resource")
               : NULL;
}

static char *own_id(const struct taking *taking)
{
    return taking->spec.backup_id
               ? bl_strdup(taking->spec.backup_id)
               : bl_backup_make_id(bl_object_uid(taking->job.object), taking->job.ref.name);
}

/* As it was noted, once it was there: its KafkaBackupPlan may be gone, or make its plan elsewhere by now. */
static int name_backup(struct taking *taking, struct bl_error **err)
{
    const char *noted = noted_name(&taking->job);

    taking->note_name = bl_asprintf("%.200s-note", taking->job.ref.name);
    taking->id = own_id(taking);
    if (!noted) {
        if (taking->plan_name.whole)
            taking->name = bl_asprintf("%s/backups/%s", taking->plan_name.whole, taking->id);
        return 0;
    }
    if (bl_gke_name_check(BL_GKE_BACKUP, noted, err) < 0)
        return bl_wrap(err, "status.resource");
    taking->name = bl_strdup(noted);
    if (strcmp(strrchr(noted, '/') + 1, taking->id) != 0)
        taking->state.differs = taking->name;
    return 0;
}

static int look_at_applications(struct taking *taking, struct bl_error **err)
{
    const struct bl_protected_applications *found = &taking->world.applications;
    BL_AUTO(bl_strings_release) struct bl_strings names = {0};

    for (size_t i = 0; i < taking->plan.applications.len; i++)
        *BL_PUSH(&names) = bl_strdup(taking->plan.applications.items[i]);
    for (size_t i = 0; !taking->plan.applications.len && i < found->len; i++)
        *BL_PUSH(&names) = bl_strdup(found->items[i].name);
    return bl_backup_applications_unready(&taking->job, &names, &taking->world, &taking->unfit,
                                          err);
}

/* Only of one that is still to be taken: a note that a former attempt left is as good as none. */
static int look_before(struct taking *taking, struct bl_error **err)
{
    if (bl_backup_job_operation(&taking->job, err) < 0 || look_at_plan(taking, err) < 0)
        return -1;
    if (taking->plan_unready || taking->job.making || taking->state.taken)
        return 0;
    if (taking->plan.proof.enabled &&
        bl_backup_note_name_is_taken(&taking->job, taking->note_name, &taking->note_taken, err) < 0)
        return -1;
    bl_backup_world_read(taking->job.env, taking->job.ref.namespace, &taking->world);
    if (look_at_applications(taking, err) < 0)
        return -1;
    if (!taking->unfit)
        taking->unfit = bl_backup_world_unfit(taking->job.env, taking->job.client, &taking->world);
    return 0;
}

/* Until it is over; then the backup itself has the sum. */
static int look_at_volumes(struct taking *taking, struct bl_error **err)
{
    if (bl_gke_state_is_final(bl_gke_state_of(BL_GKE_BACKUP, taking->backup)))
        return 0;
    return bl_gke_list(bl_backup_service_client(taking->job.service), BL_GKE_VOLUME_BACKUP,
                       taking->name, NULL, &taking->volumes, NULL, err);
}

/* One that is there already, and is not known yet, is of a plan that has to be the namespace's own. */
static int look_whose(struct taking *taking, struct bl_error **err)
{
    struct bl_backup_place place = {taking->job.ref.namespace, taking->job.home.cluster, NULL};
    const char *known =
        bl_json_string(bl_json_at(taking->job.object, "status", "backup", NULL), "uid");
    const char *cluster = bl_backup_cluster_of(taking->backup);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf name = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *plan = NULL;

    if (cluster && strcmp(cluster, place.cluster) != 0) {
        taking->foreign = bl_asprintf("it is of %s", cluster);
        return 0;
    }
    if (known && bl_text_eq(known, bl_json_string(taking->backup, "uid")))
        return 0;
    bl_gke_parent(taking->name, &name);
    if (bl_backup_job_find(&taking->job, BL_GKE_BACKUP_PLAN, name.text, &plan, err) < 0)
        return -1;
    taking->foreign =
        plan ? bl_backup_plan_foreign(plan, &place) : bl_strdup("its plan is not there");
    return 0;
}

static int look_at_backup(struct taking *taking, struct bl_error **err)
{
    if (look_whose(taking, err) < 0)
        return -1;
    if (!taking->foreign)
        return look_at_volumes(taking, err);
    bl_json_free(taking->backup);
    taking->backup = NULL;
    return 0;
}

static int look_at_service(struct taking *taking, struct bl_error **err)
{
    if (read_plan(taking, err) < 0)
        return -1;
    if (taking->job.forbidden)
        return 0;
    if (name_backup(taking, err) < 0)
        return -1;
    if (!taking->name)
        return 0;
    if (bl_backup_job_find(&taking->job, BL_GKE_BACKUP, taking->name, &taking->backup, err) < 0)
        return -1;
    taking->state.taken = bl_backup_job_had(&taking->job, "backup");
    if (taking->backup)
        return look_at_backup(taking, err);
    /* Without its KafkaBackupPlan nothing is begun. */
    return taking->plan_name.whole ? look_before(taking, err) : 0;
}

static const char *note_of(const struct taking *taking)
{
    const char *label = bl_json_string(bl_json_get(taking->backup, "labels"), BL_BACKUP_LABEL_NOTE);

    if (taking->backup)
        return label;
    return *taking->note.digest ? taking->note.digest : NULL;
}

static void decide(struct taking *taking)
{
    struct bl_backup_state *state = &taking->state;

    state->at = bl_backup_job_situation(&taking->job);
    state->spec = &taking->spec;
    state->plan_unready = taking->plan_unready;
    state->backup = taking->backup;
    state->scheduled = bl_object_annotation(taking->job.object, BL_ANNOTATION_SCHEDULED) != NULL;
    state->proves = taking->plan.proof.enabled;
    state->note = note_of(taking);
    state->unfit = taking->unfit;
    state->foreign = taking->foreign;
    state->note_taken = taking->note_taken ? taking->note_name : NULL;
    bl_backup_next_release(&taking->next);
    bl_backup_next(state, &taking->next);
}

static void look(struct taking *taking)
{
    BL_ERROR(failure);

    if (!bl_backup_job_is_barred(&taking->job) && look_at_service(taking, &failure) < 0)
        bl_backup_job_failed(&taking->job, &failure);
    decide(taking);
}

/* --- acts --- */

static int create_backup(struct taking *taking, struct bl_error **err)
{
    struct bl_backup_place place = {taking->job.ref.namespace, taking->job.home.cluster, NULL};
    BL_AUTO_JSON cJSON *body = bl_backup_body(&taking->spec, &place, note_of(taking));

    return bl_backup_job_create(&taking->job, BL_GKE_BACKUP, taking->plan_name.whole, taking->id,
                                body, err);
}

/* Noted and asked for by one look: what happens between the two would be missing in the note. */
static int note_and_create(struct taking *taking, struct bl_error **err)
{
    if (bl_backup_note_take(&taking->job, &taking->world, taking->note_name,
                            taking->plan.proof.messages, &taking->note, err) < 0)
        return bl_wrap(err, "could not note what is there");
    free(taking->unfit);
    taking->unfit = bl_backup_world_unfit(taking->job.env, taking->job.client, &taking->world);
    decide(taking);
    return taking->next.step == BL_BACKUP_CREATE ? create_backup(taking, err) : 0;
}

static int forget(struct taking *taking, struct bl_error **err)
{
    const struct bl_kube_delete how = {
        .uid = bl_json_string(bl_json_get(taking->job.object, "metadata"), "uid")};
    BL_ERROR(failure);

    if (bl_kube_delete(taking->job.client, &bl_kind_kafka_backup.resource,
                       taking->job.ref.namespace, taking->job.ref.name, &how, &failure) == 0 ||
        bl_error_code(failure) == BL_ERR_NOT_FOUND)
        return 0;
    *err = BL_STEAL(failure);
    return -1;
}

/*
 * The note travels in the backup, and would in all that follow, so it goes once the backup is over; and only then: a restore
 * brings it back, to be compared with.
 */
static bool is_news(const struct taking *taking)
{
    const char *state =
        bl_json_string(bl_json_at(taking->job.object, "status", "backup", NULL), "state");
    enum bl_gke_state now = bl_gke_state_of(BL_GKE_BACKUP, taking->backup);

    return note_of(taking) && bl_gke_state_is_final(now) &&
           !bl_text_eq(state, bl_gke_state_text(taking->backup));
}

static int carry_out(struct taking *taking, struct bl_error **err)
{
    switch (taking->next.step) {
    case BL_BACKUP_NOTE:
        return note_and_create(taking, err);
    case BL_BACKUP_CREATE:
        return create_backup(taking, err);
    case BL_BACKUP_FORGET:
        return forget(taking, err);
    case BL_BACKUP_DONE:
    case BL_BACKUP_STOP:
        return is_news(taking) ? bl_backup_note_drop(&taking->job, taking->note_name, err) : 0;
    default:
        return 0;
    }
}

/* --- status --- */

static void add_proof(const struct taking *taking, cJSON *fields)
{
    const cJSON *old = bl_json_at(taking->job.object, "status", "proof", NULL);
    const struct bl_note_summary *note = &taking->note;
    cJSON *proof;

    if (!*note->digest) {
        /* Of an attempt that came to nothing it tells nothing. */
        if (old && bl_text_eq(bl_json_string(old, "digest"), note_of(taking)))
            bl_json_add(fields, "proof", bl_json_copy(old));
        return;
    }
    proof = bl_json_add_object(fields, "proof");
    bl_json_add_string(proof, "digest", note->digest);
    bl_json_add_int(proof, "topics", note->topics);
    bl_json_add_int(proof, "partitions", note->partitions);
    bl_json_add_int(proof, "messages", note->messages);
    bl_json_add_int(proof, "digested", note->digested);
}

/* Which volumes the service is through with, and how much it has of them. */
static void add_volumes(const struct taking *taking, cJSON *out)
{
    int64_t snapshotted = 0, copied = 0, bytes = 0, size;
    const cJSON *volume;
    cJSON *volumes;

    if (!taking->volumes)
        return;
    cJSON_ArrayForEach(volume, taking->volumes) {
        enum bl_gke_state state = bl_gke_state_of(BL_GKE_VOLUME_BACKUP, volume);
        const char *text = bl_json_string(volume, "storageBytes");

        snapshotted += state == BL_GKE_UPLOADING || bl_gke_state_is_final(state);
        copied += state == BL_GKE_SUCCEEDED;
        if (text && bl_text_to_int(text, strlen(text), &size))
            bytes += size;
    }
    volumes = bl_json_add_object(out, "volumes");
    bl_json_add_int(volumes, "total", (int64_t)bl_json_len(taking->volumes));
    bl_json_add_int(volumes, "snapshotted", snapshotted);
    bl_json_add_int(volumes, "copied", copied);
    bl_json_add_int(volumes, "bytes", bytes);
}

static void add_backup(const struct taking *taking, cJSON *fields)
{
    cJSON *out;
    static const char *const members[] = {
        "uid",         "state",         "stateReason", "createTime",           "completeTime",
        "volumeCount", "resourceCount", "sizeBytes",   "deleteLockExpireTime", "retainExpireTime",
        NULL};
    const cJSON *old = bl_json_at(taking->job.object, "status", "backup", NULL);

    if (!taking->backup) {
        if (old && !taking->foreign)
            bl_json_add(fields, "backup", bl_json_copy(old));
        return;
    }
    out = bl_json_add_object(fields, "backup");
    bl_backup_copy(out, taking->backup, members);
    add_volumes(taking, out);
}

static int write_status(struct taking *taking, struct bl_error **err)
{
    BL_AUTO(bl_status_release) struct bl_status status = {0};
    bool known = taking->name && !taking->job.failure;
    const char *note = note_of(taking);

    bl_backup_job_status(&taking->job, &taking->next, taking->foreign ? "" : taking->name, &status);
    bl_status_set(&status, BL_CONDITION_PRESENT,
                  !known           ? BL_UNKNOWN
                  : taking->backup ? BL_TRUE
                                   : BL_FALSE,
                  !known            ? "NotLookedAt"
                  : taking->foreign ? "NotOurs"
                  : taking->backup  ? "Found"
                                    : "NotFound",
                  "");
    if (!taking->backup && known)
        bl_status_set(&status, BL_CONDITION_FIT, taking->unfit ? BL_FALSE : BL_TRUE,
                      taking->unfit ? "ClusterNotFit" : "Fit", taking->unfit ? taking->unfit : "");
    bl_status_set(&status, BL_CONDITION_NOTED, note ? BL_TRUE : BL_FALSE,
                  note ? "Noted" : "NotNoted", "");
    add_backup(taking, bl_status_fields(&status));
    add_proof(taking, bl_status_fields(&status));
    return bl_status_apply(&status, taking->job.client, err);
}

/* --- requests --- */

static int look_and_act(struct taking *taking, struct bl_reconcile_result *result,
                        struct bl_error **err)
{
    bool acts;
    BL_ERROR(failure);

    look(taking);
    acts = taking->next.step > BL_BACKUP_DONE;
    if (acts) {
        bl_backup_job_tell(&taking->job, "Normal", taking->next.reason, taking->next.message);
        BL_LOG(BL_LOG_INFO, "backup step", BL_LOG_TEXT("namespace", taking->job.ref.namespace),
               BL_LOG_TEXT("name", taking->job.ref.name), BL_LOG_TEXT("act", taking->next.reason));
    }
    if (carry_out(taking, &failure) < 0) {
        /* What is noted as over would not be tidied up again. */
        if (!acts) {
            *err = BL_STEAL(failure);
            return -1;
        }
        bl_backup_job_refused(failure, &taking->next);
    }
    if (taking->next.step == BL_BACKUP_FORGET && !failure)
        return 0;
    if (write_status(taking, err) < 0)
        return -1;
    if (acts || failure)
        return bl_backup_job_acted(&taking->job, &failure, result, err);
    bl_backup_job_rest(&taking->job, &taking->next, result);
    return 0;
}

static int let_go(struct taking *taking, struct bl_reconcile_result *result, struct bl_error **err)
{
    /* As it was noted, since its plan may be gone. */
    struct bl_backup_resource backup = {
        BL_GKE_BACKUP, bl_json_string(bl_json_get(taking->job.object, "status"), "resource"), NULL};

    return bl_backup_job_let_go(&taking->job, &backup, bl_backup_job_deletes(&taking->job), result,
                                err);
}

static int reconcile(struct bl_controller *controller, const struct bl_reconcile_request *request,
                     struct bl_reconcile_result *ret_result, struct bl_error **err)
{
    BL_AUTO(taking_release) struct taking taking = {0};
    BL_ERROR(invalid);

    if (bl_backup_job_open(controller, bl_controller_context(controller), &bl_kind_kafka_backup,
                           request, ret_result, &taking.job, err) < 0)
        return -1;
    if (!taking.job.object)
        return 0;
    if (bl_backup_spec_read(&(struct bl_decode){0}, taking.job.object, &taking.spec, &invalid) < 0)
        bl_backup_job_invalid(&taking.job, &invalid);
    if (bl_object_is_going(taking.job.object))
        return let_go(&taking, ret_result, err);
    if (bl_backup_job_hold(&taking.job, bl_backup_job_deletes(&taking.job), err) < 0)
        return -1;
    return look_and_act(&taking, ret_result, err);
}

static const struct bl_controller_watch watches[] = {
    {.kind = &bl_kind_kafka_backup, .map = bl_map_self, .changed = bl_changed_beside_status},
    {0},
};

const struct bl_controller_spec bl_backup_controller = {
    .name = "backups",
    .watches = watches,
    .rights = BL_RIGHT_READ | BL_RIGHT_GET | BL_RIGHT_STATUS | BL_RIGHT_WRITE,
    .backoff_min = BL_NSEC_S,
    .reconcile = reconcile,
};
