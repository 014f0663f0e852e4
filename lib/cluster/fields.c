/* Fields of a live StatefulSet that no upgrade may change, and volumes that may not shrink. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"
#include "ballast/object/quantity.h"
#include "plan.h"

/* What the API server refuses to change (apps/v1, StatefulSetSpec), where the chart gives it. */
static const char *const immutable[] = {"serviceName", "podManagementPolicy", "selector"};

static void check_immutable(const cJSON *live, const cJSON *wanted, struct bl_cluster_plan *plan)
{
    const cJSON *before = bl_json_get(live, "spec"), *after = bl_json_get(wanted, "spec");
    const char *name = bl_object_ref(live).name;

    for (size_t i = 0; i < BL_ARRAY_LEN(immutable); i++) {
        const cJSON *given = bl_json_get(after, immutable[i]);

        if (!given || bl_json_equal(given, bl_json_get(before, immutable[i])))
            continue;
        bl_cluster_plan_refuse(
            plan, BL_REFUSED_IMMUTABLE,
            bl_asprintf("StatefulSet \"%s\" has another %s, which cannot be changed", name,
                        immutable[i]),
            bl_asprintf("Keep what it has, or make the set anew around its pods: kubectl delete "
                        "statefulset %s --cascade=orphan, once the pods are labelled for it.",
                        name));
    }
}

static const cJSON *claim_named(const cJSON *set, const char *name)
{
    const cJSON *claim;

    cJSON_ArrayForEach(claim, bl_json_at(set, "spec", "volumeClaimTemplates", NULL)) {
        if (bl_text_eq(bl_object_ref(claim).name, name))
            return claim;
    }
    return NULL;
}

static const char *size_of(const cJSON *claim)
{
    return bl_json_string(bl_json_at(claim, "spec", "resources", "requests", NULL), "storage");
}

static void check_claim(const char *set, const cJSON *live, const cJSON *wanted,
                        struct bl_cluster_plan *plan)
{
    const char *has = size_of(live), *wants = size_of(wanted), *name = bl_object_ref(wanted).name;
    bl_nano before = 0, after = 0;
    BL_ERROR(ignored);

    if (!live) {
        bl_cluster_plan_refuse(
            plan, BL_REFUSED_IMMUTABLE,
            bl_asprintf("StatefulSet \"%s\" has no claim template \"%s\", and none can be added",
                        set, name),
            NULL);
        return;
    }
    if (!has || !wants || bl_quantity_parse(has, &before, &ignored) < 0 ||
        bl_quantity_parse(wants, &after, &ignored) < 0 || before == after)
        return;
    if (after < before)
        bl_cluster_plan_refuse(
            plan, BL_REFUSED_SHRINKS,
            bl_asprintf("claim template \"%s\" of StatefulSet \"%s\" would shrink from %s to %s",
                        name, set, has, wants),
            bl_strdup("A volume never shrinks: keep its size, or move the brokers to a new set."));
    else
        bl_cluster_plan_refuse(
            plan, BL_REFUSED_IMMUTABLE,
            bl_asprintf("claim template \"%s\" of StatefulSet \"%s\" would grow from %s to %s, and "
                        "a template cannot be changed",
                        name, set, has, wants),
            bl_asprintf("Grow each claim (kubectl patch pvc), then make the set anew around its "
                        "pods: kubectl delete statefulset %s --cascade=orphan.",
                        set));
}

static void check_claims(const cJSON *live, const cJSON *wanted, struct bl_cluster_plan *plan)
{
    const cJSON *claim;

    cJSON_ArrayForEach(claim, bl_json_at(wanted, "spec", "volumeClaimTemplates", NULL)) {
        check_claim(bl_object_ref(live).name, claim_named(live, bl_object_ref(claim).name), claim,
                    plan);
    }
}

void bl_plan_fields(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *plan)
{
    for (size_t i = 0; i < input->rendered->manifest.objects.len; i++) {
        const cJSON *wanted = input->rendered->manifest.objects.items[i].object;
        const cJSON *live =
            bl_object_is(wanted, "apps", "StatefulSet") ? bl_plan_live(input, wanted) : NULL;

        if (!live)
            continue;
        check_immutable(live, wanted, plan);
        check_claims(live, wanted, plan);
    }
}
