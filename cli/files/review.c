#include "ballast/policies/review.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/clock.h"
#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "cli.h"
#include "input.h"
#include "print.h"

struct options {
    struct cli_source source;
    struct bl_texts context;
    bool mutate, validate;
};

static const struct bl_option own_options[] = {
    {.name = "mutate",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, mutate),
     .help = "answer as the mutating webhook would"},
    {.name = "validate",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, validate),
     .help = "answer as the validating webhook would; without either: both"},
    {.name = "context-objects",
     .value = "PATH",
     .type = BL_OPTION_TEXTS,
     .offset = offsetof(struct options, context),
     .is_path = true,
     .help = "manifests of other objects in the cluster"},
    {0},
};
static const struct bl_option_group own = {.options = own_options};

static const struct bl_option_place groups[] = {
    {&cli_policy_options, offsetof(struct options, source)},
    {&cli_file_options, offsetof(struct options, source)},
    {&own, 0},
    {0},
};

static const struct bl_command command = {
    .name = "ballast review",
    .usage = "ballast review [OPTION…] < REVIEW.json",
    .description = "Reads an admission.k8s.io/v1 AdmissionReview in JSON and writes the answer. A "
                   "denial is an\n"
                   "answer: the exit code is 0.",
    .groups = groups,
    .examples = "  ballast review < review.json | jq -r .response.patch | base64 -d\n",
    .after = CLI_EXIT_CODES "ballast-review, man ballast-policy\n",
    .takes_arguments = true,
    .takes_paths = true,
};

/* As the webhook bounds a request. */
#define REVIEW_MAX_BYTES ((size_t)7 << 20)

static int read_review(const struct bl_texts *files, cJSON **ret_review, struct bl_error **err)
{
    const char *path = files->len ? files->items[0] : "-";
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(REVIEW_MAX_BYTES);

    if (bl_file_read(path, &text, err) < 0)
        return -1;
    if (bl_json_parse(text.text, text.len, ret_review, err) < 0)
        return bl_wrap(err, "%s", strcmp(path, "-") == 0 ? "<stdin>" : path);
    return 0;
}

static int answer(const struct options *options, cJSON **ret_answer, struct bl_error **err)
{
    BL_AUTO(cli_input_release) struct cli_input input = {0};
    BL_AUTO_JSON cJSON *review = NULL;

    if (cli_read_policies(&options->source.policies, &input.policies, err) < 0 ||
        read_review(&options->source.files, &review, err) < 0)
        return -1;
    if (options->context.len && (cli_read_manifests(&options->context, &input.manifest, err) < 0 ||
                                 bl_manifest_check(&input.manifest, err) < 0))
        return -1;
    input.objects = bl_manifest_objects(&input.manifest);
    enum bl_review_kind kind = options->validate ? BL_REVIEW_VALIDATE
                               : options->mutate ? BL_REVIEW_MUTATE
                                                 : BL_REVIEW_BOTH;
    struct bl_review_facts facts = {.context = input.objects,
                                    .context_len = input.manifest.objects.len,
                                    .sees_cluster = options->context.len > 0,
                                    .sees_claims = options->context.len > 0,
                                    .now = bl_clock_seconds(&bl_clock_real),
                                    .today = bl_day_today()};
    return bl_review_answer(&input.policies, review, kind, &facts, ret_answer, NULL, err);
}

static int review(const struct options *options)
{
    BL_ERROR(err);
    BL_AUTO_JSON cJSON *json = NULL;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (options->mutate && options->validate)
        return bl_command_usage(&command, "--mutate and --validate exclude each other");
    if (options->source.files.len > 1)
        return bl_command_usage(&command, "one review at a time");
    if (answer(options, &json, &err) < 0)
        return cli_fail(err);
    bl_json_write(&out, json);
    bl_strbuf_addc(&out, '\n');
    return cli_print(&out);
}

static void options_release(struct options *options)
{
    cli_source_release(&options->source);
    bl_texts_release(&options->context);
}

static int run(int argc, char **argv)
{
    BL_AUTO(options_release) struct options options = {0};
    int rc = bl_command_parse(&command, argc, argv, &options, &options.source.files);

    return rc < 0 ? review(&options) : rc;
}

const struct cli_verb cli_review = {&command, "answer one AdmissionReview, as the webhook would",
                                    run};
