/* What the pods of a cluster say of their replicas, by the conditions that Ballast's controller writes on them. */
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"
#include "plan.h"

static bool speaks(const cJSON *pod)
{
    return bl_pod_is_gated(pod) || bl_object_condition(pod, BL_CONDITION_IN_SYNC);
}

static void say(struct bl_cluster_sync *sync, const cJSON *pod, const cJSON *condition,
                const char *otherwise)
{
    const char *message = bl_json_string(condition, "message");

    if (!sync->message)
        sync->message = bl_asprintf("%s: %s", bl_object_ref(pod).name,
                                    message && *message ? message : otherwise);
}

/* The gate is opened once for a process; what stands against its going now tells of replicas that have fallen behind since. */
static void add_pod(const cJSON *pod, struct bl_cluster_sync *sync)
{
    const cJSON *gate = bl_object_condition(pod, BL_CONDITION_IN_SYNC);
    const cJSON *safe = bl_object_condition(pod, BL_CONDITION_SAFE);
    const char *status = bl_json_string(gate, "status");

    if (bl_text_eq(status, "False")) {
        if (!sync->out++) {
            free(sync->message);
            sync->message = NULL;
            say(sync, pod, gate, "its replicas are not in sync");
        }
    } else if (!bl_text_eq(status, "True") ||
               bl_text_eq(bl_json_string(gate, "reason"), "Unknown")) {
        sync->unknown++;
        say(sync, pod, gate, "nobody has said so yet");
    } else if (!bl_text_eq(bl_json_string(safe, "status"), "True")) {
        sync->unknown++;
        say(sync, pod, safe, "whether it may go down is not known");
    } else {
        sync->in++;
    }
}

void bl_cluster_sync_add(const struct bl_set_pods *pods, struct bl_cluster_sync *sync)
{
    bool spoken = false;

    for (size_t i = 0; i < pods->len && !spoken; i++)
        spoken = pods->items[i].pod && speaks(pods->items[i].pod);
    for (size_t i = 0; spoken && i < pods->len; i++)
        if (pods->items[i].pod)
            add_pod(pods->items[i].pod, sync);
    if (spoken)
        sync->unknown += pods->missing;
}

void bl_cluster_sync_release(struct bl_cluster_sync *sync)
{
    free(sync->message);
    *sync = (struct bl_cluster_sync){0};
}
