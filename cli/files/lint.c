#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "cli.h"
#include "cluster.h"
#include "findings.h"
#include "own.h"

enum format { TEXT = 1, JSON, SARIF, JUNIT };
static const char *const formats[] = {"text", "json", "sarif", "junit", NULL};
static const char *const severities[] = {"info", "warning", "error", NULL};

struct options {
    struct cli_source source;
    int format;  /* enum format */
    int fail_on; /* the least severity that makes the exit code 1 */
    bool quiet, verbose;
};

static const struct bl_option own_options[] = {
    CLI_OUTPUT_OPTION(struct options, format, formats, TEXT),
    {.name = "fail-on",
     .value = "SEVERITY",
     .type = BL_OPTION_WORD,
     .offset = offsetof(struct options, fail_on),
     .words = severities,
     .first = BL_SEVERITY_INFO,
     .help = "exit with 1 from this severity on: info, warning or error"},
    CLI_AGAINST_OPTION(struct options, source),
    {.letter = 'q',
     .name = "quiet",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, quiet),
     .help = "no summary"},
    {.letter = 'v',
     .name = "verbose",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, verbose),
     .help = "each finding on its own, also what ballast harden would add"},
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
    .name = "ballast lint",
    .usage = "ballast lint [OPTION…] [FILE|FOLDER|-]…",
    .description = "Judges Kafka and ZooKeeper workloads by the policies and changes nothing. "
                   "Errors are what\n"
                   "admission would deny; warnings are what it would add, or warn of.",
    .groups = groups,
    .examples = "  ballast lint manifests/\n"
                "  helm template my-kafka CHART | ballast lint -n kafka\n"
                "  ballast lint --against before.yaml after.yaml\n"
                "  helm template my-kafka CHART | ballast lint -n kafka --against live\n"
                "  ballast lint -p policies/ -o sarif manifests/ > ballast.sarif\n",
    .after = CLI_EXIT_CODES "ballast-lint, man ballast-policy\n",
    .takes_arguments = true,
    .takes_paths = true,
};

static void add_count(struct bl_strbuf *out, const char *before, size_t count, const char *one,
                      const char *many)
{
    bl_strbuf_addf(out, "%s%zu %s", before, count, bl_text_plural((int64_t)count, one, many));
}

static void print_summary(const struct cli_input *input)
{
    size_t judged = 0, unmanaged = cli_notes(input), faults = input->manifest.faults.len;
    size_t len = input->before ? input->before : input->report->len;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (size_t i = 0; i < len; i++)
        judged += input->report->objects[i].judged;
    bl_strbuf_addf(&out, "%zu of %zu objects %s Kafka or ZooKeeper", judged, len,
                   bl_text_plural((int64_t)judged, "is", "are"));
    if (unmanaged)
        bl_strbuf_addf(&out, ", %zu more not judged", unmanaged);
    if (faults)
        add_count(&out, ", ", faults, "document cannot be judged", "documents cannot be judged");
    add_count(&out, ": ", cli_findings_count(input, BL_SEVERITY_ERROR, true), "error", "errors");
    add_count(&out, ", ", cli_findings_count(input, BL_SEVERITY_WARNING, true), "warning",
              "warnings");
    add_count(&out, ", ", cli_findings_count(input, BL_SEVERITY_INFO, true), "note", "notes");
    cli_say(STDERR_FILENO, "%s", out.text);
}

static int print_as_text(const struct cli_input *input, const struct options *options)
{
    const struct cli_findings_shown shown = {BL_SEVERITY_INFO, true, options->verbose};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(cli_marks_release) struct cli_marks marks = {0};
    int rc;

    cli_findings_text(input, &shown, &out, &marks);
    rc = cli_show_marked(STDOUT_FILENO, &out, &marks);

    if (rc == CLI_OK && !options->quiet)
        print_summary(input);
    return rc;
}

static int print(const struct cli_input *input, const struct options *options)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *json = NULL;

    if (options->format == TEXT)
        return print_as_text(input, options);
    if (options->format == JUNIT)
        cli_findings_junit(input, &out);
    else
        json = options->format == JSON ? cli_findings_json(input) : cli_findings_sarif(input);
    if (json)
        bl_json_write_pretty(&out, json);
    return cli_print(&out);
}

static int lint(const struct options *options)
{
    BL_ERROR(err);
    BL_AUTO(cli_input_release) struct cli_input input = {0};
    bool failing = false;

    if (cli_load(&options->source, &input, &err) < 0)
        return cli_fail(err);
    cli_check_own(&input);
    bool faulty = cli_tell_faults(&input);
    if (print(&input, options) != CLI_OK || faulty)
        return CLI_ERROR;
    for (int severity = options->fail_on; severity <= BL_SEVERITY_ERROR; severity++)
        failing |= cli_findings_count(&input, (enum bl_severity)severity, true) > 0;
    return failing ? CLI_FINDINGS : CLI_OK;
}

static void options_release(struct options *options)
{
    cli_source_release(&options->source);
}

static int run(int argc, char **argv)
{
    BL_AUTO(options_release) struct options options = {.format = TEXT, .fail_on = BL_SEVERITY_INFO};
    int rc = bl_command_parse(&command, argc, argv, &options, &options.source.files);

    return rc < 0 ? lint(&options) : rc;
}

const struct cli_verb cli_lint = {&command, "say what is wrong or missing, with file and line",
                                  run};
