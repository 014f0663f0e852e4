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

/* A file that cannot be read may hold what matters most; only words tell. */
static bool speaks_of_kafka(const struct bl_yaml_segment *segment)
{
    BL_AUTO_FREE char *text = bl_strndup(segment->text, segment->len);

    return strcasestr(text, "kafka") || strcasestr(text, "zookeeper");
}

/* With "---" forgotten between two objects, the second one hides the first. */
static bool holds_two(const struct bl_yaml_segment *segment)
{
    static const char key[] = "\nkind:";
    const char *end = segment->text + segment->len;
    const char *first = memmem(segment->text, segment->len, key, sizeof(key) - 1);

    return first && memmem(first + 1, (size_t)(end - first - 1), key, sizeof(key) - 1);
}

static int add_document(struct bl_manifest *manifest, const char *name, size_t file,
                        const struct bl_yaml_segment *segment, struct bl_error **err)
{
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *yaml = NULL;
    BL_ERROR(doubt);
    const cJSON *root;

    if (bl_yaml_parse_as_kubectl(name, segment, &yaml, &doubt, err) < 0) {
        if (bl_error_code(*err) != BL_ERR_INVALID || speaks_of_kafka(segment))
            return -1;
        doubt = *err;
        *err = NULL;
        yaml = bl_yaml_doc_unread(name, segment);
    }
    if (doubt && holds_two(segment) && speaks_of_kafka(segment)) {
        *err = BL_STEAL(doubt);
        return -1;
    }
    root = bl_yaml_doc_root(yaml);
    *BL_PUSH(&manifest->documents) = (struct bl_document){file, BL_STEAL(yaml), BL_STEAL(doubt)};
    return bl_json_is_null(root) ? 0 : add_objects(manifest, name, root, "", err);
}

/* What cannot be read and is all that there is was meant to be read. */
static int check_any(struct bl_manifest *manifest, const struct bl_manifest *before,
                     struct bl_error **err)
{
    for (size_t i = before->documents.len; i < manifest->documents.len; i++) {
        struct bl_document *document = &manifest->documents.items[i];

        if (manifest->objects.len > before->objects.len || !document->doubt)
            continue;
        *err = BL_STEAL(document->doubt);
        return -1;
    }
    return 0;
}

int bl_manifest_add(struct bl_manifest *manifest, const char *name, char *text, size_t len,
                    struct bl_error **err)
{
    const struct bl_manifest before = *manifest;
    struct bl_source *file = BL_PUSH(&manifest->files);
    struct bl_yaml_stream stream;
    struct bl_yaml_segment segment;

    *file = (struct bl_source){bl_strdup(name), text, len};
    bl_yaml_stream_init(&stream, text, len);
    while (bl_yaml_next(&stream, &segment))
        if (add_document(manifest, name, before.files.len, &segment, err) < 0)
            return -1;
    return check_any(manifest, &before, err);
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

static void drop_document(struct bl_document *document)
{
    bl_yaml_doc_free(document->yaml);
    bl_error_free(document->doubt);
}

static void drop_file(struct bl_source *file)
{
    free(file->name);
    free(file->text);
}

/* Takes back what the last file added. */
static void forget_from(struct bl_manifest *manifest, const struct bl_manifest *before)
{
    while (manifest->objects.len > before->objects.len)
        free(manifest->objects.items[--manifest->objects.len].pointer);
    while (manifest->documents.len > before->documents.len)
        drop_document(&manifest->documents.items[--manifest->documents.len]);
    while (manifest->files.len > before->files.len)
        drop_file(&manifest->files.items[--manifest->files.len]);
}

/* Was it to be manifests? Values, patches, Chart.yaml and templates have no kind of their own, or "{{" in them. */
static bool means_objects(const char *text)
{
    static const char key[] = "kind:";

    return (strncmp(text, key, sizeof(key) - 1) == 0 || strstr(text, "\nkind:")) &&
           !strstr(text, "{{");
}

/* Only what was meant and is ours is worth stopping for. */
static bool matters(const struct bl_manifest *manifest, const struct bl_manifest *before)
{
    const char *text = manifest->files.items[before->files.len].text;

    return means_objects(text) && (manifest->objects.len > before->objects.len ||
                                   strcasestr(text, "kafka") || strcasestr(text, "zookeeper"));
}

int bl_manifest_read_found(struct bl_manifest *manifest, const char *path, struct bl_error **err)
{
    const struct bl_manifest before = *manifest;

    if (bl_manifest_read(manifest, path, err) == 0)
        return 0;
    if (manifest->files.len == before.files.len || bl_error_code(*err) != BL_ERR_INVALID ||
        matters(manifest, &before))
        return -1;
    forget_from(manifest, &before);
    *BL_PUSH(&manifest->passed_over) = *err;
    *err = NULL;
    return 0;
}

void bl_manifest_release(struct bl_manifest *manifest)
{
    for (size_t i = 0; i < manifest->objects.len; i++)
        free(manifest->objects.items[i].pointer);
    for (size_t i = 0; i < manifest->documents.len; i++)
        drop_document(&manifest->documents.items[i]);
    for (size_t i = 0; i < manifest->files.len; i++)
        drop_file(&manifest->files.items[i]);
    for (size_t i = 0; i < manifest->passed_over.len; i++)
        bl_error_free(manifest->passed_over.items[i]);
    free(manifest->passed_over.items);
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
