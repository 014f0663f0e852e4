/** From the files of a kubeconfig to one cluster and one user. */
#ifndef BALLAST_KUBE_KUBECONFIG_LOAD_H
#define BALLAST_KUBE_KUBECONFIG_LOAD_H

#include "config.h"
#include "kubeconfig.h"

/** `context` NULL: the current one. Reads files that it names, runs no plugin. */
BL_CHECK int bl_kubeconfig_resolve(const struct bl_kubeconfig *files, const char *context,
                                   const struct bl_clock *clock, struct bl_kube_config **ret_config,
                                   struct bl_error **err);

#endif
