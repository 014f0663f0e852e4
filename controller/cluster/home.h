/**
 * The folder in which Helm keeps its own files, and the cluster in the words that Helm understands.
 *
 * Helm finds the cluster that its pod runs in by itself only while it is told nothing else: told to act as somebody, it asks
 * localhost instead. So in a pod it is given a kubeconfig, which names the files of the pod's account and holds no secret.
 */
#ifndef BALLAST_CONTROLLER_CLUSTER_HOME_H
#define BALLAST_CONTROLLER_CLUSTER_HOME_H

#include "ballast/kube/client.h"

struct bl_cluster_home {
    char *folder;
    struct bl_kube_target cluster; /* its texts are ours, or borrowed from what was given */
    char *kubeconfig;              /* NULL: none was needed */
};

/** Makes the folder. `target` is where `client` leads. What cannot be made is told in the log. */
void bl_cluster_home_init(struct bl_cluster_home *home, const struct bl_kube_target *target,
                          const struct bl_kube_client *client);
/** Takes the folder away, and all that Helm has left in it. */
void bl_cluster_home_release(struct bl_cluster_home *home);

#endif
