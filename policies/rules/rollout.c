#include <inttypes.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "rollout.h"
#include "rule.h"

/*
 * Upgrades in the controller's hands: with OnDelete the StatefulSet controller waits, and Ballast rolls
 * pod by pod behind the in-sync gate. RollingUpdate is what the API server fills in, so it counts as not
 * given; a partition is the author's own staging and stays.
 */

#define STRATEGY "/spec/updateStrategy"

/*
 * A pod that was replaced has another address, and a JVM believes an old one for half a minute. While the ZooKeeper
 * mode's controller does, the new broker knows nothing of the cluster, and answers clients so.
 */
#define JAVA_OPTIONS "JAVA_TOOL_OPTIONS"

static const char *const mode_names[] = {"Managed", NULL};

static const char *const on_failure_names[] = {"Rollback", "Pause", NULL};
static const char *const metadata_version_names[] = {"Keep", "Raise", NULL};

static const struct bl_rollout_params defaults = {
    .settings = {.max_concurrent = 1,
                 .settle = 5,
                 .soak = 10,
                 .fail_after = 60,
                 .patience = 600,
                 .canary = true},
    .address = 5,
};

#define AT(member) offsetof(struct bl_rollout_params, settings.member)
#define SECONDS(key, member, least, text)                                                    \
    {                                                                                        \
        .name = key, .type = BL_FIELD_INT, .offset = AT(member), .min = least, .max = 86400, \
        .doc = text                                                                          \
    }
static const struct bl_field fields[] = {
    BL_RULE_ACTION_FIELD,
    {.name = "mode",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct bl_rollout_params, mode),
     .names = mode_names,
     .doc = "Managed: Ballast's controller rolls the pods."},
    {.name = "maxConcurrent",
     .type = BL_FIELD_INT,
     .offset = AT(max_concurrent),
     .min = 1,
     .max = 100,
     .doc = "Brokers that are restarted at once where no partition has replicas on two of them and "
            "the disruption budget allows it; 1 where not given."},
    SECONDS(
        "settleSeconds", settle, 0,
        "From ready to leading partitions again, as clients have to learn a pod's new address; 5 "
        "where not given."),
    SECONDS(
        "soakSeconds", soak, 0,
        "From ready (of ZooKeeper and controllers: from the start of the process) to the next pod, "
        "after the first pod of a new template; settleSeconds runs within it; 10 where not given."),
    {.name = "leadAway",
     .type = BL_FIELD_BOOL,
     .offset = AT(lead_away),
     .doc =
         "true moves leadership off a broker before it is evicted; false, where not given, leaves "
         "that to the broker's own controlled shutdown."},
    {.name = "addressSeconds",
     .type = BL_FIELD_INT,
     .offset = offsetof(struct bl_rollout_params, address),
     .min = 0,
     .max = 3600,
     .doc = "How long a JVM may keep the address of another pod, by JAVA_TOOL_OPTIONS where the "
            "container has none; 0 leaves it as it is, half a minute; 5 where not given."},
    {.name = "canary",
     .type = BL_FIELD_BOOL,
     .offset = AT(canary),
     .doc = "Before each next pod a message is written to every broker and read again, in topic "
            "ballast-canary; true where not given."},
    {.name = "onFailure",
     .type = BL_FIELD_ENUM,
     .offset = AT(on_failure),
     .names = on_failure_names,
     .doc = "The first pod of a new revision does not come up: Rollback, where not given, restores "
            "the revision before it; Pause waits for a person."},
    SECONDS("failAfterSeconds", fail_after, 1,
            "How long a pod may be unable to start (its image cannot be pulled, it crashes) before "
            "it counts as failed; 60 where not given."),
    SECONDS(
        "patienceSeconds", patience, 10,
        "An alarm when nothing has moved for so long: no replica caught up, no pod came up; 600 "
        "where not given."),
    {.name = "metadataVersion",
     .type = BL_FIELD_ENUM,
     .offset = AT(metadata_version),
     .names = metadata_version_names,
     .doc = "After an upgrade of a cluster without ZooKeeper: Keep, where not given, leaves "
            "metadata.version to you; Raise raises it to what all brokers support. There is no way "
            "back from there."},
    {0},
};
static const struct bl_schema schema = BL_SCHEMA(struct bl_rollout_params, fields);

static bool managed(const cJSON *object)
{
    return bl_text_eq(bl_json_string(bl_json_at(object, "spec", "updateStrategy", NULL), "type"),
                      "OnDelete");
}

static bool staged(const cJSON *object)
{
    int64_t partition = 0;

    return bl_json_int(
               bl_json_at(object, "spec", "updateStrategy", "rollingUpdate", "partition", NULL),
               &partition) &&
           partition > 0;
}

static void limit_addresses(struct bl_rule_run *run)
{
    const struct bl_rollout_params *params = run->params;
    BL_AUTO_FREE char *pointer = bl_container_pointer(run->workload, "env");
    BL_AUTO_FREE char *options = bl_asprintf(
        "-Dsun.net.inetaddr.ttl=%" PRId64 " -Dsun.net.inetaddr.negative.ttl=1", params->address);
    cJSON *entry;

    if (!params->address || bl_container_env(run->workload->container, JAVA_OPTIONS))
        return;
    entry = bl_json_new_object();
    bl_json_add_string(entry, "name", JAVA_OPTIONS);
    bl_json_add_string(entry, "value", options);
    bl_run_append(run, pointer, entry,
                  "a JVM keeps the address that a pod had before for half a minute");
}

static void edit(struct bl_rule_run *run)
{
    const cJSON *object = run->edit->object;
    cJSON *strategy;

    if (!bl_object_is(object, "apps", "StatefulSet"))
        return;
    limit_addresses(run);
    if (managed(object) || staged(object))
        return;
    strategy = bl_json_new_object();
    bl_json_add_string(strategy, "type", "OnDelete");
    bl_run_set(
        run, STRATEGY, strategy,
        "a rolling update takes the next member down while the last one is still catching up");
}

static void check(struct bl_rule_run *run)
{
    const cJSON *object = run->workload->object;

    if (!bl_object_is(object, "apps", "StatefulSet") || managed(object))
        return;
    bl_run_report(
        run, staged(object) ? BL_FAULT_WRONG : BL_FAULT_MISSING, run->object, STRATEGY,
        "Set updateStrategy: {type: OnDelete}, without rollingUpdate.",
        "a rolling update takes the next member down while the last one is still catching up");
}

const struct bl_rule bl_rule_rollout = {
    .summary =
        "The controller rolls upgrades behind the in-sync gate, instead of the StatefulSet's own.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_CONTROLLER | BL_MATCH_COMBINED | BL_MATCH_ZOOKEEPER,
    .mutates = true,
    .edit = edit,
    .check = check,
};
