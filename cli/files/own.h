/** Objects of Ballast's own kinds among the manifests: whether their specs can be read. */
#ifndef BALLAST_CLI_FILES_OWN_H
#define BALLAST_CLI_FILES_OWN_H

#include "input.h"

/**
 * Adds what is wrong with them to the manifest's faults. The API server drops fields that it does not know, and the controller
 * tells what remains to whoever looks at the status; here both have a line.
 */
void cli_check_own(struct cli_input *input);

#endif
