/* Hours of the week: a time in, open or not, and when it opens, out. */
#include "ballast/cluster/window.h"

#include <string.h>

#include "ballast/base/date.h"
#include "unit.h"

enum { MON = 1 << 0, TUE = 1 << 1, SUN = 1 << 6 };

static const struct {
    const char *why;
    unsigned days;
    const char *start;
    int64_t minutes;
    const char *now, *opens; /* NULL: it is open */
} rows[] = {
    {"there is none", 0, NULL, 0, "2026-11-30T12:00:00Z", NULL},
    {"every day, before", 0, "22:00", 60, "2026-11-30T21:59:59Z", "2026-11-30T22:00:00Z"},
    {"every day, at its beginning", 0, "22:00", 60, "2026-11-30T22:00:00Z", NULL},
    {"every day, at its end", 0, "22:00", 60, "2026-11-30T22:59:59Z", NULL},
    {"every day, behind it", 0, "22:00", 60, "2026-11-30T23:00:00Z", "2026-12-01T22:00:00Z"},
    {"over midnight", 0, "22:00", 240, "2026-12-01T01:59:59Z", NULL},
    {"over midnight, behind it", 0, "22:00", 240, "2026-12-01T02:00:00Z", "2026-12-01T22:00:00Z"},
    {"a Monday is a Monday", MON, "00:00", 1440, "2026-11-30T12:00:00Z", NULL},
    {"and no Tuesday", MON, "00:00", 1440, "2026-12-01T00:00:00Z", "2026-12-07T00:00:00Z"},
    {"Sunday's lasts into Monday", SUN, "23:30", 120, "2026-11-30T01:00:00Z", NULL},
    {"but Monday has none", SUN, "23:30", 120, "2026-11-30T23:45:00Z", "2026-12-06T23:30:00Z"},
    {"today's is over, in a week", MON, "06:15", 30, "2026-11-30T07:00:00Z",
     "2026-12-07T06:15:00Z"},
    {"the nearer of two", MON | TUE, "06:15", 30, "2026-11-30T07:00:00Z", "2026-12-01T06:15:00Z"},
    {"always", 0, "00:00", 1440, "2026-11-30T23:59:59Z", NULL},
};

START_TEST(it_is_open_or_opens)
{
    struct bl_window window = {
        .days = rows[_i].days, .start = (char *)rows[_i].start, .minutes = rows[_i].minutes};
    int64_t now = 0, opens = 0;
    char text[BL_TIME_SIZE];

    ck_assert(bl_time_parse(rows[_i].now, &now));
    BL_WHY(bl_window_is_open(&window, now, &opens) == !rows[_i].opens, rows[_i].why);
    bl_time_format(opens, text);
    if (rows[_i].opens)
        ck_assert_msg(strcmp(text, rows[_i].opens) == 0, "%s: %s", rows[_i].why, text);
}
END_TEST

START_TEST(a_time_of_day)
{
    static const char *const wrong[] = {"",     "22",    "24:00", "12:60",
                                        "1:30", "ab:cd", "-1:00", "22:00:00"};
    int64_t seconds = 0;
    BL_ERROR(err);

    ck_assert_int_eq(bl_window_read_start("22:30", &seconds, &err), 0);
    ck_assert_int_eq(seconds, 81000);
    for (size_t i = 0; i < BL_ARRAY_LEN(wrong); i++) {
        BL_ERROR(failure);

        BL_WHY(bl_window_read_start(wrong[i], &seconds, &failure) < 0, wrong[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("window");
    TCase *tests = tcase_create("window");

    tcase_add_loop_test(tests, it_is_open_or_opens, 0, (int)BL_ARRAY_LEN(rows));
    tcase_add_test(tests, a_time_of_day);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
