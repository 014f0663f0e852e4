#include "rehearse.h"

#include <stdlib.h>
#include <string.h>

#include "applications.h"
#include "ballast/api/builtin.h"
#include "ballast/backup/protect.h"
#include "ballast/backup/rehearsal.h"
#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/runtime/deletion.h"
#include "ballast/workload/world.h"

#define FORBIDDEN 403

/* --- is there room? --- */

struct search {
    const struct bl_backup_job *job;
    bool restores; /* those that are no rehearsals count, too */
    char *other;   /* KafkaRestore that goes on */
};

static bool comes_first(const struct search *search, const cJSON *other)
{
    return strcmp(bl_object_uid(search->job->object), bl_object_uid(other)) != 0 &&
           (bl_rehearsal_is_on(other, search->job->now) ||
            (search->restores && bl_restore_is_running(other, search->job->now)));
}

static int note_other(void *context, cJSON *object, struct bl_error **err BL_UNUSED)
{
    struct search *search = context;

    if (!search->other && comes_first(search, object))
        search->other = bl_strdup(bl_object_ref(object).name);
    bl_json_free(object);
    return 0;
}

/* A policy that people wrote for the namespace; for free(). NULL: there is none that would open it. */
static char *find_opening(const struct bl_backup_job *job, const struct bl_backup_world *world)
{
    for (size_t i = 0; i < world->objects.len; i++) {
        const cJSON *object = world->objects.items[i];
        enum bl_world_kind kind = bl_world_kind_of(object);
        struct bl_ref ref = bl_object_ref(object);

        if ((kind == BL_WORLD_NETWORK_POLICY || kind == BL_WORLD_PLUGIN_POLICY) && ref.namespace &&
            strcmp(ref.namespace, job->ref.namespace) == 0 && bl_rehearsal_is_opened_by(object))
            return bl_asprintf("%s \"%s\" of namespace %s lets something through, and policies add "
                               "up: a rehearsal needs a namespace without",
                               ref.kind, ref.name, job->ref.namespace);
    }
    return NULL;
}

static int find_other(struct search *search, struct bl_error **err)
{
    struct bl_kube_selection selection = {.namespace = search->job->ref.namespace};

    return bl_kube_list(search->job->client, &bl_kind_kafka_restore.resource, &selection,
                        note_other, search, err);
}

int bl_rehearse_other(struct bl_backup_job *job, char **ret_other, struct bl_error **err)
{
    struct search search = {.job = job};
    int rc = find_other(&search, err);

    *ret_other = search.other;
    return rc;
}

int bl_rehearse_in_use(struct bl_backup_job *job, const struct bl_backup_world *world,
                       char **ret_why, struct bl_error **err)
{
    const char *namespace = job->ref.namespace;
    struct search search = {.job = job, .restores = true};
    int rc;

    *ret_why = NULL;
    if (!bl_backup_service_rehearses(job->service, namespace))
        *ret_why = bl_asprintf("namespace %s is not for rehearsals, which delete what they "
                               "restored; the administrator allows it by "
                               "backup.rehearsalNamespaces in the values of Ballast's chart",
                               namespace);
    else if (world->topology.clusters.len)
        *ret_why = bl_asprintf("there is Kafka in namespace %s, and a rehearsal needs one without",
                               namespace);
    else
        *ret_why = find_opening(job, world);
    if (*ret_why)
        return 0;
    rc = find_other(&search, err);
    if (search.other)
        *ret_why =
            bl_asprintf("KafkaRestore \"%s\" goes on in namespace %s", search.other, namespace);
    free(search.other);
    return rc;
}

/* --- before --- */

static int look_at(struct bl_backup_job *job, const struct bl_kind *kind, cJSON **ret_object,
                   struct bl_error **err)
{
    return bl_kube_find(job->client, &kind->resource, job->ref.namespace, BL_REHEARSAL_ISOLATION,
                        ret_object, err);
}

static bool is_ours(const struct bl_backup_job *job, const cJSON *object)
{
    return bl_text_eq(bl_object_annotation(object, BL_ANNOTATION_REHEARSED_BY),
                      bl_object_uid(job->object));
}

int bl_rehearse_is_isolated(struct bl_backup_job *job, bool *ret_isolated, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *quota = NULL, *policy = NULL;
    BL_AUTO_JSON cJSON *wanted =
        bl_rehearsal_policy(job->ref.namespace, job->env->options->lease.namespace);

    if (look_at(job, &bl_kind_resource_quota, &quota, err) < 0 ||
        look_at(job, &bl_kind_network_policy, &policy, err) < 0)
        return -1;
    *ret_isolated = is_ours(job, policy) && bl_rehearsal_quota_holds(quota) &&
                    bl_json_equal(bl_json_get(wanted, "spec"), bl_json_get(policy, "spec"));
    return 0;
}

