#include <string.h>

#include "ballast/base/text.h"
#include "cli.h"

/* The least severity that makes the exit code 1; 0 where the word is none. */
static enum bl_severity threshold(const struct cli_args *args)
{
    static const enum bl_severity all[] = {BL_SEVERITY_INFO, BL_SEVERITY_WARNING,
                                           BL_SEVERITY_ERROR};

    if (!args->fail_on)
        return BL_SEVERITY_INFO;
    for (size_t i = 0; i < BL_ARRAY_LEN(all); i++)
        if (strcmp(args->fail_on, bl_severity_name(all[i])) == 0)
            return all[i];
    return (enum bl_severity)0;
}

static void render(const struct cli_input *input, const char *format, struct bl_strbuf *out)
{
    BL_AUTO_JSON cJSON *json = NULL;

    if (bl_text_eq(format, "json"))
        json = cli_findings_json(input);
    else if (bl_text_eq(format, "sarif"))
        json = cli_findings_sarif(input);
    else if (bl_text_eq(format, "junit"))
        cli_findings_junit(input, out);
    else
        cli_findings_text(input, BL_SEVERITY_INFO, true, out);
    if (json)
        bl_json_write_pretty(out, json);
}

static void print_summary(const struct cli_input *input)
{
    size_t judged = 0;

    for (size_t i = 0; i < input->report->len; i++)
        judged += input->report->objects[i].judged;
    (void)fprintf(
        stderr, "%zu of %zu objects are Kafka or ZooKeeper: %zu errors, %zu warnings, %zu notes\n",
        judged, input->report->len, cli_count(input, BL_SEVERITY_ERROR, true),
        cli_count(input, BL_SEVERITY_WARNING, true), cli_count(input, BL_SEVERITY_INFO, true));
}

static int run(const struct cli_args *args)
{
    BL_ERROR(err);
    BL_AUTO(cli_input_release) struct cli_input input = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    enum bl_severity least = threshold(args);
    bool failing = false;

    if (!least)
        return cli_usage(&cli_lint, "--fail-on takes info, warning or error");
    if (cli_load(args, &input, &err) < 0)
        return cli_fail(err);
    render(&input, args->output, &out);
    if (cli_print(&out) != CLI_OK)
        return CLI_ERROR;
    if (!args->quiet && (!args->output || strcmp(args->output, "text") == 0))
        print_summary(&input);
    for (enum bl_severity severity = least; severity <= BL_SEVERITY_ERROR; severity++)
        failing |= cli_count(&input, severity, true) > 0;
    return failing ? CLI_FINDINGS : CLI_OK;
}

const struct cli_verb cli_lint = {
    .name = "lint",
    .arguments = "[FILE|FOLDER|-]…",
    .summary = "say what is wrong or missing, with file and line",
    .description = "Judges Kafka and ZooKeeper workloads by the policies and changes nothing. "
                   "Errors are what\n"
                   "admission would deny; warnings are what it would add, or warn of.",
    .examples = "  ballast lint manifests/\n"
                "  helm template my-kafka CHART | ballast lint -n kafka\n"
                "  ballast lint -p policies/ -o sarif manifests/ > ballast.sarif\n",
    .outputs = "text|json|sarif|junit",
    .flags = CLI_FLAG_POLICY | CLI_FLAG_FILENAME | CLI_FLAG_NAMESPACE | CLI_FLAG_OUTPUT |
             CLI_FLAG_QUIET | CLI_FLAG_FAIL_ON,
    .run = run,
};
