#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/object/manifest.h"

/* For each object's name, the number behind the last version that it was seen in. */
struct names {
    struct hsearch_data table;
    struct {
        char **items;
        size_t len, cap;
    } keys;
};

static size_t file_of(const struct bl_manifest *manifest, size_t object)
{
    return manifest->documents.items[manifest->objects.items[object].document].file;
}

static char *name_of(const cJSON *object)
{
    struct bl_ref ref = bl_object_ref(object);
    const char *slash = strchr(ref.api_version, '/');

    return bl_asprintf("%.*s\n%s\n%s\n%s", slash ? (int)(slash - ref.api_version) : 0, ref.api_version,
                       ref.kind, ref.namespace, ref.name);
}

/* The number for the next version of an object of this name; 0 for one that was never seen. */
static ENTRY *slot(struct names *names, const cJSON *object)
{
    char *key = name_of(object);
    ENTRY want = {.key = key}, *found = NULL;

    if (hsearch_r(want, FIND, &found, &names->table)) {
        free(key);
        return found;
    }
    *BL_PUSH(&names->keys) = key;
    if (!hsearch_r(want, ENTER, &found, &names->table))
        abort();
    return found;
}

static unsigned version_of_file(struct names *names, const struct bl_manifest *manifest, size_t first,
                                size_t end)
{
    uintptr_t version = 0;

    for (size_t i = first; i < end; i++) {
        uintptr_t next = (uintptr_t)slot(names, manifest->objects.items[i].object)->data;

        version = next > version ? next : version;
    }
    for (size_t i = first; i < end; i++)
        slot(names, manifest->objects.items[i].object)->data = (void *)(version + 1);
    return (unsigned)version;
}

unsigned *bl_manifest_versions(const struct bl_manifest *manifest, unsigned *ret_count)
{
    unsigned *versions = bl_alloc(manifest->objects.len, sizeof(*versions));
    struct names names = {0};

    *ret_count = 1;
    if (!hcreate_r(manifest->objects.len * 2 + 1, &names.table))
        abort();
    for (size_t first = 0, end; first < manifest->objects.len; first = end) {
        for (end = first; end < manifest->objects.len && file_of(manifest, end) == file_of(manifest, first);)
            end++;

        unsigned version = version_of_file(&names, manifest, first, end);
        for (size_t i = first; i < end; i++)
            versions[i] = version;
        *ret_count = version + 1 > *ret_count ? version + 1 : *ret_count;
    }
    hdestroy_r(&names.table);
    for (size_t i = 0; i < names.keys.len; i++)
        free(names.keys.items[i]);
    free(names.keys.items);
    return versions;
}
