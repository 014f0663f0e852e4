/* What is live beside what the chart makes of it: the steps of a plan. */
#include <string.h>

#include "ballast/base/mem.h"
#include "plan.h"

static struct bl_plan_state open_state(const cJSON *const *objects, size_t len)
{
    struct bl_plan_state state = {.world = bl_world_new(objects, len, NULL, 0)};

    state.scene = bl_scene_new(state.world, NULL);
    return state;
}

static void state_release(struct bl_plan_state *state)
{
    bl_scene_free(state->scene);
    bl_world_free(state->world);
}

void bl_plan_states_open(const struct bl_cluster_plan_input *input,
                         struct bl_plan_states *ret_states)
{
    const struct bl_manifest *manifest = &input->rendered->manifest;
    BL_AUTO_FREE const cJSON **objects = bl_manifest_objects(manifest);

    *ret_states = (struct bl_plan_states){.input = input,
                                          .live = open_state(input->live, input->live_len),
                                          .rendered = open_state(objects, manifest->objects.len)};
}

void bl_plan_states_release(struct bl_plan_states *states)
{
    state_release(&states->live);
    state_release(&states->rendered);
}

const char *bl_plan_version_of(const struct bl_workload *workload, const char *kafka,
                               const char *zookeeper)
{
    if (workload->version)
        return workload->version;
    return workload->role == BL_ROLE_ZOOKEEPER ? zookeeper : kafka;
}

static const struct bl_workload *counterpart(const struct bl_scene *scene,
                                             const struct bl_workload *workload)
{
    for (size_t i = 0; i < scene->workloads.len; i++)
        if (scene->workloads.items[i]->role != BL_ROLE_NONE &&
            strcmp(scene->workloads.items[i]->ref.kind, workload->ref.kind) == 0 &&
            strcmp(scene->workloads.items[i]->ref.name, workload->ref.name) == 0)
            return scene->workloads.items[i];
    return NULL;
}

void bl_plan_states_each(const struct bl_plan_states *states, bl_plan_step_fn visit, void *context)
{
    const struct bl_cluster_known *known = &states->input->known;
    const struct bl_cluster_spec *spec = states->input->spec;

    for (size_t i = 0; i < states->live.scene->workloads.len; i++) {
        const struct bl_workload *was = states->live.scene->workloads.items[i];
        struct bl_plan_step step = {
            .live = was,
            .wanted = was->role == BL_ROLE_NONE ? NULL : counterpart(states->rendered.scene, was),
            .live_world = states->live.world,
            .wanted_world = states->rendered.world};

        if (!step.wanted)
            continue;
        step.from = bl_plan_version_of(was, known->kafka, known->zookeeper);
        step.to = bl_plan_version_of(step.wanted, spec->versions.kafka, spec->versions.zookeeper);
        visit(&step, context);
    }
}
