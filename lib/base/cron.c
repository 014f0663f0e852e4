#include "ballast/base/cron.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "ballast/base/attrs.h"

#define DAY 86400
/* February 29 comes again after eight years at most: 1896, 1904. */
#define DAYS_AT_MOST (8 * 366)
#define TEXT_MAX 256

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul",
                                          "aug", "sep", "oct", "nov", "dec", NULL};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

struct part {
    const char *what;
    long low, high;
    const char *const *names; /* of low and those behind it; NULL: none */
};

enum {
    MINUTE,
    HOUR,
    DAY_OF_MONTH,
    MONTH,
    DAY_OF_WEEK,
    PARTS,
};

static const struct part parts[PARTS] = {
    {"minute", 0, 59, NULL},
    {"hour", 0, 23, NULL},
    {"day of the month", 1, 31, NULL},
    {"month", 1, 12, month_names},
    {"day of the week", 0, 7, weekday_names},
};

static const struct {
    const char *name, *text;
} macros[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

/* --- parsing --- */

static bool read_value(const struct part *part, const char **text, long *ret_value)
{
    char *end;

    for (size_t i = 0; part->names && part->names[i]; i++) {
        if (strncasecmp(*text, part->names[i], 3) == 0) {
            *ret_value = part->low + (long)i;
            *text += 3;
            return true;
        }
    }
    if (**text < '0' || **text > '9')
        return false;
    *ret_value = strtol(*text, &end, 10);
    *text = end;
    return *ret_value >= part->low && *ret_value <= part->high;
}

/* A star, a value or a range, and its step. */
static bool read_item(const struct part *part, const char **text, uint64_t *bits)
{
    long from = part->low, to = part->high, step = 1;
    bool range = true;

    if (**text == '*') {
        (*text)++;
    } else {
        if (!read_value(part, text, &from))
            return false;
        range = **text == '-';
        to = from;
        if (range) {
            (*text)++;
            if (!read_value(part, text, &to) || to < from)
                return false;
        }
    }
    if (**text == '/') {
        static const struct part steps = {"step", 1, 59, NULL};

        (*text)++;
        if (!range || !read_value(&steps, text, &step))
            return false;
    }
    for (long value = from; value <= to; value += step)
        *bits |= UINT64_C(1) << value;
    return true;
}

static int read_part(const struct part *part, const char *text, uint64_t *ret_bits,
                     struct bl_error **err)
{
    const char *rest = text;
    uint64_t bits = 0;

    for (;;) {
        if (!read_item(part, &rest, &bits))
            break;
        if (!*rest) {
            *ret_bits = bits;
            return 0;
        }
        if (*rest++ != ',')
            break;
    }
    return bl_fail(err, BL_ERR_INVALID,
                   "the %s \"%.60s\" is none: %ld to %ld, *, ranges, lists "
                   "and steps are",
                   part->what, text, part->low, part->high);
}

static const char *without_macro(const char *text)
{
    for (size_t i = 0; i < sizeof(macros) / sizeof(macros[0]); i++)
        if (strcasecmp(text, macros[i].name) == 0)
            return macros[i].text;
    return text;
}

/* Cuts `text` at its blanks; returns how many words there are, and keeps the first ones. */
static size_t split(char *text, char *words[PARTS])
{
    size_t len = 0;

    for (char *word; (word = strsep(&text, " \t"));) {
        if (!*word)
            continue;
        if (len < PARTS)
            words[len] = word;
        len++;
    }
    return len;
}

int bl_cron_parse(const char *text, struct bl_cron *ret_cron, struct bl_error **err)
{
    char copy[TEXT_MAX], *words[PARTS];
    uint64_t bits[PARTS];

    text = without_macro(text);
    if (strlen(text) >= sizeof(copy))
        return bl_fail(err, BL_ERR_INVALID, "a schedule is no longer than %d characters",
                       TEXT_MAX - 1);
    memcpy(copy, text, strlen(text) + 1);
    if (split(copy, words) != PARTS)
        return bl_fail(err, BL_ERR_INVALID,
                       "\"%.60s\" has not five fields: minute, hour, day of the month, month, day "
                       "of the week",
                       text);
    for (size_t i = 0; i < PARTS; i++)
        if (read_part(&parts[i], words[i], &bits[i], err) < 0)
            return -1;
    *ret_cron = (struct bl_cron){.minutes = bits[MINUTE],
                                 .hours = (uint32_t)bits[HOUR],
                                 .days = (uint32_t)bits[DAY_OF_MONTH],
                                 .months = (uint32_t)bits[MONTH],
                                 .weekdays = (uint32_t)(bits[DAY_OF_WEEK] | bits[DAY_OF_WEEK] >> 7),
                                 .any_day = *words[DAY_OF_MONTH] == '*',
                                 .any_weekday = *words[DAY_OF_WEEK] == '*'};
    return 0;
}

/* --- what comes next --- */

static bool has_day(const struct bl_cron *cron, time_t day)
{
    struct tm tm;
    bool by_day, by_weekday;

    (void)gmtime_r(&day, &tm);
    if (!(cron->months >> (tm.tm_mon + 1) & 1))
        return false;
    by_day = cron->days >> tm.tm_mday & 1;
    by_weekday = cron->weekdays >> tm.tm_wday & 1;
    return cron->any_day || cron->any_weekday ? by_day && by_weekday : by_day || by_weekday;
}

/* From this minute of a day on; -1: none. */
static int64_t first_minute(const struct bl_cron *cron, int64_t from)
{
    for (int64_t minute = from; minute < DAY / 60; minute++)
        if ((cron->hours >> (minute / 60) & 1) && (cron->minutes >> (minute % 60) & 1))
            return minute;
    return -1;
}

int64_t bl_cron_next(const struct bl_cron *cron, int64_t after)
{
    int64_t day = after / DAY * DAY, from = after % DAY / 60 + 1;

    for (int i = 0; i < DAYS_AT_MOST; i++, day += DAY, from = 0) {
        int64_t minute = has_day(cron, (time_t)day) ? first_minute(cron, from) : -1;

        if (minute >= 0)
            return day + minute * 60;
    }
    return -1;
}
