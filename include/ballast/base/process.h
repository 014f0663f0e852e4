/**
 * A child process: run to its end, within limits of time and output, without a shell.
 *
 * The child runs in a process group of its own, so that its own children end with it. It inherits the descriptors 0, 1 and 2
 * alone, and begins with no signal blocked. When `timeout` is over, the whole group gets SIGTERM, and SIGKILL when `grace` is
 * over as well: a call takes `timeout` + `grace` at most.
 */
#ifndef BALLAST_BASE_PROCESS_H
#define BALLAST_BASE_PROCESS_H

#include "ballast/base/clock.h"
#include "ballast/base/stop.h"
#include "ballast/base/strbuf.h"

/** All borrowed. */
struct bl_process {
    char *const *args; /* up to NULL; the program first: a path, or a name for PATH */
    char *const *env;  /* up to NULL; all that it has */
    const char *input; /* what it reads from standard input; NULL: nothing */
    size_t input_len;
    bl_nsec timeout;            /* of the whole run, until SIGTERM; 0 ends it at once */
    bl_nsec grace;              /* between SIGTERM and SIGKILL; 0: SIGKILL at once */
    const struct bl_stop *stop; /* ends it, too; or NULL */
    size_t memory;              /* most bytes of data that it may have (RLIMIT_DATA); 0: no limit */
    /**
     * It keeps our standard input and our process group, so that it can ask a person; `input` does not count, and signals
     * go to the child alone.
     */
    bool interactive;
};

/** How it ended. */
struct bl_process_end {
    int status; /* exit status; -1: a signal ended it */
    int signal; /* that signal, or 0 */
};

/**
 * Appends what it prints to `output`, and to `errors` what it prints to standard error; `errors` NULL: that goes where ours
 * goes. Where that is more than the buffer may hold, its first quarter has the beginning and the rest the last lines, since a
 * program's reason stands at its end; between them stands how much is left out, and the buffer has overflowed.
 *
 * Fails where it could not be started (BL_ERR_INVALID), where its time was over or `stop` was raised (BL_ERR_UNAVAILABLE),
 * and where it printed more than `output` may hold (BL_ERR_TOO_LARGE). The child has ended whenever this returns. An exit
 * status other than 0 is no failure.
 */
BL_CHECK int bl_process_run(const struct bl_process *process, struct bl_strbuf *output,
                            struct bl_strbuf *errors, struct bl_process_end *ret_end,
                            struct bl_error **err);

/** The same for what has to succeed: any exit status but 0 is a failure. */
BL_CHECK int bl_process_read(const struct bl_process *process, struct bl_strbuf *output,
                             struct bl_error **err);

#endif
