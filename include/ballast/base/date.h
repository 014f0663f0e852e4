/** Calendar days, for things that expire, and times as Kubernetes writes them. All of it is in UTC. */
#ifndef BALLAST_BASE_DATE_H
#define BALLAST_BASE_DATE_H

#include <stdint.h>

#include "ballast/base/error.h"

/** Days since 1970-01-01. */
typedef int64_t bl_day;

/** Reads "YYYY-MM-DD" (RFC 3339 full-date). */
BL_CHECK int bl_day_parse(const char *text, bl_day *ret_day, struct bl_error **err);
bl_day bl_day_today(void);

/** "2026-11-25T18:49:24Z", its NUL, and what a compiler thinks that numbers could take. */
#define BL_TIME_SIZE 40

/** Seconds since 1970 of a meta/v1 Time, with or without a fraction. False for anything else, and for NULL. */
bool bl_time_parse(const char *text, int64_t *ret_seconds);
void bl_time_format(int64_t seconds, char text[BL_TIME_SIZE]);

#endif
