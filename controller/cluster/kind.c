/*
 * KafkaClusters: one look, one step, one status at a time. By its own rights the controller reads and writes the KafkaCluster
 * and its Events alone; everything else, Helm included, uses the rights of the service account that the object names.
 */
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "act.h"
#include "ballast/api/builtin.h"
#include "ballast/api/names.h"
#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"
#include "ballast/runtime/finalizer.h"
#include "controllers.h"
#include "env.h"
#include "home.h"
#include "kafka/bootstrap.h"

/* Helm takes a hundred MiB; two at once at most. */
#define HELMS 2
#define NO_PLACE_FREE BL_NSEC_S
/* How long an object that goes may wait for an uninstall that fails. */
#define UNINSTALL_WITHIN 300

struct clusters {
    const struct bl_controller *controller;
    const struct bl_env *env;
    struct bl_memories *memories;
    struct bl_helm helm;
    struct bl_cluster_home home;
    sem_t helms, proofs; /* that may begin */
};

/* A proof takes two minutes where brokers do not answer: threads are left for the clusters of others. */
static unsigned proofs_of(int64_t workers)
{
    return workers > HELMS ? (unsigned)workers - HELMS : 1;
}

static void *make(struct bl_controller *controller, void *environment)
{
    struct clusters *clusters = BL_NEW(struct clusters);
    const struct bl_env *env = environment;

    clusters->controller = controller;
    clusters->env = env;
    clusters->memories = bl_cluster_memories_new();
    bl_cluster_home_init(&clusters->home, &env->options->daemon.cluster,
                         bl_controller_client(controller));
    clusters->helm = (struct bl_helm){.program = env->options->helm,
                                      .home = clusters->home.folder,
                                      .cluster = &clusters->home.cluster,
                                      .stop = bl_controller_stop(controller),
                                      .places = &clusters->helms,
                                      .sources = env->options->charts_from.items,
                                      .bundled = env->options->charts};
    (void)sem_init(&clusters->helms, 0, HELMS);
    (void)sem_init(&clusters->proofs, 0, proofs_of(env->options->workers));
    return clusters;
}

static void release(void *context)
{
    struct clusters *clusters = context;

    bl_memories_free(clusters->memories);
    bl_cluster_home_release(&clusters->home);
    (void)sem_destroy(&clusters->helms);
    (void)sem_destroy(&clusters->proofs);
    free(clusters);
}

/* --- one object --- */

/* Everything that one reconcile of an object has in hand. */
struct job {
    struct clusters *clusters;
    struct bl_cluster_spec spec;
    struct bl_cluster_memory *memory;
    struct bl_cluster_looker looker;
    struct bl_cluster_look look;
    struct bl_cluster_state state;
    struct bl_cluster_next next;
    struct bl_cluster_notes_new notes;
    struct bl_snapshot *snapshot;
    char *invalid;
    char *failed_of, *failed_message; /* of the failure in the state, where it is a new one */
};

static void job_release(struct job *job)
{
    bl_cluster_spec_release(&job->spec);
    bl_cluster_look_release(&job->look);
    bl_cluster_next_release(&job->next);
    bl_cluster_notes_new_release(&job->notes);
    bl_snapshot_unref(job->snapshot);
    free(job->invalid);
    free(job->failed_of);
    free(job->failed_message);
}

/* A client for each, as each has an account of its own. */
static int connect_as(struct job *job, struct bl_error **err)
{
    struct clusters *clusters = job->clusters;
    struct bl_cluster_memory *memory = job->memory;
    BL_AUTO_FREE char *account =
        bl_helm_account(bl_object_ref(job->looker.object).namespace, job->spec.service_account);
    struct bl_kube_options options = {.stop = bl_controller_stop(clusters->controller),
                                      .impersonate = account};

    if (memory->client && bl_text_eq(memory->account, account)) {
        job->looker.client = memory->client;
        return 0;
    }
    bl_kube_client_free(memory->client);
    free(memory->account);
    memory->client = NULL;
    memory->account = BL_STEAL(account);
    if (bl_kube_client_open(&clusters->env->options->daemon.cluster, &options, &memory->client,
                            err) < 0)
        return -1;
    job->looker.client = memory->client;
    return 0;
}

/* Whoever writes the object must not make the controller knock anywhere. */
static int read_spec(const struct clusters *clusters, const cJSON *object,
                     struct bl_cluster_spec *spec, struct bl_error **err)
{
    if (bl_cluster_spec_read(&(struct bl_decode){0}, object, spec, err) < 0)
        return -1;
    return !spec->connection.bootstrap
               ? 0
               : bl_bootstrap_check("spec.connection.bootstrap", spec->connection.bootstrap,
                                    bl_object_ref(object).namespace,
                                    &clusters->env->options->bootstrap_to, err);
}

