#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "cli.h"
#include "krm.h"

int cli_read_policies(const struct cli_args *args, struct bl_policy_set *set, struct bl_error **err)
{
    for (size_t i = 0; i < args->policies.len; i++)
        if (bl_policy_set_read(set, args->policies.items[i], err) < 0)
            return -1;
    return args->policies.len ? 0 : bl_policy_set_read(set, "default", err);
}

int cli_read_manifests(const struct cli_args *args, struct bl_manifest *manifest,
                       struct bl_error **err)
{
    static const char *const suffixes[] = {".yaml", ".yml", ".json", NULL};
    BL_AUTO(bl_paths_release) struct bl_paths paths = {0};

    if (!args->files.len && isatty(STDIN_FILENO)) {
        bl_fail(err, BL_ERR_INVALID, "there is nothing to read");
        return bl_hint(err, "Name manifest files or folders, or pipe manifests in.");
    }
    if (!args->files.len && bl_paths_add(&paths, "-", suffixes, err) < 0)
        return -1;
    for (size_t i = 0; i < args->files.len; i++) {
        size_t before = paths.len;

        if (bl_paths_add(&paths, args->files.items[i], suffixes, err) < 0)
            return -1;
        if (paths.len == before)
            return bl_fail(err, BL_ERR_NOT_FOUND,
                           "%s: there is no .yaml, .yml or .json file in this folder",
                           args->files.items[i]);
    }
    for (size_t i = 0; i < paths.len; i++)
        if (bl_manifest_read(manifest, paths.items[i], err) < 0)
            return -1;
    return 0;
}

void cli_decide(struct cli_input *input, const char *namespace, bl_day today)
{
    struct bl_engine_options options = {.today = today, .namespace = namespace, .replaces = true};
    size_t len = input->manifest.objects.len;
    BL_AUTO_FREE unsigned *versions = bl_manifest_versions(&input->manifest, &options.group_count);

    options.groups = versions;

    input->objects = bl_alloc(len, sizeof(*input->objects));
    for (size_t i = 0; i < len; i++)
        input->objects[i] = input->manifest.objects.items[i].object;
    input->report = bl_engine_run(&input->policies, input->objects, len, &options);
}

int cli_load(const struct cli_args *args, struct cli_input *input, struct bl_error **err)
{
    bool configured = false;

    if (cli_read_manifests(args, &input->manifest, err) < 0 ||
        cli_read_function_config(&input->manifest, &input->policies, &configured, err) < 0)
        return -1;
    if ((!configured || args->policies.len) && cli_read_policies(args, &input->policies, err) < 0)
        return -1;
    cli_decide(input, args->namespace, bl_day_today());
    return 0;
}

void cli_input_release(struct cli_input *input)
{
    bl_report_free(input->report);
    free(input->objects);
    bl_manifest_release(&input->manifest);
    bl_policy_set_release(&input->policies);
    *input = (struct cli_input){0};
}

/* "file:12: " at the front, by which a message says its place: its length, or 0. */
static size_t place_len(const char *text)
{
    const char *colon = strchr(text, ':');
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;

    if (!digits || colon[1 + digits] != ':' || colon[2 + digits] != ' ')
        return 0;
    return (size_t)(colon - text) + digits + 3;
}

bool cli_colours(int fd)
{
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

    return isatty(fd) && !(no_colour && *no_colour) && !bl_text_eq(term, "dumb");
}

int cli_fail(const struct bl_error *err)
{
    const char *text = bl_error_text(err);
    size_t place = place_len(text);

    (void)fprintf(stderr, "%.*serror: %s\n", place ? (int)place : (int)strlen("ballast: "),
                  place ? text : "ballast: ", text + place);
    if (bl_error_hint(err))
        (void)fprintf(stderr, "  hint: %s\n", bl_error_hint(err));
    return CLI_ERROR;
}

int cli_print(const struct bl_strbuf *text)
{
    BL_ERROR(err);

    if (fflush(stdout) == 0 &&
        bl_file_write_fd(STDOUT_FILENO, "standard output", text->text, text->len, &err) == 0)
        return CLI_OK;
    return err ? cli_fail(err) : CLI_ERROR;
}

cJSON *cli_object_json(const cJSON *object)
{
    struct bl_ref ref = bl_object_ref(object);
    cJSON *json = bl_json_new_object();

    bl_json_add_string(json, "apiVersion", ref.api_version);
    bl_json_add_string(json, "kind", ref.kind);
    bl_json_add_string(json, "namespace", ref.namespace);
    bl_json_add_string(json, "name", ref.name);
    return json;
}
