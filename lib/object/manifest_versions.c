#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/hash.h"
#include "ballast/base/mem.h"
#include "ballast/object/manifest.h"

/* For an object's name, the number behind the last version that it was seen in. */
struct name {
    char *key; /* NULL: a free slot */
    unsigned next;
};

/*
 * A hash table at most half full. Not hsearch(), whose hash of a long key depends on its first eight
 * characters alone, which are those of the API group.
 */
struct names {
    struct name *slots;
    size_t mask;
};

static size_t file_of(const struct bl_manifest *manifest, size_t object)
{
    return manifest->documents.items[manifest->objects.items[object].document].file;
}

static char *name_of(const cJSON *object)
{
    struct bl_ref ref = bl_object_ref(object);
    const char *slash = strchr(ref.api_version, '/');

    return bl_asprintf("%.*s\n%s\n%s\n%s", slash ? (int)(slash - ref.api_version) : 0,
                       ref.api_version, ref.kind, ref.namespace, ref.name);
}

static size_t hash(const char *key)
{
    uint64_t value = bl_hash(BL_HASH_BEGIN, key, strlen(key));

    return (size_t)(value ^ value >> 32);
}

/* The number for the next version of an object of this name; 0 for one that was never seen. */
static unsigned *slot(struct names *names, const cJSON *object)
{
    BL_AUTO_FREE char *key = name_of(object);
    size_t at = hash(key) & names->mask;

    while (names->slots[at].key && strcmp(names->slots[at].key, key) != 0)
        at = (at + 1) & names->mask;
    if (!names->slots[at].key)
        names->slots[at].key = BL_STEAL(key);
    return &names->slots[at].next;
}

static void names_release(struct names *names)
{
    for (size_t i = 0; i <= names->mask; i++)
        free(names->slots[i].key);
    free(names->slots);
}

static unsigned version_of_file(struct names *names, const struct bl_manifest *manifest,
                                size_t first, size_t end)
{
    unsigned version = 0;

    for (size_t i = first; i < end; i++) {
        unsigned next = *slot(names, manifest->objects.items[i].object);

        version = next > version ? next : version;
    }
    for (size_t i = first; i < end; i++)
        *slot(names, manifest->objects.items[i].object) = version + 1;
    return version;
}

unsigned *bl_manifest_versions(const struct bl_manifest *manifest, unsigned *ret_count)
{
    unsigned *versions = bl_alloc(manifest->objects.len, sizeof(*versions));
    BL_AUTO(names_release) struct names names = {.mask = 1};

    while (names.mask < manifest->objects.len * 2)
        names.mask = names.mask * 2 + 1;
    names.slots = bl_alloc(names.mask + 1, sizeof(*names.slots));
    *ret_count = 1;
    for (size_t first = 0, end; first < manifest->objects.len; first = end) {
        for (end = first;
             end < manifest->objects.len && file_of(manifest, end) == file_of(manifest, first);)
            end++;

        unsigned version = version_of_file(&names, manifest, first, end);
        for (size_t i = first; i < end; i++)
            versions[i] = version;
        *ret_count = version + 1 > *ret_count ? version + 1 : *ret_count;
    }
    return versions;
}
