#include "ballast/object/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/pointer.h"

/* What a document takes before a byte of it is read, in values. */
#define DOCUMENT_VALUES 64

bool bl_object_is_list(const cJSON *object)
{
    const char *kind = bl_json_string(object, "kind");

    return kind && bl_text_ends(kind, "List") && cJSON_IsArray(bl_json_get(object, "items"));
}

/* A file that is being read. */
struct reading {
    struct bl_manifest *manifest;
    const char *name;
    size_t file;
    bool found; /* in a folder: nobody said that it holds objects */
    enum { NOT_ASKED, SILENT, SPEAKS } of_kafka; /* the document that is being read */
};

static int check_object(const struct reading *reading, const struct bl_yaml_doc *yaml,
                        const cJSON *value, struct bl_error **err)
{
    const struct bl_origin *origin = bl_yaml_doc_origin(yaml, value);
    bool kind = bl_json_string(value, "kind"), version = bl_json_string(value, "apiVersion");

    if (kind && version)
        return 0;
    bl_fail(err, BL_ERR_INVALID, "%s:%u: not a Kubernetes object: it has no %s%s%s", reading->name,
            origin ? origin->line : 1, version ? "" : "apiVersion", kind || version ? "" : " and ",
            kind ? "" : "kind");
    return bl_hint(err, "Every object needs apiVersion, kind and metadata.name.");
}

static bool holds(const struct bl_yaml_segment *segment, const char *text)
{
    return memmem(segment->text, segment->len, text, strlen(text)) != NULL;
}

/* What cannot be read may hold what matters most; only words tell. */
static bool speaks_of_kafka(const struct bl_yaml_segment *segment)
{
    BL_AUTO_FREE char *text = bl_strndup(segment->text, segment->len);

    return strcasestr(text, "kafka") || strcasestr(text, "zookeeper");
}

/* Values, patches, Chart.yaml and templates have no kind of their own, or "{{" in them. */
static bool was_meant(const struct reading *reading, const struct bl_yaml_segment *segment)
{
    if (!reading->found)
        return true;
    return !holds(segment, "{{") &&
           (holds(segment, "\nkind:") || bl_text_starts(segment->text, "kind:") ||
            holds(segment, "\"kind\":"));
}

/* Nobody reads more of them. */
#define MOST_FAULTS 100

/* Takes the error. Of the document nothing is judged. */
static void refuse(const struct reading *reading, struct bl_document *document, bool matters,
                   struct bl_error **err)
{
    if (matters && reading->manifest->faults.len < MOST_FAULTS)
        *BL_PUSH(&reading->manifest->faults) = *err;
    else if (!document->doubt)
        document->doubt = *err;
    else
        bl_error_free(*err);
    *err = NULL;
}

/* A pod template in something that does not say what it is was not meant to be values. */
static bool holds_pods(const cJSON *value)
{
    return bl_json_at(value, "spec", "template", "spec", "containers", NULL) != NULL;
}

/* Of a List each item may ask. */
static bool is_of_kafka(struct reading *reading, const struct bl_yaml_segment *segment)
{
    if (reading->of_kafka == NOT_ASKED)
        reading->of_kafka = speaks_of_kafka(segment) ? SPEAKS : SILENT;
    return reading->of_kafka == SPEAKS;
}

static void add_objects(struct reading *reading, const cJSON *value, const char *pointer)
{
    struct bl_manifest *manifest = reading->manifest;
    size_t index = 0, last = manifest->documents.len - 1;
    struct bl_document *document = &manifest->documents.items[last];
    const struct bl_yaml_segment *segment = bl_yaml_doc_segment(document->yaml);
    const cJSON *item;
    BL_ERROR(err);

    if (check_object(reading, document->yaml, value, &err) < 0) {
        bool matters = !reading->found || (is_of_kafka(reading, segment) &&
                                           (was_meant(reading, segment) || holds_pods(value)));

        refuse(reading, document, matters, &err);
        return;
    }
    if (!bl_object_is_list(value)) {
        *BL_PUSH(&manifest->objects) = (struct bl_item){last, bl_strdup(pointer), value};
        return;
    }
    cJSON_ArrayForEach(item, bl_json_get(value, "items")) {
        BL_AUTO_FREE char *inner = bl_asprintf("%s/items/%zu", pointer, index++);

        add_objects(reading, item, inner);
    }
}

