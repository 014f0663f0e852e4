#include <string.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "case.h"
#include "cli.h"
#include "print.h"

/* Largest file of cases. */
#define CASES_MAX_BYTES ((size_t)4 << 20)

enum format { TEXT = 1, CASES };
static const char *const formats[] = {"text", "cases", NULL};

struct options {
    struct cli_source source; /* of which the files alone are taken: the cases */
    int format;               /* enum format */
    bool verbose;
};

static const struct bl_option own_options[] = {
    {.letter = 'v',
     .name = "verbose",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, verbose),
     .help = "name every case, also those that pass"},
    CLI_OUTPUT_OPTION(struct options, format, formats, TEXT),
    {0},
};
static const struct bl_option_group own = {.options = own_options};

static const struct bl_option_place groups[] = {
    {&cli_file_options, offsetof(struct options, source)},
    {&own, 0},
    {0},
};

static const struct bl_command command = {
    .name = "ballast test",
    .usage = "ballast test [OPTION…] FILE|FOLDER…",
    .description =
        "Each case names manifests, policies and what should come of them; see man ballast-test. "
        "Folders\n"
        "named fixtures and policies are not searched for cases: they hold what cases read. With\n"
        "-o cases they are printed as JSON, not run.",
    .groups = groups,
    .examples = "  ballast test policy-tests/\n",
    .after = CLI_EXIT_CODES "ballast-test, man ballast-policy\n",
    .takes_arguments = true,
    .takes_paths = true,
};

struct tally {
    size_t passed, failed;
    bool verbose, print;
};

static int run_case(const char *file, const struct bl_yaml_doc *doc, struct tally *tally,
                    struct bl_error **err)
{
    BL_AUTO(cli_case_release) struct cli_case test = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf failures = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (cli_case_open(&test, file, doc, err) < 0)
        return bl_text_starts(bl_error_text(*err), file) ? -1
                                                         : bl_wrap(err, "%s:%u", file, test.line);
    if (tally->print) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf line = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

        cli_case_print(&test, &line);
        tally->failed += cli_print(&line) != CLI_OK;
        return 0;
    }
    if (cli_case_check(&test, &failures, err) < 0 || cli_case_laws(&test, &failures, err) < 0)
        return bl_text_starts(bl_error_text(*err), file)
                   ? -1
                   : bl_wrap(err, "%s:%u: case \"%s\"", file, test.line, test.name);
    tally->passed += failures.len == 0;
    tally->failed += failures.len > 0;
    if (failures.len)
        cli_say(STDOUT_FILENO, "FAIL %s:%u: %s\n%s", file, test.line, test.name, failures.text);
    else if (tally->verbose)
        cli_say(STDOUT_FILENO, "ok   %s:%u: %s", file, test.line, test.name);
    return 0;
}

/* A case that cannot be run fails, and the others still run. */
static void try_case(const char *file, const struct bl_yaml_segment *segment, struct tally *tally)
{
    BL_ERROR(err);
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;
    int rc = bl_yaml_parse(file, segment, &doc, &err);

    if (rc == 0 && !bl_json_is_null(bl_yaml_doc_root(doc)))
        rc = run_case(file, doc, tally, &err);
    if (rc == 0)
        return;
    cli_fail(err);
    tally->failed++;
}

static int run_file(const char *file, struct tally *tally, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(CASES_MAX_BYTES);
    struct bl_yaml_stream stream;
    struct bl_yaml_segment segment;

    if (bl_file_read(file, &text, err) < 0)
        return -1;
    bl_yaml_stream_init(&stream, text.text, text.len);
    while (bl_yaml_next(&stream, &segment))
        try_case(file, &segment, tally);
    return 0;
}

/* Files that cases read (manifests, policies) lie in folders of these names below the one that is named. */
static bool is_fixture(const char *path, const char *folder)
{
    const char *below = bl_text_starts(path, folder) ? path + strlen(folder) : "";
    BL_AUTO_FREE char *inside = bl_asprintf("/%s", below);

    return strstr(inside, "/fixtures/") || strstr(inside, "/policies/");
}

/* A file that is named is run wherever it lies. */
static int run_path(const char *path, struct tally *tally, struct bl_error **err)
{
    static const char *const suffixes[] = {".yaml", ".yml", NULL};
    BL_AUTO(bl_paths_release) struct bl_paths paths = {0};

    if (bl_paths_add(&paths, path, suffixes, err) < 0 || bl_paths_check(&paths, err) < 0)
        return -1;
    for (size_t i = 0; i < paths.len; i++) {
        bool named = strcmp(paths.items[i], path) == 0;

        if ((named || !is_fixture(paths.items[i], path)) &&
            run_file(paths.items[i], tally, err) < 0)
            return -1;
    }
    return 0;
}

static int test(const struct options *options)
{
    BL_ERROR(err);
    const struct bl_texts *paths = &options->source.files;
    struct tally tally = {.verbose = options->verbose, .print = options->format == CASES};

    if (!paths->len)
        return bl_command_usage(&command, "name the files or folders of cases");
    for (size_t i = 0; i < paths->len; i++)
        if (run_path(paths->items[i], &tally, &err) < 0)
            return cli_fail(err);
    if (tally.print)
        return tally.failed ? CLI_ERROR : CLI_OK;
    if (!tally.passed && !tally.failed) {
        cli_say(STDERR_FILENO, "ballast: error: there is no case in these files");
        return CLI_ERROR;
    }
    cli_say(STDOUT_FILENO, "%zu passed, %zu failed", tally.passed, tally.failed);
    return tally.failed ? CLI_FINDINGS : CLI_OK;
}

static void options_release(struct options *options)
{
    cli_source_release(&options->source);
}

static int run(int argc, char **argv)
{
    BL_AUTO(options_release) struct options options = {.format = TEXT};
    int rc = bl_command_parse(&command, argc, argv, &options, &options.source.files);

    return rc < 0 ? test(&options) : rc;
}

const struct cli_verb cli_test = {&command, "run golden cases for policies", run};
