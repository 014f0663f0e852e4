/** What the verbs that look at a Kubernetes cluster share: reaching it, and reading what is there. */
#ifndef BALLAST_CLI_LIVE_LIVE_H
#define BALLAST_CLI_LIVE_LIVE_H

#include "ballast/kube/client.h"
#include "ballast/policies/review.h"
#include "ballast/workload/scene.h"
#include "options.h"

/** --kubeconfig, --context, --in-cluster: fills a struct bl_kube_target. */
extern const struct bl_option_group cli_cluster_options;

/** As kubectl does it: a kubeconfig; in a pod that has none, its service account. */
BL_CHECK int cli_connect(const struct bl_kube_target *cluster, struct bl_kube_client **ret_client,
                         struct bl_error **err);

/** How it is looked at what the controller does. */
struct cli_view {
    int format; /* enum cli_format */
    bool watch;
    const char *lease; /* "NAMESPACE/NAME"; NULL: where the chart has it */
};

/** -o, -w, --controller-lease: fills a struct cli_view. */
extern const struct bl_option_group cli_view_options;

struct cli_objects {
    cJSON **items;
    size_t len, cap;
};

BL_CHECK int cli_list(struct bl_kube_client *client, const struct bl_resource *resource,
                      const struct bl_kube_selection *selection, struct cli_objects *objects,
                      struct bl_error **err);
/** The same of what is good to know and can be done without: nothing where we may not read it. */
BL_CHECK int cli_list_if_allowed(struct bl_kube_client *client, const struct bl_resource *resource,
                                 const struct bl_kube_selection *selection,
                                 struct cli_objects *objects, struct bl_error **err);
void cli_objects_release(struct cli_objects *objects);

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

/** "35 s", "4 min", "2 h", "3 d". */
void cli_add_span(struct bl_strbuf *out, int64_t seconds);

/** Columns as wide as they have to be; the last one is not padded. */
struct cli_table {
    size_t columns;
    struct {
        char **items;
        size_t len, cap;
    } cells;
};

void cli_table_add(struct cli_table *table, const char *text);
void cli_table_print(const struct cli_table *table, const char *indent, struct bl_strbuf *out);
void cli_table_release(struct cli_table *table);

/** Output that is shown again and again while something is watched: only what has changed. */
struct cli_screen {
    char *shown;
};

/** JSON as it is printed: in one line where it is one of many, that one watches. */
void cli_add_json(struct bl_strbuf *out, const cJSON *json, bool watch);

/** On a terminal, what people read takes the place of what was there. Without -w it is just printed. Returns an exit code. */
int cli_screen_show(struct cli_screen *screen, const struct cli_view *view,
                    const struct bl_strbuf *text);
void cli_screen_release(struct cli_screen *screen);

#endif
