#include "ballast/base/date.h"

#include <string.h>
#include <time.h>

#include "ballast/base/text.h"

#define SECONDS_A_DAY 86400

static bool leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_in(int64_t year, int64_t month)
{
    static const int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && leap(year));
}

static bool day_valid(int64_t year, int64_t month, int64_t day)
{
    return year >= 1970 && month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month);
}

int bl_day_parse(const char *text, bl_day *ret_day, struct bl_error **err)
{
    int64_t year, month, day, days = 0;

    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' || !bl_text_to_int(text, 4, &year) ||
        !bl_text_to_int(text + 5, 2, &month) || !bl_text_to_int(text + 8, 2, &day) ||
        !day_valid(year, month, day))
        return bl_fail(err, BL_ERR_INVALID, "\"%s\" is not a date like 2027-03-01", text);
    for (int64_t y = 1970; y < year; y++)
        days += leap(y) ? 366 : 365;
    for (int64_t m = 1; m < month; m++)
        days += days_in(year, m);
    *ret_day = days + day - 1;
    return 0;
}

static bool read_clock(const char *text, int64_t *ret_seconds)
{
    int64_t hour = 0, minute = 0, second = 0;

    if (text[2] != ':' || text[5] != ':' || !bl_text_to_int(text, 2, &hour) ||
        !bl_text_to_int(text + 3, 2, &minute) || !bl_text_to_int(text + 6, 2, &second) ||
        hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return false;
    *ret_seconds = (hour * 60 + minute) * 60 + second;
    return true;
}

bool bl_time_parse(const char *text, int64_t *ret_seconds)
{
    size_t len = text ? strlen(text) : 0;
    char date[11] = "";
    int64_t seconds = 0;
    bl_day day = 0;
    BL_ERROR(err);

    if (len < 20 || text[10] != 'T' || text[len - 1] != 'Z' || !read_clock(text + 11, &seconds) ||
        (len > 20 && text[19] != '.') || strspn(text + 20, "0123456789") + 21 < len)
        return false;
    memcpy(date, text, sizeof(date) - 1);
    if (bl_day_parse(date, &day, &err) < 0)
        return false;
    *ret_seconds = day * SECONDS_A_DAY + seconds;
    return true;
}

void bl_time_format(int64_t seconds, char text[BL_TIME_SIZE])
{
    time_t when = (time_t)seconds;
    struct tm parts;

    (void)gmtime_r(&when, &parts);
    (void)strftime(text, BL_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

bl_day bl_day_today(void)
{
    return (bl_day)time(NULL) / SECONDS_A_DAY;
}
