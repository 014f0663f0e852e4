#include "ballast/cluster/live.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"

/* Whose fields a trial is of: Helm's, as they would be. */
#define TRIAL_MANAGER "helm"

/* --- releases --- */

struct newest {
    cJSON *secret; /* owned */
    int64_t revision;
};

static void newest_release(struct newest *newest)
{
    bl_json_wipe(&newest->secret);
}

static int keep_newest(void *context, cJSON *object, struct bl_error **err BL_UNUSED)
{
    struct newest *newest = context;
    const char *label = bl_object_label(object, "version");
    int64_t revision = 0;
    cJSON *other = object;

    if (label && bl_text_to_int(label, strlen(label), &revision) && revision > newest->revision) {
        other = newest->secret;
        newest->secret = object;
        newest->revision = revision;
    }
    bl_json_wipe(&other);
    return 0;
}

static int find_newest(struct bl_kube_client *client, const char *namespace, const char *name,
                       bool metadata_only, struct newest *ret_newest, struct bl_error **err)
{
    BL_AUTO_FREE char *labels = bl_asprintf("owner=helm,name=%s", name);
    struct bl_kube_selection selection = {
        .namespace = namespace, .labels = labels, .metadata_only = metadata_only};

    if (bl_kube_list(client, &bl_kind_secret.resource, &selection, keep_newest, ret_newest, err) <
        0)
        return bl_wrap(err, "could not list the releases of Helm");
    return 0;
}

int bl_live_release(struct bl_kube_client *client, const char *namespace, const char *name,
                    struct bl_record *ret_record, struct bl_error **err)
{
    BL_AUTO(newest_release) struct newest newest = {0};

    if (find_newest(client, namespace, name, false, &newest, err) < 0)
        return -1;
    return newest.secret ? bl_record_unpack(ret_record, newest.secret, err) : 0;
}

int bl_live_newest(struct bl_kube_client *client, const char *namespace, const char *name,
                   int64_t *ret_revision, char **ret_status, struct bl_error **err)
{
    BL_AUTO(newest_release) struct newest newest = {0};
    const char *status;

    if (find_newest(client, namespace, name, true, &newest, err) < 0)
        return -1;
    status = bl_object_label(newest.secret, "status");
    *ret_revision = newest.revision;
    *ret_status = bl_strdup(status ? status : "");
    return 0;
}

static int mark_failed(struct bl_kube_client *client, const char *namespace, const char *secret,
                       const struct bl_record *record, struct bl_error **err)
{
    BL_AUTO(bl_json_wipe) cJSON *body = bl_json_new_object();
    struct bl_kube_patch patch = {.type = BL_KUBE_PATCH_MERGE, .body = body};
    cJSON *data = NULL;

    if (bl_record_seal(record, "failed", &data, err) < 0)
        return -1;
    bl_json_add(body, "data", data);
    bl_json_add_string(bl_json_add_object(bl_json_add_object(body, "metadata"), "labels"), "status",
                       "failed");
    if (bl_kube_patch(client, &bl_kind_secret.resource, namespace, secret, &patch, NULL, err) < 0)
        return bl_wrap(err, "could not unlock the release");
    return 0;
}

int bl_live_unlock(struct bl_kube_client *client, const char *namespace, const char *name,
                   struct bl_error **err)
{
    BL_AUTO(newest_release) struct newest newest = {0};
    BL_AUTO(bl_record_release) struct bl_record record = BL_RECORD_INIT;

    if (find_newest(client, namespace, name, false, &newest, err) < 0 ||
        (newest.secret && bl_record_unpack(&record, newest.secret, err) < 0))
        return -1;
    if (!bl_record_is_pending(&record))
        return 0;
    return mark_failed(client, namespace, bl_object_ref(newest.secret).name, &record, err);
}

/* --- kinds --- */

void bl_live_kinds_release(struct bl_live_kinds *kinds)
{
    for (size_t i = 0; i < kinds->len; i++) {
        free(kinds->items[i].api_version);
        free(kinds->items[i].kind);
        free(kinds->items[i].known.plural);
    }
    free(kinds->items);
    *kinds = (struct bl_live_kinds){0};
}

