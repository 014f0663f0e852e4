/** What the verbs that look at a Kubernetes cluster share: reading what is there, and showing it. */
#ifndef BALLAST_CLI_LIVE_LIVE_H
#define BALLAST_CLI_LIVE_LIVE_H

#include "ballast/policies/review.h"
#include "ballast/workload/scene.h"
#include "cluster.h"
#include "options.h"
#include "screen.h"

/** -o, -w, --controller-lease: fills a struct cli_view. */
extern const struct bl_option_group cli_view_options;

/** The StatefulSets of a namespace or of all, and which of them are Kafka or ZooKeeper. */
struct cli_sets {
    struct cli_objects objects;
    struct bl_world *world;
    struct bl_scene *scene; /* its workloads are all StatefulSets, by namespace and name */
};

/** `namespace` NULL: all. */
BL_CHECK int cli_sets_read(struct bl_kube_client *client, const char *namespace,
                           struct cli_sets *ret_sets, struct bl_error **err);
void cli_sets_release(struct cli_sets *sets);
/** Is it Kafka or ZooKeeper for sure, and nobody else's, such as an operator's? */
bool cli_is_ours(const struct bl_workload *workload);

/** What the Lease of the controller says. */
struct cli_life {
    enum bl_controller_life life; /* unknown where the Lease cannot be read, or is not there */
    int64_t silent;               /* since it was renewed, in seconds; of one that is away */
};

/** `lease` as in a struct cli_view. */
void cli_life_read(struct bl_kube_client *client, const char *lease, struct cli_life *ret_life);
/** Of a Lease as it stands, in seconds since 1970. */
struct cli_life cli_life_of(const cJSON *lease, int64_t now);

/** Is the pod of the StatefulSet of that name? */
bool cli_pod_belongs(const cJSON *pod, const struct bl_ref *set);

#endif
