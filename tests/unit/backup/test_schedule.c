/* When the next backup is due. */
#include "ballast/backup/schedule.h"

#include <string.h>

#include "ballast/base/date.h"
#include "json_help.h"

#define CREATED "2026-11-30T12:00:00Z"
#define NIGHTLY "[{'startTime': {'hours': 22}, 'duration': '14400s', 'daily': true}]"
#define MONDAYS "[{'duration': '3600s', 'daysOfWeek': {'daysOfWeek': ['MONDAY']}}]"
#define MONDAYS_NOON                                                     \
    "[{'startTime': {'hours': 11, 'minutes': 30}, 'duration': '3600s', " \
    "'daysOfWeek': {'daysOfWeek': ['MONDAY']}}]"
#define ONCE                                                            \
    "[{'startTime': {'hours': 9, 'minutes': 30}, 'duration': '7200s', " \
    "'singleOccurrenceDate': {'year': 2026, 'month': 12, 'day': 1}}]"

static const struct {
    const char *why, *cron;
    int64_t rpo;
    const char *windows, *last, *due;
} rows[] = {
    {"nothing says when", NULL, 0, NULL, NULL, NULL},
    {"the first, by cron", "0 3 * * *", 0, NULL, NULL, "2026-12-01T03:00:00Z"},
    {"the next", "0 3 * * *", 0, NULL, "2026-12-01T03:00:00Z", "2026-12-02T03:00:00Z"},
    {"one that was missed", "0 3 * * *", 0, NULL, "2026-11-20T03:00:00Z", "2026-11-21T03:00:00Z"},
    {"the first, by age", NULL, 600, NULL, NULL, CREATED},
    {"the first, in a window", NULL, 600, MONDAYS_NOON, NULL, "2026-11-30T12:30:00Z"},
    {"at nine tenths of the target", NULL, 600, NULL, "2026-11-30T12:00:00Z",
     "2026-11-30T21:00:00Z"},
    {"before a window", NULL, 600, NIGHTLY, "2026-11-30T14:00:00Z", "2026-11-30T21:45:00Z"},
    {"in one that began the day before", NULL, 600, NIGHTLY, "2026-11-30T16:30:00Z",
     "2026-11-30T21:45:00Z"},
    {"behind it, where the newest is young", NULL, 600, NIGHTLY, "2026-11-30T16:50:00Z",
     "2026-12-01T02:00:00Z"},
    {"no window of another weekday", NULL, 600, MONDAYS, "2026-11-30T15:30:00Z",
     "2026-12-01T00:30:00Z"},
    {"a window of the weekday", NULL, 600, MONDAYS, "2026-12-06T15:30:00Z", "2026-12-06T23:45:00Z"},
    {"a window of one day", NULL, 600, ONCE, "2026-12-01T01:00:00Z", "2026-12-01T09:15:00Z"},
    {"and not of the next", NULL, 600, ONCE, "2026-12-02T01:00:00Z", "2026-12-02T10:00:00Z"},
};

START_TEST(what_is_due)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO_JSON cJSON *windows = rows[i].windows ? help_json(rows[i].windows) : NULL;
        struct bl_backup_schedule schedule = {
            .cron = (char *)rows[i].cron, .rpo_minutes = rows[i].rpo, .exclusion_windows = windows};
        int64_t last = 0, created = 0, due;
        char text[BL_TIME_SIZE] = "";

        ck_assert(bl_time_parse(CREATED, &created));
        ck_assert(!rows[i].last || bl_time_parse(rows[i].last, &last));
        due = bl_backup_first_due(&schedule, last, created);
        if (due >= 0)
            bl_time_format(due, text);
        ck_assert_msg(strcmp(text, rows[i].due ? rows[i].due : "") == 0, "%s: %s", rows[i].why,
                      text);
        schedule.paused = true;
        ck_assert_int_eq(bl_backup_first_due(&schedule, last, created), -1);
        schedule.paused = false;
        schedule.by = BL_SCHEDULER_SERVICE;
        ck_assert_int_eq(bl_backup_first_due(&schedule, last, created), -1);
    }
}
END_TEST

