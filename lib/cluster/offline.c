#include "ballast/cluster/offline.h"

#include "ballast/base/mem.h"
#include "ballast/object/object.h"
#include "plan.h"

static struct bl_helm_job job_of(const struct bl_offline_input *input,
                                 const struct bl_cluster_spec *spec, const char *values)
{
    return (struct bl_helm_job){
        .spec = spec, .namespace = input->namespace, .name = input->release, .values = values};
}

/* As if it had been made so. */
static void deploy(const struct bl_offline_input *input, struct bl_evaluation *ret)
{
    cJSON *info = bl_json_get(ret->deployed.json, "info");

    bl_json_cut(info, "status");
    bl_json_add_string(info, "status", "deployed");
    for (size_t i = 0; i < ret->deployed.manifest.objects.len; i++)
        *BL_PUSH(&ret->live) = bl_record_applied(ret->deployed.manifest.objects.items[i].object,
                                                 input->release, input->namespace);
}

/* What it was is the KafkaCluster's own, and nobody has noted anything else of it. */
static struct bl_cluster_known known_of(const struct bl_offline_input *input)
{
    return (struct bl_cluster_known){
        .release = input->release, .attempt = input->before != NULL, .level = -1};
}

int bl_cluster_compare(const struct bl_offline_input *input, struct bl_evaluation *ret,
                       struct bl_error **err)
{
    BL_AUTO(bl_record_release) struct bl_record again = BL_RECORD_INIT;
    BL_AUTO(bl_cluster_protocol_release) struct bl_cluster_protocol protocol = {0};
    struct bl_cluster_plan_input all = {.spec = input->spec,
                                        .namespace = input->namespace,
                                        .release = input->release,
                                        .rendered = &ret->rendered,
                                        .again = &again,
                                        .policies = input->policies,
                                        .today = input->today,
                                        .known = known_of(input),
                                        .former = input->former,
                                        .unasked = "no cluster was asked what they hold",
                                        .protocol = &protocol};
    struct bl_plan_rendering rendering = {.render = bl_helm_template,
                                          .helm = input->helm,
                                          .job = job_of(input, input->spec, input->values),
                                          .input = &all,
                                          .ret_rendered = &ret->rendered,
                                          .ret_again = &again};

    if (input->before) {
        const struct bl_helm_job job = job_of(input, input->before, input->values_before);

        if (bl_helm_template(input->helm, &job, &ret->deployed, err) < 0)
            return bl_wrap(err, "the version before");
        deploy(input, ret);
        all.deployed = &ret->deployed;
    }
    for (size_t i = 0; i < input->live_len; i++)
        *BL_PUSH(&ret->live) = bl_json_copy(input->live[i]);
    all.live = (const cJSON *const *)ret->live.items;
    all.live_len = ret->live.len;
    if (bl_plan_render(&rendering, err) < 0)
        return -1;
    bl_cluster_plan(&all, &ret->plan);
    return 0;
}
