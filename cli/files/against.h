/** What is there before: files, or what a cluster has. */
#ifndef BALLAST_CLI_FILES_AGAINST_H
#define BALLAST_CLI_FILES_AGAINST_H

#include "input.h"

/** Reads what --against names behind what is judged; nothing where it is not given. */
BL_CHECK int cli_read_before(const struct cli_source *source, struct cli_input *input,
                             struct bl_error **err);

/** Adds what members that run would lose to the report. */
void cli_compare_states(struct cli_input *input, const struct bl_engine_options *options);

#endif
