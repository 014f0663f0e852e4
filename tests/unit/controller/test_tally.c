/* What the KafkaBackups of a plan come to. */
#include "backup/tally.h"

#include <string.h>

#include "ballast/base/date.h"
#include "ballast/object/object.h"
#include "json_help.h"

#define NOW "2026-12-01T12:00:00Z"
#define NOTED "{'schedule': {'last': '2026-12-01T03:00:00Z'}}"
/* By the schedule, and by hand. */
#define MADE(name, time, status)                                                         \
    "{'metadata': {'name': '" name "', 'creationTimestamp': '" time "', 'annotations': " \
    "{'ballast.dev/scheduled-at': '" time "'}}, 'status': {" status "}}"
#define HAND(name, time, status) \
    "{'metadata': {'name': '" name "', 'creationTimestamp': '" time "'}, 'status': {" status "}}"
#define STATE(state) "'backup': {'state': '" state "'}"
#define STALLED "'conditions': [{'type': 'Stalled', 'status': 'True'}]"

static const struct {
    const char *why;
    int64_t rpo;
    const char *status, *backups, *last, *attempt;
    bool running;
    const char *newest, *failed, *waiting;
} rows[] = {
    {"none yet", 0, "{}", "[]", NULL, NULL, false, NULL, NULL, NULL},
    {"noted, and gone since", 0, NOTED, "[]", "2026-12-01T03:00:00Z", "2026-12-01T03:00:00Z", false,
     NULL, NULL, NULL},
    {"one that succeeded", 0, "{}", "[" MADE("a", "2026-12-01T03:00:00Z", STATE("SUCCEEDED")) "]",
     "2026-12-01T03:00:00Z", "2026-12-01T03:00:00Z", false, "a", NULL, NULL},
    {"one by hand is none of cron's", 0, "{}",
     "[" HAND("a", "2026-12-01T03:00:00Z", STATE("SUCCEEDED")) "]", NULL, NULL, false, "a", NULL,
     NULL},
    {"one goes on", 0, "{}", "[" MADE("a", "2026-12-01T03:00:00Z", STATE("IN_PROGRESS")) "]",
     "2026-12-01T03:00:00Z", "2026-12-01T03:00:00Z", true, NULL, NULL, NULL},
    {"one was just made", 0, "{}", "[" MADE("a", "2026-12-01T11:30:00Z", "") "]",
     "2026-12-01T11:30:00Z", "2026-12-01T11:30:00Z", true, NULL, NULL, NULL},
    {"one does not begin", 0, "{}", "[" MADE("a", "2026-12-01T03:00:00Z", "") "]",
     "2026-12-01T03:00:00Z", "2026-12-01T03:00:00Z", true, NULL, NULL, "a"},
    {"one is refused: it is not under way", 0, "{}",
     "[" MADE("a", "2026-12-01T03:00:00Z", STALLED) "]", "2026-12-01T03:00:00Z",
     "2026-12-01T03:00:00Z", false, NULL, "a", NULL},
    {"one by hand is refused", 0, "{}", "[" HAND("a", "2026-12-01T03:00:00Z", STALLED) "]", NULL,
     NULL, false, NULL, NULL, NULL},
    {"one failed, and then none", 0, "{}",
     "[" MADE("a", "2026-12-01T02:00:00Z", STATE("SUCCEEDED")) "," MADE("b", "2026-12-01T03:00:00Z",
                                                                        STATE("FAILED")) "]",
     "2026-12-01T03:00:00Z", "2026-12-01T03:00:00Z", false, "a", "b", NULL},
    {"one failed, and the next did not", 0, "{}",
     "[" MADE("b", "2026-12-01T03:00:00Z", STATE("FAILED")) "," HAND("a", "2026-12-01T04:00:00Z",
                                                                     STATE("SUCCEEDED")) "]",
     "2026-12-01T03:00:00Z", "2026-12-01T03:00:00Z", false, "a", NULL, NULL},
    {"it has gone at the service", 0, "{}",
     "[" MADE("a", "2026-12-01T03:00:00Z", STATE("SUCCEEDED") "," STALLED) "]",
     "2026-12-01T03:00:00Z", "2026-12-01T03:00:00Z", false, "a", NULL, NULL},
    {"by age one that failed does not count", 600, "{}",
     "[" MADE("a", "2026-11-30T12:00:00Z", STATE("SUCCEEDED")) "," MADE("b", "2026-11-30T21:00:00Z",
                                                                        STATE("FAILED")) "]",
     "2026-11-30T12:00:00Z", "2026-11-30T21:00:00Z", false, "a", "b", NULL},
    {"by age one by hand does", 600, "{}",
     "[" HAND("a", "2026-12-01T03:00:00Z", STATE("SUCCEEDED")) "]", "2026-12-01T03:00:00Z",
     "2026-12-01T03:00:00Z", false, "a", NULL, NULL},
    {"by age, and gone since", 600,
     "{'schedule': {'last': '2026-12-01T03:00:00Z'}, 'lastBackup': {'createTime': "
     "'2026-12-01T02:00:00Z'}}",
     "[]", "2026-12-01T02:00:00Z", "2026-12-01T03:00:00Z", false, NULL, NULL, NULL},
    {"a clock had jumped", 0, "{'schedule': {'last': '2027-12-01T03:00:00Z'}}",
     "[" MADE("a", "2027-12-01T03:00:00Z", STATE("SUCCEEDED")) "," MADE("b", "2026-12-01T03:00:00Z",
                                                                        STATE("SUCCEEDED")) "]",
     "2026-12-01T03:00:00Z", "2026-12-01T03:00:00Z", false, "a", NULL, NULL},
};

static int64_t at(const char *time)
{
    int64_t seconds = 0;

    ck_assert(!time || bl_time_parse(time, &seconds));
    return seconds;
}

static bool is(const cJSON *backup, const char *name)
{
    return name ? backup && strcmp(bl_object_ref(backup).name, name) == 0 : !backup;
}

START_TEST(what_they_come_to)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO_JSON cJSON *status = help_json(rows[i].status);
        BL_AUTO_JSON cJSON *backups = help_json(rows[i].backups);
        struct bl_backup_schedule schedule = {.cron = rows[i].rpo ? NULL : (char *)"0 3 * * *",
                                              .rpo_minutes = rows[i].rpo};
        struct bl_backup_tally tally;

        bl_backup_tally(&schedule, status, backups, at(NOW), &tally);
        BL_WHY(tally.last == at(rows[i].last) && tally.attempt == at(rows[i].attempt), rows[i].why);
        BL_WHY(tally.running == rows[i].running, rows[i].why);
        BL_WHY(is(tally.newest, rows[i].newest) && is(tally.failed, rows[i].failed) &&
                   is(tally.waiting, rows[i].waiting),
               rows[i].why);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("controller/tally");
    TCase *tests = tcase_create("tally");

    tcase_add_test(tests, what_they_come_to);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
