#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "rule.h"

/*
 * Upgrades in the controller's hands: with OnDelete the StatefulSet controller waits, and Ballast rolls
 * pod by pod behind the in-sync gate. RollingUpdate is what the API server fills in, so it counts as not
 * given; a partition is the author's own staging and stays.
 */

#define STRATEGY "/spec/updateStrategy"

static const char *const mode_names[] = {"Managed", NULL};

struct params {
    struct bl_rule_params base;
    int mode;
};

static const struct params defaults = {0};
static const struct bl_field fields[] = {
    BL_RULE_ACTION_FIELD,
    {.name = "mode",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct params, mode),
     .names = mode_names,
     .doc = "Managed: Ballast's controller rolls the pods."},
    {0},
};
static const struct bl_schema schema = {sizeof(struct params), fields};

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

static void edit(struct bl_rule_run *run)
{
    const cJSON *object = run->edit->object;
    cJSON *strategy;

    if (!bl_object_is(object, "apps", "StatefulSet") || managed(object) || staged(object))
        return;
    strategy = bl_json_new_object();
    bl_json_add_string(strategy, "type", "OnDelete");
    bl_run_set(
        run, STRATEGY, strategy,
        "a rolling update takes the next broker down while the last one is still catching up");
}

static void check(struct bl_rule_run *run)
{
    const cJSON *object = run->workload->object;

    if (!bl_object_is(object, "apps", "StatefulSet") || managed(object))
        return;
    bl_run_report(
        run, staged(object) ? BL_FAULT_WRONG : BL_FAULT_MISSING, run->object, STRATEGY,
        "Set updateStrategy: {type: OnDelete}, without rollingUpdate.",
        "a rolling update takes the next broker down while the last one is still catching up");
}

const struct bl_rule bl_rule_rollout = {
    .key = "rollout",
    .name = "rollout",
    .summary =
        "The controller rolls upgrades behind the in-sync gate, instead of the StatefulSet's own.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_CONTROLLER | BL_MATCH_COMBINED | BL_MATCH_ZOOKEEPER,
    .mutates = true,
    .edit = edit,
    .check = check,
};
