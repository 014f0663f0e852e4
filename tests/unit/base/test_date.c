/* Days, counted as `date -u -d <day> +%s` / 86400 does. */
#include "ballast/base/date.h"

#include <time.h>

#include "unit.h"

static const struct {
    const char *why, *text;
    bl_day want;
} days[] = {
    {"the first", "1970-01-01", 0},
    {"the second", "1970-01-02", 1},
    {"a leap day", "1972-02-29", 789},
    {"the day after one", "2024-03-01", 19783},
    {"2000 is a leap year", "2000-02-29", 11016},
    {"the end of a year", "2026-12-31", 20818},
    {"the next day", "2027-01-01", 20819},
    {"2100 is none", "2100-03-01", 47541},
    {"far away", "9999-12-31", 2932896},
};

START_TEST(days_are_counted)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(days); i++) {
        bl_day day = -1;
        BL_ERROR(err);

        BL_WHY(bl_day_parse(days[i].text, &day, &err) == 0, days[i].why);
        BL_WHY(day == days[i].want, days[i].why);
    }
}
END_TEST

static const struct {
    const char *why, *text;
} invalid[] = {
    {"nothing", ""},
    {"no day", "2027-03"},
    {"a time behind it", "2027-03-01T00:00:00Z"},
    {"slashes", "2027/03/01"},
    {"day first", "01-03-2027"},
    {"one digit", "2027-3-01 "},
    {"month 0", "2027-00-01"},
    {"month 13", "2027-13-01"},
    {"day 0", "2027-03-00"},
    {"31 April", "2027-04-31"},
    {"29 February in no leap year", "2027-02-29"},
    {"29 February 2100", "2100-02-29"},
    {"before the epoch", "1969-12-31"},
    {"signs for digits", "2027--3--1"},
    {"letters", "abcd-ef-gh"},
};

START_TEST(invalid_is_refused)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(invalid); i++) {
        bl_day day = -1;
        BL_ERROR(err);

        BL_WHY(bl_day_parse(invalid[i].text, &day, &err) == -1, invalid[i].why);
        BL_WHY(day == -1, invalid[i].why);
    }
}
END_TEST

START_TEST(the_message_shows_how)
{
    bl_day day;
    BL_ERROR(err);

    ck_assert_int_eq(bl_day_parse("soon", &day, &err), -1);
    ck_assert_str_eq(bl_error_text(err), "\"soon\" is not a date like 2027-03-01");
}
END_TEST

START_TEST(today_is_the_day_of_the_clock)
{
    bl_day before = time(NULL) / 86400, today = bl_day_today(), after = time(NULL) / 86400;

    ck_assert(before <= today && today <= after);
}
END_TEST

static const struct {
    const char *why, *text;
    int64_t want; /* -1: refused */
} times[] = {
    {"the epoch", "1970-01-01T00:00:00Z", 0},
    {"a Time", "2026-11-25T21:06:31Z", 1795640791},
    {"a MicroTime", "2026-11-25T21:06:31.123456Z", 1795640791},
    {"a leap second", "2016-12-31T23:59:60Z", 1483228800},
    {"nothing", "", -1},
    {"no time", "2026-11-25", -1},
    {"another zone", "2026-11-25T21:06:31+01:00", -1},
    {"no zone", "2026-11-25T21:06:31", -1},
    {"an hour too many", "2026-11-25T24:00:00Z", -1},
    {"letters in the fraction", "2026-11-25T21:06:31.12x456Z", -1},
    {"a blank", "2026-11-25 21:06:31Z", -1},
};

START_TEST(times_are_read)
{
    ck_assert(!bl_time_parse(NULL, &(int64_t){0}));
    for (size_t i = 0; i < BL_ARRAY_LEN(times); i++) {
        int64_t seconds = -1;

        BL_WHY(bl_time_parse(times[i].text, &seconds) == (times[i].want >= 0), times[i].why);
        BL_WHY(seconds == times[i].want, times[i].why);
    }
}
END_TEST

START_TEST(times_are_written_as_they_are_read)
{
    char text[BL_TIME_SIZE];

    bl_time_format(1795640791, text);
    ck_assert_str_eq(text, "2026-11-25T21:06:31Z");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/date");
    TCase *tests = tcase_create("date");

    tcase_add_test(tests, days_are_counted);
    tcase_add_test(tests, invalid_is_refused);
    tcase_add_test(tests, the_message_shows_how);
    tcase_add_test(tests, today_is_the_day_of_the_clock);
    tcase_add_test(tests, times_are_read);
    tcase_add_test(tests, times_are_written_as_they_are_read);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
