/* A chart, rendered twice with what Ballast gives to it: by what it renders first is decided what that is. */
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "plan.h"

static int render(const struct bl_plan_rendering *rendering, const char *protocol,
                  struct bl_record *ret_record, struct bl_error **err)
{
    struct bl_helm_job job = rendering->job;

    job.protocol = protocol;
    return rendering->render(rendering->helm, &job, ret_record, err);
}

static int render_anew(const struct bl_plan_rendering *rendering, const char *protocol,
                       struct bl_error **err)
{
    bl_record_release(rendering->ret_rendered);
    *rendering->ret_rendered = (struct bl_record)BL_RECORD_INIT;
    return render(rendering, protocol, rendering->ret_rendered, err);
}

/* The chart says by what it renders which Kafka it brings; mostly what the release has given to it is right. */
static int render_held(const struct bl_plan_rendering *rendering, struct bl_error **err)
{
    const struct bl_cluster_plan_input *input = rendering->input;
    const char *path = input->spec->versions.protocol_value;
    const char *has =
        input->deployed ? bl_values_text(bl_record_values(input->deployed), path) : NULL;
    const char *shall_be;

    if (render(rendering, has, rendering->ret_rendered, err) < 0)
        return -1;
    bl_cluster_protocol_decide(input, rendering->settled, input->protocol);
    shall_be = input->protocol->value;
    if (shall_be &&
        bl_values_check(bl_json_at(rendering->ret_rendered->json, "chart", "values", NULL), path,
                        err) < 0)
        return -1;
    return bl_text_eq(has, shall_be) || (!has && !shall_be) ? 0
                                                            : render_anew(rendering, shall_be, err);
}

int bl_plan_render(const struct bl_plan_rendering *rendering, struct bl_error **err)
{
    const char *path = rendering->input->spec->versions.protocol_value;
    bool given = true;

    if (path && bl_values_look(rendering->job.values, path, &given, err) < 0)
        return -1;
    rendering->input->protocol->given = path && given;
    if (given ? render(rendering, NULL, rendering->ret_rendered, err) < 0
              : render_held(rendering, err) < 0)
        return -1;
    return render(rendering, rendering->input->protocol->value, rendering->ret_again, err);
}
