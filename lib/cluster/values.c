/* Values of a chart: those that lie in Secrets and ConfigMaps, and above them those of the object. */
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/base64.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/cluster/live.h"
#include "ballast/cluster/offline.h"
#include "ballast/json/yaml.h"
#include "ballast/object/object.h"
#include "plan.h"

#define VALUE_MAX ((size_t)1 << 20)
#define DEFAULT_KEY "values.yaml"

/* As Helm merges: maps member by member, all else whole; null takes a value away, and is Helm's to read. */
static void merge(cJSON *into, const cJSON *from)
{
    const cJSON *member;

    BL_JSON_EACH_MEMBER(member, from) {
        cJSON *present = bl_json_get(into, member->string);

        if (cJSON_IsObject(present) && cJSON_IsObject(member)) {
            merge(present, member);
            continue;
        }
        bl_json_cut(into, member->string);
        bl_json_add(into, member->string, bl_json_copy(member));
    }
}

/* a.b.c: the maps above it are made. */
static void put(cJSON *into, const char *path, const char *text)
{
    for (;;) {
        size_t len = strcspn(path, ".");
        BL_AUTO_FREE char *key = bl_strndup(path, len);

        if (!path[len]) {
            bl_json_cut(into, key);
            bl_json_add_string(into, key, text);
            return;
        }
        cJSON *next = bl_json_get(into, key);

        if (!cJSON_IsObject(next)) {
            bl_json_cut(into, key);
            next = bl_json_add_object(into, key);
        }
        into = next;
        path += len + 1;
    }
}

/* `*ret_upto`: how much of the path leads to what is no map; 0: all that is there of it does. */
static const cJSON *value_at(const cJSON *values, const char *path, size_t *ret_upto)
{
    const char *part = path;

    *ret_upto = 0;
    for (;;) {
        size_t len = strcspn(part, ".");
        BL_AUTO_FREE char *key = bl_strndup(part, len);

        values = bl_json_get(values, key);
        part += len;
        if (!*part || !values)
            return values;
        if (!cJSON_IsObject(values)) {
            *ret_upto = (size_t)(part - path);
            return NULL;
        }
        part++;
    }
}

const char *bl_values_text(const cJSON *values, const char *path)
{
    size_t upto;
    const cJSON *found = value_at(values, path, &upto);

    return cJSON_IsString(found) && *found->valuestring ? found->valuestring : NULL;
}

int bl_values_check(const cJSON *values, const char *path, struct bl_error **err)
{
    size_t upto;

    (void)value_at(values, path, &upto);
    if (!upto)
        return 0;
    (void)bl_fail(err, BL_ERR_INVALID,
                  "spec.versions.protocolValue \"%s\": \"%.*s\" of the values is no map", path,
                  (int)upto, path);
    return bl_hint(err, "Name the chart's value that sets inter.broker.protocol.version.");
}

int bl_values_look(const char *yaml, const char *path, bool *ret_given, struct bl_error **err)
{
    struct bl_yaml_stream stream;
    struct bl_yaml_segment segment;
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;
    const cJSON *found;
    size_t upto;

    bl_yaml_stream_init(&stream, yaml, strlen(yaml));
    if (!bl_yaml_next(&stream, &segment)) {
        *ret_given = false;
        return 0;
    }
    if (bl_yaml_parse("values", &segment, &doc, err) < 0 ||
        bl_values_check(bl_yaml_doc_root(doc), path, err) < 0)
        return -1;
    found = value_at(bl_yaml_doc_root(doc), path, &upto);
    /* Charts have "" where nothing is set, and null takes that away. */
    *ret_given =
        found && !bl_json_is_null(found) && !(cJSON_IsString(found) && !*found->valuestring);
    return 0;
}

static const char *kind_name(const struct bl_values_from *from)
{
    return from->kind == BL_VALUES_SECRET ? "Secret" : "ConfigMap";
}

/* Where Secrets and ConfigMaps are looked for: in a cluster, or among what was read from files. */
struct source {
    struct bl_kube_client *client; /* NULL: among the objects */
    const cJSON *const *objects;
    size_t len;
    const char *namespace;
};

static const cJSON *find_object(const struct source *source, const struct bl_kind *kind,
                                const char *name)
{
    for (size_t i = 0; i < source->len; i++) {
        struct bl_ref ref = bl_object_ref(source->objects[i]);

        if (bl_kind_is(kind, source->objects[i]) && strcmp(ref.name, name) == 0 &&
            (!*ref.namespace || strcmp(ref.namespace, source->namespace) == 0))
            return source->objects[i];
    }
    return NULL;
}

