#include "network_policy.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "rule.h"

/*
 * Ports closed to strangers, from the ports that were recognised and not from constants.
 *
 * Protect, the default, closes ports of private purpose (inter-broker, quorum, ZooKeeper, JMX) where all who need them are
 * known, and nothing else. Isolate is an allow-list with egress. Policies add up, so beside another one on the same pods
 * none is made: it could not close what the other opens, and would only hide it.
 */

static const char *const mode_names[] = {"Protect", "Isolate", NULL};
static const char *const egress_names[] = {"ByMode", "Restricted", "Open", NULL};

static const struct bl_network_params defaults = {.ranges = true};

static const struct bl_field fields[] = {
    BL_RULE_ACTION_FIELD,
    {.name = "mode",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct bl_network_params, mode),
     .names = mode_names,
     .doc = "Protect, where not given, closes the ports that only the cluster uses and leaves all "
            "else "
            "open; Isolate opens what is known to be needed and closes all else, egress too."},
    {.name = "peers",
     .type = BL_FIELD_JSONS,
     .offset = offsetof(struct bl_network_params, peers),
     .doc =
         "Who else may reach the ports that are closed (NetworkPolicyPeers): members and clients "
         "that are not in sight. With it the list counts as complete."},
    {.name = "clients",
     .type = BL_FIELD_JSONS,
     .offset = offsetof(struct bl_network_params, clients),
     .doc = "Who may reach client listeners (NetworkPolicyPeers); everybody where not given."},
    {.name = "monitoring",
     .type = BL_FIELD_JSONS,
     .offset = offsetof(struct bl_network_params, monitoring),
     .doc = "Who may reach metrics ports (NetworkPolicyPeers); everybody where not given."},
    {.name = "ranges",
     .type = BL_FIELD_BOOL,
     .offset = offsetof(struct bl_network_params, ranges),
     .doc = "Whether ports that nothing names are kept open by ranges (endPort); true where not "
            "given. "
            "For network plugins that refuse a policy for it."},
    {.name = "controllerNamespace",
     .type = BL_FIELD_STRING,
     .offset = offsetof(struct bl_network_params, controller_namespace),
     .doc =
         "Where Ballast's controller runs, which watches brokers; ballast-system where not given."},
    {.name = "egress",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct bl_network_params, egress),
     .names = egress_names,
     .doc =
         "What the pods may reach: Restricted is the cluster itself and DNS, Open is everything. "
         "ByMode, where not given, is Restricted for Isolate and no word of egress for Protect."},
    {.name = "egressTo",
     .type = BL_FIELD_JSONS,
     .offset = offsetof(struct bl_network_params, egress_to),
     .doc = "More that they may reach when Restricted (NetworkPolicyPeers)."},
    {0},
};
static const struct bl_schema schema = BL_SCHEMA(struct bl_network_params, fields);

static const char blind_hint[] = "Write the port as a number, or add a NetworkPolicy by hand.";

/* The port that every member of a role has; without it nobody knows what the pod listens on. */
static enum bl_purpose main_purpose(enum bl_role role)
{
    switch (role) {
    case BL_ROLE_ZOOKEEPER:
        return BL_PURPOSE_ZOOKEEPER_CLIENT;
    case BL_ROLE_CONTROLLER:
        return BL_PURPOSE_CONTROLLER;
    default:
        return BL_PURPOSE_CLIENT;
    }
}

/* Why an allow-list cannot be made; NULL: it can. For free(). */
static char *unreadable(const struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    for (size_t i = 0; i < ensemble->members.len && bl_budget_turn(); i++) {
        const struct bl_workload *workload = bl_ensemble_member(run->scene, ensemble, i);

        if (workload->unreadable_listener)
            return bl_asprintf("the port of listener %s is not in the manifest",
                               workload->unreadable_listener);
        if (!bl_workload_port(workload, main_purpose(workload->role)))
            return bl_strdup("the port of listener for clients is not in the manifest");
        if (bl_workload_is_kafka(workload) && !bl_workload_configured(workload, run->scene->world))
            return bl_strdup("its settings are not in sight");
    }
    return NULL;
}

static void report_doubts(struct bl_rule_run *run, const struct bl_network_plan *plan,
                          const char *who)
{
    if (plan->doubtful)
        bl_run_report(run, BL_FAULT_NOTE, run->object, "",
                      "Name who needs them under networkPolicy.peers, as in peers: [{podSelector: "
                      "{matchLabels: {app: kafka-connect}}}], or bring the objects into sight.",
                      "%zu %s of private purpose of %s %s open: %s", plan->doubtful,
                      bl_text_plural((int64_t)plan->doubtful, "port", "ports"), who,
                      bl_text_plural((int64_t)plan->doubtful, "stays", "stay"), plan->doubts.text);
}

