/** What a kustomization.yaml says of the files beside it. */
#ifndef BALLAST_CLI_FILES_KUSTOMIZE_H
#define BALLAST_CLI_FILES_KUSTOMIZE_H

#include "ballast/base/file.h"

/** Files, each with the kustomization.yaml that applies it as a patch. */
struct cli_patches {
    struct cli_patch {
        char *path, *named_by;
    } * items;
    size_t len, cap;
};

/**
 * Adds the files that each kustomization among `paths` patches with: `patches[].path`, `patchesJson6902[].path` and
 * `patchesStrategicMerge[]`. One that cannot be read adds nothing: what is wrong with it is told where manifests are read.
 */
void cli_patches_find(struct cli_patches *patches, const struct bl_paths *paths);
/** The patch that `path` is, by whatever name; NULL where it is none. */
const struct cli_patch *cli_patches_get(const struct cli_patches *patches, const char *path);
void cli_patches_release(struct cli_patches *patches);

#endif
