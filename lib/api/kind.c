#include "ballast/api/kind.h"

#include <string.h>

#include "ballast/base/text.h"
#include "ballast/object/object.h"

void bl_kind_api_version(const struct bl_kind *kind, struct bl_strbuf *out)
{
    if (*kind->resource.group)
        bl_strbuf_addf(out, "%s/", kind->resource.group);
    bl_strbuf_adds(out, kind->resource.version);
}

bool bl_kind_is(const struct bl_kind *kind, const cJSON *object)
{
    return bl_object_is(object, kind->resource.group, kind->kind);
}

cJSON *bl_kind_new_object(const struct bl_kind *kind, const char *namespace, const char *name)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf version = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    cJSON *object = bl_json_new_object(), *metadata;

    bl_kind_api_version(kind, &version);
    bl_json_add_string(object, "apiVersion", version.text);
    bl_json_add_string(object, "kind", kind->kind);
    metadata = bl_json_add_object(object, "metadata");
    bl_json_add_string(metadata, "name", name);
    if (namespace)
        bl_json_add_string(metadata, "namespace", namespace);
    return object;
}

static int check_version(const struct bl_kind *kind, const struct bl_decode *from,
                         const cJSON *manifest, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf wanted = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    const char *version = bl_json_string(manifest, "apiVersion");

    bl_kind_api_version(kind, &wanted);
    if (bl_text_eq(version, wanted.text))
        return 0;
    return bl_decode_fail(from, bl_json_get(manifest, "apiVersion"), "apiVersion", err,
                          "\"%s\" is not %s", version ? version : "", wanted.text);
}

static int check_kind(const struct bl_kind *kind, const char *what, const struct bl_decode *from,
                      const cJSON *manifest, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf version = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (bl_text_eq(bl_json_string(manifest, "kind"), kind->kind))
        return 0;
    bl_kind_api_version(kind, &version);
    bl_decode_fail(from, bl_json_get(manifest, "kind"), "kind", err, "not a %s", kind->kind);
    return bl_hint(err, "A %s file begins with apiVersion: %s and kind: %s.", what, version.text,
                   kind->kind);
}

int bl_kind_check_head(const struct bl_kind *kind, const char *what, const struct bl_decode *from,
                       const cJSON *manifest, struct bl_error **err)
{
    static const char *const known[] = {"apiVersion", "kind", "metadata", "spec", "status", NULL};
    const cJSON *metadata = bl_json_get(manifest, "metadata"), *member;
    const char *name = bl_json_string(metadata, "name");

    if (check_kind(kind, what, from, manifest, err) < 0 ||
        check_version(kind, from, manifest, err) < 0)
        return -1;
    cJSON_ArrayForEach(member, manifest) {
        if (bl_decode_known(from, member, known, err) < 0)
            return -1;
    }
    if (!name || !*name)
        return bl_decode_fail(from, metadata, "metadata", err, "a %s needs a name", what);
    return 0;
}
