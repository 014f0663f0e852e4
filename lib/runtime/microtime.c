#include "microtime.h"

#include <stdio.h>
#include <time.h>

void bl_micro_time(bl_nsec wall, char text[BL_MICRO_TIME_SIZE])
{
    time_t seconds = (time_t)(wall / BL_NSEC_S);
    char day[24];
    struct tm parts;

    (void)gmtime_r(&seconds, &parts);
    (void)strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &parts);
    (void)snprintf(text, BL_MICRO_TIME_SIZE, "%s.%06dZ", day, (int)(wall % BL_NSEC_S / 1000));
}
