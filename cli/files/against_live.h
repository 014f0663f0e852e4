/** What a cluster has, to compare files with. */
#ifndef BALLAST_CLI_FILES_AGAINST_LIVE_H
#define BALLAST_CLI_FILES_AGAINST_LIVE_H

#include "input.h"

/**
 * Reads of the namespaces that the objects read so far go to what they could take away, as more of them. Asks for no content
 * of a Secret.
 */
BL_CHECK int cli_read_live(const struct cli_source *source, struct cli_input *input,
                           struct bl_error **err);

#endif
