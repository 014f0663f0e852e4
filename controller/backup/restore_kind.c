/* KafkaRestores: a restore plan and a restore at the service, then what came back beside the backup's note. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/names.h"
#include "ballast/backup/body.h"
#include "ballast/backup/names.h"
#include "ballast/backup/rehearsal.h"
#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "controllers.h"
#include "rehearse.h"
#include "restoring.h"

/* Words of the administrator's list that are no resources. */
#define ALLOW_RULES "transformationRules"
#define ALLOW_CLUSTER_SCOPE "clusterResources"
#define WHILE_TAKING_AWAY (2 * BL_NSEC_S)

static void restoring_release(struct bl_restoring *restoring)
{
    bl_backup_job_release(&restoring->job);
    bl_restore_spec_release(&restoring->spec);
    bl_backup_world_release(&restoring->world);
    bl_backup_next_release(&restoring->next);
    bl_note_outcome_release(&restoring->outcome);
    bl_strbuf_release(&restoring->differs);
    bl_json_free(restoring->backup);
    bl_json_free(restoring->plan);
    bl_json_free(restoring->restore);
    bl_json_free(restoring->note);
    free(restoring->backup_name);
    free(restoring->parent);
    free(restoring->plan_id);
    free(restoring->plan_name);
    free(restoring->id);
    free(restoring->name);
    free(restoring->unready);
    free(restoring->in_use);
    free(restoring->rehearsing);
}

/* --- what is allowed --- */

static bool allows(const struct bl_restoring *restoring, const char *resource)
{
    return bl_backup_service_allows(restoring->job.service, restoring->job.ref.namespace, resource);
}

/* The service restores with all rights: rules could move an object elsewhere, or make one that its author may not. */
static void check_reach(struct bl_restoring *restoring)
{
    const struct bl_restore_spec *spec = &restoring->spec;

    if (spec->cluster && strcmp(spec->cluster, restoring->job.home.cluster) != 0 &&
        !allows(restoring, spec->cluster))
        bl_backup_job_forbid(&restoring->job, "spec.cluster", spec->cluster);
    if (spec->rules && spec->rules->child && !allows(restoring, ALLOW_RULES))
        bl_backup_job_forbid(&restoring->job, "spec.restoreConfig.transformationRules",
                             ALLOW_RULES);
    if (spec->cluster_scope && !allows(restoring, ALLOW_CLUSTER_SCOPE))
        bl_backup_job_forbid(&restoring->job, "spec.restoreConfig.clusterResourceRestoreScope",
                             ALLOW_CLUSTER_SCOPE);
    restoring->cluster = spec->cluster ? spec->cluster : restoring->job.home.cluster;
}

/* A backup of the namespace itself is its own; any other one is for the administrator to allow. */
static int check_source(struct bl_restoring *restoring, struct bl_error **err)
{
    struct bl_backup_place place = {restoring->job.ref.namespace, restoring->job.home.cluster,
                                    NULL};
    struct bl_strbuf plan_name = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *plan = NULL;
    int rc;

    if (allows(restoring, restoring->backup_name))
        return 0;
    bl_gke_parent(restoring->backup_name, &plan_name);
    rc = bl_backup_job_find(&restoring->job, BL_GKE_BACKUP_PLAN, plan_name.text, &plan, err);
    bl_strbuf_release(&plan_name);
    if (rc < 0)
        return -1;
    BL_AUTO_FREE char *foreign =
        plan ? bl_backup_plan_foreign(plan, &place) : bl_strdup("its plan is not there");
    if (foreign)
        bl_backup_job_forbid(&restoring->job, "spec.backup", restoring->backup_name);
    return 0;
}

/* --- names --- */

