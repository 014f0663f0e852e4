/** One look at a cluster, with what the gate says of each broker, and its two forms. */
#ifndef BALLAST_CLI_LIVE_STATUS_H
#define BALLAST_CLI_LIVE_STATUS_H

#include "ballast/json/json.h"
#include "ballast/kafka/gate.h"
#include "ballast/kafka/observer.h"

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

/** Where a broker keeps its logs. */
struct cli_disks {
    int32_t broker;
    struct bl_log_dirs dirs;
};

struct cli_status {
    const char *way_in; /* as bl_way_in() makes it */
    struct bl_cluster cluster;
    struct {
        struct bl_verdict *items; /* by id; brokers that run, and those that only have replicas */
        size_t len, cap;
    } verdicts;
    struct {
        struct bl_voter_verdict *items; /* as the quorum's voters; of KRaft */
        size_t len, cap;
    } voters;
    struct {
        struct cli_disks *items; /* of the brokers that tell */
        size_t len, cap;
    } disks;
    size_t partitions;
    /* A partition stands in each that fits. Those that are reassigned are in order for all that. */
    struct cli_flaws offline, below_min, under_replicated, reassigned;
};

/** Judges `status->cluster`. */
void cli_status_judge(struct cli_status *status);
/** What the quorum says to a broker that is a controller too; of others nothing stands against it. */
struct bl_voter_verdict cli_status_voter(const struct cli_status *status,
                                         const struct bl_verdict *verdict);
/** Both answers: as a broker, and as a controller where it is one. */
bool cli_status_may_go(const struct cli_status *status, const struct bl_verdict *verdict);
void cli_status_release(struct cli_status *status);
/** May every broker go down, and is nothing flawed? */
bool cli_status_is_fine(const struct cli_status *status);

/** Part of the text: the controllers, and who leads. */
void cli_status_add_quorum(const struct cli_status *status, struct bl_strbuf *out);
void cli_status_add_quorum_json(const struct cli_status *status, cJSON *json);

/** Asks every broker that runs. Who does not tell is left out. */
void cli_status_look_at_disks(struct bl_observer *observer, struct cli_status *status);
void cli_status_disks_release(struct cli_status *status);
/** Part of the text: what the broker holds, how much of its fullest disk is free ("-": not known), which disks failed. */
char *cli_status_held(const struct cli_status *status, int32_t broker);
char *cli_status_usable(const struct cli_status *status, int32_t broker);
void cli_status_add_failed_disks(const struct cli_status *status, int32_t broker,
                                 struct bl_strbuf *out);
void cli_status_add_disks_json(const struct cli_status *status, int32_t broker, cJSON *json);

void cli_status_text(const struct cli_status *status, struct bl_strbuf *out);
cJSON *cli_status_json(const struct cli_status *status);

#endif
