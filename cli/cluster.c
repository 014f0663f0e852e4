#include "cluster.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

static const struct bl_option cluster_options[] = {
    {.name = "kubeconfig",
     .value = "FILE",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_kube_target, path),
     .is_path = true,
     .help = "how to reach it, as kubectl takes it"},
    {.name = "context",
     .value = "NAME",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_kube_target, context),
     .help = "of the kubeconfig"},
    {.name = "in-cluster",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct bl_kube_target, in_cluster),
     .help = "by the service account of the pod"},
    {0},
};
const struct bl_option_group cli_cluster_options = {.heading = "The cluster",
                                                    .options = cluster_options};

static bool has_kubeconfig(const struct bl_kube_target *cluster)
{
    const char *named = getenv("KUBECONFIG"), *home = getenv("HOME");

    if (cluster->path || cluster->context || (named && *named))
        return true;

    BL_AUTO_FREE char *path = bl_asprintf("%s/.kube/config", home ? home : "");
    return access(path, R_OK) == 0;
}

int cli_connect(const struct bl_kube_target *cluster, struct bl_kube_client **ret_client,
                struct bl_error **err)
{
    struct bl_kube_target target = *cluster;

    target.in_cluster |= bl_kube_in_cluster() && !has_kubeconfig(cluster);
    return bl_kube_client_open(&target, NULL, ret_client, err);
}

const char *cli_namespace(const char *asked, const struct bl_kube_client *client)
{
    return asked ? asked : bl_kube_config_namespace(bl_kube_client_config(client));
}

static int keep(void *context, cJSON *object, struct bl_error **err BL_UNUSED)
{
    struct cli_objects *objects = context;

    *BL_PUSH(objects) = object;
    return 0;
}

int cli_list(struct bl_kube_client *client, const struct bl_resource *resource,
             const struct bl_kube_selection *selection, struct cli_objects *objects,
             struct bl_error **err)
{
    if (bl_kube_list(client, resource, selection, keep, objects, err) < 0)
        return bl_wrap(err, "could not list %s", resource->plural);
    return 0;
}

int cli_list_if_allowed(struct bl_kube_client *client, const struct bl_resource *resource,
                        const struct bl_kube_selection *selection, struct cli_objects *objects,
                        bool *ret_allowed, struct bl_error **err)
{
    BL_ERROR(failure);
    bool allowed = cli_list(client, resource, selection, objects, &failure) == 0;

    if (ret_allowed)
        *ret_allowed = allowed;
    if (allowed || bl_error_status(failure) == 403)
        return 0;
    *err = BL_STEAL(failure);
    return -1;
}

void cli_objects_release(struct cli_objects *objects)
{
    for (size_t i = 0; i < objects->len; i++)
        cJSON_Delete(objects->items[i]);
    free(objects->items);
    *objects = (struct cli_objects){0};
}
