#include "write.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kafka/admin.h"
#include "ballast/kafka/canary.h"
#include "view.h"

/* All annotations of an object share 256 KiB. */
#define MOVES_MAX ((size_t)64 << 10)
#define CANARY_AT_MOST (15 * BL_NSEC_S)

static const char *newest_of(const cJSON *set)
{
    const char *newest = bl_json_string(bl_json_get(set, "status"), "updateRevision");

    return newest ? newest : "";
}

/* --- eviction --- */

/* Deleted in the background: in the foreground the network would go before the process (Cilium). */
static cJSON *eviction_of(const cJSON *pod)
{
    cJSON *eviction = bl_json_new_object(), *metadata, *options;
    struct bl_ref ref = bl_object_ref(pod);

    bl_json_add_string(eviction, "apiVersion", "policy/v1");
    bl_json_add_string(eviction, "kind", "Eviction");
    metadata = bl_json_add_object(eviction, "metadata");
    bl_json_add_string(metadata, "name", ref.name);
    bl_json_add_string(metadata, "namespace", ref.namespace);
    options = bl_json_add_object(eviction, "deleteOptions");
    bl_json_add_string(options, "propagationPolicy", "Background");
    bl_json_add_string(bl_json_add_object(options, "preconditions"), "uid", bl_object_uid(pod));
    return eviction;
}

int bl_roller_evict(const struct bl_roller_job *job, size_t pod, struct bl_error **err)
{
    const cJSON *object = job->kafka->pods.items[pod].pod;
    struct bl_ref ref = bl_object_ref(object);
    BL_AUTO_JSON cJSON *eviction = eviction_of(object);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(1024);

    bl_kube_path(&path, &bl_kind_pod.resource, ref.namespace, ref.name, "eviction");
    return bl_kube_request(job->client, "POST", path.text, NULL, eviction, NULL, err);
}

/* --- annotations --- */

/* `text` NULL takes the annotation off. */
static int annotate(const struct bl_roller_job *job, const cJSON *set, const char *name,
                    const char *text, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *body = bl_json_new_object();
    cJSON *metadata = bl_json_add_object(body, "metadata");
    cJSON *annotations = bl_json_add_object(metadata, "annotations");
    struct bl_kube_patch patch = {.type = BL_KUBE_PATCH_MERGE, .body = body, .manager = BL_MANAGER};
    struct bl_ref ref = bl_object_ref(set);

    bl_json_add_string(metadata, "uid", bl_object_uid(set));
    bl_json_add(annotations, name, text ? bl_json_new_string(text) : cJSON_CreateNull());
    return bl_kube_patch(job->client, &bl_kind_stateful_set.resource, ref.namespace, ref.name,
                         &patch, NULL, err);
}

/* --- back to the revision before --- */

static const cJSON *find_older(const struct bl_roller_job *job, size_t member)
{
    const cJSON *found = NULL;

    for (size_t i = 0; i < job->kafka->pods.len; i++) {
        const struct bl_member_pod *pod = &job->kafka->pods.items[i];

        if (pod->member != member || !pod->pod ||
            !bl_member_outdated(&job->kafka->members.items[member], pod->pod))
            continue;
        if (!found || bl_object_condition_is(pod->pod, "Ready", "True"))
            found = pod->pod;
    }
    return found;
}

static cJSON *add_operation(cJSON *operations, const char *op, const char *path, cJSON *value)
{
    cJSON *operation = bl_json_push(operations, bl_json_new_object());

    bl_json_add_string(operation, "op", op);
    bl_json_add_string(operation, "path", path);
    if (value)
        bl_json_add(operation, "value", value);
    return operation;
}

/* "add" or "remove" an annotation. */
static void add_annotation(cJSON *operations, const char *op, const char *key, cJSON *value)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_strbuf_adds(&path, "/metadata/annotations");
    bl_pointer_add_key(&path, key);
    add_operation(operations, op, path.text, value);
}

/* Only while it is the revision that was judged: somebody may have changed the template meanwhile. */
static cJSON *restoration(const cJSON *set, const cJSON *template, const char *restored)
{
    cJSON *operations = bl_json_new_array(), *copy = bl_json_copy(template);

    cJSON_DeleteItemFromObjectCaseSensitive(copy, "$patch");
    add_operation(operations, "test", "/metadata/uid", bl_json_new_string(bl_object_uid(set)));
    add_operation(operations, "test", "/status/updateRevision", bl_json_new_string(newest_of(set)));
    add_operation(operations, "replace", "/spec/template", copy);
    add_annotation(operations, "add", BL_ANNOTATION_ROLLOUT_FAILED,
                   bl_json_new_string(newest_of(set)));
    add_annotation(operations, "add", BL_ANNOTATION_ROLLOUT_RESTORED, bl_json_new_string(restored));
    if (bl_object_annotation(set, BL_ANNOTATION_ROLLOUT_ABORT))
        add_annotation(operations, "remove", BL_ANNOTATION_ROLLOUT_ABORT, NULL);
    return operations;
}

