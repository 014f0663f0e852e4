/* What is said of brokers' disks: the sum of what they hold, the fullest disk, and what failed. */
#include <string.h>

#include "ballast/base/mem.h"
#include "live/status.h"
#include "unit.h"

#define GIB ((int64_t)1 << 30)

static const struct {
    const char *why;
    bool tells;
    struct bl_log_dir dirs[2];
    const char *held, *unused, *failed;
} rows[] = {
    {"it does not tell", false, {{0}}, "-", "-", ""},
    {"no folder", true, {{0}}, "0.0 KiB", "-", ""},
    {"one disk", true, {{"/a", 0, 3, 3 * GIB / 2, 10 * GIB, 4 * GIB}}, "1.5 GiB", "40 %", ""},
    {"the fullest of two",
     true,
     {{"/a", 0, 1, 512, GIB, GIB / 2}, {"/b", 0, 1, 512, GIB, GIB / 4}},
     "1.0 KiB",
     "25 %",
     ""},
    {"before Kafka 3.3", true, {{"/a", 0, 1, 2 * GIB, -1, -1}}, "2.0 GiB", "-", ""},
    {"larger than any",
     true,
     {{"/a", 0, 1, INT64_MAX, INT64_MAX, INT64_MAX}, {"/b", 0, 1, INT64_MAX, INT64_MAX, 0}},
     "16.0 EiB",
     "0 %",
     ""},
    {"one failed",
     true,
     {{"/a", 0, 1, GIB, GIB, GIB / 2}, {"/b", 56, 0, 0, -1, -1}},
     "1.0 GiB",
     "50 %",
     "     /b: its disk failed\n"},
    {"for another reason",
     true,
     {{"/a", -1, 0, 0, -1, -1}},
     "0.0 KiB",
     "-",
     "     /a: error -1 of Kafka's\n"},
};

static void add_row(struct cli_status *status, size_t row)
{
    struct cli_disks *disks = BL_PUSH(&status->disks);

    disks->broker = 7;
    for (size_t i = 0; i < BL_ARRAY_LEN(rows[row].dirs) && rows[row].dirs[i].path; i++) {
        struct bl_log_dir *dir = BL_PUSH(&disks->dirs);

        *dir = rows[row].dirs[i];
        dir->path = bl_strdup(dir->path);
    }
}

START_TEST(as_text)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO(cli_status_release) struct cli_status status = {0};
        BL_AUTO(bl_strbuf_release) struct bl_strbuf failed = BL_STRBUF_INIT(4096);

        if (rows[i].tells)
            add_row(&status, i);

        BL_AUTO_FREE char *held = cli_status_held(&status, 7);
        BL_AUTO_FREE char *unused = cli_status_usable(&status, 7);

        cli_status_add_failed_disks(&status, 7, &failed);
        ck_assert_msg(strcmp(held, rows[i].held) == 0, "%s: %s", rows[i].why, held);
        ck_assert_msg(strcmp(unused, rows[i].unused) == 0, "%s: %s", rows[i].why, unused);
        ck_assert_msg(strcmp(failed.text, rows[i].failed) == 0, "%s: %s", rows[i].why, failed.text);
    }
}
END_TEST

START_TEST(as_json)
{
    static const char wanted[] =
        "{\"logDirs\":[{\"path\":\"/"
        "a\",\"replicas\":1,\"bytes\":1073741824,\"totalBytes\":1073741824,"
        "\"usableBytes\":536870912},{\"path\":\"/b\",\"error\":56,\"replicas\":0,\"bytes\":0}]}";
    BL_AUTO(cli_status_release) struct cli_status status = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(4096);
    BL_AUTO_JSON cJSON *json = bl_json_new_object();

    add_row(&status, 6);
    cli_status_add_disks_json(&status, 7, json);
    cli_status_add_disks_json(&status, 8, json); /* who does not tell has no list */
    bl_json_write(&text, json);
    ck_assert_str_eq(text.text, wanted);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli/status_disks");
    TCase *tests = tcase_create("disks");

    tcase_add_test(tests, as_text);
    tcase_add_test(tests, as_json);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
