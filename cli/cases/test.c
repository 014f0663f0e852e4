#include <string.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "case.h"

/* Largest file of cases. */
#define CASES_MAX_BYTES ((size_t)4 << 20)

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
        printf("%s", line.text);
        return 0;
    }
    if (cli_case_check(&test, &failures, err) < 0 || cli_case_laws(&test, &failures, err) < 0)
        return bl_text_starts(bl_error_text(*err), file)
                   ? -1
                   : bl_wrap(err, "%s:%u: case \"%s\"", file, test.line, test.name);
    tally->passed += failures.len == 0;
    tally->failed += failures.len > 0;
    if (failures.len)
        printf("FAIL %s:%u: %s\n%s\n", file, test.line, test.name, failures.text);
    else if (tally->verbose)
        printf("ok   %s:%u: %s\n", file, test.line, test.name);
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
    (void)fflush(stdout);
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

    if (bl_paths_add(&paths, path, suffixes, err) < 0)
        return -1;
    for (size_t i = 0; i < paths.len; i++) {
        bool named = strcmp(paths.items[i], path) == 0;

        if ((named || !is_fixture(paths.items[i], path)) &&
            run_file(paths.items[i], tally, err) < 0)
            return -1;
    }
    return 0;
}

static int run(const struct cli_args *args)
{
    BL_ERROR(err);
    struct tally tally = {.verbose = args->verbose, .print = bl_text_eq(args->output, "cases")};

    if (!args->files.len)
        return cli_usage(&cli_test, "name the files or folders of cases");
    for (size_t i = 0; i < args->files.len; i++)
        if (run_path(args->files.items[i], &tally, &err) < 0)
            return cli_fail(err);
    if (tally.print)
        return tally.failed ? CLI_ERROR : CLI_OK;
    if (!tally.passed && !tally.failed) {
        (void)fputs("ballast: error: there is no case in these files\n", stderr);
        return CLI_ERROR;
    }
    printf("%zu passed, %zu failed\n", tally.passed, tally.failed);
    return tally.failed ? CLI_FINDINGS : CLI_OK;
}

const struct cli_verb cli_test = {
    .name = "test",
    .arguments = "FILE|FOLDER…",
    .summary = "run golden cases for policies",
    .description =
        "Each case names manifests, policies and what should come of them; see man ballast-test. "
        "Folders\n"
        "named fixtures and policies are not searched for cases: they hold what cases read. With\n"
        "-o cases they are printed as JSON, not run.",
    .examples = "  ballast test policy-tests/\n",
    .outputs = "text|cases",
    .flags = CLI_FLAG_FILENAME | CLI_FLAG_VERBOSE | CLI_FLAG_OUTPUT,
    .run = run,
};
