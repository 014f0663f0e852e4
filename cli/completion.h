/** The verb that prints what shells complete calls by. */
#ifndef BALLAST_CLI_COMPLETION_H
#define BALLAST_CLI_COMPLETION_H

#include "cli.h"

extern const struct bl_command cli_completion_command;

/** Runs the verb. `verbs`, up to NULL, are all of them, which main.c alone knows. Returns the exit code. */
int cli_completion(const struct cli_verb *const *verbs, int argc, char **argv);

#endif
