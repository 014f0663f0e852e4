/**
 * The parts of rule networkPolicy: which ports are of private purpose, who needs them, and what is written of it.
 *
 * A port is closed only where the picture is whole: every member that the settings name is in sight, and nobody else in
 * sight uses it. What cannot be known stays open, and a finding says what was missing.
 */
#ifndef BALLAST_POLICIES_RULES_NETWORK_POLICY_H
#define BALLAST_POLICIES_RULES_NETWORK_POLICY_H

#include "ballast/workload/uses.h"
#include "rule.h"

enum bl_network_mode { BL_NETWORK_PROTECT, BL_NETWORK_ISOLATE };
enum bl_network_egress { BL_EGRESS_BY_MODE, BL_EGRESS_RESTRICTED, BL_EGRESS_OPEN };

struct bl_network_params {
    struct bl_rule_params base;
    int mode;   /* enum bl_network_mode */
    int egress; /* enum bl_network_egress */
    bool ranges;
    cJSON *clients, *monitoring, *peers,
        *egress_to; /* lists of NetworkPolicyPeer; NULL: not given */
    char *controller_namespace;
};

/** A port that is closed to all but its peers. */
struct bl_closed_port {
    int number;
    enum bl_purpose purpose;
    cJSON *peers; /* an array; empty: nobody */
};

/** What the ports of an ensemble come to. */
struct bl_network_plan {
    struct {
        struct bl_closed_port *items; /* by number */
        size_t len, cap;
    } closed;
    struct {
        int *items; /* by number: what anything declares or names, and what is not closed */
        size_t len, cap;
    } open;
    struct bl_strbuf doubts; /* why ports of private purpose stay open; empty: none does */
    size_t doubtful;         /* how many ports that are */
};

#define BL_NETWORK_PLAN_INIT                            \
    {                                                   \
        .doubts = BL_STRBUF_INIT(BL_NETWORK_DOUBTS_MAX) \
    }
#define BL_NETWORK_DOUBTS_MAX 4096

/** Fills an empty plan. */
void bl_network_plan_ports(const struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                           struct bl_network_plan *plan);
void bl_network_plan_release(struct bl_network_plan *plan);

/** Ports and ranges that are written for all of it. */
size_t bl_network_plan_entries(const struct bl_network_plan *plan, bool ranges);

/** The spec of the NetworkPolicy. */
BL_NONNULL cJSON *bl_network_spec(const struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                                  const struct bl_network_plan *plan, const char *egress_unknown);

/** Who may use a port of this purpose: an array. */
BL_NONNULL cJSON *bl_network_peers(const struct bl_rule_run *run, enum bl_purpose purpose);
/** The ensemble itself and the others of its Kafka cluster, and its other side: brokers of a ZooKeeper, or back. */
void bl_network_add_members(const struct bl_rule_run *run, cJSON *peers);

/**
 * Why the peers of a port of this purpose cannot all be known, for free(): "the ZooKeeper server zk-2 is not in sight".
 * NULL: they are.
 */
char *bl_network_doubt(const struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                       enum bl_purpose purpose);
/** Has this ZooKeeper, or may it have, servers beside one that stands alone? */
bool bl_network_may_have_peers(const struct bl_rule_run *run, const struct bl_ensemble *ensemble);
/** Why a port of this number is used by somebody else, for free(); NULL: by nobody in sight. */
char *bl_network_user(const struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                      enum bl_purpose purpose, int number);

/** Does a monitor in sight, of Prometheus' operator or Google's, gather metrics from this port of its pods? */
bool bl_network_is_monitored(const struct bl_rule_run *run, const struct bl_workload *workload,
                             int number);

/** By what a port is reached past all Services, a port of the node or an annotation for agents, for free(); NULL: by nothing. */
char *bl_network_door(const struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                      int number);

/** Why what the pods have to reach cannot be told, for free(); NULL: it can. */
char *bl_network_egress_doubt(const struct bl_rule_run *run, const struct bl_ensemble *ensemble);

/**
 * What its pods, the ConfigMaps that they read, and what is put into them as they are made call outside, by words that
 * are known; for free(). NULL: nothing is.
 */
char *bl_network_outside(const struct bl_rule_run *run, const struct bl_workload *workload);

/** Is the workload on the network of its node, where no selector of pods reaches it? */
bool bl_network_on_host(const struct bl_workload *workload);

/** Is it a policy for this traffic, "Ingress" or "Egress"? */
bool bl_network_governs(const cJSON *policy, const char *type);
/** May a policy of a network plugin, or the cluster's baseline, govern its ingress? What cannot be told is yes. */
bool bl_network_plugin_governs(const struct bl_rule_run *run, const struct bl_workload *workload);
/** Reports what is wrong with the policies on a workload. True: one of somebody else governs its ingress. */
bool bl_judge_network_policies(struct bl_rule_run *run, const struct bl_workload *workload);

#endif
