/**
 * Time as a value that is handed in, so that tests can make it pass.
 *
 * Deadlines and ages are measured by a clock that never jumps; what is shown to people or compared with a
 * certificate's dates is the wall's.
 */
#ifndef BALLAST_BASE_CLOCK_H
#define BALLAST_BASE_CLOCK_H

#include <stdint.h>

#include "ballast/base/attrs.h"

/** Nanoseconds. */
typedef int64_t bl_nsec;

#define BL_NSEC_MS ((bl_nsec)1000000)
#define BL_NSEC_S ((bl_nsec)1000000000)

/** Both may be called by any number of threads. */
struct bl_clock {
    bl_nsec (*monotonic)(void *context);
    bl_nsec (*wall)(void *context); /* since 1970-01-01 UTC */
    void *context;
};

/** The machine's own. */
extern const struct bl_clock bl_clock_real;

bl_nsec bl_clock_now(const struct bl_clock *clock);
bl_nsec bl_clock_wall(const struct bl_clock *clock);
/** The wall's time in whole seconds. */
int64_t bl_clock_seconds(const struct bl_clock *clock);

#endif
