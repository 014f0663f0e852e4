#include "kustomize.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ballast/base/mem.h"
#include "ballast/json/yaml.h"

/*
 * A strategic merge patch has apiVersion, kind and name like the object that it changes, and a part of its fields. Judged
 * as an object it lacks what its base has. (kustomize, api/types/kustomization.go)
 */

static bool is_kustomization(const char *path)
{
    const char *name = bl_path_name(path);

    return strcmp(name, "kustomization.yaml") == 0 || strcmp(name, "kustomization.yml") == 0;
}

static void add_patch(struct cli_patches *patches, const char *kustomization, const char *path)
{
    struct cli_patch patch;

    /* One that is written in place has lines, and no file. */
    if (!path || !*path || strchr(path, '\n'))
        return;
    patch.path = bl_path_beside(kustomization, path);
    patch.named_by = bl_strdup(kustomization);
    *BL_PUSH(patches) = patch;
}

static void add_list(struct cli_patches *patches, const char *kustomization, const cJSON *list)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list)
        add_patch(patches, kustomization,
                  cJSON_IsString(item) ? item->valuestring : bl_json_string(item, "path"));
}

static void add_patches_of(struct cli_patches *patches, const char *path)
{
    static const char *const lists[] = {"patches", "patchesStrategicMerge", "patchesJson6902"};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_JSON_MAX_BYTES);
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;
    BL_AUTO(bl_error_cleanup) struct bl_error *duplicate = NULL;
    struct bl_yaml_stream stream;
    struct bl_yaml_segment segment;
    BL_ERROR(err);

    if (bl_file_read(path, &text, &err) < 0)
        return;
    bl_yaml_stream_init(&stream, text.text, text.len);
    if (!bl_yaml_next(&stream, &segment) ||
        bl_yaml_parse_as_kubectl(path, &segment, &doc, &duplicate, &err) < 0)
        return;
    for (size_t i = 0; i < BL_ARRAY_LEN(lists); i++)
        add_list(patches, path, bl_json_get(bl_yaml_doc_root(doc), lists[i]));
}

/* The third of its names has no suffix, so that it is not among the files of a folder. NULL: it was looked for already. */
static char *unsuffixed(const struct bl_paths *paths, size_t place)
{
    static const char name[] = "Kustomization";
    char *path = bl_path_beside(paths->items[place], name);
    BL_AUTO_FREE char *before = place ? bl_path_beside(paths->items[place - 1], name) : NULL;

    if (!before || strcmp(path, before) != 0)
        return path;
    free(path);
    return NULL;
}

void cli_patches_find(struct cli_patches *patches, const struct bl_paths *paths)
{
    for (size_t i = 0; i < paths->len; i++) {
        BL_AUTO_FREE char *beside = unsuffixed(paths, i);

        if (is_kustomization(paths->items[i]))
            add_patches_of(patches, paths->items[i]);
        if (beside)
            add_patches_of(patches, beside);
    }
}

const struct cli_patch *cli_patches_get(const struct cli_patches *patches, const char *path)
{
    struct stat one, other;

    if (!patches->len || stat(path, &one) < 0)
        return NULL;
    for (size_t i = 0; i < patches->len; i++)
        if (stat(patches->items[i].path, &other) == 0 && one.st_dev == other.st_dev &&
            one.st_ino == other.st_ino)
            return &patches->items[i];
    return NULL;
}

void cli_patches_release(struct cli_patches *patches)
{
    for (size_t i = 0; i < patches->len; i++) {
        free(patches->items[i].path);
        free(patches->items[i].named_by);
    }
    free(patches->items);
    *patches = (struct cli_patches){0};
}
