/** Times as Kubernetes writes them. */
#ifndef BALLAST_RUNTIME_MICROTIME_H
#define BALLAST_RUNTIME_MICROTIME_H

#include "ballast/base/clock.h"

/** "2026-11-25T18:49:24.000000Z", its NUL, and what a compiler thinks that numbers could take. */
#define BL_MICRO_TIME_SIZE 40

/** A MicroTime (meta/v1) of nanoseconds since 1970. */
void bl_micro_time(bl_nsec wall, char text[BL_MICRO_TIME_SIZE]);

#endif
