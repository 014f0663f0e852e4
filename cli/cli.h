/** The verbs of the command, and how they end. */
#ifndef BALLAST_CLI_CLI_H
#define BALLAST_CLI_CLI_H

#include "ballast/base/options.h"

/** Exit codes, as kubectl diff and compilers have them. */
enum {
    CLI_OK = BL_EXIT_OK,
    CLI_FINDINGS = BL_EXIT_FAILED, /* something was found, or denied */
    CLI_ERROR = BL_EXIT_USAGE,     /* the input or the call is wrong; nothing was done */
    CLI_INTERRUPTED = 130,         /* by a person who waited, as a shell has it */
};

/** The end of a verb's --help, where the pages are named. */
#define CLI_EXIT_CODES                                                                             \
    "Exit codes: 0 fine, 1 something was found or denied, 2 the input or the call is wrong.\nRead" \
    " on: man "

struct cli_verb {
    const struct bl_command *command; /* named "ballast VERB" */
    const char *summary;
    /** `argv` is what stands behind the verb. Returns the exit code. */
    int (*run)(int argc, char **argv);
};

extern const struct cli_verb cli_harden, cli_lint, cli_explain, cli_test, cli_review, cli_vap,
    cli_status, cli_topics, cli_verify, cli_cluster, cli_rollout, cli_drain_check, cli_leave,
    cli_backup, cli_restore;

/** "VERB". */
static inline const char *cli_verb_name(const struct cli_verb *verb)
{
    return verb->command->name + sizeof("ballast");
}

#endif
