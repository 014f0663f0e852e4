#include "microtime.h"

#include <stdio.h>

#include "ballast/base/date.h"

void bl_micro_time(bl_nsec wall, char text[BL_MICRO_TIME_SIZE])
{
    char seconds[BL_TIME_SIZE];

    bl_time_format((int64_t)(wall / BL_NSEC_S), seconds);
    /* All but its Z. */
    (void)snprintf(text, BL_MICRO_TIME_SIZE, "%.19s.%06dZ", seconds,
                   (int)(wall % BL_NSEC_S / 1000));
}
