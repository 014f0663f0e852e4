#include "ballast/base/clock.h"

#include <time.h>

static bl_nsec read_clock(clockid_t id)
{
    struct timespec now;

    (void)clock_gettime(id, &now);
    return (bl_nsec)now.tv_sec * BL_NSEC_S + now.tv_nsec;
}

static bl_nsec real_monotonic(void *context BL_UNUSED)
{
    return read_clock(CLOCK_MONOTONIC);
}

static bl_nsec real_wall(void *context BL_UNUSED)
{
    return read_clock(CLOCK_REALTIME);
}

const struct bl_clock bl_clock_real = {real_monotonic, real_wall, NULL};

bl_nsec bl_clock_now(const struct bl_clock *clock)
{
    return clock->monotonic(clock->context);
}

bl_nsec bl_clock_wall(const struct bl_clock *clock)
{
    return clock->wall(clock->context);
}

int64_t bl_clock_seconds(const struct bl_clock *clock)
{
    return bl_clock_wall(clock) / BL_NSEC_S;
}