int bl_roller_restore(const struct bl_roller_job *job, size_t member, struct bl_error **err)
{
    const cJSON *set = job->kafka->members.items[member].set, *template;
    const cJSON *older = find_older(job, member);
    const char *name = bl_object_label(older, BL_LABEL_REVISION);
    struct bl_kube_patch patch = {.type = BL_KUBE_PATCH_JSON, .manager = BL_MANAGER};
    struct bl_ref ref = bl_object_ref(set);
    BL_AUTO_JSON cJSON *revision = NULL;

    if (!name)
        return bl_fail(err, BL_ERR_CONFLICT, "no pod is left of the revision before");
    if (bl_kube_get(job->client, &bl_kind_revision.resource, ref.namespace, name, &revision, err) <
        0)
        return bl_wrap(err, "could not read the template before");
    /* The pod's label names it, and anybody who may write pods may name another's. */
    if (!bl_text_eq(bl_json_string(bl_object_controller(revision), "uid"), bl_object_uid(set)))
        return bl_fail(err, BL_ERR_FORBIDDEN, "ControllerRevision \"%s\" is not this StatefulSet's",
                       name);
    template = bl_json_at(revision, "data", "spec", "template", NULL);
    if (!cJSON_IsObject(template))
        return bl_fail(err, BL_ERR_INVALID, "ControllerRevision \"%s\" holds no template", name);

    BL_AUTO_JSON cJSON *operations = restoration(set, template, name);
    patch.body = operations;
    return bl_kube_patch(job->client, &bl_kind_stateful_set.resource, ref.namespace, ref.name,
                         &patch, NULL, err);
}

/* --- leadership --- */

static int note_moved(const struct bl_roller_job *job, const cJSON *set,
                      const struct bl_moved_list *moved, struct bl_error **err)
{
    BL_AUTO_FREE char *text = bl_moved_text(moved);

    return annotate(job, set, BL_ANNOTATION_ROLLOUT_MOVED, text, err);
}

int bl_roller_move_leaders(const struct bl_roller_job *job, size_t pod, struct bl_error **err)
{
    const struct bl_member_pod *it = &job->kafka->pods.items[pod];
    const cJSON *set = job->kafka->members.items[it->member].set;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf moves = BL_STRBUF_INIT(MOVES_MAX);
    BL_AUTO(bl_moved_release) struct bl_moved_list moved = {0};
    int32_t node = job->states->pods[pod].node;
    size_t count;

    if (bl_moves_plan(job->facts, node, &moves)) {
        bl_moved_read(set, &moved);
        bl_moved_add(&moved, it->name, bl_object_uid(it->pod), moves.text);
        if (note_moved(job, set, &moved, err) < 0)
            return -1;
    }
    return bl_observer_move_leaders_away(job->observer, job->facts, node, moves.text, &count, err);
}

static int return_to_set(const struct bl_roller_job *job, const cJSON *set, size_t *moved_count,
                         struct bl_error **err)
{
    BL_AUTO(bl_moved_release) struct bl_moved_list moved = {0};
    size_t before, count;

    bl_moved_read(set, &moved);
    before = moved.len;
    for (size_t i = moved.len; i-- > 0;) {
        BL_ERROR(failure);

        if (!bl_roller_is_due(job, &moved.items[i]))
            continue;
        if (bl_observer_move_leaders_back(job->observer, job->facts, moved.items[i].moves, &count,
                                          &failure) == 0) {
            *moved_count += count;
        } else if (bl_error_code(failure) != BL_ERR_INVALID) {
            *err = BL_STEAL(failure);
            return -1;
        }
        bl_moved_remove(&moved, i);
    }
    return moved.len < before ? note_moved(job, set, &moved, err) : 0;
}

int bl_roller_return_leaders(const struct bl_roller_job *job, size_t *ret_moved,
                             struct bl_error **err)
{
    size_t count = 0;

    for (size_t i = 0; i < job->kafka->members.len; i++)
        if (return_to_set(job, job->kafka->members.items[i].set, &count, err) < 0)
            return -1;
    *ret_moved = count;
    return 0;
}

