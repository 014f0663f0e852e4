#include "ballast/kafka/metadata_version.h"

#include <inttypes.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

/* By level. There is none of 0. */
static const char *const names[] = {
    NULL,      "3.0-IV1", "3.1-IV0", "3.2-IV0", "3.3-IV0", "3.3-IV1", "3.3-IV2", "3.3-IV3",
    "3.4-IV0", "3.5-IV0", "3.5-IV1", "3.5-IV2", "3.6-IV0", "3.6-IV1", "3.6-IV2", "3.7-IV0",
    "3.7-IV1", "3.7-IV2", "3.7-IV3", "3.7-IV4", "3.8-IV0", "3.9-IV0", "4.0-IV0", "4.0-IV1",
    "4.0-IV2", "4.0-IV3", "4.1-IV0", "4.1-IV1", "4.2-IV0", "4.2-IV1", "4.3-IV0",
};

#define DIGITS "0123456789"

size_t bl_release_len(const char *version)
{
    size_t major = strspn(version, DIGITS), minor;

    if (!major || version[major] != '.')
        return 0;
    minor = strspn(version + major + 1, DIGITS);
    return minor ? major + 1 + minor : 0;
}

int64_t bl_metadata_version_level(const char *name)
{
    int64_t found = -1, number;
    size_t len;

    if (!name)
        return -1;
    if (bl_text_to_int(name, strlen(name), &number))
        return number > 0 && number <= INT16_MAX ? number : -1;
    for (size_t i = 1; i < BL_ARRAY_LEN(names); i++)
        if (strcmp(names[i], name) == 0)
            return (int64_t)i;
    len = bl_release_len(name);
    if (!len || strncmp(name + len, "-IV", 3) == 0)
        return -1;
    for (size_t i = 1; i < BL_ARRAY_LEN(names); i++)
        if (strncmp(names[i], name, len) == 0 && names[i][len] == '-')
            found = (int64_t)i;
    return found;
}

char *bl_metadata_version_name(int64_t level)
{
    return level > 0 && level < (int64_t)BL_ARRAY_LEN(names) ? bl_strdup(names[level])
                                                             : bl_asprintf("%" PRId64, level);
}
