/** A clock that stands still until a test moves it. */
#ifndef BALLAST_TEST_CLOCK_HELP_H
#define BALLAST_TEST_CLOCK_HELP_H

#include <stdatomic.h>

#include "ballast/base/clock.h"

struct help_time {
    _Atomic bl_nsec now;
};

static inline bl_nsec help_time_now(void *context)
{
    struct help_time *time = context;

    return time->now;
}

/** 2027-01-15 08:00:00 UTC when it was started. */
static inline bl_nsec help_time_wall(void *context)
{
    return 1800000000 * BL_NSEC_S + help_time_now(context);
}

static inline struct bl_clock help_clock(struct help_time *time)
{
    return (struct bl_clock){help_time_now, help_time_wall, time};
}

#endif
