#include "ballast/object/helm_release.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/base64.h"
#include "ballast/base/gzip.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"

#define SECRET_TYPE "helm.sh/release.v1"
/* Of the documents that are read: no chart of Kafka comes near. */
#define MANIFEST_MAX ((size_t)1 << 20)
#define MANIFEST_VALUES ((size_t)1 << 17)
/*
 * What is packed to a few KiB may be a tree of half a GiB. All records that are read at once share the second; a large
 * chart with its values has some thousands.
 */
#define RECORD_VALUES (1L << 16)
#define ALL_VALUES (1L << 17)

static const struct {
    const char *text;
    enum bl_helm_status status;
} statuses[] = {
    {"pending-install", BL_HELM_INSTALL},
    {"pending-upgrade", BL_HELM_UPGRADE},
    {"pending-rollback", BL_HELM_ROLLBACK},
    {"uninstalling", BL_HELM_UNINSTALL},
};

static enum bl_helm_status status_of(const char *text)
{
    for (size_t i = 0; text && i < BL_ARRAY_LEN(statuses); i++)
        if (strcmp(text, statuses[i].text) == 0)
            return statuses[i].status;
    return BL_HELM_OTHER;
}

bool bl_helm_is_release(const cJSON *object, enum bl_helm_status *ret_status)
{
    bool secret = bl_object_is(object, "", "Secret") &&
                  bl_text_eq(bl_json_string(object, "type"), SECRET_TYPE);
    bool map = bl_object_is(object, "", "ConfigMap") &&
               bl_text_eq(bl_object_label(object, "owner"), "helm") &&
               bl_json_string(bl_json_get(object, "data"), "release");

    *ret_status = status_of(bl_object_label(object, "status"));
    return secret || map;
}

/* A Secret's value is base64 once more. */
static int packed(const cJSON *object, struct bl_strbuf *out, struct bl_error **err)
{
    const char *text = bl_json_string(bl_json_get(object, "data"), "release");
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf value = BL_STRBUF_INIT(BL_HELM_RELEASE_MAX);

    if (!text)
        return bl_fail(err, BL_ERR_INVALID, "the record of a release has no key release");
    if (!bl_object_is(object, "", "Secret"))
        return bl_base64_decode(out, text, strlen(text), err);
    if (bl_base64_decode(&value, text, strlen(text), err) < 0)
        return -1;
    return bl_base64_decode(out, value.text, value.len, err);
}

static const unsigned char packed_mark[] = {0x1f, 0x8b, 0x08};

int bl_helm_record_unpack(const cJSON *object, struct bl_strbuf *json, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf bytes = BL_STRBUF_INIT(BL_HELM_RELEASE_MAX);

    if (packed(object, &bytes, err) < 0 || bl_strbuf_check(&bytes, "the record", err) < 0)
        return -1;
    /* As Helm 2 wrote them, and as Helm still reads them. */
    if (bytes.len < sizeof(packed_mark) ||
        memcmp(bytes.text, packed_mark, sizeof(packed_mark)) != 0) {
        bl_strbuf_add(json, bytes.text, bytes.len);
        return bl_strbuf_check(json, "the record", err);
    }
    return bl_gunzip(json, bytes.text, bytes.len, err);
}

static const char *skip_back(const char *begin, const char *at, const char *what)
{
    while (at > begin && strchr(what, at[-1]))
        at--;
    return at;
}

/* Does `kind:` stand before the word at `at`, in YAML or JSON, and nothing of a word after it? */
static bool is_kind(const struct bl_yaml_segment *segment, const char *at, size_t len)
{
    const char *end = segment->text + segment->len, *before;

    if (at + len < end && isalnum((unsigned char)at[len]))
        return false;
    before = skip_back(segment->text, at, " \t\"'");
    if (before == segment->text || before[-1] != ':')
        return false;
    before = skip_back(segment->text, before - 1, " \t\"'");
    return before - segment->text >= 4 && memcmp(before - 4, "kind", 4) == 0;
}

static bool names_kind(const struct bl_yaml_segment *segment, const char *kind)
{
    const char *at = segment->text, *end = segment->text + segment->len;
    size_t len = strlen(kind);

    while ((at = memmem(at, (size_t)(end - at), kind, len))) {
        if (is_kind(segment, at, len))
            return true;
        at += len;
    }
    return false;
}

static bool is_of_any(const struct bl_yaml_segment *segment, const char *const *kinds)
{
    for (; *kinds; kinds++)
        if (names_kind(segment, *kinds))
            return true;
    return false;
}

static void add_documents(struct bl_strbuf *out, const char *text, const char *const *kinds)
{
    struct bl_yaml_stream stream;
    struct bl_yaml_segment segment;

    if (!text)
        return;
    bl_yaml_stream_init(&stream, text, strlen(text));
    while (bl_yaml_next(&stream, &segment)) {
        if (!is_of_any(&segment, kinds))
            continue;
        bl_strbuf_adds(out, "---\n");
        bl_strbuf_add(out, segment.text, segment.len);
        bl_strbuf_addc(out, '\n');
    }
}

/* What hooks make is there afterwards, too. */
static int read_manifest(const cJSON *record, const char *const *kinds,
                         struct bl_manifest *manifest, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(MANIFEST_MAX);
    const cJSON *hook;
    size_t len;

    add_documents(&text, bl_json_string(record, "manifest"), kinds);
    cJSON_ArrayForEach(hook, bl_json_get(record, "hooks")) {
        add_documents(&text, bl_json_string(hook, "manifest"), kinds);
    }
    if (bl_strbuf_check(&text, "the release's manifest", err) < 0)
        return -1;
    len = text.len;
    manifest->most = MANIFEST_VALUES;
    if (bl_manifest_add(manifest, "the release", bl_strbuf_take(&text), len, err) < 0)
        return -1;
    return bl_manifest_check(manifest, err);
}

int bl_helm_release_read(const cJSON *object, const char *const *kinds,
                         struct bl_helm_release *release, struct bl_error **err)
{
    static struct bl_json_pool pool = {ALL_VALUES, RECORD_VALUES};
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf json = BL_STRBUF_INIT(BL_HELM_RELEASE_MAX);
    BL_AUTO(bl_json_loan_return) struct bl_json_loan loan = {0};
    BL_AUTO_JSON cJSON *record = NULL; /* its texts are those of `json` */
    const char *name, *namespace, *status;

    if (bl_helm_record_unpack(object, &json, err) < 0 ||
        bl_json_parse_pooled(json.text, json.len, &pool, &loan, &record, err) < 0)
        return -1;
    name = bl_json_string(record, "name");
    namespace = bl_json_string(record, "namespace");
    status = bl_json_string(bl_json_get(record, "info"), "status");
    release->name = bl_strdup(name ? name : "");
    release->namespace = bl_strdup(namespace ? namespace : "");
    release->status = status_of(status);
    return read_manifest(record, kinds, &release->manifest, err);
}

void bl_helm_release_release(struct bl_helm_release *release)
{
    for (size_t i = 0; i < release->manifest.files.len; i++) {
        struct bl_source *file = &release->manifest.files.items[i];

        explicit_bzero(file->text, file->len);
    }
    bl_manifest_release(&release->manifest);
    free(release->name);
    free(release->namespace);
    *release = (struct bl_helm_release){0};
}
