#include "ballast/workload/limits.h"

#include <string.h>

static const struct {
    const char *key;
    size_t most;
} limits[] = {
    {"containers", BL_MAX_CONTAINERS},
    {"initContainers", BL_MAX_CONTAINERS},
    {"ephemeralContainers", BL_MAX_CONTAINERS},
    {"ports", BL_MAX_PORTS},
    {"nodeSelectorTerms", BL_MAX_TERMS},
    {"topologySpreadConstraints", BL_MAX_TERMS},
    {"requiredDuringSchedulingIgnoredDuringExecution", BL_MAX_TERMS},
    {"preferredDuringSchedulingIgnoredDuringExecution", BL_MAX_TERMS},
    {"labels", BL_MAX_LABELS},
    {"matchLabels", BL_MAX_LABELS},
};

size_t bl_list_limit(const char *key)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(limits); i++)
        if (strcmp(limits[i].key, key) == 0)
            return limits[i].most;
    return BL_MAX_ITEMS;
}

/* Depth is bounded where values are read. */
static bool find_excess(const cJSON *value, const char *key, struct bl_excess *ret_excess)
{
    size_t len = bl_json_len(value);

    if (len > BL_MAX_CONTAINERS && len > bl_list_limit(key)) {
        *ret_excess = (struct bl_excess){key, len, bl_list_limit(key)};
        return true;
    }
    for (const cJSON *child = value ? value->child : NULL; child; child = child->next)
        if (child->child && find_excess(child, child->string ? child->string : key, ret_excess))
            return true;
    return false;
}

bool bl_object_excess(const cJSON *object, struct bl_excess *ret_excess)
{
    return find_excess(bl_json_get(object, "metadata"), "metadata", ret_excess) ||
           find_excess(bl_json_get(object, "spec"), "spec", ret_excess);
}
