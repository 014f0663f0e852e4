#include <inttypes.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "vap.h"

/* What is asked of objects that a policy concerns, rule by rule, with the parameters that it gives. */

#define ALLOW(kind) \
    "If it is meant: kubectl annotate " kind " NAME -n NAMESPACE ballast.dev/allow-deletion=true"

/* A parameter by the name that policy files have for it. The tables know where each is. */
static const void *parameter(const struct bl_policy *policy, enum bl_rule_id rule, const char *name)
{
    const struct bl_field *field = bl_rules[rule]->schema->fields;

    while (strcmp(field->name, name) != 0)
        field++;
    return (const char *)policy->rules[rule] + field->offset;
}

static int64_t number(const struct bl_policy *policy, enum bl_rule_id rule, const char *name)
{
    return *(const int64_t *)parameter(policy, rule, name);
}

static bool is_set(const struct bl_policy *policy, enum bl_rule_id rule, const char *name)
{
    return *(const bool *)parameter(policy, rule, name);
}

/* With Mutate only what the author wrote is denied; what is missing would have been added. */
static bool denies_missing(const struct bl_policy *policy, enum bl_rule_id rule)
{
    return policy->rules[rule]->action != BL_ACTION_MUTATE;
}

static int64_t least_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What a template had before may stay, as long as nobody changes it. */
static void add_changed(cJSON *spec)
{
    bl_vap_variable(
        spec, "changed",
        "request.operation == \"CREATE\" || object.spec.template != oldObject.spec.template");
}

/*
 * The rule counts a cluster, and this one workload: others may belong to it, so it only warns. Not of one with a
 * number of its own or a list of servers, which is surely one of several.
 */
#define ONE_OF_SEVERAL                                                                       \
    "object.spec.template.spec.containers.exists(c, c.?env.orValue([]).exists(e, "           \
    "e.name.matches(\"^(KAFKA_(CFG_)?(BROKER|NODE)_ID|(ZOO|ZOOKEEPER|ZK)_((MY|SERVER)_)?ID|" \
    "(SERVER_|MY_?)ID|ZOO(KEEPER)?_SERVERS|ZOOKEEPER_SERVER_[0-9]+|"                         \
    "KAFKA_(CFG_)?CONTROLLER_QUORUM_(VOTERS|BOOTSTRAP_SERVERS))$\")))"

static void write_replicas(const struct bl_vap_check *check, const struct bl_policy *policy,
                           cJSON *spec)
{
    int64_t brokers = number(policy, check->rule, "minBrokers");
    int64_t controllers = number(policy, check->rule, "minControllers");
    int64_t combined = brokers > controllers ? brokers : controllers;
    BL_AUTO_FREE char *least =
        bl_asprintf("{\"broker\": %" PRId64 ", \"controller\": %" PRId64 ", \"combined\": %" PRId64
                    ", \"zookeeper\": %" PRId64 ", \"kafka\": %" PRId64 "}[variables.role]",
                    brokers, controllers, combined, number(policy, check->rule, "minZookeepers"),
                    least_of(brokers, controllers));

    bl_vap_variable(spec, "replicas", "object.spec.?replicas.orValue(1)");
    bl_vap_variable(spec, "oneOfSeveral", ONE_OF_SEVERAL);
    bl_vap_variable(spec, "lower",
                    "request.operation == \"CREATE\" || "
                    "variables.replicas < oldObject.spec.?replicas.orValue(1)");
    bl_vap_variable(spec, "judged",
                    "variables.lower && variables.replicas > 0 && !variables.oneOfSeveral");
    BL_AUTO_FREE char *enough = bl_asprintf("!variables.judged || variables.replicas >= %s", least);
    bl_vap_demand(spec, "replicas", enough, "by itself this has too few replicas to lose one",
                  "Raise replicas to 3 or more.");
    if (is_set(policy, check->rule, "zookeeperOdd"))
        bl_vap_demand(spec, "replicas",
                      "!variables.judged || variables.replicas % 2 == 1 || "
                      "!(variables.role in [\"zookeeper\", \"controller\", \"combined\"])",
                      "by itself this is a quorum of an even number, which bears no more losses "
                      "than one fewer",
                      "Take an odd number.");
}

