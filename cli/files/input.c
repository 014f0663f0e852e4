#include "input.h"

#include <stdlib.h>
#include <string.h>

#include "against.h"
#include "ballast/base/mem.h"
#include "ballast/workload/service.h"
#include "ballast/workload/workload.h"
#include "krm.h"

/* Of what is Kafka's it matters which of two keys counts. */
static bool is_kafkas(const cJSON *object)
{
    struct bl_workload *workload = bl_workload_recognise(object, NULL, true);
    bool is = workload->role != BL_ROLE_NONE || bl_service_role(object) != BL_ROLE_NONE ||
              bl_config_map_role(object) != BL_ROLE_NONE;

    bl_workload_free(workload);
    return is;
}

/* Nothing can be made beside what has no name. */
static void check_name(struct cli_input *input, const struct bl_item *item)
{
    struct bl_place place = bl_manifest_place(&input->manifest, item, "");
    struct bl_ref ref = bl_object_ref(item->object);
    BL_ERROR(err);

    if (*ref.name)
        return;
    (void)bl_fail(&err, BL_ERR_INVALID, "%s:%u: %s has no metadata.name", place.file, place.line,
                  ref.kind);
    (void)bl_hint(&err, "Every object needs apiVersion, kind and metadata.name.");
    *BL_PUSH(&input->manifest.faults) = BL_STEAL(err);
}

void cli_find_faults(struct cli_input *input)
{
    struct bl_manifest *manifest = &input->manifest;

    for (size_t i = 0; i < manifest->objects.len; i++) {
        const struct bl_item *item = &manifest->objects.items[i];
        struct bl_document *document = &manifest->documents.items[item->document];

        if ((!document->doubt && *bl_object_ref(item->object).name) || !is_kafkas(item->object))
            continue;
        check_name(input, item);
        if (document->doubt)
            *BL_PUSH(&manifest->faults) = BL_STEAL(document->doubt);
    }
}

int cli_refuse_doubt(const struct bl_document *document, struct bl_error **err)
{
    if (!document->doubt)
        return 0;
    bl_fail(err, BL_ERR_INVALID, "%s", bl_error_text(document->doubt));
    return bl_hint(err, "%s", bl_error_hint(document->doubt));
}

/* With file and line of the object, where it is one. */
static int too_large(const struct cli_input *input, struct bl_error **err)
{
    const struct bl_report *report = input->report;

    for (size_t i = 0; i < report->len; i++) {
        if (input->objects[i] != report->too_large_object)
            continue;
        struct bl_place place =
            bl_manifest_place(&input->manifest, &input->manifest.objects.items[i], "");
        bl_fail(err, BL_ERR_TOO_LARGE, "%s:%u: too large to judge: %s", place.file, place.line,
                report->too_large);
        return bl_hint(err, "Make it smaller.");
    }
    bl_fail(err, BL_ERR_TOO_LARGE, "%s: too large to judge: %s",
            input->manifest.files.len ? input->manifest.files.items[0].name : "<stdin>",
            report->too_large);
    return bl_hint(err, "Judge a part of the files at a time.");
}

/* In the version of the files that a group is. */
static void count_brokers(const struct bl_world *world, int64_t *ret_brokers)
{
    BL_AUTO(bl_scene_cleanup) struct bl_scene *scene = bl_scene_new(world, NULL);

    for (size_t i = 0; i < scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *workload = scene->workloads.items[i];

        if (bl_workload_has_logs(workload))
            ret_brokers[workload->index] = bl_scene_brokers(scene, workload);
    }
}

int64_t *cli_new_brokers(const cJSON *const *objects, size_t len,
                         const struct bl_engine_options *options)
{
    unsigned groups = options->groups ? options->group_count : 1;
    int64_t *brokers = bl_alloc(len + 1, sizeof(*brokers));

    for (unsigned group = 0; group < groups; group++) {
        BL_AUTO(bl_world_cleanup)
        struct bl_world *world = bl_world_new(objects, len, options->groups, group);

        count_brokers(world, brokers);
    }
    return brokers;
}

int cli_decide(struct cli_input *input, const char *namespace, bl_day today, struct bl_error **err)
{
    struct bl_engine_options options = {
        .units = BL_UNITS_NAMESPACE, .today = today, .namespace = namespace, .replaces = true};
    size_t len = input->manifest.objects.len;
    BL_AUTO_FREE unsigned *versions = bl_manifest_versions(&input->manifest, &options.group_count);
    BL_AUTO_FREE int64_t *brokers = NULL;

    options.groups = versions;
    if (input->before) {
        options.context_from = input->before;
        for (size_t i = input->before; i < len; i++)
            versions[i] = options.group_count;
        options.group_count++;
    }
    input->objects = bl_manifest_objects(&input->manifest);
    if (input->new_cluster) {
        brokers = cli_new_brokers(input->objects, len, &options);
        options.new_brokers = brokers;
    }
    input->report = bl_engine_run(&input->policies, input->objects, len, &options);
    if (input->report->too_large)
        return too_large(input, err);
    if (input->before)
        cli_compare_states(input, &options);
    return 0;
}

int cli_load(const struct cli_source *source, struct cli_input *input, struct bl_error **err)
{
    bool configured = false;

    if (cli_read_manifests(&source->files, &input->manifest, err) < 0 ||
        cli_read_function_config(&input->manifest, &input->policies, &configured, err) < 0 ||
        cli_read_before(source, input, err) < 0)
        return -1;
    if ((!configured || source->policies.len) &&
        cli_read_policies(&source->policies, &input->policies, err) < 0)
        return -1;
    cli_find_faults(input);
    input->new_cluster = source->new_cluster;
    return cli_decide(input, input->namespace ? input->namespace : source->namespace,
                      bl_day_today(), err);
}

void cli_input_release(struct cli_input *input)
{
    bl_report_free(input->report);
    free(input->objects);
    free(input->namespace);
    bl_manifest_release(&input->manifest);
    bl_policy_set_release(&input->policies);
    *input = (struct cli_input){0};
}
