/**
 * The KRM function protocol (kubernetes-sigs/kustomize, functions-spec): a ResourceList in, the same list
 * with results out.
 */
#ifndef BALLAST_CLI_FILES_KRM_H
#define BALLAST_CLI_FILES_KRM_H

#include "input.h"

bool cli_is_resource_list(const cJSON *root);

/** Puts companions behind what they protect, and findings under `results`. */
void cli_fill_resource_list(const struct cli_input *input, size_t document, cJSON *list);

/**
 * The policy in a ResourceList's functionConfig, if it has one; it takes the place of the default.
 */
BL_CHECK int cli_read_function_config(const struct bl_manifest *manifest, struct bl_policy_set *set,
                                      bool *ret_found, struct bl_error **err);

#endif