static int find_kind(struct bl_kube_client *client, struct bl_live_kinds *kinds,
                     const cJSON *object, struct bl_kube_kind *ret_kind, struct bl_error **err)
{
    struct bl_ref ref = bl_object_ref(object);
    struct bl_kube_kind known = {0};
    BL_ERROR(failure);

    for (size_t i = 0; i < kinds->len; i++) {
        if (strcmp(kinds->items[i].api_version, ref.api_version) == 0 &&
            strcmp(kinds->items[i].kind, ref.kind) == 0) {
            *ret_kind = kinds->items[i].known;
            return 0;
        }
    }
    if (bl_kube_discover(client, object, &known, &failure) < 0 &&
        bl_error_code(failure) != BL_ERR_NOT_FOUND) {
        *err = BL_STEAL(failure);
        return -1;
    }
    *BL_PUSH(kinds) = (struct bl_live_kind){bl_strdup(ref.api_version), bl_strdup(ref.kind), known};
    *ret_kind = known;
    return 0;
}

/* "apps/v1" in two. The texts are those of the object. */
static struct bl_resource resource_of(const cJSON *object, const struct bl_kube_kind *kind,
                                      char **ret_group)
{
    const char *version = bl_object_ref(object).api_version, *slash = strchr(version, '/');

    *ret_group = slash ? bl_strndup(version, (size_t)(slash - version)) : bl_strdup("");
    return (struct bl_resource){*ret_group, slash ? slash + 1 : version, kind->plural};
}

static const char *namespace_of(const cJSON *object, const struct bl_kube_kind *kind,
                                const char *namespace)
{
    const char *own = bl_object_ref(object).namespace;

    return !kind->namespaced ? NULL : *own ? own : namespace;
}

/* --- objects --- */

void bl_live_objects_release(struct bl_live_objects *objects)
{
    for (size_t i = 0; i < objects->len; i++)
        bl_json_free(objects->items[i]);
    free(objects->items);
    *objects = (struct bl_live_objects){0};
}

static bool has(const struct bl_live_objects *objects, const cJSON *object, const char *namespace)
{
    struct bl_ref wanted = bl_object_ref(object);

    for (size_t i = 0; i < objects->len; i++) {
        struct bl_ref ref = bl_object_ref(objects->items[i]);

        if (strcmp(ref.kind, wanted.kind) == 0 && strcmp(ref.name, wanted.name) == 0 &&
            (!*ref.namespace ||
             strcmp(ref.namespace, *wanted.namespace ? wanted.namespace : namespace) == 0))
            return true;
    }
    return false;
}

static int read_one(struct bl_kube_client *client, struct bl_live_kinds *kinds,
                    const char *namespace, const cJSON *object, cJSON **ret_live,
                    struct bl_error **err)
{
    struct bl_kube_kind kind;
    struct bl_resource resource;
    BL_AUTO_FREE char *group = NULL;

    if (find_kind(client, kinds, object, &kind, err) < 0)
        return -1;
    if (!kind.plural)
        return 0;
    resource = resource_of(object, &kind, &group);
    if (bl_kube_find(client, &resource, namespace_of(object, &kind, namespace),
                     bl_object_ref(object).name, ret_live, err) < 0)
        return bl_wrap(err, "%s \"%s\"", bl_object_ref(object).kind, bl_object_ref(object).name);
    return 0;
}

int bl_live_read(struct bl_kube_client *client, struct bl_live_kinds *kinds, const char *namespace,
                 const struct bl_record *record, struct bl_live_objects *objects,
                 struct bl_error **err)
{
    for (size_t i = 0; i < record->manifest.objects.len; i++) {
        const cJSON *object = record->manifest.objects.items[i].object;
        cJSON *live = NULL;

        if (bl_object_is(object, "", "Secret") || has(objects, object, namespace))
            continue;
        if (read_one(client, kinds, namespace, object, &live, err) < 0)
            return -1;
        if (live)
            *BL_PUSH(objects) = live;
    }
    return 0;
}

int bl_live_try(struct bl_kube_client *client, struct bl_live_kinds *kinds, const char *namespace,
                const cJSON *object, cJSON **ret_object, struct bl_error **err)
{
    struct bl_kube_kind kind;
    struct bl_resource resource;
    BL_AUTO_FREE char *group = NULL;
    struct bl_kube_patch patch = {.type = BL_KUBE_PATCH_APPLY,
                                  .body = object,
                                  .manager = TRIAL_MANAGER,
                                  .force = true,
                                  .dry_run = true};

    if (find_kind(client, kinds, object, &kind, err) < 0)
        return -1;
    if (!kind.plural)
        return 0;
    resource = resource_of(object, &kind, &group);
    return bl_kube_patch(client, &resource, namespace_of(object, &kind, namespace),
                         bl_object_ref(object).name, &patch, ret_object, err);
}
