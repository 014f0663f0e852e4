#include "input.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/workload/workload.h"
#include "krm.h"

int cli_read_policies(const struct bl_texts *policies, struct bl_policy_set *set,
                      struct bl_error **err)
{
    for (size_t i = 0; i < policies->len; i++)
        if (bl_policy_set_read(set, policies->items[i], err) < 0)
            return -1;
    return policies->len ? 0 : bl_policy_set_read(set, "default", err);
}

/* Files that were named must be manifests; those that folders hold may be anything. */
static int read_paths(struct bl_manifest *manifest, const struct bl_paths *paths,
                      const struct bl_texts *named, struct bl_error **err)
{
    for (size_t i = 0; i < paths->len; i++) {
        bool found = named->len;

        for (size_t j = 0; j < named->len; j++)
            found &= strcmp(named->items[j], paths->items[i]) != 0;
        if ((found ? bl_manifest_read_found : bl_manifest_read)(manifest, paths->items[i], err) < 0)
            return -1;
    }
    return 0;
}

int cli_read_manifests(const struct bl_texts *files, struct bl_manifest *manifest,
                       struct bl_error **err)
{
    static const char *const suffixes[] = {".yaml", ".yml", ".json", NULL};
    BL_AUTO(bl_paths_release) struct bl_paths paths = {0};

    if (!files->len && isatty(STDIN_FILENO)) {
        bl_fail(err, BL_ERR_INVALID, "there is nothing to read");
        return bl_hint(err, "Name manifest files or folders, or pipe manifests in.");
    }
    if (!files->len && bl_paths_add(&paths, "-", suffixes, err) < 0)
        return -1;
    for (size_t i = 0; i < files->len; i++) {
        size_t before = paths.len;

        if (bl_paths_add(&paths, files->items[i], suffixes, err) < 0)
            return -1;
        if (paths.len == before)
            return bl_fail(err, BL_ERR_NOT_FOUND,
                           "%s: there is no .yaml, .yml or .json file in this folder",
                           files->items[i]);
    }
    return read_paths(manifest, &paths, files, err);
}

int cli_refuse_doubts(struct bl_manifest *manifest, struct bl_error **err)
{
    for (size_t i = 0; i < manifest->objects.len; i++) {
        struct bl_document *document =
            &manifest->documents.items[manifest->objects.items[i].document];
        struct bl_workload *workload;
        enum bl_role role;

        if (!document->doubt)
            continue;
        workload = bl_workload_recognise(manifest->objects.items[i].object, NULL, true);
        role = workload->role;
        bl_workload_free(workload);
        if (role == BL_ROLE_NONE)
            continue;
        *err = BL_STEAL(document->doubt);
        return -1;
    }
    return 0;
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

int cli_decide(struct cli_input *input, const char *namespace, bl_day today, struct bl_error **err)
{
    struct bl_engine_options options = {
        .units = BL_UNITS_NAMESPACE, .today = today, .namespace = namespace, .replaces = true};
    size_t len = input->manifest.objects.len;
    BL_AUTO_FREE unsigned *versions = bl_manifest_versions(&input->manifest, &options.group_count);

    options.groups = versions;

    input->objects = bl_alloc(len, sizeof(*input->objects));
    for (size_t i = 0; i < len; i++)
        input->objects[i] = input->manifest.objects.items[i].object;
    input->report = bl_engine_run(&input->policies, input->objects, len, &options);
    return input->report->too_large ? too_large(input, err) : 0;
}

int cli_load(const struct cli_source *source, struct cli_input *input, struct bl_error **err)
{
    bool configured = false;

    if (cli_read_manifests(&source->files, &input->manifest, err) < 0 ||
        cli_refuse_doubts(&input->manifest, err) < 0 ||
        cli_read_function_config(&input->manifest, &input->policies, &configured, err) < 0)
        return -1;
    if ((!configured || source->policies.len) &&
        cli_read_policies(&source->policies, &input->policies, err) < 0)
        return -1;
    return cli_decide(input, source->namespace, bl_day_today(), err);
}

void cli_input_release(struct cli_input *input)
{
    bl_report_free(input->report);
    free(input->objects);
    bl_manifest_release(&input->manifest);
    bl_policy_set_release(&input->policies);
    *input = (struct cli_input){0};
}
