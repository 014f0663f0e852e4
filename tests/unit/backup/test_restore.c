/* Whether the service restores just now, by what stands in a KafkaRestore. */
#include "ballast/backup/spec.h"
#include "ballast/base/date.h"
#include "json_help.h"

#define AT "2026-11-30T12:00:00Z"
#define OBJECT(reason, created)                                                                  \
    "{'status': {'conditions': [{'type': 'Ready', 'reason': 'Restoring'}, {'type': 'Restored', " \
    "'status': 'False', 'reason': '" reason "'}], 'restore': {'createTime': '" created "'}}}"

static const struct {
    const char *why, *object;
    bool running;
} rows[] = {
    {"it was just asked for", OBJECT("Restoring", ""), true},
    {"it goes on", OBJECT("Restoring", "2026-11-30T11:00:00Z"), true},
    {"for ever", OBJECT("Restoring", "2026-11-30T05:59:00Z"), false},
    {"it has not begun", OBJECT("NotBegun", ""), false},
    {"it is over", OBJECT("Restored", "2026-11-30T11:00:00Z"), false},
    {"it failed", OBJECT("Failed", "2026-11-30T11:00:00Z"), false},
    {"nobody has looked", "{}", false},
};

START_TEST(whether_it_goes_on)
{
    int64_t now = 0;

    ck_assert(bl_time_parse(AT, &now));
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO_JSON cJSON *object = help_json(rows[i].object);

        BL_WHY(bl_restore_is_running(object, now) == rows[i].running, rows[i].why);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backup/restore");
    TCase *tests = tcase_create("restore");

    tcase_add_test(tests, whether_it_goes_on);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
