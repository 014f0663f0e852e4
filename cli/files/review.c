#include "ballast/policies/review.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "cli.h"

/* As the webhook bounds a request. */
#define REVIEW_MAX_BYTES ((size_t)7 << 20)

static int read_review(const struct cli_args *args, cJSON **ret_review, struct bl_error **err)
{
    const char *path = args->files.len ? args->files.items[0] : "-";
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(REVIEW_MAX_BYTES);

    if (bl_file_read(path, &text, err) < 0)
        return -1;
    if (bl_json_parse(text.text, text.len, ret_review, err) < 0)
        return bl_wrap(err, "%s", strcmp(path, "-") == 0 ? "<stdin>" : path);
    return 0;
}

static int answer(const struct cli_args *args, cJSON **ret_answer, struct bl_error **err)
{
    BL_AUTO(cli_input_release) struct cli_input input = {0};
    BL_AUTO_JSON cJSON *review = NULL;
    struct cli_args context = {.files = args->context};

    if (cli_read_policies(args, &input.policies, err) < 0 || read_review(args, &review, err) < 0)
        return -1;
    if (args->context.len && cli_read_manifests(&context, &input.manifest, err) < 0)
        return -1;
    input.objects = bl_alloc(input.manifest.objects.len, sizeof(*input.objects));
    for (size_t i = 0; i < input.manifest.objects.len; i++)
        input.objects[i] = input.manifest.objects.items[i].object;
    enum bl_review_kind kind = args->validate ? BL_REVIEW_VALIDATE
                               : args->mutate ? BL_REVIEW_MUTATE
                                              : BL_REVIEW_BOTH;
    struct bl_review_facts facts = {.context = input.objects,
                                    .context_len = input.manifest.objects.len,
                                    .sees_cluster = args->context.len > 0,
                                    .today = bl_day_today()};
    return bl_review_answer(&input.policies, review, kind, &facts, ret_answer, NULL, err);
}

static int run(const struct cli_args *args)
{
    BL_ERROR(err);
    BL_AUTO_JSON cJSON *json = NULL;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (args->mutate && args->validate)
        return cli_usage(&cli_review, "--mutate and --validate exclude each other");
    if (args->files.len > 1)
        return cli_usage(&cli_review, "one review at a time");
    if (answer(args, &json, &err) < 0)
        return cli_fail(err);
    bl_json_write(&out, json);
    bl_strbuf_addc(&out, '\n');
    return cli_print(&out);
}

const struct cli_verb cli_review = {
    .name = "review",
    .arguments = "< REVIEW.json",
    .summary = "answer one AdmissionReview, as the webhook would",
    .description = "Reads an admission.k8s.io/v1 AdmissionReview in JSON and writes the answer. A "
                   "denial is an\n"
                   "answer: the exit code is 0.",
    .examples = "  ballast review < review.json | jq -r .response.patch | base64 -d\n",
    .outputs = "json",
    .flags = CLI_FLAG_POLICY | CLI_FLAG_FILENAME | CLI_FLAG_KIND | CLI_FLAG_CONTEXT,
    .run = run,
};
