#include "ballast/cluster/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/api/names.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/cluster/members.h"
#include "ballast/object/helm_release.h"
#include "ballast/object/object.h"
#include "plan.h"
#include "reason.h"

/* Of one object; more is a sign that all of it is another one. */
#define DRIFT_OF_ONE 4

void bl_evaluation_release(struct bl_evaluation *evaluation)
{
    bl_record_release(&evaluation->deployed);
    bl_record_release(&evaluation->rendered);
    bl_live_objects_release(&evaluation->live);
    bl_cluster_plan_release(&evaluation->plan);
    bl_strings_release(&evaluation->drift);
}

/* --- what is live, beside what was asked for --- */

/* Ballast writes them while the two are read, as it rolls. */
static void cut_own_annotations(cJSON *object)
{
    cJSON *annotations = bl_json_at(object, "metadata", "annotations", NULL), *next;

    for (cJSON *each = bl_json_first_member(annotations); each; each = next) {
        next = each->next;
        if (bl_text_starts(each->string, BL_API_GROUP "/"))
            cJSON_Delete(cJSON_DetachItemViaPointer(annotations, each));
    }
    if (annotations && !annotations->child)
        bl_json_cut(bl_json_get(object, "metadata"), "annotations");
}

/* What changes without anybody meaning it. */
static void cut_own_fields(cJSON *object)
{
    static const char *const names[] = {"labels", "annotations", NULL};

    bl_json_keep_only(bl_json_get(object, "metadata"), names);
    bl_json_cut(object, "status");
    cut_own_annotations(object);
}

static void note_drift(const cJSON *live, const cJSON *tried, struct bl_strings *drift)
{
    BL_AUTO_JSON cJSON *is = bl_json_copy(live), *would_be = bl_json_copy(tried);
    BL_AUTO(bl_strings_release) struct bl_strings lines = {0};
    struct bl_ref ref = bl_object_ref(live);

    cut_own_fields(is);
    cut_own_fields(would_be);
    (void)bl_plan_differences(would_be, is, false, DRIFT_OF_ONE, &lines);
    for (size_t i = 0; i < lines.len; i++)
        *BL_PUSH(drift) = bl_asprintf("%s/%s %s", ref.kind, ref.name, lines.items[i]);
}

/*
 * The API server refused to apply an object on trial. Where the release needs no change, that is because somebody changed the
 * object, and is told as drift; else the plan is refused.
 */
static void note_refusal(const struct bl_ref *ref, const char *message, struct bl_evaluation *ret)
{
    BL_AUTO_FREE char *why = bl_without_values(message);

    if (ret->plan.action == BL_CLUSTER_NOTHING)
        *BL_PUSH(&ret->drift) = bl_asprintf("%s/%s: %s", ref->kind, ref->name, why);
    else
        bl_cluster_plan_refuse(&ret->plan, BL_REFUSED_BY_SERVER,
                               bl_asprintf("%s \"%s\": %s", ref->kind, ref->name, why), NULL);
}

static int try_one(const struct bl_evaluate_input *input, struct bl_live_kinds *kinds,
                   const cJSON *object, const struct bl_cluster_plan_input *plan,
                   struct bl_evaluation *ret, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *ours = bl_record_applied(object, input->release, input->namespace);
    BL_AUTO_JSON cJSON *tried = NULL;
    const cJSON *live = bl_plan_live(plan, object);
    struct bl_ref ref = bl_object_ref(object);
    BL_ERROR(failure);

    if (bl_live_try(input->client, kinds, input->namespace, ours, &tried, &failure) < 0) {
        int status = bl_error_status(failure);

        /* 403 is a right that the account lacks, or a webhook that refuses; 5xx is nobody's word. */
        if (status < 400 || status >= 500 || status == 429) {
            *err = BL_STEAL(failure);
            return bl_wrap(err, "%s \"%s\"", ref.kind, ref.name);
        }
        note_refusal(&ref, bl_error_text(failure), ret);
        return 0;
    }
    if (!tried)
        bl_cluster_plan_refuse(&ret->plan, BL_REFUSED_UNKNOWN_KIND,
                               bl_asprintf("%s \"%s\": the cluster has no %s of %s", ref.kind,
                                           ref.name, ref.kind, ref.api_version),
                               bl_strdup("Install its CRD first, or switch it off in the values."));
    else if (live && ret->plan.action == BL_CLUSTER_NOTHING)
        note_drift(live, tried, &ret->drift);
    else if (!live && ret->plan.action == BL_CLUSTER_NOTHING && !bl_object_is(object, "", "Secret"))
        *BL_PUSH(&ret->drift) = bl_asprintf("%s/%s is gone", ref.kind, ref.name);
    return 0;
}

