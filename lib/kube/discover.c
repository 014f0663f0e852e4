#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kube/client.h"
#include "ballast/object/object.h"

/* "/api/v1" for the core group, "/apis/GROUP/VERSION" for others. */
static char *path_of(const char *api_version)
{
    return bl_asprintf(strchr(api_version, '/') ? "/apis/%s" : "/api/%s", api_version);
}

/* Subresources have a "/" in their names. */
static const cJSON *find_kind(const cJSON *list, const char *kind)
{
    const cJSON *resource;

    cJSON_ArrayForEach(resource, bl_json_get(list, "resources")) {
        const char *name = bl_json_string(resource, "name");

        if (name && !strchr(name, '/') && bl_text_eq(bl_json_string(resource, "kind"), kind))
            return resource;
    }
    return NULL;
}

int bl_kube_discover(struct bl_kube_client *client, const cJSON *object,
                     struct bl_kube_kind *ret_kind, struct bl_error **err)
{
    struct bl_ref ref = bl_object_ref(object);
    BL_AUTO_FREE char *path = path_of(ref.api_version);
    BL_AUTO_JSON cJSON *list = NULL;
    const cJSON *resource;

    if (strspn(ref.api_version, "abcdefghijklmnopqrstuvwxyz0123456789.-/") !=
        strlen(ref.api_version))
        return bl_fail(err, BL_ERR_INVALID, "\"%.100s\" is no apiVersion", ref.api_version);
    if (bl_kube_request(client, "GET", path, NULL, NULL, &list, err) < 0)
        return -1;
    resource = find_kind(list, ref.kind);
    if (!resource)
        return bl_fail(err, BL_ERR_NOT_FOUND, "the cluster has no %s of %s", ref.kind,
                       ref.api_version);
    *ret_kind = (struct bl_kube_kind){.plural = bl_strdup(bl_json_string(resource, "name")),
                                      .namespaced = bl_json_bool(resource, "namespaced", false)};
    return 0;
}
