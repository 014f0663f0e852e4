/** One look at a cluster, with what the gate says of each broker, and its two forms. */
#ifndef BALLAST_CLI_STATUS_H
#define BALLAST_CLI_STATUS_H

#include "ballast/json/json.h"
#include "ballast/kafka/gate.h"

/** A partition with a flaw, by its place in the facts. */
struct cli_flaw {
    const struct bl_topic *topic;
    const struct bl_partition *partition;
    size_t in_sync;
};

struct cli_flaws {
    struct cli_flaw *items;
    size_t len, cap;
};

struct cli_status {
    struct bl_cluster cluster;
    struct {
        struct bl_verdict *items; /* by id; brokers that run, and those that only have replicas */
        size_t len, cap;
    } verdicts;
    size_t partitions;
    struct cli_flaws offline, below_min,
        under_replicated; /* a partition stands in each that fits */
};

/** Judges `status->cluster`. */
void cli_status_judge(struct cli_status *status);
void cli_status_release(struct cli_status *status);
/** May every broker go down, and is nothing flawed? */
bool cli_status_is_fine(const struct cli_status *status);

void cli_status_text(const struct cli_status *status, struct bl_strbuf *out);
cJSON *cli_status_json(const struct cli_status *status);

#endif
