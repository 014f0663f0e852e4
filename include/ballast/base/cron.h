/**
 * Times that come again, as cron writes them: "0 3 * * *" is three o'clock each night. All of it is in UTC.
 *
 * Five fields: minute, hour, day of the month, month, day of the week; each a star, a number, a range, a list, with steps
 * ("0,30", "1-5", "1-23/2"). Months and weekdays have their English names too, and 7 is Sunday. Where both days
 * are restricted, either will do, as in every cron. Also @hourly, @daily, @weekly, @monthly, @yearly.
 */
#ifndef BALLAST_BASE_CRON_H
#define BALLAST_BASE_CRON_H

#include <stdint.h>

#include "ballast/base/error.h"

/** A bit for each value that a field may have. */
struct bl_cron {
    uint64_t minutes;
    uint32_t hours, days, months, weekdays;
    bool any_day, any_weekday; /* the field is a star */
};

/** Fails with what is wrong in which field. */
BL_CHECK int bl_cron_parse(const char *text, struct bl_cron *ret_cron, struct bl_error **err);

/** The first time after `after`, both in seconds since 1970; -1: none within eight years, as for February 30. */
int64_t bl_cron_next(const struct bl_cron *cron, int64_t after);

#endif
