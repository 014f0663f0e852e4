#include "ballast/cluster/rewrite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/cluster/record.h"
#include "ballast/json/pointer.h"
#include "ballast/object/image.h"
#include "ballast/object/object.h"

#define DEFAULT_REGISTRY "docker.io"

bool bl_images_rewrite(const struct bl_cluster_images *images)
{
    return images->registry || images->map.len || images->pull_secrets.len;
}

/* --- one name --- */

/* The rest of `name` behind a prefix of whole parts, or NULL. */
static const char *behind(const char *name, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(name, prefix, len) == 0 && strchr("/:@", name[len]) ? name + len : NULL;
}

/* What stands before it is a host. */
static bool names_registry(const char *prefix)
{
    BL_AUTO_FREE char *image = bl_asprintf("%s/image", prefix);

    return bl_image_parse(image).registry_len > 0;
}

static const struct bl_image_map *find_map(const struct bl_cluster_images *images, const char *full,
                                           const char *path)
{
    const struct bl_image_map *maps = images->map.items, *best = NULL;

    for (size_t i = 0; i < images->map.len; i++)
        if (behind(names_registry(maps[i].from) ? full : path, maps[i].from) &&
            (!best || strlen(maps[i].from) > strlen(best->from)))
            best = &maps[i];
    return best;
}

static char *mapped(const struct bl_cluster_images *images, const char *image)
{
    struct bl_image parsed = bl_image_parse(image);
    BL_AUTO_FREE char *full =
        parsed.registry_len ? bl_strdup(image) : bl_asprintf("%s/%s", DEFAULT_REGISTRY, image);
    const struct bl_image_map *map = find_map(images, full, parsed.path);

    if (!map)
        return bl_strdup(image);
    if (names_registry(map->from))
        return bl_asprintf("%s%s", map->to, behind(full, map->from));
    if (names_registry(map->to))
        return bl_asprintf("%s%s", map->to, behind(parsed.path, map->from));
    return bl_asprintf("%.*s%s%s", (int)(parsed.path - image), image, map->to,
                       behind(parsed.path, map->from));
}

void bl_image_renamed(const struct bl_cluster_images *images, const char *image,
                      struct bl_strbuf *out)
{
    BL_AUTO_FREE char *name = mapped(images, image);

    if (!images->registry || bl_image_under(name, images->registry))
        bl_strbuf_adds(out, name);
    else
        bl_image_rebase(out, name, images->registry);
}

/* --- one object --- */

/* Where the kinds of Kubernetes have a pod's template. */
static const char *const places[] = {"", "/spec/template", "/spec/jobTemplate/spec/template"};
static const char *const lists[] = {"initContainers", "containers"};

/* Is `item` one of the list? "kafka:3.9=x" is none of "bitnami/kafka:3.9=x". */
static bool has_item(const char *list, const char *item)
{
    size_t len = strlen(item);

    for (const char *at = list; *at;) {
        size_t next = strcspn(at, ",");

        if (next == len && strncmp(at, item, len) == 0)
            return true;
        at += next + (at[next] == ',');
    }
    return false;
}

static void note(struct bl_strbuf *said, const char *from, const char *to)
{
    BL_AUTO_FREE char *pair = bl_asprintf("%s=%s", from, to);

    if (!has_item(said->text, pair))
        bl_strbuf_addf(said, "%s%s", said->len ? "," : "", pair);
}

static void rename_images(const struct bl_cluster_images *images, cJSON *containers,
                          struct bl_strbuf *said)
{
    cJSON *container;

    cJSON_ArrayForEach(container, containers) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf name = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
        const char *image = bl_json_string(container, "image");

        if (!image)
            continue;
        bl_image_renamed(images, image, &name);
        if (strcmp(image, name.text) == 0)
            continue;
        note(said, image, name.text);
        cJSON_ReplaceItemInObjectCaseSensitive(container, "image", bl_json_new_string(name.text));
    }
}

static bool has_named(const cJSON *list, const char *name)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list) {
        if (bl_text_eq(bl_json_string(item, "name"), name))
            return true;
    }
    return false;
}

static void add_secrets(const struct bl_strings *secrets, cJSON *spec)
{
    cJSON *list = bl_json_get(spec, "imagePullSecrets");

    if (secrets->len && !cJSON_IsArray(list)) {
        bl_json_cut(spec, "imagePullSecrets");
        list = bl_json_add_array(spec, "imagePullSecrets");
    }
    for (size_t i = 0; i < secrets->len; i++)
        if (!has_named(list, secrets->items[i]))
            bl_json_add_string(bl_json_push(list, bl_json_new_object()), "name", secrets->items[i]);
}

static void annotate(cJSON *object, const char *said)
{
    cJSON *metadata = bl_json_get(object, "metadata");
    cJSON *annotations = bl_json_get(metadata, "annotations");

    if (!cJSON_IsObject(annotations)) {
        bl_json_cut(metadata, "annotations");
        annotations = bl_json_add_object(metadata, "annotations");
    }
    bl_json_cut(annotations, BL_ANNOTATION_REWRITTEN);
    bl_json_add_string(annotations, BL_ANNOTATION_REWRITTEN, said);
}