static int find_backup_name(struct bl_restoring *restoring, struct bl_error **err)
{
    struct bl_backup_job *job = &restoring->job;
    const char *given = restoring->spec.backup, *resource;
    BL_AUTO_JSON cJSON *object = NULL;

    if (strchr(given, '/')) {
        restoring->backup_name = bl_strdup(given);
        return bl_gke_name_check(BL_GKE_BACKUP, given, err);
    }
    if (bl_kube_find(job->client, &bl_kind_kafka_backup.resource, job->ref.namespace, given,
                     &object, err) < 0)
        return -1;
    resource = bl_json_string(bl_json_get(object, "status"), "resource");
    if (!resource)
        return bl_fail(err, BL_ERR_NOT_FOUND, "there is no KafkaBackup \"%s\" that was taken",
                       given);
    restoring->backup_name = bl_strdup(resource);
    return bl_gke_name_check(BL_GKE_BACKUP, resource, err);
}

/* The name of the restore that was begun by the object, or that the namespace was cut off for; NULL: none was. */
static const char *noted_name(const struct bl_backup_job *job)
{
    const cJSON *status = bl_json_get(job->object, "status");
    bool begun = bl_backup_job_had(job, "restore") || bl_json_get(status, "operation") ||
                 bl_rehearsal_is_on(job->object, 0) || bl_rehearsal_is_over(job->object);

    return begun ? bl_json_string(status, "resource") : NULL;
}

static char *own_id(const struct bl_restoring *restoring, const char *given)
{
    const char *uid = bl_json_string(bl_json_get(restoring->job.object, "metadata"), "uid");

    return given ? bl_strdup(given) : bl_backup_make_id(uid ? uid : "", restoring->job.ref.name);
}

/* In the location of the backup, which is the target's region. */
static void name_restore(struct bl_restoring *restoring)
{
    const char *end = strstr(restoring->backup_name, "/backupPlans/");

    restoring->parent = bl_strndup(restoring->backup_name, (size_t)(end - restoring->backup_name));
    restoring->plan_id = own_id(restoring, restoring->spec.restore_plan_id);
    restoring->plan_name = bl_asprintf("%s/restorePlans/%s", restoring->parent, restoring->plan_id);
    restoring->id = own_id(restoring, restoring->spec.restore_id);
    restoring->name = bl_asprintf("%s/restores/%s", restoring->plan_name, restoring->id);
}

/*
 * As it was noted, once it was begun: what was restored has the ID in its labels, and what is looked for by another one is not
 * found, while it runs.
 */
static int keep_names(struct bl_restoring *restoring, struct bl_error **err)
{
    const char *noted = noted_name(&restoring->job);
    struct bl_strbuf plan = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (!noted || strcmp(noted, restoring->name) == 0)
        return 0;
    if (bl_gke_name_check(BL_GKE_RESTORE, noted, err) < 0)
        return bl_wrap(err, "status.resource");
    free(restoring->name);
    free(restoring->id);
    free(restoring->plan_name);
    bl_gke_parent(noted, &plan);
    restoring->name = bl_strdup(noted);
    restoring->id = bl_strdup(strrchr(noted, '/') + 1);
    restoring->plan_name = bl_strbuf_take(&plan);
    restoring->state.moved = restoring->name;
    return 0;
}

/* gkebackup.v1, RestorePlan.cluster: it lies in the location of the restore plan. */
static void check_region(struct bl_restoring *restoring)
{
    BL_AUTO_FREE char *target = bl_backup_region(restoring->cluster);
    BL_AUTO_FREE char *source = bl_backup_region(restoring->parent);

    if (strcmp(target, source) == 0)
        return;
    restoring->job.invalid =
        bl_asprintf("spec.cluster: a backup that lies in %s is restored to clusters of %s alone, "
                    "and %s is in %s: the plan's location is chosen in its KafkaBackupPlan",
                    source, source, restoring->cluster, target);
}

/* --- looking --- */

static cJSON *wanted_plan(const struct bl_restoring *restoring)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf plan = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_gke_parent(restoring->backup_name, &plan);
    return bl_restore_plan_body(&restoring->spec, restoring->job.ref.namespace, plan.text,
                                restoring->cluster,
                                restoring->state.rehearses ? restoring->id : NULL);
}