static int try_all(const struct bl_evaluate_input *input, struct bl_live_kinds *kinds,
                   const struct bl_cluster_plan_input *plan, struct bl_evaluation *ret,
                   struct bl_error **err)
{
    for (size_t i = 0; input->trial && i < ret->rendered.manifest.objects.len; i++)
        if (try_one(input, kinds, ret->rendered.manifest.objects.items[i].object, plan, ret, err) <
            0)
            return -1;
    return 0;
}

/* --- in order --- */

static int look(const struct bl_evaluate_input *input, struct bl_live_kinds *kinds,
                struct bl_evaluation *ret, struct bl_error **err)
{
    if (bl_live_read(input->client, kinds, input->namespace, &ret->rendered, &ret->live, err) < 0)
        return -1;
    return bl_live_read(input->client, kinds, input->namespace, &ret->deployed, &ret->live, err);
}

static void use_live(const struct bl_evaluation *ret, struct bl_cluster_plan_input *plan)
{
    plan->live = (const cJSON *const *)ret->live.items;
    plan->live_len = ret->live.len;
}

/* The release of another name that the KafkaCluster has made, where it is still there. */
static int find_former(const struct bl_evaluate_input *input, const struct bl_cluster_known *known,
                       const char **ret_former, struct bl_error **err)
{
    BL_AUTO_FREE char *status = NULL;
    int64_t revision;

    if (!known->release || strcmp(known->release, input->release) == 0)
        return 0;
    if (bl_live_newest(input->client, input->namespace, known->release, &revision, &status, err) <
        0)
        return -1;
    if (bl_release_is_there(revision, status))
        *ret_former = known->release;
    return 0;
}

static void plan_again(struct bl_cluster_plan_input *all, struct bl_evaluation *ret)
{
    *all->protocol = ret->plan.protocol;
    ret->plan.protocol = (struct bl_cluster_protocol){0};
    bl_cluster_plan_release(&ret->plan);
    bl_cluster_plan(all, &ret->plan);
}

/* Some would go, and nothing else is in the way: what they hold decides. */
static void plan_with_brokers(const struct bl_evaluate_input *input,
                              struct bl_cluster_plan_input *all, struct bl_evaluation *ret)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster brokers = {0};
    BL_AUTO(bl_strings_release) struct bl_strings sets = {0};
    BL_AUTO_FREE char *why = NULL;
    BL_AUTO_FREE char *door = NULL;
    int64_t count;
    BL_ERROR(failure);

    for (size_t i = 0; i < ret->plan.refusals.len; i++)
        if (strcmp(ret->plan.refusals.items[i].reason, BL_REFUSED_SCALE) != 0)
            return;
    door = bl_cluster_members(&ret->rendered, input->namespace, &sets, &count);
    if (input->look(input->look_context, door, &ret->plan.scales, &brokers, &failure) < 0) {
        BL_AUTO_FREE char *words = bl_error_words(failure);

        why = bl_asprintf("brokers could not be asked what they hold: %s", words);
    }
    all->brokers = why ? NULL : &brokers;
    all->unasked = why;
    plan_again(all, ret);
    all->brokers = NULL;
    all->unasked = NULL;
}

