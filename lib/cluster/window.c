#include "ballast/cluster/window.h"

#include <string.h>

#include "ballast/base/text.h"

#define DAY ((int64_t)86400)
#define WEEK 7
/* 1970-01-01 was a Thursday; the first of the days is Monday. */
#define FIRST_WEEKDAY 3

int bl_window_read_start(const char *text, int64_t *ret_seconds, struct bl_error **err)
{
    int64_t hours, minutes;

    if (strlen(text) != 5 || text[2] != ':' || !bl_text_to_int(text, 2, &hours) ||
        !bl_text_to_int(text + 3, 2, &minutes) || hours < 0 || hours > 23 || minutes < 0 ||
        minutes > 59)
        return bl_fail(err, BL_ERR_INVALID, "\"%.20s\" is no time of day, such as 22:30", text);
    *ret_seconds = (hours * 60 + minutes) * 60;
    return 0;
}

static bool is_its_day(const struct bl_window *window, int64_t day)
{
    return !window->days || (window->days & (1U << ((day + FIRST_WEEKDAY) % WEEK)));
}

/* Yesterday's may last until today. */
bool bl_window_is_open(const struct bl_window *window, int64_t now, int64_t *ret_opens)
{
    int64_t today = now / DAY, start = 0;
    BL_ERROR(checked_before);

    if (!window->start || bl_window_read_start(window->start, &start, &checked_before) < 0)
        return true;
    for (int64_t day = today - 1; day <= today + WEEK; day++) {
        int64_t opens = day * DAY + start;

        if (!is_its_day(window, day))
            continue;
        if (now < opens) {
            *ret_opens = opens;
            return false;
        }
        if (now < opens + window->minutes * 60)
            return true;
    }
    return true;
}