static int look_at_service(struct bl_restoring *restoring, struct bl_error **err)
{
    struct bl_backup_job *job = &restoring->job;

    if (bl_backup_job_find(job, BL_GKE_BACKUP, restoring->backup_name, &restoring->backup, err) <
            0 ||
        bl_backup_job_find(job, BL_GKE_RESTORE_PLAN, restoring->plan_name, &restoring->plan, err) <
            0)
        return -1;
    if (!restoring->plan)
        return bl_backup_job_operation(job, err);
    BL_AUTO_JSON cJSON *wanted = wanted_plan(restoring);
    bl_google_differ(wanted, restoring->plan, &restoring->differs);
    if (bl_backup_job_find(job, BL_GKE_RESTORE, restoring->name, &restoring->restore, err) < 0)
        return -1;
    return restoring->restore ? 0 : bl_backup_job_operation(job, err);
}

static bool is_here(const struct bl_restoring *restoring)
{
    return strcmp(restoring->cluster, restoring->job.home.cluster) == 0;
}

/* What came back, once the service is through with it. */
static int look_at_cluster(struct bl_restoring *restoring, struct bl_error **err)
{
    struct bl_backup_job *job = &restoring->job;
    const char *digest = bl_restoring_note(restoring);

    if (bl_gke_state_of(BL_GKE_RESTORE, restoring->restore) != BL_GKE_SUCCEEDED ||
        !is_here(restoring) || restoring->state.verified || restoring->state.taken_away)
        return 0;
    bl_backup_world_read(job->env, job->ref.namespace, &restoring->world);
    restoring->unready = restoring->world.topology.clusters.len
                             ? bl_backup_world_unfit(job->env, job->client, &restoring->world)
                             : bl_strdup("no Kafka cluster is in the namespace yet");
    if (restoring->unready || !restoring->spec.verify || !digest)
        return 0;
    return bl_backup_note_find(job, digest, &restoring->note, err);
}

/* A rehearsal needs a place of its own, which is cut off for as long as anything of it is there. */
static int look_at_place(struct bl_restoring *restoring, struct bl_error **err)
{
    struct bl_restore_state *state = &restoring->state;

    state->begun |= restoring->restore != NULL;
    if (state->taken_away)
        return 0;
    if (!state->rehearses)
        return state->begun ? 0 : bl_rehearse_other(&restoring->job, &restoring->rehearsing, err);
    if (!state->begun) {
        bl_backup_world_read(restoring->job.env, restoring->job.ref.namespace, &restoring->world);
        if (bl_rehearse_in_use(&restoring->job, &restoring->world, &restoring->in_use, err) < 0)
            return -1;
    }
    return restoring->in_use ? 0 : bl_rehearse_is_isolated(&restoring->job, &state->isolated, err);
}

static void note_former(struct bl_restoring *restoring)
{
    const cJSON *proof = bl_json_at(restoring->job.object, "status", "proof", NULL);

    restoring->state.verified = proof != NULL;
    restoring->state.lost = bl_json_number(proof, "lost");
    restoring->state.changed = bl_json_number(proof, "changedPartitions");
    restoring->state.other_cluster = proof && !bl_json_bool(proof, "sameClusterId", true);
    restoring->state.worst = bl_json_string(proof, "differences");
    restoring->state.begun = bl_backup_job_had(&restoring->job, "restore");
    restoring->state.taken_away = bl_rehearsal_is_over(restoring->job.object);
    restoring->state.was_isolated = bl_rehearsal_is_on(restoring->job.object, 0);
    restoring->state.rehearses =
        restoring->spec.rehearsal || restoring->state.was_isolated || restoring->state.taken_away;
}

static void look(struct bl_restoring *restoring)
{
    struct bl_backup_job *job = &restoring->job;
    BL_ERROR(failure);

    note_former(restoring);
    if (bl_backup_job_is_barred(job))
        return;
    check_reach(restoring);
    if (job->forbidden)
        return;
    if (find_backup_name(restoring, &failure) < 0 || check_source(restoring, &failure) < 0) {
        bl_backup_job_failed(job, &failure);
        return;
    }
    if (job->forbidden)
        return;
    name_restore(restoring);
    check_region(restoring);
    if (job->invalid)
        return;
    if (keep_names(restoring, &failure) < 0 || look_at_service(restoring, &failure) < 0) {
        bl_backup_job_failed(job, &failure);
        return;
    }
    restoring->looked = true;
    if (look_at_place(restoring, &failure) < 0 || look_at_cluster(restoring, &failure) < 0)
        bl_backup_job_failed(job, &failure);
}