static int open_job(struct clusters *clusters, const cJSON *object, struct job *job,
                    struct bl_error **err)
{
    struct bl_ref ref = bl_object_ref(object);
    BL_AUTO_FREE char *name = bl_asprintf("%s/%s", ref.namespace, ref.name);
    BL_ERROR(invalid);

    job->clusters = clusters;
    job->memory = bl_memories_find(clusters->memories, name);
    job->snapshot = bl_policies_get(bl_sources_policies(clusters->env->sources));
    job->looker = (struct bl_cluster_looker){.helm = &clusters->helm,
                                             .policies = bl_snapshot_policies(job->snapshot),
                                             .spec = &job->spec,
                                             .object = object,
                                             .insecure_registries =
                                                 clusters->env->options->insecure_registries.items,
                                             .asking = &clusters->proofs,
                                             .today = bl_day_today()};
    job->state = (struct bl_cluster_state){.object = object,
                                           .spec = &job->spec,
                                           .drift = &job->memory->drift,
                                           .now = bl_clock_seconds(&bl_clock_real)};
    if (read_spec(clusters, object, &job->spec, &invalid) < 0) {
        job->invalid = bl_error_words(invalid);
        job->state.invalid = job->invalid;
        job->looker.release = ref.name;
        bl_cluster_notes_read(object, ref.name, &job->state.known, &job->state.notes);
        return 0;
    }
    job->looker.release = bl_cluster_release_name(&job->spec, object);
    bl_cluster_notes_read(object, job->looker.release, &job->state.known, &job->state.notes);
    return connect_as(job, err);
}

static void decide(struct job *job)
{
    if (!job->state.invalid && !job->spec.suspend)
        bl_cluster_look(&job->looker, job->memory, &job->look, &job->state);
    if (!job->look.busy)
        bl_cluster_next(&job->state, &job->next);
}

static int write_status(struct job *job, struct bl_error **err)
{
    BL_AUTO(bl_status_release) struct bl_status status = {0};

    bl_cluster_status(&job->looker, job->memory, &job->state, &job->next, &job->notes, &status);
    return bl_status_apply(&status, bl_controller_client(job->clusters->controller), err);
}

/* --- steps --- */

static void tell(const struct job *job, const char *type, const char *reason, const char *note)
{
    struct bl_event event = {type, reason, "Reconcile", note};

    bl_recorder_tell(bl_controller_recorder(job->clusters->controller), job->looker.object, &event);
}

static int finalize(struct job *job, struct bl_error **err)
{
    BL_AUTO_FREE char *said = NULL;

    if (bl_cluster_act_finalize(&job->looker, job->memory, &job->state, &job->notes, &said, err) <
        0)
        return -1;
    if (said)
        tell(job, "Normal", "MetadataVersionRaised", said);
    return 0;
}

static int carry_out(struct job *job, struct bl_error **err)
{
    switch (job->next.step) {
    case BL_CLUSTER_UNLOCK:
        return bl_cluster_act_unlock(&job->looker, err);
    case BL_CLUSTER_BACK_UP:
        return bl_cluster_act_back_up(&job->looker, &job->state, err);
    case BL_CLUSTER_RELEASE:
        return bl_cluster_act_release(&job->looker, job->memory, &job->state, err);
    case BL_CLUSTER_VERIFY_BEFORE:
    case BL_CLUSTER_VERIFY:
        return bl_cluster_act_verify(&job->looker, job->memory, &job->state,
                                     job->next.step == BL_CLUSTER_VERIFY_BEFORE, &job->notes, err);
    case BL_CLUSTER_FINALIZE:
        return finalize(job, err);
    case BL_CLUSTER_STOP:
    case BL_CLUSTER_WAIT:
    case BL_CLUSTER_DONE:
        break;
    }
    return 0;
}

static void note_failure(struct job *job, const struct bl_error *failure)
{
    struct bl_cluster_failure *noted = &job->state.notes.failure;
    bool again = bl_cluster_has_failed(&job->state, job->next.step);

    job->failed_of = bl_cluster_input(&job->state);
    job->failed_message = bl_error_words(failure);
    *noted = (struct bl_cluster_failure){.step = bl_cluster_step_name(job->next.step),
                                         .of = job->failed_of,
                                         .message = job->failed_message,
                                         .count = again ? noted->count + 1 : 1,
                                         .at = bl_clock_seconds(&bl_clock_real),
                                         .lasts = bl_error_code(failure) != BL_ERR_UNAVAILABLE};
}

