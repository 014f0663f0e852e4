/** Shell scripts in a container's command, read as far as they say what a broker is started with. */
#ifndef BALLAST_WORKLOAD_SCRIPT_H
#define BALLAST_WORKLOAD_SCRIPT_H

#include "ballast/base/attrs.h"

/** The text without its comments; for free(). */
BL_NONNULL char *bl_script_without_comments(const char *text);

struct bl_assignment {
    bool found;
    char *
        value; /* as the shell reads it, but for what it expands; NULL: it depends, so it is not known */
};

/**
 * The last assignment that holds when the script comes to its `exec`, of a variable that `is_wanted` accepts. What stands
 * in quotes, comments, subshells, here documents, and in front of another command is none; one behind a condition is not
 * known; `unset` takes it back.
 */
struct bl_assignment bl_script_assignment(const char *text,
                                          bool (*is_wanted)(const char *name, const void *context),
                                          const void *context);

#endif