/* With "---" forgotten between two objects, the second one hides the first. */
static bool holds_two(const struct bl_yaml_segment *segment)
{
    static const char key[] = "\nkind:";
    const char *end = segment->text + segment->len;
    const char *first = memmem(segment->text, segment->len, key, sizeof(key) - 1);

    return first && memmem(first + 1, (size_t)(end - first - 1), key, sizeof(key) - 1);
}

static void add_unread(const struct reading *reading, const struct bl_yaml_segment *segment,
                       bool matters, struct bl_error **err)
{
    struct bl_document *document = BL_PUSH(&reading->manifest->documents);

    *document = (struct bl_document){.file = reading->file,
                                     .yaml = bl_yaml_doc_unread(reading->name, segment)};
    refuse(reading, document, matters, err);
}

static int check_room(const struct reading *reading, const struct bl_yaml_segment *segment,
                      struct bl_error **err)
{
    const struct bl_manifest *manifest = reading->manifest;

    if (!manifest->most || manifest->values < manifest->most)
        return 0;
    return bl_fail(err, BL_ERR_TOO_LARGE, "%s:%u: more than %zu values", reading->name,
                   segment->line, manifest->most);
}

/* Beside a document that cannot be read, or that is too large by itself; not where all together is, or has a limit. */
static bool may_go_on(const struct bl_manifest *manifest, const struct bl_yaml_segment *segment,
                      const struct bl_error *why)
{
    return bl_error_code(why) == BL_ERR_INVALID ||
           (bl_error_code(why) == BL_ERR_TOO_LARGE && !manifest->most &&
            segment->index < BL_YAML_MAX_DOCUMENTS);
}

static int add_document(struct reading *reading, struct bl_yaml_segment *segment,
                        struct bl_error **err)
{
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *yaml = NULL;
    struct bl_manifest *manifest = reading->manifest;
    BL_ERROR(doubt);
    const cJSON *root;

    if (check_room(reading, segment, err) < 0)
        return -1;
    segment->most = manifest->most ? manifest->most - manifest->values : 0;
    if (bl_yaml_parse_as_kubectl(reading->name, segment, &yaml, &doubt, err) < 0) {
        if (!may_go_on(manifest, segment, *err))
            return -1;
        add_unread(reading, segment, speaks_of_kafka(segment) && was_meant(reading, segment), err);
        return 0;
    }
    if (doubt && holds_two(segment) && speaks_of_kafka(segment)) {
        add_unread(reading, segment, was_meant(reading, segment), &doubt);
        return 0;
    }
    root = bl_yaml_doc_root(yaml);
    manifest->values += DOCUMENT_VALUES + bl_yaml_doc_values(yaml);
    *BL_PUSH(&manifest->documents) =
        (struct bl_document){reading->file, BL_STEAL(yaml), BL_STEAL(doubt)};
    reading->of_kafka = NOT_ASKED;
    if (!bl_json_is_null(root))
        add_objects(reading, root, "");
    return 0;
}

/* The first doubt about what was read since, taken; NULL: there is none. */
static struct bl_error *take_doubt(struct bl_manifest *manifest, const struct bl_manifest *before)
{
    for (size_t i = before->documents.len; i < manifest->documents.len; i++)
        if (manifest->documents.items[i].doubt)
            return BL_STEAL(manifest->documents.items[i].doubt);
    return NULL;
}

static bool is_empty(const struct bl_manifest *manifest, const struct bl_manifest *before)
{
    return manifest->objects.len == before->objects.len &&
           manifest->faults.len == before->faults.len;
}

/* Takes `text`. */
static int add(struct bl_manifest *manifest, const char *name, bool found, char *text, size_t len,
               struct bl_error **err)
{
    struct reading reading = {manifest, name, manifest->files.len, found, NOT_ASKED};
    struct bl_source *file = BL_PUSH(&manifest->files);
    struct bl_yaml_stream stream;
    struct bl_yaml_segment segment;

    *file = (struct bl_source){bl_strdup(name), text, len};
    bl_yaml_stream_init(&stream, text, len);
    while (bl_yaml_next(&stream, &segment))
        if (add_document(&reading, &segment, err) < 0)
            return -1;
    return 0;
}