static int find(const struct source *source, const struct bl_kind *kind, const char *name,
                cJSON **ret_object, struct bl_error **err)
{
    const cJSON *object;

    if (source->client)
        return bl_kube_get(source->client, &kind->resource, source->namespace, name, ret_object,
                           err);
    object = find_object(source, kind, name);
    if (!object) {
        (void)bl_fail(err, BL_ERR_NOT_FOUND, "it is in none of the files");
        return bl_hint(err, "No cluster is asked: name a file with it by -f as well.");
    }
    *ret_object = bl_json_copy(object);
    return 0;
}

static int text_of(const struct bl_values_from *from, const cJSON *object, struct bl_strbuf *out,
                   struct bl_error **err)
{
    const char *key = from->key ? from->key : DEFAULT_KEY;
    const char *text = bl_json_string(bl_json_get(object, "data"), key);
    const char *plain = bl_json_string(bl_json_get(object, "stringData"), key);

    if (plain) {
        bl_strbuf_adds(out, plain);
        return bl_strbuf_check(out, "the values", err);
    }
    if (!text)
        return bl_fail(err, BL_ERR_NOT_FOUND, "%s \"%s\" has no key \"%s\"", kind_name(from),
                       from->name, key);
    if (from->kind == BL_VALUES_SECRET)
        return bl_base64_decode(out, text, strlen(text), err);
    bl_strbuf_adds(out, text);
    return bl_strbuf_check(out, "the values", err);
}

/* A message must not quote what could be a secret. */
static int merge_yaml(const struct bl_values_from *from, const struct bl_strbuf *text, cJSON *into,
                      struct bl_error **err)
{
    struct bl_yaml_stream stream;
    struct bl_yaml_segment segment;
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;
    BL_ERROR(quotes);

    bl_yaml_stream_init(&stream, text->text, text->len);
    if (!bl_yaml_next(&stream, &segment))
        return 0;
    if (bl_yaml_parse("values", &segment, &doc, &quotes) < 0 ||
        (bl_yaml_doc_root(doc) && !cJSON_IsObject(bl_yaml_doc_root(doc))))
        return bl_fail(err, BL_ERR_INVALID, "what %s \"%s\" holds is no YAML map", kind_name(from),
                       from->name);
    merge(into, bl_yaml_doc_root(doc));
    return 0;
}

static int add_from(const struct source *source, const struct bl_values_from *from, cJSON *into,
                    struct bl_error **err)
{
    const struct bl_kind *kind =
        from->kind == BL_VALUES_SECRET ? &bl_kind_secret : &bl_kind_config_map;
    BL_AUTO(bl_json_wipe) cJSON *object = NULL;
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(VALUE_MAX);
    BL_ERROR(failure);

    if (find(source, kind, from->name, &object, &failure) < 0 ||
        text_of(from, object, &text, &failure) < 0) {
        if (from->optional && bl_error_code(failure) == BL_ERR_NOT_FOUND)
            return 0;
        *err = BL_STEAL(failure);
        return bl_wrap(err, "values of %s \"%s\"", kind_name(from), from->name);
    }
    if (!from->target_path)
        return merge_yaml(from, &text, into, err);
    put(into, from->target_path, text.text);
    return 0;
}

static int write_values(const struct source *source, const struct bl_cluster_spec *spec,
                        struct bl_strbuf *ret_yaml, struct bl_error **err)
{
    const struct bl_values_from *from = spec->values_from.items;
    BL_AUTO(bl_json_wipe) cJSON *values = bl_json_new_object();

    for (size_t i = 0; i < spec->values_from.len; i++)
        if (add_from(source, &from[i], values, err) < 0)
            return -1;
    merge(values, spec->values);
    bl_yaml_write(ret_yaml, values, 0);
    return bl_strbuf_check(ret_yaml, "the values", err);
}

int bl_live_values(struct bl_kube_client *client, const char *namespace,
                   const struct bl_cluster_spec *spec, struct bl_strbuf *ret_yaml,
                   struct bl_error **err)
{
    return write_values(&(struct source){.client = client, .namespace = namespace}, spec, ret_yaml,
                        err);
}

int bl_offline_values(const cJSON *const *objects, size_t len, const char *namespace,
                      const struct bl_cluster_spec *spec, struct bl_strbuf *ret_yaml,
                      struct bl_error **err)
{
    return write_values(&(struct source){.objects = objects, .len = len, .namespace = namespace},
                        spec, ret_yaml, err);
}
