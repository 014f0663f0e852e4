/* Whether volumes are copied just now, by what stands in a KafkaBackup. */
#include "ballast/backup/spec.h"
#include "ballast/base/date.h"
#include "json_help.h"

#define AT "2026-11-30T12:00:00Z"
#define OBJECT(state, created, more) \
    "{'status': {'backup': {'state': '" state "', 'createTime': '" created "'" more "}}}"
#define VOLUMES(done) ", 'volumes': {'total': 6, 'snapshotted': " done "}"

static const struct {
    const char *why, *object;
    bool copying;
} rows[] = {
    {"it was just made", OBJECT("CREATING", "2026-11-30T11:59:00Z", ""), true},
    {"no volume is told of yet", OBJECT("IN_PROGRESS", "2026-11-30T11:59:00Z", ""), true},
    {"some have their snapshots", OBJECT("IN_PROGRESS", "2026-11-30T11:59:00Z", VOLUMES("5")),
     true},
    {"all have", OBJECT("IN_PROGRESS", "2026-11-30T11:59:00Z", VOLUMES("6")), false},
    {"for an hour", OBJECT("IN_PROGRESS", "2026-11-30T11:00:00Z", VOLUMES("5")), false},
    {"it is over", OBJECT("SUCCEEDED", "2026-11-30T11:59:00Z", ""), false},
    {"it failed", OBJECT("FAILED", "2026-11-30T11:59:00Z", ""), false},
    {"nobody has looked", "{}", false},
};

START_TEST(whether_it_copies)
{
    int64_t now = 0;

    ck_assert(bl_time_parse(AT, &now));
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO_JSON cJSON *object = help_json(rows[i].object);

        BL_WHY(bl_backup_is_copying(object, now) == rows[i].copying, rows[i].why);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backup/copying");
    TCase *tests = tcase_create("copying");

    tcase_add_test(tests, whether_it_copies);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