/* The failure is in the status at once, and the pause before the next try is decided as everything else is. */
static int fail(struct job *job, const struct bl_error *failure, struct bl_reconcile_result *result,
                struct bl_error **err)
{
    int rc;

    tell(job, "Warning", "Failed", bl_error_text(failure));
    note_failure(job, failure);
    job->state.now = job->state.notes.failure.at;
    bl_cluster_next_release(&job->next);
    bl_cluster_next(&job->state, &job->next);
    BL_LOG(BL_LOG_WARN, "cluster step", BL_LOG_TEXT("cluster", job->memory->name),
           BL_LOG_TEXT("act", job->next.reason), BL_LOG_TEXT("message", job->next.message));
    rc = write_status(job, err);
    bl_cluster_memory_reset(job->memory);
    bl_reconcile_again(result, bl_cluster_be_quiet(&job->looker, job->memory, job->next.after));
    return rc;
}

/* Noted before it is done, so that who leads next knows whose the revision is. */
static int act(struct job *job, struct bl_reconcile_result *result, struct bl_error **err)
{
    BL_ERROR(failure);

    if (job->next.step == BL_CLUSTER_RELEASE)
        job->notes.attempt = job->state.revision + 1;
    tell(job, "Normal", job->next.reason, job->next.message);
    if (write_status(job, err) < 0)
        return -1;
    BL_LOG(BL_LOG_INFO, "cluster step", BL_LOG_TEXT("cluster", job->memory->name),
           BL_LOG_TEXT("act", job->next.reason), BL_LOG_TEXT("message", job->next.message));
    if (carry_out(job, &failure) == 0) {
        /* What was done is seen by the next look, and not believed. */
        bl_reconcile_again(result, BL_NSEC_MS);
        return job->notes.verified || job->notes.finalized ? write_status(job, err) : 0;
    }
    /* Whoever leads next begins it anew. */
    if (bl_stop_raised(bl_controller_stop(job->clusters->controller))) {
        *err = BL_STEAL(failure);
        return -1;
    }
    return fail(job, failure, result, err);
}

static bool is_act(enum bl_cluster_step step)
{
    return step != BL_CLUSTER_STOP && step != BL_CLUSTER_WAIT && step != BL_CLUSTER_DONE;
}

static bool asks_brokers(enum bl_cluster_step step)
{
    return step == BL_CLUSTER_VERIFY || step == BL_CLUSTER_VERIFY_BEFORE ||
           step == BL_CLUSTER_FINALIZE;
}

static bool begin(struct clusters *clusters, enum bl_cluster_step step)
{
    if (asks_brokers(step))
        return sem_trywait(&clusters->proofs) == 0;
    return step != BL_CLUSTER_RELEASE || bl_helm_begin(&clusters->helm);
}

/* Of the step that was begun: where it has failed, another one is next. */
static void end(struct clusters *clusters, enum bl_cluster_step step)
{
    if (asks_brokers(step))
        (void)sem_post(&clusters->proofs);
    else if (step == BL_CLUSTER_RELEASE)
        bl_helm_end(&clusters->helm);
}

/* What is known stands; who has nothing yet learns why. */
static int write_waiting(const struct job *job, struct bl_error **err)
{
    BL_AUTO(bl_status_release) struct bl_status status = {0};

    if (bl_object_condition(job->looker.object, BL_CONDITION_READY))
        return 0;
    bl_status_begin(&status, &bl_kind_kafka_cluster, job->looker.object, job->state.now);
    bl_status_phase(&status, BL_IN_PROGRESS, "WaitingForHelm",
                    "as many Helms are at work as may be at once: it waits for its turn");
    return bl_status_apply(&status, bl_controller_client(job->clusters->controller), err);
}

static int look_and_act(struct job *job, struct bl_reconcile_result *result, struct bl_error **err)
{
    enum bl_cluster_step step;
    bl_nsec pause;
    int rc;

    if (!job->state.invalid && bl_cluster_is_quiet(&job->looker, job->memory, &pause)) {
        bl_reconcile_again(result, pause);
        return 0;
    }
    decide(job);
    job->memory->waits = job->look.busy;
    if (job->look.busy) {
        bl_reconcile_again(result, NO_PLACE_FREE);
        return write_waiting(job, err);
    }
    step = job->next.step;
    if (is_act(step) && begin(job->clusters, step)) {
        rc = act(job, result, err);
        end(job->clusters, step);
        return rc;
    }
    bl_reconcile_again(
        result, is_act(step) ? NO_PLACE_FREE
                             : bl_cluster_be_quiet(&job->looker, job->memory, job->next.after));
    return write_status(job, err);
}