/* With its pods left running nothing goes down. */
static void write_workload_deletion(const struct bl_vap_check *check BL_UNUSED,
                                    const struct bl_policy *policy BL_UNUSED, cJSON *spec)
{
    bl_vap_variable(spec, "orphans",
                    "request.options.?propagationPolicy.orValue(\"\") == \"Orphan\" || "
                    "request.options.?orphanDependents.orValue(false)");
    bl_vap_demand(
        spec, "replicas",
        "variables.meant || variables.orphans || oldObject.spec.?replicas.orValue(1) == 0",
        "this workload runs; deleting it stops all of it", ALLOW("statefulset"));
}

static void write_claim_deletion(const struct bl_vap_check *check BL_UNUSED,
                                 const struct bl_policy *policy BL_UNUSED, cJSON *spec)
{
    bl_vap_demand(spec, "storage", "variables.meant",
                  "this PersistentVolumeClaim holds data, which would be lost",
                  ALLOW("persistentvolumeclaim"));
}

static void write_budget_deletion(const struct bl_vap_check *check BL_UNUSED,
                                  const struct bl_policy *policy BL_UNUSED, cJSON *spec)
{
    bl_vap_demand(spec, "disruption-budget", "variables.meant",
                  "this PodDisruptionBudget protects a workload", ALLOW("poddisruptionbudget"));
}

static void write_network_deletion(const struct bl_vap_check *check BL_UNUSED,
                                   const struct bl_policy *policy BL_UNUSED, cJSON *spec)
{
    bl_vap_demand(spec, "network-policy", "variables.meant",
                  "this NetworkPolicy protects a workload", ALLOW("networkpolicy"));
}

/* Volumes of kinds that are surely gone with the pod, and nothing else. */
static void write_storage(const struct bl_vap_check *check, const struct bl_policy *policy,
                          cJSON *spec)
{
    if (!is_set(policy, check->rule, "persistent"))
        return;
    add_changed(spec);
    bl_vap_demand(
        spec, "storage",
        "!variables.changed || object.spec.?volumeClaimTemplates.orValue([]).size() > 0 || "
        "object.spec.template.spec.?volumes.orValue([]).exists(v, !(has(v.emptyDir) || "
        "has(v.configMap) || has(v.secret) || has(v.projected) || has(v.downwardAPI) || "
        "has(v.ephemeral)))",
        "data lies on no persistent volume: it is gone with the pod",
        "Use a volumeClaimTemplate and mount it where the data lies.");
}

/* The API server fills in 30 where the author says nothing. */
static void write_seconds(const struct bl_vap_check *check, const struct bl_policy *policy,
                          cJSON *spec)
{
    BL_AUTO_FREE char *good =
        bl_asprintf("!variables.changed || variables.seconds >= %" PRId64 "%s",
                    number(policy, check->rule, "minSeconds"),
                    denies_missing(policy, check->rule) ? "" : " || variables.seconds == 30");
    BL_AUTO_FREE char *hint = bl_asprintf("Set terminationGracePeriodSeconds: %" PRId64 " or more.",
                                          number(policy, check->rule, "minSeconds"));

    add_changed(spec);
    bl_vap_variable(spec, "seconds",
                    "object.spec.template.spec.?terminationGracePeriodSeconds.orValue(30)");
    bl_vap_demand(spec, "graceful-stop", good,
                  "the broker is killed too soon for a controlled shutdown", hint);
}

static void demand_of_images(cJSON *spec, const char *good, const char *message, const char *hint)
{
    BL_AUTO_FREE char *all = bl_asprintf("!variables.changed || variables.images.all(i, %s)", good);

    bl_vap_demand(spec, "images", all, message, hint);
}

