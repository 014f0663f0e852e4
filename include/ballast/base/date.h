/** Calendar days, for things that expire. No time zone: a day begins at midnight UTC. */
#ifndef BALLAST_BASE_DATE_H
#define BALLAST_BASE_DATE_H

#include <stdint.h>

#include "ballast/base/error.h"

/** Days since 1970-01-01. */
typedef int64_t bl_day;

/** Reads "YYYY-MM-DD" (RFC 3339 full-date). */
BL_CHECK int bl_day_parse(const char *text, bl_day *ret_day, struct bl_error **err);
bl_day bl_day_today(void);

#endif
