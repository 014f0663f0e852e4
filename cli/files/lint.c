#include "ballast/base/mem.h"
#include "cli.h"
#include "findings.h"

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
                "  ballast lint -p policies/ -o sarif manifests/ > ballast.sarif\n",
    .after = CLI_EXIT_CODES "ballast-lint, man ballast-policy\n",
    .takes_arguments = true,
    .takes_paths = true,
};

static void print_summary(const struct cli_input *input, const struct cli_findings_told *told)
{
    size_t judged = 0, unmanaged = cli_notes(input);
    BL_AUTO_FREE char *rest = unmanaged ? bl_asprintf(", %zu more not judged", unmanaged) : NULL;

    for (size_t i = 0; i < input->report->len; i++)
        judged += input->report->objects[i].judged;
    cli_say(STDERR_FILENO,
            "%zu of %zu objects are Kafka or ZooKeeper%s: %zu errors, %zu warnings, %zu notes",
            judged, input->report->len, rest ? rest : "", told->of[BL_SEVERITY_ERROR],
            told->of[BL_SEVERITY_WARNING], told->of[BL_SEVERITY_INFO]);
}

static int print_as_text(const struct cli_input *input, const struct options *options)
{
    const struct cli_findings_shown shown = {BL_SEVERITY_INFO, true, options->verbose};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(cli_marks_release) struct cli_marks marks = {0};
    struct cli_findings_told told = cli_findings_text(input, &shown, &out, &marks);
    int rc = cli_show_marked(STDOUT_FILENO, &out, &marks);

    if (rc == CLI_OK && !options->quiet)
        print_summary(input, &told);
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
    if (print(&input, options) != CLI_OK)
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