/* Which backup the restore was made of, as the service says, or said; NULL: of the spec's, or nobody knows. */
static const char *made_of(const struct bl_restoring *restoring)
{
    const char *made = bl_json_string(restoring->restore, "backup");

    if (!made)
        made =
            bl_json_string(bl_json_at(restoring->job.object, "status", "restore", NULL), "backup");
    return made && restoring->backup_name && strcmp(made, restoring->backup_name) != 0 ? made
                                                                                       : NULL;
}

static void decide(struct bl_restoring *restoring)
{
    struct bl_restore_state *state = &restoring->state;

    state->at = bl_backup_job_situation(&restoring->job);
    state->spec = &restoring->spec;
    state->backup = restoring->backup;
    state->restore_plan = restoring->plan;
    state->restore = restoring->restore;
    state->differs = restoring->differs.text;
    state->has_note = restoring->note || state->verified;
    state->unready = restoring->unready;
    state->noted = bl_restoring_note(restoring) != NULL;
    state->made_of = made_of(restoring);
    state->away = restoring->cluster && !is_here(restoring);
    state->in_use = restoring->in_use;
    state->rehearsing = restoring->rehearsing;
    state->restored = bl_json_time(restoring->restore, "completeTime");
    bl_restore_next(state, &restoring->next);
}

/* --- acts --- */

static int create_plan(struct bl_restoring *restoring, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *body = wanted_plan(restoring);

    return bl_backup_job_create(&restoring->job, BL_GKE_RESTORE_PLAN, restoring->parent,
                                restoring->plan_id, body, err);
}

static int create_restore(struct bl_restoring *restoring, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *body =
        bl_restore_body(restoring->job.ref.namespace, restoring->backup_name);

    return bl_backup_job_create(&restoring->job, BL_GKE_RESTORE, restoring->plan_name,
                                restoring->id, body, err);
}

static int verify(struct bl_restoring *restoring, struct bl_error **err)
{
    if (bl_backup_note_compare(&restoring->job, &restoring->world, restoring->note,
                               &restoring->outcome, err) < 0)
        return bl_wrap(err, "could not compare with the note");
    restoring->compared = true;
    restoring->state.verified = true;
    restoring->state.lost = restoring->outcome.lost;
    restoring->state.changed = restoring->outcome.changed;
    restoring->state.other_cluster = restoring->outcome.other_cluster;
    restoring->state.worst = restoring->outcome.worst;
    bl_backup_next_release(&restoring->next);
    decide(restoring);
    return 0;
}

static int carry_out(struct bl_restoring *restoring, struct bl_error **err)
{
    switch (restoring->next.step) {
    case BL_BACKUP_CREATE_PLAN:
        return create_plan(restoring, err);
    case BL_BACKUP_CREATE:
        return create_restore(restoring, err);
    case BL_BACKUP_VERIFY:
        return verify(restoring, err);
    case BL_BACKUP_ISOLATE:
        return bl_rehearse_isolate(&restoring->job, err);
    case BL_BACKUP_TAKE_AWAY:
        return bl_rehearse_take_away(&restoring->job, restoring->id, true,
                                     &restoring->state.taken_away, err);
    default:
        return 0;
    }
}

/* --- requests --- */

/* Others have to do their part before there is anything new to see. */
static bool is_gradual(const struct bl_restoring *restoring)
{
    return restoring->next.step == BL_BACKUP_ISOLATE ||
           (restoring->next.step == BL_BACKUP_TAKE_AWAY && !restoring->state.taken_away);
}

static int look_and_act(struct bl_restoring *restoring, struct bl_reconcile_result *result,
                        struct bl_error **err)
{
    bool acts;
    BL_ERROR(failure);

