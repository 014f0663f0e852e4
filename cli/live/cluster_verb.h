/** KafkaClusters as a person looks at them: what a file would change, and how those of a cluster are. */
#ifndef BALLAST_CLI_LIVE_CLUSTER_VERB_H
#define BALLAST_CLI_LIVE_CLUSTER_VERB_H

#include "ballast/cluster/evaluate.h"
#include "live.h"

/** What a person asks for. All borrowed. */
struct cli_cluster_plan_question {
    const struct cli_source *source; /* -f and -p */
    const struct bl_kube_target *cluster;
    const char *helm, *charts, *namespace; /* the latter two or NULL */
    const char *against; /* a file with what is there, or "none"; NULL: the cluster says it */
    int format;          /* enum cli_format */
};

/** Of every KafkaCluster in the files. Returns an exit code. */
int cli_cluster_plan(const struct cli_cluster_plan_question *question);

struct cli_cluster_status_question {
    struct bl_kube_client *client;
    const char *namespace, *name; /* the latter or NULL: all of the namespace */
    struct cli_view view;
};

/** Returns an exit code. */
int cli_cluster_status(const struct cli_cluster_status_question *question);

/* --- pure --- */

enum cli_cluster_end {
    CLI_CLUSTER_GOES_ON,
    CLI_CLUSTER_READY,
    CLI_CLUSTER_STALLED,
};

/** As the controller wrote down about the newest spec. */
enum cli_cluster_end cli_cluster_end(const cJSON *object);
/** In sentences. Times are told as of `now`, in seconds since 1970. `sets` are those of its namespace. */
void cli_cluster_text(const cJSON *object, const struct cli_sets *sets, int64_t now,
                      struct bl_strbuf *out);
/** One line without times. */
void cli_cluster_line(const cJSON *object, struct bl_strbuf *out);

#endif
