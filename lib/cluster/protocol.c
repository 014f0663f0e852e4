/* inter.broker.protocol.version of brokers with ZooKeeper: what brokers say to each other, and what they write (Kafka's upgrade notes). */
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/kafka/metadata_version.h"
#include "plan.h"

#define PROTOCOL "inter.broker.protocol.version"
#define DIGITS "0123456789"

char *bl_protocol_of(const char *version)
{
    size_t len = bl_release_len(version);

    return bl_strndup(version, len ? len : strspn(version, DIGITS));
}

int bl_protocol_compare(const char *a, const char *b)
{
    int64_t x = bl_metadata_version_level(a), y = bl_metadata_version_level(b);
    BL_AUTO_FREE char *first = NULL, *second = NULL;

    if (x > 0 && y > 0)
        return (x > y) - (x < y);
    first = bl_protocol_of(a);
    second = bl_protocol_of(b);
    return bl_version_compare(first, second);
}

char *bl_protocol_spoken(const struct bl_plan_step *step)
{
    BL_AUTO(bl_setting_release) struct bl_setting setting = {0};

    if (bl_workload_setting(step->live, step->live_world, PROTOCOL, &setting))
        return setting.value ? bl_strdup(setting.value) : NULL;
    return bl_workload_configured(step->live, step->live_world) ? bl_protocol_of(step->from) : NULL;
}

static void refuse_lower(const struct bl_plan_step *step, const char *is, const char *wanted,
                         struct bl_cluster_plan *plan)
{
    bl_cluster_plan_refuse(
        plan, BL_REFUSED_LOWER,
        bl_asprintf("%s \"%s\" has " PROTOCOL " %s, and the chart brings %s", step->live->ref.kind,
                    step->live->ref.name, is, wanted),
        bl_asprintf("What brokers have written by it they may not read by an older one. Set it to "
                    "%s, or higher.",
                    is));
}

static void refuse_unknown(const struct bl_plan_step *step, const char *wanted,
                           struct bl_cluster_plan *plan)
{
    BL_AUTO_FREE char *known = bl_protocol_of(step->to);

    bl_cluster_plan_refuse(plan, BL_REFUSED_VERSION,
                           bl_asprintf(PROTOCOL " %s is asked for, and the chart brings "
                                                "Kafka %s, which does not know it",
                                       wanted, step->to),
                           bl_asprintf("Set it to %s at most.", known));
}

/* While they are rolled, brokers of both versions talk to each other. */
static void refuse_mixed(const struct bl_plan_step *step, const char *wanted,
                         struct bl_cluster_plan *plan)
{
    BL_AUTO_FREE char *known = bl_protocol_of(step->from);

    bl_cluster_plan_refuse(
        plan, BL_REFUSED_SKIPS,
        bl_asprintf(PROTOCOL " would be %s while brokers of Kafka %s run beside the new ones, and "
                             "they do not know it",
                    wanted, step->from),
        bl_asprintf("Set it to %s in the values, and raise it with a second upgrade once this one "
                    "is proven.",
                    known));
}

/* True: it was refused. */
static bool is_refused(const struct bl_plan_step *step, const char *wanted,
                       struct bl_cluster_plan *plan)
{
    BL_AUTO_FREE char *is = bl_protocol_spoken(step);

    if (!bl_release_len(wanted)) {
        bl_cluster_plan_refuse(plan, BL_REFUSED_VERSION,
                               bl_asprintf("%s \"%s\": " PROTOCOL " is no version",
                                           step->wanted->ref.kind, step->wanted->ref.name),
                               bl_strdup("Give one such as 3.4 in the values."));
        return true;
    }
    if (is && bl_protocol_compare(wanted, is) < 0)
        refuse_lower(step, is, wanted, plan);
    else if (bl_protocol_compare(wanted, step->to) > 0)
        refuse_unknown(step, wanted, plan);
    else if (bl_protocol_compare(wanted, step->from) > 0)
        refuse_mixed(step, wanted, plan);
    else
        return false;
    return true;
}

/* Nothing holds brokers back: they write as the new version does from their first start. */
static void note_missing(const struct bl_plan_step *step, struct bl_cluster_plan *plan)
{
    BL_AUTO_FREE char *from = bl_protocol_of(step->from), *to = bl_protocol_of(step->to);

    if (bl_version_compare(from, to) < 0 &&
        bl_workload_configured(step->wanted, step->wanted_world))
        *BL_PUSH(&plan->notes) = bl_asprintf(
            "Kafka goes from %s to %s without a way back: set " PROTOCOL " to %s in the values, "
            "and take it off with a second upgrade once this one is proven",
            step->from, step->to, from);
}

/* All brokers are of one version, and still held back. */
static void note_held(const struct bl_plan_step *step, const char *wanted,
                      struct bl_cluster_plan *plan)
{
    BL_AUTO_FREE char *from = bl_protocol_of(step->from), *to = bl_protocol_of(step->to);
    BL_AUTO_FREE char *is = bl_protocol_of(wanted);

    /* Where Ballast gives it, it says so once. */
    if (plan->protocol.ours)
        return;
    if (strcmp(from, to) == 0 && bl_version_compare(is, to) < 0)
        *BL_PUSH(&plan->notes) =
            bl_asprintf(PROTOCOL " is %s, and all brokers run Kafka %s: once it is proven, raise "
                                 "it in the values; there is no way back from there",
                        wanted, step->to);
}

/* A place that the chart takes nothing from would let brokers write as the new version does from their first start. */
static bool is_in_vain(const struct bl_plan_step *step, bool set, const char *wanted,
                       const struct bl_cluster_plan *plan)
{
    const char *given = plan->protocol.value;

    if ((!given && !plan->protocol.given) ||
        !bl_workload_configured(step->wanted, step->wanted_world))
        return false;
    if (!given)
        return !set;
    return !set || (wanted && strcmp(wanted, given) != 0);
}

static void refuse_in_vain(const struct bl_cluster_plan_input *input,
                           const struct bl_plan_step *step, struct bl_cluster_plan *plan)
{
    bl_cluster_plan_refuse(
        plan, BL_REFUSED_SKIPS,
        bl_asprintf("%s \"%s\" does not get " PROTOCOL "%s%s by the value \"%s\" of the chart",
                    step->wanted->ref.kind, step->wanted->ref.name, plan->protocol.value ? " " : "",
                    plan->protocol.value ? plan->protocol.value : "",
                    input->spec->versions.protocol_value),
        bl_strdup("Name by spec.versions.protocolValue the value that sets it; without that field "
                  "it is yours to set."));
}

void bl_plan_protocol(const struct bl_cluster_plan_input *input, const struct bl_plan_step *step,
                      struct bl_cluster_plan *plan)
{
    BL_AUTO(bl_setting_release) struct bl_setting setting = {0};
    bool set;

    if (step->wanted->role != BL_ROLE_BROKER || step->wanted->kraft || !step->from || !step->to)
        return;
    /* It has no such setting, and is refused. */
    if (bl_version_compare(step->to, "4") >= 0)
        return;
    set = bl_workload_setting(step->wanted, step->wanted_world, PROTOCOL, &setting);
    if (is_in_vain(step, set, setting.value, plan))
        refuse_in_vain(input, step, plan);
    else if (!set)
        note_missing(step, plan);
    else if (setting.value && *setting.value && !is_refused(step, setting.value, plan))
        note_held(step, setting.value, plan);
}
