/* What a table of options is to --help: groups that belong together, and words that list themselves. */
#include "ballast/base/options.h"

#include <string.h>

#include "unit.h"

struct given {
    struct bl_texts files, names;
    int format;
    bool quiet;
};

static const char *const formats[] = {"text", "json", "sarif", NULL};

static const struct bl_option one_options[] = {
    {.letter = 'o',
     .name = "output",
     .value = "FORMAT",
     .type = BL_OPTION_WORD,
     .offset = offsetof(struct given, format),
     .words = formats,
     .first = 1},
    {0},
};
static const struct bl_option other_options[] = {
    {.letter = 'f',
     .name = "filename",
     .value = "PATH",
     .type = BL_OPTION_TEXTS,
     .offset = offsetof(struct given, files),
     .help = "a file"},
    {.letter = 'n',
     .name = "name",
     .value = "NAME",
     .type = BL_OPTION_TEXTS,
     .offset = offsetof(struct given, names),
     .help = "a name"},
    {.letter = 'q',
     .name = "quiet",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct given, quiet),
     .help = "no summary"},
    {0},
};
static const struct bl_option none[] = {{0}};
static const struct bl_option_group one = {.options = one_options};
static const struct bl_option_group other = {.options = other_options};
static const struct bl_option_group apart = {.heading = "Apart", .options = none};
static const struct bl_option_place groups[] = {{&one, 0}, {&other, 0}, {&apart, 0}, {0}};

static const struct bl_command command = {
    .name = "it verb",
    .usage = "it verb [OPTION…]",
    .description = "Does it.",
    .groups = groups,
    .examples = "  it verb\n",
    .after = "Exit codes: 0.\n",
    .takes_arguments = true,
};

START_TEST(help)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(4096);

    bl_command_help(&command, &text);
    ck_assert_str_eq(text.text, "Usage: it verb [OPTION…]\n"
                                "\n"
                                "Does it.\n"
                                "\n"
                                "Options:\n"
                                "  -o, --output FORMAT            text, json or sarif\n"
                                "  -f, --filename PATH            a file\n"
                                "  -n, --name NAME                a name\n"
                                "  -q, --quiet                    no summary\n"
                                "\n"
                                "Apart:\n"
                                "\n"
                                "  -h, --help                     this text; --version prints the "
                                "version\n"
                                "\n"
                                "Examples:\n"
                                "  it verb\n"
                                "\n"
                                "Exit codes: 0.\n");
}
END_TEST

/* An option may mean what the arguments mean: they stand in the order of the call. */
START_TEST(files_in_order)
{
    char *argv[] = {"a", "-qf", "b", "--output=sarif", "--", "-c", "d", NULL};
    struct given given = {0};

    ck_assert_int_eq(bl_command_parse(&command, 7, argv, &given, &given.files), -1);
    ck_assert_uint_eq(given.files.len, 4);
    ck_assert_str_eq(given.files.items[0], "a");
    ck_assert_str_eq(given.files.items[1], "b");
    ck_assert_str_eq(given.files.items[2], "-c");
    ck_assert_str_eq(given.files.items[3], "d");
    ck_assert_ptr_null(given.files.items[4]);
    ck_assert_ptr_null(given.names.items[0]);
    ck_assert_int_eq(given.format, 3);
    ck_assert(given.quiet);
    bl_texts_release(&given.files);
    bl_texts_release(&given.names);
    ck_assert_ptr_null(given.files.items);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/options");
    TCase *tests = tcase_create("tables");

    tcase_add_test(tests, help);
    tcase_add_test(tests, files_in_order);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