int bl_roller_canary(const struct bl_roller_job *job, struct bl_error **err)
{
    struct bl_canary_result result;

    if (bl_canary_check(job->observer, job->facts, CANARY_AT_MOST, &result, err) < 0)
        return -1;
    BL_LOG(BL_LOG_INFO, "canary", BL_LOG_TEXT("cluster", job->kafka->name),
           BL_LOG_INT("partitions", result.partitions),
           BL_LOG_INT("slowest_ms", result.slowest / BL_NSEC_MS),
           BL_LOG_INT("leader", result.slowest_leader));
    return 0;
}

/* --- what people read --- */

void bl_roller_explain(struct bl_rollout_plan *plan, const char *refusal)
{
    char *both = bl_asprintf("%s; refused for now: %s", plan->message, refusal);

    free(plan->message);
    plan->message = both;
}

static bool concerns(const struct bl_rollout_view *view, const struct bl_rollout_plan *plan,
                     size_t set)
{
    if (!view->sets.items[set].managed || view->sets.items[set].stale)
        return false;
    if (view->sets.items[set].begun || plan->set == set)
        return true;
    for (size_t i = 0; i < view->pods.len; i++)
        if (view->pods.items[i].set == set && view->pods.items[i].outdated)
            return true;
    return false;
}

/* A revision that failed and is not the one that runs now was rolled back. */
static const char *phase_of(const struct bl_rollout_plan *plan, const cJSON *set)
{
    return plan->phase == BL_ROLLOUT_COMPLETE &&
                   bl_object_annotation(set, BL_ANNOTATION_ROLLOUT_FAILED)
               ? "RolledBack"
               : bl_rollout_phase_name(plan->phase);
}

static struct bl_progress progress_of(const struct bl_roller_job *job,
                                      const struct bl_rollout_view *view,
                                      const struct bl_rollout_plan *plan, size_t set)
{
    const cJSON *object = job->kafka->members.items[set].set;
    bool waits = plan->set != set && plan->phase != BL_ROLLOUT_COMPLETE;
    const char *first = plan->pods.len ? view->pods.items[plan->pods.items[0]].name : "";
    struct bl_progress progress = {
        .phase = bl_strdup(waits ? "Waiting" : phase_of(plan, object)),
        .act = bl_strdup(waits ? bl_rollout_act_name(BL_ROLLOUT_WAIT)
                               : bl_rollout_act_name(plan->act)),
        .pod = bl_strdup(waits ? "" : first),
        .message = waits ? bl_asprintf("its turn comes after %s, which is %s",
                                       view->sets.items[plan->set].name,
                                       bl_rollout_phase_name(plan->phase))
                         : bl_strdup(plan->message),
        .revision = bl_strdup(newest_of(object)),
        .started = job->wall,
        .changed = job->wall,
    };

    for (size_t i = 0; i < view->pods.len; i++) {
        const struct bl_rollout_pod *pod = &view->pods.items[i];

        progress.total += pod->set == set;
        progress.done += pod->set == set && pod->ready && !pod->outdated && !pod->going;
    }
    return progress;
}

static int note_on(const struct bl_roller_job *job, const struct bl_rollout_view *view,
                   const struct bl_rollout_plan *plan, size_t set, bool *ret_news,
                   struct bl_error **err)
{
    const cJSON *object = job->kafka->members.items[set].set;
    BL_AUTO(bl_progress_release) struct bl_progress before = {0};
    BL_AUTO(bl_progress_release)
    struct bl_progress progress = progress_of(job, view, plan, set);

    bl_progress_read(object, &before);
    if (bl_progress_same(&before, &progress))
        return 0;
    if (bl_progress_begun(&before, object) || plan->act == BL_ROLLOUT_FINISH)
        progress.started = before.started;
    *ret_news |= plan->set == set && (!bl_text_eq(before.phase, progress.phase) ||
                                      !bl_text_eq(before.revision, progress.revision));

    BL_AUTO_FREE char *text = bl_progress_text(&progress);
    return annotate(job, object, BL_ANNOTATION_ROLLOUT_STATUS, text, err);
}

int bl_roller_note(const struct bl_roller_job *job, const struct bl_rollout_view *view,
                   const struct bl_rollout_plan *plan, bool *ret_news, struct bl_error **err)
{
    for (size_t i = 0; i < view->sets.len; i++)
        if (concerns(view, plan, i) && note_on(job, view, plan, i, ret_news, err) < 0)
            return bl_wrap(err, "could not note the progress on StatefulSet \"%s\"",
                           view->sets.items[i].name);
    return 0;
}
