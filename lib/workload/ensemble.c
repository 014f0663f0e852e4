/* Which workloads an ensemble has, and which ZooKeeper a cluster. */
#include "ballast/base/budget.h"
#include "ballast/base/text.h"
#include "ballast/workload/scene.h"

const struct bl_ensemble *bl_scene_ensemble(const struct bl_scene *scene,
                                            const struct bl_workload *workload)
{
    return &scene->ensembles.items[workload->ensemble];
}

const struct bl_workload *bl_ensemble_member(const struct bl_scene *scene,
                                             const struct bl_ensemble *ensemble, size_t i)
{
    return scene->workloads.items[ensemble->members.items[i]];
}

const struct bl_workload *bl_ensemble_first(const struct bl_scene *scene,
                                            const struct bl_ensemble *ensemble)
{
    return bl_ensemble_member(scene, ensemble, 0);
}

bool bl_scene_linked(const struct bl_scene *scene, size_t kafka, size_t zookeeper)
{
    for (size_t i = 0; i < scene->links.len; i++)
        if (scene->links.items[i].kafka == kafka && scene->links.items[i].zookeeper == zookeeper)
            return true;
    return false;
}

int64_t bl_scene_brokers(const struct bl_scene *scene, const struct bl_workload *workload)
{
    int64_t count = 0;
    bool known = true;

    for (size_t i = 0; i < scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *other = scene->workloads.items[i];

        if (bl_workload_has_logs(other) &&
            (other->ensemble == workload->ensemble ||
             (workload->cluster && bl_text_eq(other->cluster, workload->cluster))))
            count += other->replicas;
        known &= bl_object_replicas_known(other->object);
    }
    return known ? count : -1;
}
