/** A program that is run for what it prints, within limits, without a shell. */
#ifndef BALLAST_KUBE_PROCESS_H
#define BALLAST_KUBE_PROCESS_H

#include "ballast/base/clock.h"
#include "ballast/base/stop.h"
#include "ballast/base/strbuf.h"

/** All borrowed. */
struct process {
    char *const *args; /* the program first: a path, or a name for PATH */
    char *const *env;
    bl_nsec timeout;
    const struct bl_stop *stop; /* or NULL */
    bool interactive;           /* it has our standard input; otherwise an empty one */
};

/** Appends its standard output. Fails where it does, and kills it where it takes too long. */
BL_CHECK int bl_process_read(const struct process *process, struct bl_strbuf *output,
                             struct bl_error **err);

#endif
