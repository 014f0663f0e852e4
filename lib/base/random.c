#include "ballast/base/random.h"

#include <sys/random.h>

int64_t bl_random(int64_t below)
{
    uint64_t bits = 0;

    /* Only fails on kernels that are too old to run this; 0 is as good as any number then. */
    (void)!getrandom(&bits, sizeof(bits), 0);
    return (int64_t)(bits % (uint64_t)below);
}
