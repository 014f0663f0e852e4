/** Shell scripts in a container's command, read as far as they say what a broker is started with. */
#ifndef BALLAST_WORKLOAD_SCRIPT_H
#define BALLAST_WORKLOAD_SCRIPT_H

#include "ballast/base/attrs.h"

/** The text without its comments; for free(). */
BL_NONNULL char *bl_script_without_comments(const char *text);

/**
 * An assignment, `unset`, or a line of settings that is written to a file, in the order of the script. `value` is as the
 * shell reads it, but for what it expands.
 */
struct bl_assignment {
    const char *name;
    const char *value; /* NULL: it depends, so it is not known; of `unset` too */
    bool unset;
    bool fallback; /* ": ${NAME:=value}": only where nothing else sets it */
    bool line;     /* `echo "name=value" >> file`: a property and no variable */
};

/**
 * Calls `each` with what holds when the script comes to its `exec`; of one name the last one counts. What stands in
 * quotes, comments, subshells, here documents, and in front of another command but
 * `exec env` is none. Takes one pass over the text.
 */
void bl_script_assignments(const char *text,
                           void (*each)(const struct bl_assignment *assignment, void *context),
                           void *context);

#endif