static int plan(const struct bl_evaluate_input *input, struct bl_live_kinds *kinds,
                struct bl_cluster_plan_input *all, struct bl_evaluation *ret, struct bl_error **err)
{
    if (find_former(input, &all->known, &all->former, err) < 0 || look(input, kinds, ret, err) < 0)
        return -1;
    use_live(ret, all);
    bl_cluster_plan(all, &ret->plan);
    if (ret->plan.asks && input->look)
        plan_with_brokers(input, all, ret);
    if (try_all(input, kinds, all, ret, err) < 0)
        return -1;
    return ret->plan.action == BL_CLUSTER_NOTHING ? 0 : bl_plan_images(input, ret, err);
}

static int render(const struct bl_evaluate_input *input, const struct bl_cluster_plan_input *all,
                  struct bl_evaluation *ret, struct bl_record *again, struct bl_error **err)
{
    const struct bl_record *deployed = &ret->deployed;
    struct bl_plan_rendering rendering = {
        .render = bl_helm_render,
        .helm = input->helm,
        .job = {.spec = input->spec,
                .namespace = input->namespace,
                .name = input->release,
                .values = input->values,
                .take_ownership = input->spec->adopt == BL_ADOPT_TAKE},
        .input = all,
        .settled = strcmp(bl_record_status(deployed), "deployed") == 0 &&
                   bl_cluster_known_is_settled(&all->known, input->spec, input->release,
                                               bl_record_revision(deployed), input->now),
        .ret_rendered = &ret->rendered,
        .ret_again = again};

    return bl_plan_render(&rendering, err);
}

static int read_and_render(const struct bl_evaluate_input *input, struct bl_live_kinds *kinds,
                           struct bl_cluster_plan_input *all, struct bl_evaluation *ret,
                           struct bl_record *again, enum bl_evaluate_stage *ret_stage,
                           struct bl_error **err)
{
    *ret_stage = BL_EVALUATE_RELEASE;
    if (bl_live_release(input->client, input->namespace, input->release, &ret->deployed, err) < 0)
        return -1;
    ret->pending = bl_record_is_pending(&ret->deployed);
    if (ret->pending)
        return 0;
    if (bl_record_is_there(&ret->deployed))
        all->deployed = &ret->deployed;
    if (input->spec->versions.protocol_value) {
        *ret_stage = BL_EVALUATE_LIVE;
        if (bl_live_read(input->client, kinds, input->namespace, &ret->deployed, &ret->live, err) <
            0)
            return -1;
        use_live(ret, all);
    }
    *ret_stage = BL_EVALUATE_RENDER;
    return render(input, all, ret, again, err);
}

int bl_cluster_evaluate(const struct bl_evaluate_input *input, struct bl_evaluation *ret,
                        enum bl_evaluate_stage *ret_stage, struct bl_error **err)
{
    BL_AUTO(bl_record_release) struct bl_record again = BL_RECORD_INIT;
    BL_AUTO(bl_live_kinds_release) struct bl_live_kinds kinds = {0};
    BL_AUTO(bl_cluster_protocol_release) struct bl_cluster_protocol protocol = {0};
    struct bl_cluster_plan_input all = {.spec = input->spec,
                                        .namespace = input->namespace,
                                        .release = input->release,
                                        .rendered = &ret->rendered,
                                        .again = &again,
                                        .policies = input->policies,
                                        .today = input->today,
                                        .protocol = &protocol};
    int rc;

    ret->busy = !bl_helm_begin(input->helm);
    if (ret->busy)
        return 0;
    bl_cluster_known_read(input->object, &all.known);
    rc = read_and_render(input, &kinds, &all, ret, &again, ret_stage, err);
    bl_helm_end(input->helm);
    if (rc < 0 || ret->pending)
        return rc;
    *ret_stage = BL_EVALUATE_LIVE;
    return plan(input, &kinds, &all, ret, err);
}
