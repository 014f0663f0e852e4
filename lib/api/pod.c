#include "ballast/api/pod.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"

bool bl_pod_is_gated(const cJSON *pod)
{
    const cJSON *gate;

    cJSON_ArrayForEach(gate, bl_json_at(pod, "spec", "readinessGates", NULL)) {
        if (bl_text_eq(bl_json_string(gate, "conditionType"), BL_CONDITION_IN_SYNC))
            return true;
    }
    return false;
}

enum bl_pod_revision bl_pod_revision(const cJSON *set, const cJSON *pod)
{
    const char *newest = bl_json_string(bl_json_get(set, "status"), "updateRevision");
    const char *revision = bl_object_label(pod, BL_LABEL_REVISION);

    if (!newest || !revision)
        return BL_POD_REVISION_UNKNOWN;
    return strcmp(newest, revision) == 0 ? BL_POD_REVISION_NEWEST : BL_POD_REVISION_OLDER;
}

bool bl_set_claims(const cJSON *set, const char *claim)
{
    const cJSON *template;
    struct bl_ref ref = bl_object_ref(set);

    cJSON_ArrayForEach(template, bl_json_at(set, "spec", "volumeClaimTemplates", NULL)) {
        const char *name = bl_json_string(bl_json_get(template, "metadata"), "name");
        BL_AUTO_FREE char *prefix = bl_asprintf("%s-%s-", name ? name : "", ref.name);
        int64_t ordinal;

        if (bl_text_starts(claim, prefix) &&
            bl_text_to_int(claim + strlen(prefix), strlen(claim) - strlen(prefix), &ordinal) &&
            ordinal >= 0)
            return true;
    }
    return false;
}