/* Without an owner, by whom the garbage collector could delete it before the pods. */
static void mark(const struct bl_backup_job *job, cJSON *object)
{
    bl_json_add_string(bl_json_add_object(bl_json_get(object, "metadata"), "annotations"),
                       BL_ANNOTATION_REHEARSED_BY, bl_object_uid(job->object));
}

static int apply(struct bl_backup_job *job, const struct bl_kind *kind, const cJSON *object,
                 struct bl_error **err)
{
    struct bl_kube_patch patch = {
        .type = BL_KUBE_PATCH_APPLY, .body = object, .manager = BL_MANAGER, .force = true};

    return bl_kube_patch(job->client, &kind->resource, job->ref.namespace, BL_REHEARSAL_ISOLATION,
                         &patch, NULL, err);
}

/* Whoever makes the policy has the namespace: of two that begin at once, one does. What a former one left is taken over. */
static int claim(struct bl_backup_job *job, const cJSON *policy, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *there = NULL;
    BL_AUTO_FREE char *other = NULL;

    if (look_at(job, &bl_kind_network_policy, &there, err) < 0)
        return -1;
    if (!there)
        return bl_kube_create(job->client, &bl_kind_network_policy.resource, job->ref.namespace,
                              policy, NULL, err);
    if (!is_ours(job, there) && bl_rehearse_other(job, &other, err) < 0)
        return -1;
    if (other)
        return bl_fail(err, BL_ERR_CONFLICT, "KafkaRestore \"%s\" has cut the namespace off",
                       other);
    return apply(job, &bl_kind_network_policy, policy, err);
}

int bl_rehearse_isolate(struct bl_backup_job *job, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *policy =
        bl_rehearsal_policy(job->ref.namespace, job->env->options->lease.namespace);
    BL_AUTO_JSON cJSON *quota = bl_rehearsal_quota(job->ref.namespace);

    mark(job, policy);
    mark(job, quota);
    if (claim(job, policy, err) < 0)
        return -1;
    return apply(job, &bl_kind_resource_quota, quota, err);
}

/* --- after --- */

struct taking {
    struct bl_backup_job *job;
    const struct bl_kind *kind;
    struct bl_resource resource; /* the kind's, as the cluster serves it */
    size_t left;
    char *refused; /* what was not deleted, and why; NULL: nothing */
};

static bool holds_data(const struct bl_kind *kind)
{
    return kind == &bl_kind_stateful_set || kind == &bl_kind_claim;
}

static int delete_one(const struct taking *taking, const cJSON *object, struct bl_error **err)
{
    struct bl_ref ref = bl_object_ref(object);
    struct bl_kube_delete how = {.uid = bl_json_string(bl_json_get(object, "metadata"), "uid"),
                                 .propagation = "Background"};

    /* Pods go with whoever made them, where somebody did. */
    if (bl_object_is_going(object) ||
        (taking->kind == &bl_kind_pod && bl_object_controller(object)))
        return 0;
    /* Whoever allowed the rehearsal has asked for it. */
    if (holds_data(taking->kind) &&
        !bl_text_eq(bl_object_annotation(object, BL_ANNOTATION_ALLOW_DELETION), "true") &&
        bl_deletion_allow(taking->job->client, taking->kind, ref.namespace, ref.name, err) < 0)
        return -1;
    return bl_kube_delete(taking->job->client, &taking->resource, ref.namespace, ref.name, &how,
                          err);
}

/* Takes `object`. A guard may keep it while pods still end. */
static int take_one(void *context, cJSON *object, struct bl_error **err)
{
    struct taking *taking = context;
    BL_ERROR(failure);
    int rc = delete_one(taking, object, &failure);

    taking->left++;
    if (rc < 0 && bl_error_status(failure) == FORBIDDEN && !taking->refused)
        taking->refused = bl_asprintf("%s \"%s\": %s", taking->kind->kind,
                                      bl_object_ref(object).name, bl_error_text(failure));
    bl_json_free(object);
    if (rc == 0 || bl_error_status(failure) == FORBIDDEN ||
        bl_error_code(failure) == BL_ERR_NOT_FOUND)
        return 0;
    *err = BL_STEAL(failure);
    return -1;
}

/* The agent's kind has had several versions. */
static int list_kind(struct taking *taking, const struct bl_kube_selection *selection,
                     struct bl_error **err)
{
    BL_AUTO_JSON cJSON *group = NULL;

