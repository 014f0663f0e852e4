#include "ballast/object/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/pointer.h"

bool bl_object_is_list(const cJSON *object)
{
    const char *kind = bl_json_string(object, "kind");

    return kind && bl_text_ends(kind, "List") && cJSON_IsArray(bl_json_get(object, "items"));
}

static int check_object(const char *file, const struct bl_yaml_doc *yaml, const cJSON *value,
                        struct bl_error **err)
{
    const struct bl_origin *origin = bl_yaml_doc_origin(yaml, value);
    bool kind = bl_json_string(value, "kind"), version = bl_json_string(value, "apiVersion");

    if (kind && version)
        return 0;
    bl_fail(err, BL_ERR_INVALID, "%s:%u: not a Kubernetes object: it has no %s%s%s", file,
            origin ? origin->line : 1, version ? "" : "apiVersion", kind || version ? "" : " and ",
            kind ? "" : "kind");
    return bl_hint(err, "Every object needs apiVersion, kind and metadata.name.");
}

static int add_objects(struct bl_manifest *manifest, const char *file, const cJSON *value,
                       const char *pointer, struct bl_error **err)
{
    size_t document = manifest->documents.len - 1, index = 0;
    const cJSON *item;

    if (check_object(file, manifest->documents.items[document].yaml, value, err) < 0)
        return -1;
    if (!bl_object_is_list(value)) {
        struct bl_item *object = BL_PUSH(&manifest->objects);

        *object = (struct bl_item){document, bl_strdup(pointer), value};
        return 0;
    }
    cJSON_ArrayForEach(item, bl_json_get(value, "items")) {
        BL_AUTO_FREE char *inner = bl_asprintf("%s/items/%zu", pointer, index++);

        if (add_objects(manifest, file, item, inner, err) < 0)
            return -1;
    }
    return 0;
}

int bl_manifest_add(struct bl_manifest *manifest, const char *name, char *text, size_t len,
                    struct bl_error **err)
{
    struct bl_source *file = BL_PUSH(&manifest->files);
    size_t file_index = manifest->files.len - 1;
    struct bl_yaml_stream stream;
    struct bl_yaml_segment segment;

    *file = (struct bl_source){bl_strdup(name), text, len};
    bl_yaml_stream_init(&stream, text, len);
    while (bl_yaml_next(&stream, &segment)) {
        struct bl_yaml_doc *yaml = NULL;

        if (bl_yaml_parse(name, &segment, &yaml, err) < 0)
            return -1;
        *BL_PUSH(&manifest->documents) = (struct bl_document){file_index, yaml};
        if (bl_json_is_null(bl_yaml_doc_root(yaml)))
            continue;
        if (add_objects(manifest, name, bl_yaml_doc_root(yaml), "", err) < 0)
            return -1;
    }
    return 0;
}

int bl_manifest_read(struct bl_manifest *manifest, const char *path, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_MANIFEST_MAX_BYTES);
    const char *name = strcmp(path, "-") == 0 ? "<stdin>" : path;

    if (bl_file_read(path, &text, err) < 0)
        return -1;

    size_t len = text.len;
    return bl_manifest_add(manifest, name, bl_strbuf_take(&text), len, err);
}

void bl_manifest_release(struct bl_manifest *manifest)
{
    for (size_t i = 0; i < manifest->objects.len; i++)
        free(manifest->objects.items[i].pointer);
    for (size_t i = 0; i < manifest->documents.len; i++)
        bl_yaml_doc_free(manifest->documents.items[i].yaml);
    for (size_t i = 0; i < manifest->files.len; i++) {
        free(manifest->files.items[i].name);
        free(manifest->files.items[i].text);
    }
    free(manifest->objects.items);
    free(manifest->documents.items);
    free(manifest->files.items);
    *manifest = (struct bl_manifest){0};
}

struct bl_place bl_manifest_place(const struct bl_manifest *manifest, const struct bl_item *item,
                                  const char *pointer)
{
    const struct bl_document *document = &manifest->documents.items[item->document];
    const cJSON *node = bl_pointer_nearest(item->object, pointer);
    const struct bl_origin *origin = bl_yaml_doc_origin(document->yaml, node);
    struct bl_place place = {manifest->files.items[document->file].name, 1, 1};

    if (!origin)
        return place;
    place.line = node == item->object ? origin->line : origin->key_line;
    place.column = node == item->object ? origin->column : origin->key_column;
    return place;
}
