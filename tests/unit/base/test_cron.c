/* When what a schedule says comes next. */
#include "ballast/base/cron.h"

#include <string.h>

#include "ballast/base/date.h"
#include "unit.h"

static const struct {
    const char *why, *schedule, *after, *want;
} nexts[] = {
    {"each night", "0 3 * * *", "2026-11-30T02:59:59Z", "2026-11-30T03:00:00Z"},
    {"not the time that it is", "0 3 * * *", "2026-11-30T03:00:00Z", "2026-12-01T03:00:00Z"},
    {"over the end of a year", "0 3 * * *", "2026-12-31T04:00:00Z", "2027-01-01T03:00:00Z"},
    {"steps of a star", "*/15 * * * *", "2026-11-30T10:16:30Z", "2026-11-30T10:30:00Z"},
    {"steps of a range", "0 1-23/6 * * *", "2026-11-30T07:30:00Z", "2026-11-30T13:00:00Z"},
    {"a list", "5,50 * * * *", "2026-11-30T10:05:00Z", "2026-11-30T10:50:00Z"},
    {"a weekday by its name", "0 4 * * sat", "2026-11-30T00:00:00Z", "2026-12-05T04:00:00Z"},
    {"Sunday is 7", "0 4 * * 7", "2026-11-30T00:00:00Z", "2026-12-06T04:00:00Z"},
    {"Sunday is 0", "0 4 * * 0", "2026-11-30T00:00:00Z", "2026-12-06T04:00:00Z"},
    {"weekdays", "0 4 * * mon-fri", "2026-12-04T05:00:00Z", "2026-12-07T04:00:00Z"},
    {"the first of a month", "30 2 1 * *", "2026-11-30T00:00:00Z", "2026-12-01T02:30:00Z"},
    {"the 31st, where there is one", "0 0 31 * *", "2026-11-30T00:00:00Z", "2026-12-31T00:00:00Z"},
    {"a month by its name", "0 0 1 mar *", "2026-11-30T00:00:00Z", "2027-03-01T00:00:00Z"},
    {"a leap day", "0 0 29 2 *", "2026-11-30T00:00:00Z", "2028-02-29T00:00:00Z"},
    {"either day", "0 0 15 * fri", "2026-11-30T00:00:00Z", "2026-12-04T00:00:00Z"},
    {"either day, the other one", "0 0 2 * fri", "2026-11-30T00:00:00Z", "2026-12-02T00:00:00Z"},
    {"both, where one is a star with steps", "0 0 */2 * tue", "2026-11-30T00:00:00Z",
     "2026-12-01T00:00:00Z"},
    {"spaces", "  0   3  *  *  * ", "2026-11-30T00:00:00Z", "2026-11-30T03:00:00Z"},
    {"a word", "@weekly", "2026-11-30T00:00:00Z", "2026-12-06T00:00:00Z"},
};

START_TEST(the_next_time)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(nexts); i++) {
        struct bl_cron cron;
        int64_t after = 0;
        char text[BL_TIME_SIZE];
        BL_ERROR(err);

        BL_WHY(bl_cron_parse(nexts[i].schedule, &cron, &err) == 0, nexts[i].why);
        ck_assert(bl_time_parse(nexts[i].after, &after));
        bl_time_format(bl_cron_next(&cron, after), text);
        ck_assert_msg(strcmp(text, nexts[i].want) == 0, "%s: %s", nexts[i].why, text);
    }
}
END_TEST

START_TEST(never)
{
    struct bl_cron cron;
    BL_ERROR(err);

    ck_assert_int_eq(bl_cron_parse("0 0 30 2 *", &cron, &err), 0);
    ck_assert_int_eq(bl_cron_next(&cron, 1796000000), -1);
}
END_TEST

static const struct {
    const char *text, *says;
} invalid[] = {
    {"", "five fields"},
    {"0 3 * *", "five fields"},
    {"0 3 * * * *", "five fields"},
    {"60 3 * * *", "minute"},
    {"0 24 * * *", "hour"},
    {"0 0 0 * *", "day of the month"},
    {"0 0 1 13 *", "month"},
    {"0 0 1 x *", "month"},
    {"0 0 * * 8", "day of the week"},
    {"-1 3 * * *", "minute"},
    {"5-1 3 * * *", "minute"},
    {"5/10 3 * * *", "minute"},
    {"*/0 3 * * *", "minute"},
    {"1,,2 3 * * *", "minute"},
    {"1, 3 * * *", "minute"},
    {"99999999999999999999 3 * * *", "minute"},
    {"@sometimes", "five fields"},
};

START_TEST(invalid_is_refused)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(invalid); i++) {
        struct bl_cron cron;
        BL_ERROR(err);

        BL_WHY(bl_cron_parse(invalid[i].text, &cron, &err) < 0, invalid[i].text);
        ck_assert_msg(strstr(bl_error_text(err), invalid[i].says), "%s: %s", invalid[i].text,
                      bl_error_text(err));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/cron");
    TCase *tests = tcase_create("cron");

    tcase_add_test(tests, the_next_time);
    tcase_add_test(tests, never);
    tcase_add_test(tests, invalid_is_refused);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
