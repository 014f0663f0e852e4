#include "in_sync.h"

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "rule.h"

/*
 * A broker counts as ready only when its replicas are back in sync: the readiness gate that the
 * controller opens. Without a controller nobody would open it, so the rule is Off until there is one.
 */

static const char *const eviction_names[] = {"Allow", "Deny", NULL};

static const char *const no_spare_names[] = {"Block", "Accept", NULL};

static const char *const raise_names[] = {"Never", "Internal", NULL};

static const struct bl_in_sync_params defaults = {
    .gate = {.unknown_after = 120, .raise_at_most = 1024}};
static const struct bl_field fields[] = {
    BL_RULE_ACTION_FIELD,
    {.name = "evictUnknown",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct bl_in_sync_params, unknown),
     .names = eviction_names,
     .doc =
         "Evictions while nobody says whether the pod is safe to disrupt: Allow, where not given, "
         "leaves it to the disruption budget."},
    {.name = "evictNotReady",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct bl_in_sync_params, not_ready),
     .names = eviction_names,
     .doc = "Evictions of a pod that is not ready: Allow, where not given, leaves it to the "
            "disruption budget."},
    {.name = "reserve",
     .type = BL_FIELD_INT,
     .offset = offsetof(struct bl_in_sync_params, gate.reserve),
     .max = 10,
     .doc = "Replicas that stay in sync beyond min.insync.replicas while a broker is down; 0 where "
            "not given."},
    {.name = "noSpare",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct bl_in_sync_params, gate.no_spare),
     .names = no_spare_names,
     .doc = "A partition that needs all of its replicas (one replica, or as many as "
            "min.insync.replicas): Block, where not given, keeps its brokers up; Accept lets it be "
            "down meanwhile."},
    {.name = "raise",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct bl_in_sync_params, gate.raise),
     .names = raise_names,
     .doc = "Internal: Ballast's controller gives Kafka's own topics (offsets of consumers, "
            "transactions) the "
            "replicas that they lack, up to three; Never, where not given."},
    {.name = "raiseAtMostMiB",
     .type = BL_FIELD_INT,
     .offset = offsetof(struct bl_in_sync_params, gate.raise_at_most),
     .min = 1,
     .max = 1048576,
     .doc = "As long as these hold no more than so much on a broker; 1024 where not given."},
    {.name = "unknownAfterSeconds",
     .type = BL_FIELD_INT,
     .offset = offsetof(struct bl_in_sync_params, gate.unknown_after),
     .min = 1,
     .max = 86400,
     .doc = "The gate opens when the cluster has not answered Ballast for so long; 120 where not "
            "given."},
    {0},
};
static const struct bl_schema schema = BL_SCHEMA(struct bl_in_sync_params, fields);

static bool has_gate(const cJSON *gates)
{
    const cJSON *gate;

    cJSON_ArrayForEach(gate, gates) {
        if (bl_text_eq(bl_json_string(gate, "conditionType"), BL_CONDITION_IN_SYNC))
            return true;
    }
    return false;
}

static void edit(struct bl_rule_run *run)
{
    BL_AUTO_FREE char *pointer = bl_pod_pointer(run->workload, "spec/readinessGates");
    cJSON *gate;

    if (has_gate(bl_run_now(run, pointer)))
        return;
    gate = bl_json_new_object();
    bl_json_add_string(gate, "conditionType", BL_CONDITION_IN_SYNC);
    bl_run_append(run, pointer, gate,
                  "a restarted broker counts as ready before it is back in sync");
}

static void check(struct bl_rule_run *run)
{
    BL_AUTO_FREE char *pointer = bl_pod_pointer(run->workload, "spec/readinessGates");

    if (!has_gate(bl_pointer_find(run->workload->object, pointer)))
        bl_run_report(run, BL_FAULT_MISSING, run->object, pointer,
                      "Add a readiness gate with conditionType " BL_CONDITION_IN_SYNC ".",
                      "a restarted broker counts as ready before it is back in sync");
}

const struct bl_rule bl_rule_in_sync = {
    .summary = "A broker is ready only when every replica on it is in sync.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_COMBINED,
    .mutates = true,
    .edit = edit,
    .check = check,
};
