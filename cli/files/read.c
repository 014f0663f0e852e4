#include <string.h>
#include <unistd.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "input.h"
#include "kustomize.h"

/* The policies and manifests that a person names. */

int cli_read_policies(const struct bl_texts *policies, struct bl_policy_set *set,
                      struct bl_error **err)
{
    for (size_t i = 0; i < policies->len; i++)
        if (bl_policy_set_read(set, policies->items[i], err) < 0)
            return -1;
    return policies->len ? 0 : bl_policy_set_read(set, "default", err);
}

static void pass_over_patch(struct bl_manifest *manifest, const char *path,
                            const struct cli_patch *patch)
{
    BL_ERROR(err);

    (void)bl_fail(&err, BL_ERR_INVALID,
                  "%s: a patch that %s applies: judge what kustomize makes of it", path,
                  patch->named_by);
    *BL_PUSH(&manifest->passed_over) = BL_STEAL(err);
}

/* What a folder holds may be anything; a patch lacks what its base has. */
static int read_found(struct bl_manifest *manifest, const char *path,
                      const struct cli_patches *patches, struct bl_error **err)
{
    const struct cli_patch *patch = cli_patches_get(patches, path);

    if (!patch)
        return bl_manifest_read_found(manifest, path, err);
    pass_over_patch(manifest, path, patch);
    return 0;
}

/* Files that were named must be manifests. */
static int read_paths(struct bl_manifest *manifest, const struct bl_paths *paths,
                      const struct bl_texts *named, struct bl_error **err)
{
    BL_AUTO(cli_patches_release) struct cli_patches patches = {0};

    cli_patches_find(&patches, paths);
    for (size_t i = 0; i < paths->len; i++) {
        const char *path = paths->items[i];
        bool found = named->len;

        for (size_t j = 0; j < named->len; j++)
            found &= strcmp(named->items[j], path) != 0;
        if ((found ? read_found(manifest, path, &patches, err)
                   : bl_manifest_read(manifest, path, err)) < 0)
            return -1;
    }
    return 0;
}

int cli_read_manifests(const struct bl_texts *files, struct bl_manifest *manifest,
                       struct bl_error **err)
{
    static const char *const suffixes[] = {".yaml", ".yml", ".json", NULL};
    BL_AUTO(bl_paths_release) struct bl_paths paths = {0};

    if (!files->len && isatty(STDIN_FILENO)) {
        bl_fail(err, BL_ERR_INVALID, "there is nothing to read");
        return bl_hint(err, "Name manifest files or folders, or pipe manifests in.");
    }
    if (!files->len && bl_paths_add(&paths, "-", suffixes, err) < 0)
        return -1;
    for (size_t i = 0; i < files->len; i++) {
        size_t before = paths.len;

        if (bl_paths_add(&paths, files->items[i], suffixes, err) < 0)
            return -1;
        if (paths.len == before)
            return bl_fail(err, BL_ERR_NOT_FOUND,
                           "%s: there is no .yaml, .yml or .json file in this folder",
                           files->items[i]);
    }
    for (size_t i = 0; i < paths.skipped.len; i++)
        *BL_PUSH(&manifest->passed_over) = BL_STEAL(paths.skipped.items[i]);
    return read_paths(manifest, &paths, files, err);
}