static const struct {
    const char *why, *cron;
    int64_t rpo;
    const char *windows, *last, *now, *due;
} missed[] = {
    {"it is not time yet", "0 3 * * *", 0, NULL, "2026-12-01T03:00:00Z", "2026-12-01T12:00:00Z",
     "2026-12-02T03:00:00Z"},
    {"it is time", "0 3 * * *", 0, NULL, "2026-12-01T03:00:00Z", "2026-12-02T03:00:20Z",
     "2026-12-02T03:00:00Z"},
    {"paused for thirty days, by the hour", "0 * * * *", 0, NULL, "2026-12-01T03:00:00Z",
     "2026-12-31T12:30:00Z", "2026-12-31T12:00:00Z"},
    {"by the minute", "* * * * *", 0, NULL, "2026-12-01T03:00:00Z", "2026-12-31T12:30:10Z",
     "2026-12-31T12:30:00Z"},
    {"by the month", "0 3 1 * *", 0, NULL, "2026-12-01T03:00:00Z", "2027-06-15T00:00:00Z",
     "2027-06-01T03:00:00Z"},
    {"by the year", "0 3 1 1 *", 0, NULL, "2026-01-01T03:00:00Z", "2031-06-15T00:00:00Z",
     "2031-01-01T03:00:00Z"},
    {"on leap days", "0 3 29 2 *", 0, NULL, "2024-02-29T03:00:00Z", "2031-06-15T00:00:00Z",
     "2028-02-29T03:00:00Z"},
    {"none was made yet", "0 3 * * *", 0, NULL, NULL, "2026-12-08T12:00:00Z",
     "2026-12-08T03:00:00Z"},
    {"by age", NULL, 600, NULL, "2026-12-01T03:00:00Z", "2026-12-08T12:00:42Z",
     "2026-12-08T12:00:00Z"},
    {"by age, in a window", NULL, 600, NIGHTLY, "2026-12-01T03:00:00Z", "2026-12-08T23:00:42Z",
     "2026-12-09T02:00:00Z"},
    {"by age, the first", NULL, 600, NULL, NULL, "2026-12-08T12:00:42Z", "2026-12-08T12:00:00Z"},
};

START_TEST(what_was_missed_is_made_up_for_once)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(missed); i++) {
        BL_AUTO_JSON cJSON *windows = missed[i].windows ? help_json(missed[i].windows) : NULL;
        struct bl_backup_schedule schedule = {.cron = (char *)missed[i].cron,
                                              .rpo_minutes = missed[i].rpo,
                                              .exclusion_windows = windows};
        int64_t last = 0, created = 0, now = 0, due;
        char text[BL_TIME_SIZE] = "";

        ck_assert(bl_time_parse(CREATED, &created) && bl_time_parse(missed[i].now, &now));
        ck_assert(!missed[i].last || bl_time_parse(missed[i].last, &last));
        due = bl_backup_due(&schedule, last, created, now);
        bl_time_format(due, text);
        ck_assert_msg(strcmp(text, missed[i].due) == 0, "%s: %s", missed[i].why, text);
        /* Once it is made, nothing is due that has passed. */
        ck_assert_msg(due > now || bl_backup_due(&schedule, due, created, now) > now, "%s: again",
                      missed[i].why);
    }
}
END_TEST

static const struct {
    const char *why, *cron;
    int64_t rpo;
    const char *last, *now;
    bool believed;
} jumps[] = {
    {"the past", "0 3 * * *", 0, "2026-11-01T03:00:00Z", "2026-11-30T23:00:00Z", true},
    {"the clock went back a little", "0 3 * * *", 0, "2026-12-01T03:00:00Z", "2026-11-30T23:00:00Z",
     true},
    {"it had jumped by a year", "0 3 * * *", 0, "2027-11-30T03:00:00Z", "2026-11-30T23:00:00Z",
     false},
    {"by age, a little", NULL, 600, "2026-12-01T05:00:00Z", "2026-11-30T23:00:00Z", true},
    {"by age, a year", NULL, 600, "2027-12-01T05:00:00Z", "2026-11-30T23:00:00Z", false},
    {"by hand", NULL, 0, "2027-12-01T05:00:00Z", "2026-11-30T23:00:00Z", false},
};

START_TEST(a_clock_that_jumped_is_not_believed)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(jumps); i++) {
        struct bl_backup_schedule schedule = {.cron = (char *)jumps[i].cron,
                                              .rpo_minutes = jumps[i].rpo};
        int64_t last = 0, now = 0;

        ck_assert(bl_time_parse(jumps[i].last, &last) && bl_time_parse(jumps[i].now, &now));
        BL_WHY(bl_backup_believed(&schedule, last, now) == (jumps[i].believed ? last : 0),
               jumps[i].why);
    }
}
END_TEST

static const struct {
    const char *windows, *says;
} bad[] = {
    {"[{'duration': '60s', 'daily': true}]", "300s"},
    {"[{'duration': '1h', 'daily': true}]", "300s"},
    {"[{'duration': '3600s'}]", "one of daily"},
    {"[{'duration': '3600s', 'daily': true, 'daysOfWeek': {'daysOfWeek': ['MONDAY']}}]",
     "one of daily"},
    {"[{'duration': '3600s', 'daysOfWeek': {'daysOfWeek': ['Monday']}}]", "MONDAY to SUNDAY"},
    {"[{'duration': '3600s', 'dayly': true}]", "dayly"},
};

START_TEST(windows_that_cannot_be_read)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(bad); i++) {
        BL_AUTO_JSON cJSON *windows = help_json(bad[i].windows);
        BL_ERROR(err);

        BL_WHY(bl_backup_check_windows(windows, &err) < 0, bad[i].windows);
        BL_WHY(strstr(bl_error_text(err), bad[i].says), bl_error_text(err));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backup/schedule");
    TCase *tests = tcase_create("schedule");

    tcase_add_test(tests, what_is_due);
    tcase_add_test(tests, what_was_missed_is_made_up_for_once);
    tcase_add_test(tests, a_clock_that_jumped_is_not_believed);
    tcase_add_test(tests, windows_that_cannot_be_read);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
