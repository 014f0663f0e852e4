/* Whether an acknowledged message survives a broker as it did before: min.insync.replicas, and the rule durability's findings. */
#include <inttypes.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"
#include "ballast/policies/engine.h"
#include "plan.h"

#define NOTES_MAX 5

/* --- writes --- */

/* -1: it is set, and nobody can tell to what. */
static int64_t number_of(const struct bl_workload *workload, const struct bl_world *world,
                         const char *property, int64_t fallback)
{
    BL_AUTO(bl_setting_release) struct bl_setting setting = {0};
    int64_t number;

    if (!bl_workload_setting(workload, world, property, &setting))
        return fallback;
    return setting.value && bl_text_to_int(setting.value, strlen(setting.value), &number) ? number
                                                                                          : -1;
}

/* Replicas of a topic whose author leaves that to the brokers, and that has some to spare. */
static int64_t replicas_of(const struct bl_plan_step *step, int64_t brokers)
{
    int64_t factor =
        number_of(step->wanted, step->wanted_world, "default.replication.factor", brokers);

    return factor > 1 && factor < brokers ? factor : brokers;
}

/* It holds for all topics that do not say otherwise, those that are there among them. */
void bl_plan_durability(const struct bl_plan_step *step, int64_t brokers,
                        struct bl_cluster_plan *plan)
{
    int64_t before, after, replicas;

    if (!bl_workload_has_logs(step->wanted) || brokers < 2)
        return;
    before = number_of(step->live, step->live_world, "min.insync.replicas", 1);
    after = number_of(step->wanted, step->wanted_world, "min.insync.replicas", 1);
    replicas = replicas_of(step, brokers);
    if (after < 0 || after <= before || after < replicas)
        return;
    bl_cluster_plan_refuse(plan, BL_REFUSED_DURABILITY,
                           bl_asprintf("%s \"%s\" would have min.insync.replicas %" PRId64
                                       " with %" PRId64 " replicas: %s",
                                       step->live->ref.kind, step->live->ref.name, after, replicas,
                                       after > replicas
                                           ? "nothing could be written with acks=all"
                                           : "no broker could go down, in an upgrade for instance, "
                                             "without stopping writes"),
                           bl_strdup("Keep it one below the replication factor."));
}

/* --- what the rule says --- */

static struct bl_report *judge(const struct bl_cluster_plan_input *input,
                               const cJSON *const *objects, size_t len)
{
    struct bl_engine_options options = {.units = BL_UNITS_NAMESPACE,
                                        .today = input->today,
                                        .namespace = input->namespace,
                                        .no_companions = true};

    return bl_engine_run(input->policies, objects, len, &options);
}

static bool is_durability(const struct bl_finding *finding)
{
    return finding->rule == BL_RULE_DURABILITY && !finding->mended;
}

static bool has_finding(const struct bl_report *report, const cJSON *const *objects,
                        const cJSON *subject, const char *message, const char *namespace)
{
    for (size_t i = 0; i < report->findings.len; i++) {
        const struct bl_finding *finding = &report->findings.items[i];

        if (is_durability(finding) && strcmp(finding->message, message) == 0 &&
            bl_object_is_same(objects[finding->subject], subject, namespace))
            return true;
    }
    return false;
}

void bl_plan_durability_notes(const struct bl_cluster_plan_input *input,
                              struct bl_cluster_plan *plan)
{
    const struct bl_manifest *manifest = &input->rendered->manifest;
    BL_AUTO_FREE const cJSON **objects = bl_manifest_objects(manifest);
    BL_AUTO(bl_report_cleanup) struct bl_report *before = NULL, *after = NULL;
    size_t said = 0;

    if (plan->action != BL_CLUSTER_UPGRADE)
        return;
    before = judge(input, input->live, input->live_len);
    after = judge(input, objects, manifest->objects.len);
    for (size_t i = 0; i < after->findings.len && said < NOTES_MAX; i++) {
        const struct bl_finding *finding = &after->findings.items[i];
        const cJSON *subject = objects[finding->subject];

        if (!is_durability(finding) || !bl_plan_live(input, subject) ||
            has_finding(before, input->live, subject, finding->message, input->namespace))
            continue;
        said++;
        *BL_PUSH(&plan->notes) = bl_asprintf("%s \"%s\": %s", bl_object_ref(subject).kind,
                                             bl_object_ref(subject).name, finding->message);
    }
}
