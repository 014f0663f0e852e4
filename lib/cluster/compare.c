/* Versions by their numbers. */
#include <ctype.h>
#include <stdlib.h>

#include "ballast/cluster/plan.h"

static long number_at(const char **text)
{
    char *end;
    long number = strtol(*text, &end, 10);

    *text = *end == '.' ? end + 1 : "";
    return number;
}

int bl_version_compare(const char *a, const char *b)
{
    while (isdigit((unsigned char)*a) || isdigit((unsigned char)*b)) {
        long x = number_at(&a), y = number_at(&b);

        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}
