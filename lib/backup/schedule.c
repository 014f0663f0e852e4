#include "ballast/backup/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ballast/base/cron.h"
#include "ballast/base/date.h"
#include "ballast/base/text.h"

#define DAY INT64_C(86400)
#define MINUTE INT64_C(60)
/* gkebackup.v1, ExclusionWindow.duration: 5 minutes to one day, and 4 hours between them. */
#define SHORTEST (5 * MINUTE)
/* How long before a window the last backup begins. */
#define LEAD (15 * MINUTE)

static const char *const weekdays[] = {"SUNDAY",   "MONDAY", "TUESDAY",  "WEDNESDAY",
                                       "THURSDAY", "FRIDAY", "SATURDAY", NULL};

/* --- exclusion windows --- */

static bool read_duration(const cJSON *window, int64_t *ret_seconds)
{
    const char *text = bl_json_string(window, "duration");
    size_t len = text ? strlen(text) : 0;

    return len > 1 && text[len - 1] == 's' && bl_text_to_int(text, len - 1, ret_seconds);
}

static bool has_weekday(const cJSON *days, int weekday)
{
    for (const cJSON *day = days ? days->child : NULL; day; day = day->next)
        if (bl_text_eq(day->valuestring, weekdays[weekday]))
            return true;
    return false;
}

static bool is_date(const cJSON *date, int64_t day)
{
    time_t at = (time_t)day;
    struct tm tm;

    (void)gmtime_r(&at, &tm);
    return bl_json_number(date, "year") == tm.tm_year + 1900 &&
           bl_json_number(date, "month") == tm.tm_mon + 1 &&
           bl_json_number(date, "day") == tm.tm_mday;
}

/* Does one of them begin on this day? */
static bool begins_on(const cJSON *window, int64_t day)
{
    const cJSON *date = bl_json_get(window, "singleOccurrenceDate");

    if (date)
        return is_date(date, day);
    /* 1970-01-01 was a Thursday. */
    return bl_json_bool(window, "daily", false) ||
           has_weekday(bl_json_at(window, "daysOfWeek", "daysOfWeek", NULL),
                       (int)((day / DAY + 4) % 7));
}

/* The window that `at` lies in, which may have begun the day before. */
static bool lies_in(const cJSON *window, int64_t at, int64_t *ret_begin, int64_t *ret_end)
{
    const cJSON *start = bl_json_get(window, "startTime");
    int64_t offset = bl_json_number(start, "hours") * 3600 + bl_json_number(start, "minutes") * 60;
    int64_t duration = 0;

    (void)read_duration(window, &duration);
    for (int64_t day = at / DAY * DAY; day >= at / DAY * DAY - DAY; day -= DAY) {
        if (!begins_on(window, day) || at < day + offset || at >= day + offset + duration)
            continue;
        *ret_begin = day + offset;
        *ret_end = day + offset + duration;
        return true;
    }
    return false;
}

static bool find_window(const cJSON *windows, int64_t at, int64_t *ret_begin, int64_t *ret_end)
{
    for (const cJSON *window = windows ? windows->child : NULL; window; window = window->next)
        if (lies_in(window, at, ret_begin, ret_end))
            return true;
    return false;
}

static int check_window(const cJSON *window, struct bl_error **err)
{
    static const char *const known[] = {
        "startTime", "duration", "daily", "daysOfWeek", "singleOccurrenceDate", NULL};
    const cJSON *days = bl_json_at(window, "daysOfWeek", "daysOfWeek", NULL);
    int64_t duration = 0;

    for (const cJSON *member = window->child; member; member = member->next)
        if (!bl_text_in(member->string, known))
            return bl_fail(err, BL_ERR_INVALID, "an exclusion window has no \"%.60s\"",
                           member->string);
    if (!read_duration(window, &duration) || duration < SHORTEST || duration > DAY)
        return bl_fail(err, BL_ERR_INVALID,
                       "the duration of an exclusion window is 300s to 86400s");
    if (bl_json_bool(window, "daily", false) + (days && days->child) +
            (bl_json_get(window, "singleOccurrenceDate") != NULL) !=
        1)
        return bl_fail(err, BL_ERR_INVALID,
                       "an exclusion window has one of daily, daysOfWeek and "
                       "singleOccurrenceDate");
    for (const cJSON *day = days ? days->child : NULL; day; day = day->next)
        if (!cJSON_IsString(day) || !bl_text_in(day->valuestring, weekdays))
            return bl_fail(err, BL_ERR_INVALID, "a day of daysOfWeek is MONDAY to SUNDAY");
    return 0;
}