/* --- an object that goes --- */

static bool is_late(const struct job *job)
{
    int64_t since = bl_json_time(bl_json_get(job->looker.object, "metadata"), "deletionTimestamp");

    return job->state.now - since > UNINSTALL_WITHIN;
}

/* Then all of the release goes by itself, and so do the rights by which it could be uninstalled. */
static bool namespace_is_going(const struct job *job)
{
    BL_AUTO(bl_stored_cleanup)
    struct bl_stored *namespace =
        bl_controller_find(job->clusters->controller, &bl_kind_namespace, "",
                           bl_object_ref(job->looker.object).namespace);

    return namespace && bl_object_is_going(bl_stored_object(namespace));
}

/* With a place of Helm's. */
static int uninstall(struct job *job, struct bl_error **err)
{
    int rc = bl_cluster_act_uninstall(&job->looker, err);

    bl_helm_end(&job->clusters->helm);
    return rc;
}

static int let_go(struct job *job, struct bl_reconcile_result *result, struct bl_error **err)
{
    bool uninstalls = !job->state.invalid && job->spec.deletion_policy == BL_DELETION_UNINSTALL;
    BL_ERROR(failure);

    if (!bl_finalizer_has(job->looker.object, BL_FINALIZER_UNINSTALL))
        return 0;
    if (uninstalls && !bl_helm_begin(&job->clusters->helm)) {
        bl_reconcile_again(result, NO_PLACE_FREE);
        return 0;
    }
    if (uninstalls && uninstall(job, &failure) < 0) {
        if (!is_late(job) && !namespace_is_going(job)) {
            *err = BL_STEAL(failure);
            return -1;
        }
        tell(job, "Warning", "LeftBehind", bl_error_text(failure));
        bl_log_error(BL_LOG_WARN, "release left behind", failure);
    }
    return bl_finalizer_remove(bl_controller_client(job->clusters->controller),
                               &bl_kind_kafka_cluster, job->looker.object, BL_FINALIZER_UNINSTALL,
                               err);
}

static int hold(struct job *job, struct bl_error **err)
{
    if (job->state.invalid || job->spec.deletion_policy != BL_DELETION_UNINSTALL)
        return bl_finalizer_remove(bl_controller_client(job->clusters->controller),
                                   &bl_kind_kafka_cluster, job->looker.object,
                                   BL_FINALIZER_UNINSTALL, err);
    return bl_finalizer_ensure(bl_controller_client(job->clusters->controller),
                               &bl_kind_kafka_cluster, job->looker.object, BL_FINALIZER_UNINSTALL,
                               err);
}

/* --- requests --- */

static int work_on(struct clusters *clusters, const cJSON *object,
                   struct bl_reconcile_result *result, struct bl_error **err)
{
    BL_AUTO(job_release) struct job job = {0};

    if (open_job(clusters, object, &job, err) < 0)
        return -1;
    if (bl_object_is_going(object))
        return let_go(&job, result, err);
    if (job.memory->waits && bl_helm_is_busy(&clusters->helm)) {
        bl_reconcile_again(result, NO_PLACE_FREE);
        return 0;
    }
    if (hold(&job, err) < 0)
        return -1;
    return look_and_act(&job, result, err);
}

static int reconcile(struct bl_controller *controller, const struct bl_reconcile_request *request,
                     struct bl_reconcile_result *ret_result, struct bl_error **err)
{
    struct clusters *clusters = bl_controller_context(controller);
    BL_AUTO_JSON cJSON *object = NULL;

    /* As it is now: by what the cache may be behind, a proof would be made twice. */
    if (bl_kube_find(bl_controller_client(controller), &bl_kind_kafka_cluster.resource,
                     request->namespace, request->name, &object, err) < 0)
        return -1;
    if (!object) {
        BL_AUTO_FREE char *name = bl_asprintf("%s/%s", request->namespace, request->name);

        bl_memories_forget(clusters->memories, name);
        return 0;
    }
    return work_on(clusters, object, ret_result, err);
}

static const struct bl_controller_watch watches[] = {
    {.kind = &bl_kind_kafka_cluster, .map = bl_map_self, .changed = bl_changed_beside_status},
    {0},
};

const struct bl_controller_spec bl_cluster_controller = {
    .name = "clusters",
    .watches = watches,
    .rights = BL_RIGHT_READ | BL_RIGHT_GET | BL_RIGHT_STATUS | BL_RIGHT_WRITE,
    .backoff_min = BL_NSEC_S,
    .make = make,
    .free = release,
    .reconcile = reconcile,
};
