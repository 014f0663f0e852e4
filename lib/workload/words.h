/**
 * The words of a container's command and args: runs of letters, digits, '_', '.' and '-'. What a shell's comment names
 * does not run, and is passed over.
 */
#ifndef BALLAST_WORKLOAD_WORDS_H
#define BALLAST_WORKLOAD_WORDS_H

#include "ballast/json/json.h"

/** The first of the words that is in the list, up to NULL, as the list has it; NULL: none. */
const char *bl_container_finds(const cJSON *container, const char *const *list);
/** Is there no word that is not in the list? */
bool bl_container_only_runs(const cJSON *container, const char *const *list);

#endif
