#include "ballast/cluster/record.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/api/names.h"
#include "ballast/base/base64.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/helm_release.h"
#include "ballast/object/object.h"

/* A Secret takes 1 MiB. */
#define SECRET_MAX ((size_t)1 << 20)

static int read_manifest(struct bl_record *record, struct bl_error **err)
{
    const char *text = bl_json_string(record->json, "manifest");

    if (!text || !*text)
        return 0;
    if (bl_manifest_add(&record->manifest, "the chart's manifest", bl_strdup(text), strlen(text),
                        err) < 0)
        return -1;
    return bl_manifest_check(&record->manifest, err);
}

/* Does an install or an upgrade make it? */
static bool is_made(const cJSON *hook)
{
    static const char *const events[] = {"pre-install", "post-install", "pre-upgrade",
                                         "post-upgrade", NULL};
    const cJSON *event;

    cJSON_ArrayForEach(event, bl_json_get(hook, "events")) {
        if (cJSON_IsString(event) && bl_text_in(event->valuestring, events))
            return true;
    }
    return false;
}

/* What cannot be read of them is no less a release. */
static int read_hooks(struct bl_record *record, struct bl_error **err)
{
    const cJSON *hook;

    cJSON_ArrayForEach(hook, bl_json_get(record->json, "hooks")) {
        const char *text = bl_json_string(hook, "manifest");

        if (text && *text && is_made(hook) &&
            bl_manifest_add(&record->hooks, "a hook of the chart", bl_strdup(text), strlen(text),
                            err) < 0)
            return -1;
    }
    return 0;
}

/* Helm says what it pulled on the same standard output, the first time that it pulls it. */
static const char *skip_words(const char *text)
{
    const char *line = text;

    while (*line && *line != '{') {
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return *line ? line : text;
}

static int read_text(struct bl_record *record, struct bl_error **err)
{
    const char *begin = skip_words(record->text.text);
    size_t len = record->text.len - (size_t)(begin - record->text.text);

    if (bl_strbuf_check(&record->text, "the release", err) < 0 ||
        bl_json_parse(begin, len, &record->json, err) < 0)
        return bl_wrap(err, "Helm's record of the release");
    return read_hooks(record, err) < 0 ? -1 : read_manifest(record, err);
}

int bl_record_read(struct bl_record *record, struct bl_strbuf *text, struct bl_error **err)
{
    bl_strbuf_swap(&record->text, text);
    return read_text(record, err);
}

int bl_record_unpack(struct bl_record *record, const cJSON *secret, struct bl_error **err)
{
    if (bl_helm_record_unpack(secret, &record->text, err) < 0)
        return bl_wrap(err, "Helm's record of the release");
    return read_text(record, err);
}

static void wipe_manifest(struct bl_manifest *manifest)
{
    for (size_t i = 0; i < manifest->files.len; i++)
        explicit_bzero(manifest->files.items[i].text, manifest->files.items[i].len);
    bl_manifest_release(manifest);
}

void bl_record_release(struct bl_record *record)
{
    wipe_manifest(&record->manifest);
    wipe_manifest(&record->hooks);
    bl_json_wipe(&record->json);
    bl_strbuf_wipe(&record->text);
}

bool bl_record_exists(const struct bl_record *record)
{
    return record->json != NULL;
}

int64_t bl_record_revision(const struct bl_record *record)
{
    return bl_json_number(record->json, "version");
}

const char *bl_record_status(const struct bl_record *record)
{
    const char *status = bl_json_string(bl_json_get(record->json, "info"), "status");

    return status ? status : "";
}

bool bl_release_is_there(int64_t revision, const char *status)
{
    return revision && !bl_text_eq(status, "uninstalled");
}

bool bl_record_is_there(const struct bl_record *record)
{
    return bl_release_is_there(bl_record_revision(record), bl_record_status(record));
}

bool bl_release_is_pending(const char *status)
{
    return bl_text_starts(status, "pending-");
}

bool bl_record_is_pending(const struct bl_record *record)
{
    return bl_release_is_pending(bl_record_status(record));
}

char *bl_record_chart(const struct bl_record *record)
{
    const cJSON *metadata = bl_json_at(record->json, "chart", "metadata", NULL);
    const char *name = bl_json_string(metadata, "name");
    const char *version = bl_json_string(metadata, "version");

    return name && version ? bl_asprintf("%s-%s", name, version) : bl_strdup("");
}

bool bl_record_is_applied(const struct bl_record *record)
{
    return bl_text_eq(bl_json_string(record->json, "apply_method"), "ssa");
}

const cJSON *bl_record_values(const struct bl_record *record)
{
    return bl_json_get(record->json, "config");
}

static void set_text(cJSON *object, const char *part, const char *key, const char *text)
{
    cJSON *metadata = bl_json_get(object, "metadata"), *map = bl_json_get(metadata, part);

    if (!cJSON_IsObject(map)) {
        bl_json_cut(metadata, part);
        map = bl_json_add_object(metadata, part);
    }
    bl_json_cut(map, key);
    bl_json_add_string(map, key, text);
}

cJSON *bl_record_applied(const cJSON *object, const char *release, const char *namespace)
{
    cJSON *copy = bl_json_copy(object);

    set_text(copy, "labels", BL_LABEL_MANAGED_BY, "Helm");
    set_text(copy, "annotations", BL_HELM_NAME, release);
    set_text(copy, "annotations", BL_HELM_NAMESPACE, namespace);
    return copy;
}

int64_t bl_record_time(const struct bl_record *record)
{
    return bl_json_time(bl_json_get(record->json, "info"), "last_deployed");
}

const cJSON *bl_record_find(const struct bl_record *record, const cJSON *like,
                            const char *namespace)
{
    for (size_t i = 0; i < record->manifest.objects.len; i++)
        if (bl_object_is_same(record->manifest.objects.items[i].object, like, namespace))
            return record->manifest.objects.items[i].object;
    return NULL;
}

/* Helm reads what is not packed, too (helm.sh/helm, pkg/storage/driver/util.go). */
int bl_record_seal(const struct bl_record *record, const char *status, cJSON **ret_data,
                   struct bl_error **err)
{
    BL_AUTO(bl_json_wipe) cJSON *copy = bl_json_copy(record->json);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(SECRET_MAX);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf once = BL_STRBUF_INIT(SECRET_MAX);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf twice = BL_STRBUF_INIT(2 * SECRET_MAX);
    cJSON *info = bl_json_get(copy, "info");

    bl_json_cut(info, "status");
    bl_json_add_string(info, "status", status);
    bl_json_write(&text, copy);
    bl_base64_encode(&once, text.text, text.len);
    if (bl_strbuf_check(&text, "the release", err) < 0 ||
        bl_strbuf_check(&once, "the release", err) < 0)
        return -1;
    bl_base64_encode(&twice, once.text, once.len);
    *ret_data = bl_json_new_object();
    bl_json_add_string(*ret_data, "release", twice.text);
    return 0;
}
