#include <inttypes.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/api/progress.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/policies/managed.h"
#include "review.h"

/*
 * The truth about a set that Ballast rolls, in its own status, for all that wait by kstatus (Helm 4, Flux): these call a
 * StatefulSet with OnDelete done at once. The StatefulSet controller makes the status anew each time it writes, so it is
 * completed as it is written: no watch is fast enough to come after, and nothing has to be taken away in the end.
 */

struct truth {
    const char *type, *reason; /* NULL: it is done */
    char *message;
};

static bool is_complete(const cJSON *set, int64_t wanted)
{
    const cJSON *status = bl_json_get(set, "status");

    return bl_json_number(status, "replicas") == wanted &&
           bl_json_number(status, "updatedReplicas") >= wanted &&
           bl_json_number(status, "readyReplicas") >= wanted;
}

/* Its template was taken back, and all pods have that again. Who waited for the new one waits in vain. */
static bool is_taken_back(const cJSON *set)
{
    return bl_text_eq(bl_object_annotation(set, BL_ANNOTATION_ROLLOUT_RESTORED),
                      bl_json_string(bl_json_get(set, "status"), "updateRevision"));
}

static char *progress_message(const cJSON *set, int64_t wanted)
{
    const cJSON *status = bl_json_get(set, "status");
    BL_AUTO(bl_progress_release) struct bl_progress progress = {0};

    bl_progress_read(set, &progress);
    return bl_asprintf(
        "%" PRId64 " of %" PRId64 " pods are new, %" PRId64 " ready%s%s",
        bl_json_number(status, "updatedReplicas"), wanted, bl_json_number(status, "readyReplicas"),
        bl_progress_begun(&progress, set) && progress.message ? ": " : "",
        bl_progress_begun(&progress, set) && progress.message ? progress.message : "");
}

/* Where a person has to decide, waiting goes on: a Helm that rolls back by itself would begin a second roll. */
static struct truth truth_of(const cJSON *set)
{
    int64_t wanted = bl_object_replicas(set);

    if (!is_complete(set, wanted))
        return (struct truth){BL_CONDITION_RECONCILING, "Rolling", progress_message(set, wanted)};
    if (is_taken_back(set))
        return (struct truth){BL_CONDITION_STALLED, "RolledBack",
                              bl_strdup("its first new pod did not come up, and the template of "
                                        "before was restored")};
    return (struct truth){0};
}

static bool is_ours(const cJSON *condition)
{
    static const char *const types[] = {BL_CONDITION_RECONCILING, BL_CONDITION_STALLED, NULL};

    return bl_text_in(bl_json_string(condition, "type"), types);
}

/* The conditions of others, and the one that holds. */
static cJSON *conditions_of(const cJSON *set, const struct truth *truth)
{
    cJSON *conditions = bl_json_new_array(), *own;
    const cJSON *other;

    cJSON_ArrayForEach(other, bl_json_at(set, "status", "conditions", NULL)) {
        if (!is_ours(other))
            bl_json_push(conditions, bl_json_copy(other));
    }
    if (truth->type) {
        own = bl_json_push(conditions, bl_json_new_object());
        bl_json_add_string(own, "type", truth->type);
        bl_json_add_string(own, "status", "True");
        bl_json_add_string(own, "reason", truth->reason);
        bl_json_add_string(own, "message", truth->message);
    }
    return conditions;
}

/* With OnDelete, by a policy and not by its author: else nobody rolls it, and nobody is to wait. */
static bool is_rolled(const struct bl_review *review)
{
    BL_AUTO(bl_world_cleanup) struct bl_world *world = bl_review_namespaces(review);
    struct bl_managed managed = {0};
    struct bl_workload *workload;

    if (bl_namespace_excluded(review->namespace) ||
        !bl_text_eq(
            bl_json_string(bl_json_at(review->object, "spec", "updateStrategy", NULL), "type"),
            "OnDelete"))
        return false;
    workload = bl_workload_recognise(review->object, NULL,
                                     bl_review_distrusts(review, world, review->object));
    bl_policy_managed(review->set, world, workload, review->facts->today, &managed);
    bl_workload_free(workload);
    return managed.rolled;
}

int bl_review_set_status(struct bl_review *review, struct bl_error **err)
{
    BL_AUTO(bl_edit_release) struct bl_edit edit = {0};
    const cJSON *before = bl_json_at(review->object, "status", "conditions", NULL);
    struct truth truth;
    cJSON *conditions;

    if (!review->object || strcmp(review->resource, "statefulsets") != 0 || !is_rolled(review))
        return 0;
    truth = truth_of(review->object);
    conditions = conditions_of(review->object, &truth);
    free(truth.message);
    if (before ? bl_json_equal(before, conditions) : !conditions->child) {
        bl_json_free(conditions);
        return 0;
    }
    bl_edit_init(&edit, review->object);
    if (bl_edit_set(&edit, "/status/conditions", conditions, err) < 0)
        return -1;
    review->patch = BL_STEAL(edit.patch);
    return 0;
}