static void rewrite_object(const struct bl_cluster_images *images, cJSON *object)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf said = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    cJSON *item;

    if (bl_object_is_list(object)) {
        cJSON_ArrayForEach(item, bl_json_get(object, "items"))
            rewrite_object(images, item);
        return;
    }
    for (size_t i = 0; i < BL_ARRAY_LEN(places); i++) {
        cJSON *spec = bl_json_get(bl_pointer_find(object, places[i]), "spec");

        if (!cJSON_IsArray(bl_json_get(spec, "containers")))
            continue;
        for (size_t l = 0; l < BL_ARRAY_LEN(lists); l++)
            rename_images(images, bl_json_get(spec, lists[l]), &said);
        add_secrets(&images->pull_secrets, spec);
    }
    if (said.len)
        annotate(object, said.text);
}

/* --- a manifest --- */

static int rewrite_document(const struct bl_cluster_images *images,
                            const struct bl_document *document, struct bl_strbuf *out,
                            struct bl_error **err)
{
    const struct bl_yaml_segment *segment = bl_yaml_doc_segment(document->yaml);
    BL_AUTO_JSON cJSON *wanted = NULL;

    if (out->len && out->text[out->len - 1] != '\n')
        bl_strbuf_addc(out, '\n');
    if (!bl_yaml_doc_root(document->yaml)) {
        bl_strbuf_add(out, segment->text, segment->len);
        return 0;
    }
    wanted = bl_json_copy(bl_yaml_doc_root(document->yaml));
    rewrite_object(images, wanted);
    return bl_yaml_rewrite(document->yaml, wanted, out, err);
}

int bl_manifest_rewrite(const struct bl_cluster_images *images, char *text, size_t len,
                        struct bl_strbuf *out, struct bl_error **err)
{
    BL_AUTO(bl_manifest_release) struct bl_manifest manifest = {0};

    if (bl_manifest_add(&manifest, "the chart's manifest", text, len, err) < 0 ||
        bl_manifest_check(&manifest, err) < 0)
        return -1;
    for (size_t i = 0; i < manifest.documents.len; i++)
        if (rewrite_document(images, &manifest.documents.items[i], out, err) < 0)
            return -1;
    return 0;
}

static void add_pair(const char *pair, size_t len, struct bl_strings *lines)
{
    const char *sign = memchr(pair, '=', len);
    BL_AUTO_FREE char *line = NULL;

    if (!sign)
        return;
    line = bl_asprintf("%.*s → %.*s", (int)(sign - pair), pair,
                       (int)(len - 1 - (size_t)(sign - pair)), sign + 1);
    for (size_t i = 0; i < lines->len; i++)
        if (strcmp(lines->items[i], line) == 0)
            return;
    *BL_PUSH(lines) = BL_STEAL(line);
}

void bl_images_rewritten(const struct bl_manifest *manifest, struct bl_strings *ret_lines)
{
    for (size_t i = 0; i < manifest->objects.len; i++) {
        const char *said =
            bl_object_annotation(manifest->objects.items[i].object, BL_ANNOTATION_REWRITTEN);

        while (said && *said) {
            size_t len = strcspn(said, ",");

            add_pair(said, len, ret_lines);
            said += len + (said[len] == ',');
        }
    }
}

/* --- as the post-renderer --- */

char *bl_rewrite_argument(const struct bl_cluster_images *images)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *json = bl_json_new_object();
    const struct bl_image_map *maps = images->map.items;
    cJSON *list = bl_json_add_array(json, "map");

    if (images->registry)
        bl_json_add_string(json, "registry", images->registry);
    for (size_t i = 0; i < images->map.len; i++) {
        cJSON *map = bl_json_push(list, bl_json_new_object());

        bl_json_add_string(map, "from", maps[i].from);
        bl_json_add_string(map, "to", maps[i].to);
    }
    bl_json_add_strings(json, "pullSecrets", &images->pull_secrets);
    bl_json_write(&text, json);
    return bl_strbuf_take(&text);
}

static int rewrite(const char *argument, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf in = BL_STRBUF_INIT(BL_RECORD_MAX);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf out = BL_STRBUF_INIT(BL_RECORD_MAX);
    BL_AUTO(bl_cluster_images_release) struct bl_cluster_images images = {0};
    size_t len;

    if (bl_cluster_images_read(argument, &images, err) < 0 ||
        bl_file_read_fd(STDIN_FILENO, "standard input", &in, err) < 0)
        return -1;
    len = in.len;
    if (bl_manifest_rewrite(&images, bl_strbuf_take(&in), len, &out, err) < 0 ||
        bl_strbuf_check(&out, "the manifest", err) < 0)
        return -1;
    return bl_file_write_fd(STDOUT_FILENO, "standard output", out.text, out.len, err);
}

int bl_rewrite_main(int argc, char **argv)
{
    BL_ERROR(err);

    if (argc != 3 || strcmp(argv[1], BL_REWRITE_WORD) != 0)
        return -1;
    if (rewrite(argv[2], &err) == 0)
        return EXIT_SUCCESS;
    (void)fprintf(stderr, "%s\n", bl_error_text(err));
    return EXIT_FAILURE;
}
