#include <string.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "cli.h"
#include "cluster.h"
#include "findings.h"

struct options {
    struct cli_source source;
    bool diff, in_place, quiet, verbose;
};

static const struct bl_option own_options[] = {
    {.name = "diff",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, diff),
     .help = "show what changes as a unified diff"},
    {.letter = 'i',
     .name = "in-place",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, in_place),
     .help = "write the files themselves, unless something is denied"},
    CLI_AGAINST_OPTION(struct options, source),
    {.name = "new-cluster",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, source.new_cluster),
     .help = "nothing of it is there yet: complete settings that count when it is made"},
    {.letter = 'q',
     .name = "quiet",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, quiet),
     .help = "no summary; print denials only, no warnings"},
    {.letter = 'v',
     .name = "verbose",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, verbose),
     .help = "each finding on its own, also what was added"},
    {0},
};
static const struct bl_option_group own = {.options = own_options};

static const struct bl_option_place groups[] = {
    CLI_SOURCE_PLACES(struct options, source),
    {&own, 0},
    {&cli_cluster_options, offsetof(struct options, source.cluster)},
    {0},
};

static const struct bl_command command = {
    .name = "ballast harden",
    .usage = "ballast harden [OPTION…] [FILE|FOLDER|-]…",
    .description = "Prints all documents in order, completed by the policies, with budgets and "
                   "network policies\n"
                   "behind the workloads that they protect. What is not Kafka or ZooKeeper goes "
                   "through byte for byte.\n"
                   "Denials and warnings go to standard error. Works as a Helm post-renderer and "
                   "as a KRM function\n"
                   "(a ResourceList in, a ResourceList out).",
    .groups = groups,
    .examples = "  ballast harden --diff manifests/\n"
                "  ballast harden -p policies/ --in-place manifests/kafka.yaml\n"
                "  ballast harden --against before.yaml after.yaml\n"
                "  helm template my-kafka CHART | ballast harden -n kafka --against live\n"
                "  helm upgrade --install my-kafka CHART --post-renderer ballast "
                "--post-renderer-args harden\n",
    .after = CLI_EXIT_CODES "ballast-harden, man ballast-policy\n",
    .takes_arguments = true,
    .takes_paths = true,
};

static void print_findings(const struct cli_input *input, bool quiet, bool verbose)
{
    const struct cli_findings_shown shown = {quiet ? BL_SEVERITY_ERROR : BL_SEVERITY_INFO, verbose,
                                             verbose};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(cli_marks_release) struct cli_marks marks = {0};
    size_t changed = 0, denials = cli_findings_count(input, BL_SEVERITY_ERROR, false),
           warnings = cli_findings_count(input, BL_SEVERITY_WARNING, false);

    cli_findings_text(input, &shown, &text, &marks);
    (void)cli_show_marked(STDERR_FILENO, &text, &marks);
    if (quiet)
        return;
    (void)cli_notes(input);
    for (size_t i = 0; i < input->report->len; i++)
        changed += input->report->objects[i].edit.patch != NULL;
    cli_say(STDERR_FILENO, "ballast: %zu %s changed, %zu added, %zu %s, %zu %s", changed,
            bl_text_plural((int64_t)changed, "object", "objects"), input->report->companions.len,
            denials, bl_text_plural((int64_t)denials, "denial", "denials"), warnings,
            bl_text_plural((int64_t)warnings, "warning", "warnings"));
}

static int print_diffs(const struct cli_input *input, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (size_t i = 0; i < cli_files(input); i++) {
        const struct bl_source *file = &input->manifest.files.items[i];
        BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
        const char *slash = file->name[0] == '/' ? "" : "/";
        BL_AUTO_FREE char *before = bl_asprintf("a%s%s", slash, file->name);
        BL_AUTO_FREE char *after = bl_asprintf("b%s%s", slash, file->name);

        if (cli_hardened_file(input, i, &text, err) < 0)
            return -1;
        cli_diff(&out, before, after, file->text, text.text);
    }
    /* People see it on a terminal; elsewhere patch reads it. */
    if ((isatty(STDOUT_FILENO) ? cli_show(&out) : cli_print(&out)) != CLI_OK)
        return bl_fail(err, BL_ERR_IO, "could not write the diff");
    return 0;
}

