#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/scene.h"
#include "review.h"

/*
 * Several nodes that are drained at once could wait for each other for ever: from one a broker went, from
 * another a server of ZooKeeper, each comes back when its node does, and each drain waits for what the other one
 * took. So the pods of a cluster leave every node in the same order, and whose turn the first ones are is decided
 * by their disruption budget alone.
 */

/* Of nodes that cluster-autoscaler and Karpenter are about to remove. */
static const char *const removal_taints[] = {
    "ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted", "karpenter.sh/disruption", NULL};

bool bl_node_is_drained(const cJSON *node)
{
    const cJSON *spec = bl_json_get(node, "spec"), *taint;

    if (bl_json_bool(spec, "unschedulable", false))
        return true;
    cJSON_ArrayForEach(taint, bl_json_get(spec, "taints")) {
        if (bl_text_in(bl_json_string(taint, "key"), removal_taints))
            return true;
    }
    return false;
}

/* Brokers first: they want the others while they stop. */
static int turn_of(enum bl_role role)
{
    switch (role) {
    case BL_ROLE_ZOOKEEPER:
        return 2;
    case BL_ROLE_CONTROLLER:
        return 1;
    default:
        return 0;
    }
}

/* A ZooKeeper that nobody is known to use belongs to no cluster, and waits for nobody. */
static bool goes_before(const struct bl_workload *a, const struct bl_workload *b)
{
    int order = turn_of(a->role) - turn_of(b->role);

    return a->cluster && bl_text_eq(a->cluster, b->cluster) &&
           (order ? order < 0 : strcmp(a->ref.name, b->ref.name) < 0);
}

static const struct bl_workload *workload_of(const struct bl_scene *scene, const cJSON *pod)
{
    const cJSON *owner = bl_object_controller(pod);
    const char *kind = bl_json_string(owner, "kind"), *name = bl_json_string(owner, "name");

    for (size_t i = 0; kind && name && i < scene->workloads.len; i++) {
        const struct bl_workload *workload = scene->workloads.items[i];

        if (strcmp(workload->ref.kind, kind) == 0 && strcmp(workload->ref.name, name) == 0)
            return workload->role == BL_ROLE_NONE ? NULL : workload;
    }
    return NULL;
}

/* Pods are no workloads of their own here. */
static struct bl_world *without_pods(const struct bl_review *review)
{
    BL_AUTO_FREE const cJSON **objects = bl_alloc(review->facts->context_len + 1, sizeof(*objects));
    size_t len = 0;

    for (size_t i = 0; i < review->facts->context_len; i++)
        if (!bl_object_is(review->facts->context[i], "", "Pod"))
            objects[len++] = review->facts->context[i];
    return bl_world_new(objects, len, NULL, 0);
}

/* The pod of the node that leaves before this one; NULL: none. */
static const char *first_to_leave(const struct bl_review *review, const cJSON *pod,
                                  const char *name)
{
    BL_AUTO(bl_world_cleanup) struct bl_world *world = without_pods(review);
    BL_AUTO(bl_scene_cleanup) struct bl_scene *scene = bl_scene_new(world, NULL);
    const struct bl_workload *own = workload_of(scene, pod);

    for (size_t i = 0; own && i < review->facts->context_len; i++) {
        const cJSON *other = review->facts->context[i];
        const struct bl_workload *theirs;

        if (!bl_object_is(other, "", "Pod") || !bl_text_eq(bl_pod_node(other), name) ||
            bl_review_pod_ended(other))
            continue;
        theirs = workload_of(scene, other);
        if (theirs && goes_before(theirs, own))
            return bl_object_ref(other).name;
    }
    return NULL;
}

const char *bl_review_leaves_after(const struct bl_review *review, const cJSON *pod)
{
    const char *name = bl_pod_node(pod);
    const cJSON *node = name ? bl_review_context(review, "Node", name) : NULL;

    if (!bl_node_is_drained(node))
        return NULL;
    struct bl_budget budget;
    /* Not to know it means only that two drains may wait for each other. */
    bl_budget_begin(&budget, BL_UNITS_REVIEW / 2);
    const char *first = first_to_leave(review, pod, name);
    bool over = bl_budget_over();
    (void)bl_budget_end(&budget);
    return over ? NULL : first;
}
