#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "rule.h"

/*
 * A broker counts as ready only when its replicas are back in sync: the readiness gate that the
 * controller opens. Without a controller nobody would open it, so the rule is Off until there is one.
 */

#define GATE "ballast.dev/in-sync"

static const struct bl_rule_params defaults = {0};
static const struct bl_field fields[] = {BL_RULE_ACTION_FIELD, {0}};
static const struct bl_schema schema = {sizeof(struct bl_rule_params), fields};

static bool has_gate(const cJSON *gates)
{
    const cJSON *gate;

    cJSON_ArrayForEach(gate, gates) {
        if (bl_text_eq(bl_json_string(gate, "conditionType"), GATE))
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
    bl_json_add_string(gate, "conditionType", GATE);
    bl_run_append(run, pointer, gate,
                  "a restarted broker counts as ready before it is back in sync");
}

static void check(struct bl_rule_run *run)
{
    BL_AUTO_FREE char *pointer = bl_pod_pointer(run->workload, "spec/readinessGates");

    if (!has_gate(bl_pointer_find(run->workload->object, pointer)))
        bl_run_report(run, BL_FAULT_MISSING, run->object, pointer,
                      "Add a readiness gate with conditionType " GATE ".",
                      "a restarted broker counts as ready before it is back in sync");
}

const struct bl_rule bl_rule_in_sync = {
    .key = "inSync",
    .name = "in-sync",
    .summary = "A broker is ready only when every replica on it is in sync.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_COMBINED,
    .mutates = true,
    .edit = edit,
    .check = check,
};
