/**
 * Where the API server is, and who we are to it.
 *
 * Reads what kubectl reads: kubeconfig files with certificates, tokens, passwords and exec plugins; or
 * what the kubelet mounts into a pod. Credentials are kept fresh: a token file is read again when our
 * copy is a minute old, certificate files when they change, an exec plugin is run again when what it said
 * is about to expire or the server refused it. A file that is being written never replaces a good copy.
 *
 * Unknown keys in a kubeconfig are ignored, as kubectl does. Errors name the file and what to do.
 */
#ifndef BALLAST_KUBE_CONFIG_H
#define BALLAST_KUBE_CONFIG_H

#include "ballast/base/clock.h"
#include "ballast/base/error.h"

struct bl_kube_config;

/**
 * From `path`, or where it is NULL from the files of KUBECONFIG (the first to name a thing wins), or
 * ~/.kube/config. `context` NULL: the current-context. `clock` is borrowed for ever.
 */
BL_CHECK int bl_kube_config_load(const char *path, const char *context,
                                 const struct bl_clock *clock, struct bl_kube_config **ret_config,
                                 struct bl_error **err);

/**
 * From KUBERNETES_SERVICE_HOST and _PORT and /var/run/secrets/kubernetes.io/serviceaccount. `root` is put
 * before that path, for tests; NULL or "" otherwise.
 */
BL_CHECK int bl_kube_config_in_cluster(const char *root, const struct bl_clock *clock,
                                       struct bl_kube_config **ret_config, struct bl_error **err);

/** Do we run in a pod, as KUBERNETES_SERVICE_HOST says? */
bool bl_kube_in_cluster(void);

const char *bl_kube_config_server(const struct bl_kube_config *config);
/** The context's or the pod's namespace; "default" where there is none. */
const char *bl_kube_config_namespace(const struct bl_kube_config *config);

void bl_kube_config_free(struct bl_kube_config *config);
BL_DEFINE_CLEANUP(struct bl_kube_config *, bl_kube_config_cleanup, bl_kube_config_free)

#endif
