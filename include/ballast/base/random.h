/** Numbers by which many that wait do not all come back at once. Not for secrets. */
#ifndef BALLAST_BASE_RANDOM_H
#define BALLAST_BASE_RANDOM_H

#include <stdint.h>

/** A number from 0 up to `below`, which is greater than 0. */
int64_t bl_random(int64_t below);

#endif