    look(restoring);
    decide(restoring);
    acts = restoring->next.step > BL_BACKUP_DONE;
    if (acts) {
        bl_backup_job_tell(&restoring->job, "Normal", restoring->next.reason,
                           restoring->next.message);
        BL_LOG(BL_LOG_INFO, "restore step", BL_LOG_TEXT("namespace", restoring->job.ref.namespace),
               BL_LOG_TEXT("name", restoring->job.ref.name),
               BL_LOG_TEXT("act", restoring->next.reason));
    }
    /* Whoever denies has to know before the service begins to write. */
    if (restoring->next.step == BL_BACKUP_CREATE && bl_restoring_status(restoring, err) < 0)
        return -1;
    if (carry_out(restoring, &failure) < 0)
        bl_backup_job_refused(failure, &restoring->next);
    if (bl_restoring_status(restoring, err) < 0)
        return -1;
    if (!failure && is_gradual(restoring)) {
        bl_reconcile_again(result, WHILE_TAKING_AWAY);
        return 0;
    }
    if (acts || failure)
        return bl_backup_job_acted(&restoring->job, &failure, result, err);
    bl_backup_job_rest(&restoring->job, &restoring->next, result);
    return 0;
}

/* The restore plan goes once its restore has. */
static int let_go(struct bl_restoring *restoring, struct bl_reconcile_result *result,
                  struct bl_error **err)
{
    struct bl_backup_job *job = &restoring->job;
    const char *name = bl_json_string(bl_json_get(job->object, "status"), "resource");
    BL_AUTO(bl_strbuf_release) struct bl_strbuf plan = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_FREE char *label = name ? bl_strdup(strrchr(name, '/') ? strrchr(name, '/') + 1 : name)
                                    : own_id(restoring, restoring->spec.restore_id);
    bool gone = false;

    if (bl_rehearse_let_go(job, name, label, &gone, err) < 0)
        return -1;
    if (!gone) {
        bl_reconcile_again(result, WHILE_TAKING_AWAY);
        return 0;
    }
    if (name)
        bl_gke_parent(name, &plan);
    struct bl_backup_resource resources[] = {
        {BL_GKE_RESTORE, name, restoring->spec.cluster},
        {BL_GKE_RESTORE_PLAN, name ? plan.text : NULL, restoring->spec.cluster}};
    return bl_backup_job_let_go(
        job, resources, bl_backup_job_deletes(job) ? BL_ARRAY_LEN(resources) : 0, result, err);
}

static int reconcile(struct bl_controller *controller, const struct bl_reconcile_request *request,
                     struct bl_reconcile_result *ret_result, struct bl_error **err)
{
    BL_AUTO(restoring_release)
    struct bl_restoring restoring = {.differs = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED)};
    BL_ERROR(invalid);

    if (bl_backup_job_open(controller, bl_controller_context(controller), &bl_kind_kafka_restore,
                           request, ret_result, &restoring.job, err) < 0)
        return -1;
    if (!restoring.job.object)
        return 0;
    if (bl_restore_spec_read(&(struct bl_decode){0}, restoring.job.object, &restoring.spec,
                             &invalid) < 0)
        bl_backup_job_invalid(&restoring.job, &invalid);
    if (bl_object_is_going(restoring.job.object))
        return let_go(&restoring, ret_result, err);
    if (bl_backup_job_hold(&restoring.job,
                           bl_backup_job_deletes(&restoring.job) || restoring.spec.rehearsal ||
                               bl_rehearsal_is_on(restoring.job.object, 0),
                           err) < 0)
        return -1;
    return look_and_act(&restoring, ret_result, err);
}

static const struct bl_controller_watch watches[] = {
    {.kind = &bl_kind_kafka_restore, .map = bl_map_self, .changed = bl_changed_beside_status},
    {0},
};

const struct bl_controller_spec bl_restore_controller = {
    .name = "restores",
    .watches = watches,
    .rights = BL_RIGHT_READ | BL_RIGHT_GET | BL_RIGHT_STATUS | BL_RIGHT_WRITE,
    .backoff_min = BL_NSEC_S,
    .reconcile = reconcile,
};