static void write_images(const struct bl_vap_check *check, const struct bl_policy *policy,
                         cJSON *spec)
{
    const struct bl_strings *allowed = parameter(policy, check->rule, "allowed");
    const char *registry = *(char *const *)parameter(policy, check->rule, "registry");

    add_changed(spec);
    bl_vap_variable(spec, "images",
                    "(object.spec.template.spec.containers + "
                    "object.spec.template.spec.?initContainers.orValue([]))"
                    ".map(c, c.?image.orValue(\"\"))");
    demand_of_images(spec,
                     "i.contains(\"@\") || (i.matches(\"^([^/]*/)*[^/:]+:[^/:]+$\") && "
                     "!i.endsWith(\":latest\"))",
                     "an image has no tag or the tag latest: a restart may bring another version",
                     "Name a version.");
    if (is_set(policy, check->rule, "requireDigest"))
        demand_of_images(spec, "i.contains(\"@\")", "an image is not named by digest",
                         "Add @sha256:… to the image.");
    if (allowed->len) {
        BL_AUTO_FREE char *regex = bl_vap_regex(allowed);
        BL_AUTO_FREE char *good = bl_asprintf("i.matches(%s)", regex);

        demand_of_images(spec, good, "an image is not on the list of allowed images",
                         "Use one that the policy lists under images.allowed.");
    }
    if (registry && denies_missing(policy, check->rule)) {
        BL_AUTO_FREE char *prefix =
            bl_asprintf("%s%s", registry, registry[strlen(registry) - 1] == '/' ? "" : "/");
        BL_AUTO_FREE char *literal = bl_vap_literal(prefix);
        BL_AUTO_FREE char *good = bl_asprintf("i.startsWith(%s)", literal);

        demand_of_images(spec, good, "an image is not from the policy's registry",
                         "Mirror the image there.");
    }
}

/* What a limit means without knowing how many pods there are. */
static void write_budget(const struct bl_vap_check *check, const struct bl_policy *policy,
                         cJSON *spec)
{
    int64_t most = number(policy, check->rule, "maxUnavailable");
    bool always = *(const int *)parameter(policy, check->rule, "unhealthyPodEvictionPolicy") != 0;
    BL_AUTO_FREE char *few = bl_asprintf(
        "!variables.changed || !((has(object.spec.maxUnavailable) && (object.spec.maxUnavailable "
        "== "
        "\"100%%\" || (type(object.spec.maxUnavailable) == int && object.spec.maxUnavailable > "
        "%" PRId64 "))) || (has(object.spec.minAvailable) && object.spec.minAvailable in "
        "[dyn(0), dyn(\"0%%\")]))",
        most);

    bl_vap_variable(spec, "changed",
                    "request.operation == \"CREATE\" || object.spec != oldObject.spec");
    bl_vap_demand(spec, "disruption-budget",
                  "!variables.changed || (has(object.spec.maxUnavailable) ? "
                  "!(object.spec.maxUnavailable in [dyn(0), dyn(\"0%\")]) : "
                  "has(object.spec.minAvailable) && object.spec.minAvailable != \"100%\")",
                  "this PodDisruptionBudget allows no pod to be evicted, so no node can be drained",
                  "Set maxUnavailable: 1 instead.");
    bl_vap_demand(spec, "disruption-budget", few,
                  "this PodDisruptionBudget lets more pods go at once than the policy allows",
                  "Set maxUnavailable: 1 instead.");
    if (!always)
        bl_vap_demand(spec, "disruption-budget",
                      "!variables.changed || "
                      "object.spec.?unhealthyPodEvictionPolicy.orValue(\"\") != \"AlwaysAllow\"",
                      "this PodDisruptionBudget lets a pod that is still recovering be evicted",
                      "Set unhealthyPodEvictionPolicy: IfHealthyBudget.");
}

const struct bl_vap_check bl_vap_checks[] = {
    {BL_RULE_DISRUPTION_BUDGET, "limit", BL_VAP_BUDGET, false, false, write_budget},
    {BL_RULE_DISRUPTION_BUDGET, "delete", BL_VAP_BUDGET, true, false, write_budget_deletion},
    {BL_RULE_NETWORK_POLICY, "delete", BL_VAP_NETWORK_POLICY, true, false, write_network_deletion},
    {BL_RULE_GRACEFUL_STOP, "seconds", BL_VAP_WORKLOAD, false, false, write_seconds},
    {BL_RULE_IMAGES, "names", BL_VAP_WORKLOAD, false, false, write_images},
    {BL_RULE_REPLICAS, "count", BL_VAP_WORKLOAD, false, true, write_replicas},
    {BL_RULE_REPLICAS, "delete", BL_VAP_WORKLOAD, true, false, write_workload_deletion},
    {BL_RULE_STORAGE, "volumes", BL_VAP_SET, false, false, write_storage},
    {BL_RULE_STORAGE, "claim-delete", BL_VAP_CLAIM, true, false, write_claim_deletion},
};
const size_t bl_vap_checks_len = BL_ARRAY_LEN(bl_vap_checks);