/* All files are made before the first is written, so that a failure leaves every one as it was. */
static int write_files(const struct cli_input *input, struct bl_error **err)
{
    size_t count = cli_files(input);
    BL_AUTO_FREE struct bl_strbuf *texts = bl_alloc(count, sizeof(*texts));
    int rc = 0;

    for (size_t i = 0; i < count; i++) {
        texts[i] = (struct bl_strbuf)BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
        if (rc == 0)
            rc = cli_hardened_file(input, i, &texts[i], err);
    }
    for (size_t i = 0; i < count && rc == 0; i++) {
        const struct bl_source *file = &input->manifest.files.items[i];

        if (texts[i].len != file->len || memcmp(texts[i].text, file->text, file->len) != 0)
            rc = bl_file_replace(file->name, texts[i].text, texts[i].len, err);
    }
    for (size_t i = 0; i < count; i++)
        bl_strbuf_release(&texts[i]);
    return rc;
}

static int print_stream(const struct cli_input *input, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (cli_hardened(input, &out, err) < 0)
        return -1;
    /* Helm 3 deletes the whole release when a post-renderer prints nothing and says that all is well. */
    if (!out.len && input->manifest.objects.len)
        return bl_fail(err, BL_ERR_INTERNAL, "nothing would be left of %zu objects",
                       input->manifest.objects.len);
    return cli_print(&out) == CLI_OK ? 0 : bl_fail(err, BL_ERR_IO, "could not write the manifests");
}

static int deliver(const struct options *options, const struct cli_input *input,
                   struct bl_error **err)
{
    if (options->diff)
        return print_diffs(input, err);
    if (!options->in_place)
        return print_stream(input, err);
    if (bl_report_denied(input->report)) {
        cli_say(STDERR_FILENO, "ballast: no file was written, because of the denials");
        return 0;
    }
    return write_files(input, err);
}

static bool reads_stdin(const struct bl_texts *files)
{
    for (size_t i = 0; i < files->len; i++)
        if (strcmp(files->items[i], "-") == 0)
            return true;
    return !files->len;
}

static int harden(const struct options *options)
{
    BL_ERROR(err);
    BL_AUTO(cli_input_release) struct cli_input input = {0};

    if (options->in_place && reads_stdin(&options->source.files))
        return bl_command_usage(&command,
                                "--in-place needs files, standard input cannot be written back");
    if (options->in_place && options->diff)
        return bl_command_usage(&command, "--in-place and --diff exclude each other");
    if (options->source.new_cluster && options->source.against.len)
        return bl_command_usage(&command, "--new-cluster and --against exclude each other");
    if (cli_load(&options->source, &input, &err) < 0)
        return cli_fail(err);
    /* Whoever applies what is printed would apply Kafka that nobody has looked at. */
    if (cli_tell_faults(&input))
        return CLI_ERROR;
    print_findings(&input, options->quiet, options->verbose);
    if (deliver(options, &input, &err) < 0)
        return cli_fail(err);
    return bl_report_denied(input.report) ? CLI_FINDINGS : CLI_OK;
}

static void options_release(struct options *options)
{
    cli_source_release(&options->source);
}

static int run(int argc, char **argv)
{
    BL_AUTO(options_release) struct options options = {0};
    int rc = bl_command_parse(&command, argc, argv, &options, &options.source.files);

    return rc < 0 ? harden(&options) : rc;
}

const struct cli_verb cli_harden = {
    &command, "complete manifests: what the webhook would add, and the objects beside", run};
