#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/object/object.h"
#include "client.h"

/* Names and groups have limits of their own far below. */
#define PATH_MAX_LEN ((size_t)8 << 10)

static const char *const patch_types[] = {
    [BL_KUBE_PATCH_JSON] = "application/json-patch+json",
    [BL_KUBE_PATCH_MERGE] = "application/merge-patch+json",
    /* JSON is YAML. */
    [BL_KUBE_PATCH_APPLY] = "application/apply-patch+yaml",
};

/* An empty name would make it a request for the whole collection. */
static int path_to(struct bl_strbuf *path, const struct bl_resource *resource,
                   const char *namespace, const char *name, const char *subresource,
                   struct bl_error **err)
{
    if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return bl_fail(err, BL_ERR_INVALID, "\"%s\" is no name for one of the %s", name,
                       resource->plural);
    bl_kube_path(path, resource, namespace, name, subresource);
    return bl_strbuf_check(path, "the path", err);
}

int bl_kube_get(struct bl_kube_client *client, const struct bl_resource *resource,
                const char *namespace, const char *name, cJSON **ret_object, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(PATH_MAX_LEN);

    if (path_to(&path, resource, namespace, name, NULL, err) < 0)
        return -1;
    return bl_kube_request(client, "GET", path.text, NULL, NULL, ret_object, err);
}

int bl_kube_find(struct bl_kube_client *client, const struct bl_resource *resource,
                 const char *namespace, const char *name, cJSON **ret_object, struct bl_error **err)
{
    BL_ERROR(failure);

    *ret_object = NULL;
    if (bl_kube_get(client, resource, namespace, name, ret_object, &failure) == 0 ||
        bl_error_code(failure) == BL_ERR_NOT_FOUND)
        return 0;
    *err = BL_STEAL(failure);
    return -1;
}

int bl_kube_get_once(struct bl_kube_client *client, const struct bl_resource *resource,
                     const char *namespace, const char *name, bl_nsec at_most, cJSON **ret_object,
                     struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(PATH_MAX_LEN);

    if (path_to(&path, resource, namespace, name, NULL, err) < 0)
        return -1;

    const struct bl_kube_call call = {
        .method = "GET", .path = path.text, .timeout = at_most, .tries = 1};
    return bl_kube_call_json(client, &call, ret_object, err);
}

static const char *namespace_of(const char *namespace, const cJSON *object)
{
    return namespace ? namespace : bl_object_ref(object).namespace;
}

int bl_kube_create(struct bl_kube_client *client, const struct bl_resource *resource,
                   const char *namespace, const cJSON *object, cJSON **ret_object,
                   struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(PATH_MAX_LEN);

    bl_kube_path(&path, resource, namespace_of(namespace, object), NULL, NULL);
    if (bl_strbuf_check(&path, "the path", err) < 0)
        return -1;
    return bl_kube_request(client, "POST", path.text, NULL, object, ret_object, err);
}

int bl_kube_update(struct bl_kube_client *client, const struct bl_resource *resource,
                   const char *namespace, const cJSON *object, cJSON **ret_object,
                   struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(PATH_MAX_LEN);

    if (path_to(&path, resource, namespace_of(namespace, object), bl_object_ref(object).name, NULL,
                err) < 0)
        return -1;
    return bl_kube_request(client, "PUT", path.text, NULL, object, ret_object, err);
}

int bl_kube_patch(struct bl_kube_client *client, const struct bl_resource *resource,
                  const char *namespace, const char *name, const struct bl_kube_patch *patch,
                  cJSON **ret_object, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(PATH_MAX_LEN);

    if (path_to(&path, resource, namespace, name, patch->subresource, err) < 0)
        return -1;
    bl_kube_path_query(&path, "fieldManager", patch->manager ? patch->manager : "ballast");
    if (patch->type == BL_KUBE_PATCH_APPLY && patch->force)
        bl_kube_path_query(&path, "force", "true");
    if (patch->dry_run)
        bl_kube_path_query(&path, "dryRun", "All");
    return bl_kube_request(client, "PATCH", path.text, patch_types[patch->type], patch->body,
                           ret_object, err);
}

static cJSON *delete_options(const struct bl_kube_delete *how)
{
    cJSON *options = bl_json_new_object(), *preconditions;

    bl_json_add_string(options, "apiVersion", "v1");
    bl_json_add_string(options, "kind", "DeleteOptions");
    if (how->propagation)
        bl_json_add_string(options, "propagationPolicy", how->propagation);
    if (how->uid || how->resource_version) {
        preconditions = bl_json_add_object(options, "preconditions");
        if (how->uid)
            bl_json_add_string(preconditions, "uid", how->uid);
        if (how->resource_version)
            bl_json_add_string(preconditions, "resourceVersion", how->resource_version);
    }
    return options;
}

int bl_kube_delete(struct bl_kube_client *client, const struct bl_resource *resource,
                   const char *namespace, const char *name, const struct bl_kube_delete *how,
                   struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(PATH_MAX_LEN);
    BL_AUTO_JSON cJSON *options = how ? delete_options(how) : NULL;

    if (path_to(&path, resource, namespace, name, NULL, err) < 0)
        return -1;
    return bl_kube_request(client, "DELETE", path.text, NULL, options, NULL, err);
}
