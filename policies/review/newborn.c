#include <string.h>

#include "ballast/api/pod.h"
#include "ballast/base/date.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/scene.h"
#include "review.h"

/*
 * Is a cluster made new? Only then its settings may be completed, because topics that are there keep what they have. That
 * cannot be seen from the object alone: a StatefulSet that was deleted and is made again, or restored from a backup, looks
 * the same. So each doubt counts against it.
 */

/* What one release makes, it makes within this time. */
#define SECONDS_OF_A_RELEASE 600

static bool finds_claims(const struct bl_review *review)
{
    for (size_t i = 0; i < review->facts->context_len; i++) {
        const cJSON *claim = review->facts->context[i];

        if (bl_object_is(claim, "", "PersistentVolumeClaim") &&
            bl_set_claims(review->object, bl_object_ref(claim).name))
            return true;
    }
    return false;
}

/* Without claims of its own nothing tells a new one from one that was there. */
static bool has_fresh_claims(const struct bl_review *review)
{
    return bl_json_len(bl_json_at(review->object, "spec", "volumeClaimTemplates", NULL)) > 0 &&
           !finds_claims(review);
}

static bool is_older(const struct bl_review *review, const struct bl_workload *other)
{
    const char *text = bl_json_string(bl_json_get(other->object, "metadata"), "creationTimestamp");
    int64_t made;

    return !review->facts->now || !bl_time_parse(text, &made) ||
           review->facts->now - made > SECONDS_OF_A_RELEASE;
}

/* Its members, and the ZooKeeper that it keeps its metadata in. */
static bool belongs(const struct bl_scene *scene, const struct bl_workload *own,
                    const struct bl_workload *other)
{
    return other->role != BL_ROLE_NONE && other != own &&
           (other->ensemble == own->ensemble ||
            (own->cluster && bl_text_eq(other->cluster, own->cluster)) ||
            bl_scene_linked(scene, own->ensemble, other->ensemble));
}

static bool is_ours_to_complete(const struct bl_workload *workload)
{
    return !workload->owner && workload->confidence > BL_CONFIDENCE_LOW;
}

static int64_t brokers_of(const struct bl_review *review, const struct bl_scene *scene,
                          const struct bl_workload *own)
{
    if (!bl_workload_has_logs(own) || !is_ours_to_complete(own))
        return 0;
    for (size_t i = 0; i < scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *other = scene->workloads.items[i];

        if (belongs(scene, own, other) && (is_older(review, other) || !is_ours_to_complete(other)))
            return 0;
    }
    int64_t brokers = bl_scene_brokers(scene, own);
    return brokers > 0 ? brokers : 0;
}

static int64_t count_brokers(struct bl_review *review)
{
    const struct bl_review_facts *facts = review->facts;
    BL_AUTO_FREE const cJSON **objects = bl_alloc(facts->context_len + 1, sizeof(*objects));
    size_t len = 0;

    objects[len++] = review->object;
    for (size_t i = 0; i < facts->context_len; i++)
        if (!bl_object_is(facts->context[i], "", "PersistentVolumeClaim"))
            objects[len++] = facts->context[i];
    BL_AUTO(bl_world_cleanup) struct bl_world *world = bl_world_new(objects, len, NULL, 0);
    BL_AUTO(bl_scene_cleanup) struct bl_scene *scene = bl_scene_new(world, NULL);
    for (size_t i = 0; i < scene->workloads.len; i++)
        if (scene->workloads.items[i]->object == review->object)
            return brokers_of(review, scene, scene->workloads.items[i]);
    return 0;
}

int64_t bl_review_new_brokers(struct bl_review *review)
{
    bool made = bl_review_is(review, "CREATE") && review->facts->sees_claims &&
                bl_object_is(review->object, "apps", "StatefulSet");

    return made && has_fresh_claims(review) ? count_brokers(review) : 0;
}