    taking->resource = taking->kind->resource;
    if (strcmp(taking->resource.group, BL_PROTECTED_GROUP) == 0 &&
        bl_backup_applications_resource(taking->job, &group, &taking->resource, err) < 0)
        return -1;
    return bl_kube_list(taking->job->client, &taking->resource, selection, take_one, taking, err);
}

static int take_kind(struct taking *taking, const char *label, struct bl_error **err)
{
    BL_AUTO_FREE char *labels = bl_asprintf(BL_LABEL_REHEARSAL "=%s", label);
    struct bl_kube_selection selection = {
        .namespace = taking->job->ref.namespace, .labels = labels, .metadata_only = true};
    BL_ERROR(failure);

    if (list_kind(taking, &selection, &failure) == 0)
        return 0;
    /* The agent's kind is not in a cluster without the agent. */
    if (bl_error_code(failure) == BL_ERR_NOT_FOUND)
        return 0;
    *err = BL_STEAL(failure);
    return bl_wrap(err, "could not take away what was restored");
}

/* Unless another rehearsal cut the namespace off. */
static int drop(struct bl_backup_job *job, const struct bl_kind *kind, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *object = NULL;
    BL_ERROR(failure);

    if (look_at(job, kind, &object, err) < 0)
        return -1;
    if (!is_ours(job, object))
        return 0;
    if (bl_kube_delete(job->client, &kind->resource, job->ref.namespace, BL_REHEARSAL_ISOLATION,
                       NULL, &failure) == 0 ||
        bl_error_code(failure) == BL_ERR_NOT_FOUND)
        return 0;
    *err = BL_STEAL(failure);
    return bl_wrap(err, "could not open the namespace again");
}

static int take_all(struct taking *taking, const char *label, struct bl_error **err)
{
    for (const struct bl_kind *const *kind = bl_rehearsal_kinds; *kind; kind++) {
        taking->kind = *kind;
        if (take_kind(taking, label, err) < 0)
            return -1;
    }
    return 0;
}

int bl_rehearse_take_away(struct bl_backup_job *job, const char *label, bool open, bool *ret_gone,
                          struct bl_error **err)
{
    struct taking taking = {.job = job};
    int rc = take_all(&taking, label, err);

    *ret_gone = false;
    if (taking.refused)
        bl_backup_job_tell(job, "Warning", "NotTakenAway", taking.refused);
    free(taking.refused);
    if (rc < 0 || taking.left || !open)
        return rc;
    if (drop(job, &bl_kind_network_policy, err) < 0 || drop(job, &bl_kind_resource_quota, err) < 0)
        return -1;
    *ret_gone = true;
    return 0;
}

/* --- when the object goes --- */

static int look_whether_it_goes_on(struct bl_backup_job *job, const char *name, bool *ret_goes_on,
                                   struct bl_error **err)
{
    const char *operation =
        bl_json_string(bl_json_at(job->object, "status", "operation", NULL), "name");
    BL_AUTO_JSON cJSON *restore = NULL;
    BL_ERROR(away);

    /* Where nobody may ask any more, the status is what is known, for some hours. */
    *ret_goes_on = bl_restore_is_running(job->object, job->now);
    switch (bl_backup_job_reach(job, &away)) {
    case BL_BACKUP_OFF:
        return 0;
    case BL_BACKUP_AWAY:
        bl_backup_job_tell(job, "Warning", "NotTakenAway", bl_error_text(away));
        *ret_goes_on = true;
        return 0;
    default:
        break;
    }
    if (!name)
        return 0;
    if (bl_backup_job_find(job, BL_GKE_RESTORE, name, &restore, err) < 0)
        return -1;
    /* It may be on its way. An object that goes is of another generation than the order. */
    if (!restore && operation && !job->operation)
        bl_backup_job_began(job, bl_strdup(operation));
    if (!restore && bl_backup_job_operation(job, err) < 0)
        return -1;
    *ret_goes_on =
        restore ? !bl_gke_state_is_final(bl_gke_state_of(BL_GKE_RESTORE, restore)) : job->making;
    return 0;
}

int bl_rehearse_let_go(struct bl_backup_job *job, const char *name, const char *label,
                       bool *ret_gone, struct bl_error **err)
{
    bool goes_on;

    *ret_gone = !bl_rehearsal_is_on(job->object, 0);
    if (*ret_gone)
        return 0;
    if (bl_rehearse_isolate(job, err) < 0 || look_whether_it_goes_on(job, name, &goes_on, err) < 0)
        return -1;
    return bl_rehearse_take_away(job, label, !goes_on, ret_gone, err);
}