int bl_manifest_add(struct bl_manifest *manifest, const char *name, char *text, size_t len,
                    struct bl_error **err)
{
    const struct bl_manifest before = *manifest;
    struct bl_error *doubt;

    if (add(manifest, name, false, text, len, err) < 0)
        return -1;
    /* What cannot be read and is all that there is was meant to be read. */
    doubt = is_empty(manifest, &before) ? take_doubt(manifest, &before) : NULL;
    if (doubt)
        *BL_PUSH(&manifest->faults) = doubt;
    return 0;
}

static int read_text(const char *path, char **ret_text, size_t *ret_len, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_MANIFEST_MAX_BYTES);

    if (bl_file_read(path, &text, err) < 0)
        return -1;
    *ret_len = text.len;
    *ret_text = bl_strbuf_take(&text);
    return 0;
}

int bl_manifest_read(struct bl_manifest *manifest, const char *path, struct bl_error **err)
{
    char *text;
    size_t len;

    if (read_text(path, &text, &len, err) < 0)
        return -1;
    return bl_manifest_add(manifest, strcmp(path, "-") == 0 ? "<stdin>" : path, text, len, err);
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

int bl_manifest_read_found(struct bl_manifest *manifest, const char *path, struct bl_error **err)
{
    const struct bl_manifest before = *manifest;
    struct bl_error *doubt;
    char *text;
    size_t len;

    if (read_text(path, &text, &len, err) < 0 || add(manifest, path, true, text, len, err) < 0)
        return -1;
    doubt = is_empty(manifest, &before) ? take_doubt(manifest, &before) : NULL;
    if (!doubt)
        return 0;
    forget_from(manifest, &before);
    *BL_PUSH(&manifest->passed_over) = doubt;
    return 0;
}

int bl_manifest_check(const struct bl_manifest *manifest, struct bl_error **err)
{
    const struct bl_error *first = manifest->faults.len ? manifest->faults.items[0] : NULL;

    if (!first)
        return 0;
    bl_fail(err, bl_error_code(first), "%s", bl_error_text(first));
    return bl_error_hint(first) ? bl_hint(err, "%s", bl_error_hint(first)) : -1;
}

static void errors_release(struct bl_errors *errors)
{
    for (size_t i = 0; i < errors->len; i++)
        bl_error_free(errors->items[i]);
    free(errors->items);
}

const cJSON **bl_manifest_objects(const struct bl_manifest *manifest)
{
    const cJSON **objects = bl_alloc(manifest->objects.len + 1, sizeof(*objects));

    for (size_t i = 0; i < manifest->objects.len; i++)
        objects[i] = manifest->objects.items[i].object;
    return objects;
}

void bl_manifest_release(struct bl_manifest *manifest)
{
    for (size_t i = 0; i < manifest->objects.len; i++)
        free(manifest->objects.items[i].pointer);
    for (size_t i = 0; i < manifest->documents.len; i++)
        drop_document(&manifest->documents.items[i]);
    for (size_t i = 0; i < manifest->files.len; i++)
        drop_file(&manifest->files.items[i]);
    errors_release(&manifest->faults);
    errors_release(&manifest->passed_over);
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

/* Behind "!!str" and "&anchor". */
static bool is_literal(const char *text, const struct bl_origin *origin)
{
    const char *at = text + origin->start, *end = text + origin->end;

    while (at < end && (*at == '!' || *at == '&')) {
        while (at < end && !strchr(" \t\n", *at))
            at++;
        while (at < end && strchr(" \t\n", *at))
            at++;
    }
    return at < end && *at == '|';
}

struct bl_place bl_manifest_line_place(const struct bl_manifest *manifest,
                                       const struct bl_item *item, const char *pointer, size_t line)
{
    const struct bl_yaml_doc *yaml = manifest->documents.items[item->document].yaml;
    const cJSON *node = bl_pointer_find(item->object, pointer);
    const struct bl_origin *origin = node ? bl_yaml_doc_origin(yaml, node) : NULL;
    struct bl_place place = bl_manifest_place(manifest, item, pointer);

    if (!origin || origin->aliased || !cJSON_IsString(node) ||
        !is_literal(bl_yaml_doc_segment(yaml)->text, origin))
        return place;
    place.line = origin->line + 1 + (unsigned)line;
    place.column = 1;
    return place;
}