static void make_policy(struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                        const struct bl_network_plan *plan, const char *who)
{
    const struct bl_network_params *params = run->params;
    bool restricted = params->egress == BL_EGRESS_RESTRICTED ||
                      (params->mode == BL_NETWORK_ISOLATE && params->egress == BL_EGRESS_BY_MODE);
    BL_AUTO_FREE char *name = bl_companion_name(run->scene, ensemble);
    BL_AUTO_FREE char *unknown = restricted ? bl_network_egress_doubt(run, ensemble) : NULL;
    cJSON *policy = bl_companion_new("networking.k8s.io/v1", "NetworkPolicy", name, run->workload);

    bl_json_add(policy, "spec", bl_network_spec(run, ensemble, plan, unknown));
    if (unknown)
        bl_run_report(run, BL_FAULT_NOTE, run->object, "",
                      "Set egress: Open, or name all that they need under egressTo and set egress: "
                      "Restricted on a policy of your own.",
                      "egress of %s is left open, because its pods need %s", who, unknown);
    bl_run_companion(run, ensemble, policy, "%s has no NetworkPolicy: every pod can reach %s", who,
                     params->mode == BL_NETWORK_ISOLATE ? "all its ports"
                                                        : "ports that only the cluster uses");
}

/* Nothing to close: where listeners are shared with clients that is so, where they are not in sight nobody knows. */
static void report_blind(struct bl_rule_run *run, const struct bl_ensemble *ensemble,
                         const char *who)
{
    BL_AUTO_FREE char *blind = unreadable(run, ensemble);

    if (blind)
        bl_run_report(run, BL_FAULT_MISSING, run->object, "", blind_hint,
                      "%s has no NetworkPolicy, and none can be made: %s", who, blind);
}

static void give_policy(struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    const struct bl_network_params *params = run->params;
    BL_AUTO(bl_network_plan_release) struct bl_network_plan plan = BL_NETWORK_PLAN_INIT;
    BL_AUTO_FREE char *who = bl_describe(run->workload->object);
    BL_AUTO_FREE char *blind =
        params->mode == BL_NETWORK_ISOLATE ? unreadable(run, ensemble) : NULL;

    if (!bl_run_may_mutate(run)) {
        bl_run_report(run, BL_FAULT_MISSING, run->object, "",
                      "Add a NetworkPolicy that names who may reach its ports.",
                      "%s has no NetworkPolicy: every pod can reach all its ports", who);
        return;
    }
    if (blind || !ensemble->selector) {
        bl_run_report(run, BL_FAULT_MISSING, run->object, "",
                      blind ? blind_hint : "Give its pods a label that no other workload carries.",
                      "%s has no NetworkPolicy, and none can be made: %s", who,
                      blind ? blind : "no label tells its pods from others");
        return;
    }
    bl_network_plan_ports(run, ensemble, &plan);
    report_doubts(run, &plan, who);
    if (plan.closed.len || params->mode == BL_NETWORK_ISOLATE)
        make_policy(run, ensemble, &plan, who);
    else if (!plan.doubtful)
        report_blind(run, ensemble, who);
}

static void check_ensemble(struct bl_rule_run *run, const struct bl_ensemble *ensemble)
{
    bool any = false;

    if (bl_network_on_host(run->workload)) {
        bl_run_report(run, BL_FAULT_NOTE, run->object, "/spec/template/spec/hostNetwork",
                      "Close the ports in the firewall of the nodes.",
                      "pods on the host's network are beyond the reach of a NetworkPolicy");
        return;
    }
    for (size_t i = 0; i < ensemble->members.len && bl_budget_turn(); i++) {
        const struct bl_workload *member = bl_ensemble_member(run->scene, ensemble, i);

        any |= bl_judge_network_policies(run, member);
        any |= bl_network_plugin_governs(run, member);
    }
    if (!any && (!run->no_companions || !bl_run_may_mutate(run)))
        give_policy(run, ensemble);
}

const struct bl_rule bl_rule_network_policy = {
    .summary =
        "Inter-broker, quorum, ZooKeeper and JMX ports are closed to all but the cluster itself.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_CONTROLLER | BL_MATCH_COMBINED | BL_MATCH_ZOOKEEPER,
    .mutates = true,
    .check_ensemble = check_ensemble,
};
