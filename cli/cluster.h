/** A Kubernetes cluster: how it is named, reached and read. For live/, and for files/ where files are compared with it. */
#ifndef BALLAST_CLI_CLUSTER_H
#define BALLAST_CLI_CLUSTER_H

#include "ballast/base/options.h"
#include "ballast/kube/client.h"

/** --kubeconfig, --context, --in-cluster: fills a struct bl_kube_target. */
extern const struct bl_option_group cli_cluster_options;

/** As kubectl does it: a kubeconfig; in a pod that has none, its service account. */
BL_CHECK int cli_connect(const struct bl_kube_target *cluster, struct bl_kube_client **ret_client,
                         struct bl_error **err);
/** The namespace that was asked for; the context's where that is NULL. Borrowed from either. */
BL_NONNULL const char *cli_namespace(const char *asked, const struct bl_kube_client *client);

struct cli_objects {
    cJSON **items;
    size_t len, cap;
};

BL_CHECK int cli_list(struct bl_kube_client *client, const struct bl_resource *resource,
                      const struct bl_kube_selection *selection, struct cli_objects *objects,
                      struct bl_error **err);
/**
 * The same of what is good to know and can be done without: nothing where we may not read it. `ret_allowed` says which, and may
 * be NULL.
 */
BL_CHECK int cli_list_if_allowed(struct bl_kube_client *client, const struct bl_resource *resource,
                                 const struct bl_kube_selection *selection,
                                 struct cli_objects *objects, bool *ret_allowed,
                                 struct bl_error **err);
void cli_objects_release(struct cli_objects *objects);

#endif