int bl_backup_check_windows(const cJSON *windows, struct bl_error **err)
{
    for (const cJSON *window = windows->child; window; window = window->next)
        if (check_window(window, err) < 0)
            return -1;
    return 0;
}

/* --- what is due --- */

/* Windows may touch each other. */
static int64_t behind_windows(const struct bl_backup_schedule *schedule, int64_t at)
{
    int64_t begin = 0, end = 0;

    for (int i = 0; i < 8 && find_window(schedule->exclusion_windows, at, &begin, &end); i++)
        at = end;
    return at;
}

static int64_t due_by_age(const struct bl_backup_schedule *schedule, int64_t last)
{
    int64_t target = schedule->rpo_minutes * MINUTE, due = last + target / 10 * 9;
    int64_t begin = 0, end = 0;

    if (find_window(schedule->exclusion_windows, due, &begin, &end) &&
        begin - LEAD >= last + target / 2)
        return begin - LEAD;
    return behind_windows(schedule, due);
}

int64_t bl_backup_first_due(const struct bl_backup_schedule *schedule, int64_t last,
                            int64_t created)
{
    struct bl_cron cron;
    BL_ERROR(err);

    if (schedule->paused || schedule->by != BL_SCHEDULER_BALLAST)
        return -1;
    if (schedule->rpo_minutes)
        return last ? due_by_age(schedule, last) : behind_windows(schedule, created);
    if (!schedule->cron || bl_cron_parse(schedule->cron, &cron, &err) < 0)
        return -1;
    return bl_cron_next(&cron, last ? last : created);
}

/* The last time from `first`, which has passed, until now: looked for in spans that grow, since most are near. */
static int64_t latest_by_cron(const struct bl_cron *cron, int64_t first, int64_t now)
{
    static const int64_t spans[] = {3600, DAY, 32 * DAY, 367 * DAY};
    int64_t latest = first;

    for (size_t i = 0; i < BL_ARRAY_LEN(spans); i++) {
        int64_t at = bl_cron_next(cron, now - spans[i]);

        if (at < 0 || at > now)
            continue;
        if (at > latest)
            latest = at;
        break;
    }
    for (int64_t at = latest; at >= 0 && at <= now; at = bl_cron_next(cron, at))
        latest = at;
    return latest;
}

int64_t bl_backup_due(const struct bl_backup_schedule *schedule, int64_t last, int64_t created,
                      int64_t now)
{
    int64_t first = bl_backup_first_due(schedule, last, created), minute = now / MINUTE * MINUTE;
    struct bl_cron cron;
    BL_ERROR(err);

    if (first < 0 || first >= minute)
        return first;
    if (schedule->rpo_minutes)
        return behind_windows(schedule, minute);
    return bl_cron_parse(schedule->cron, &cron, &err) < 0 ? -1 : latest_by_cron(&cron, first, now);
}

int64_t bl_backup_believed(const struct bl_backup_schedule *schedule, int64_t last, int64_t now)
{
    struct bl_cron cron;
    int64_t bound = now;
    BL_ERROR(err);

    if (schedule->rpo_minutes)
        bound += schedule->rpo_minutes * MINUTE;
    else if (schedule->cron && bl_cron_parse(schedule->cron, &cron, &err) == 0)
        bound = bl_cron_next(&cron, now);
    return last > bound ? 0 : last;
}
