/* What all judges of a plan need: a refusal, the live object, and the end of it. */
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/object/object.h"
#include "plan.h"

void bl_cluster_plan_refuse(struct bl_cluster_plan *plan, const char *reason, char *message,
                            char *hint)
{
    *BL_PUSH(&plan->refusals) = (struct bl_refusal){reason, message, hint};
}

void bl_cluster_protocol_release(struct bl_cluster_protocol *protocol)
{
    free(protocol->is);
    free(protocol->value);
    free(protocol->next);
    *protocol = (struct bl_cluster_protocol){0};
}

void bl_cluster_plan_release(struct bl_cluster_plan *plan)
{
    for (size_t i = 0; i < plan->refusals.len; i++) {
        free(plan->refusals.items[i].message);
        free(plan->refusals.items[i].hint);
    }
    free(plan->refusals.items);
    bl_strings_release(&plan->changes);
    bl_strings_release(&plan->images);
    bl_strings_release(&plan->rewritten);
    bl_strings_release(&plan->notes);
    free(plan->kafka);
    free(plan->zookeeper);
    free(plan->running.kafka);
    free(plan->running.zookeeper);
    bl_cluster_protocol_release(&plan->protocol);
    bl_scales_release(&plan->scales);
    *plan = (struct bl_cluster_plan){0};
}

bool bl_cluster_plan_has(const struct bl_cluster_plan *plan, const char *reason)
{
    for (size_t i = 0; i < plan->refusals.len; i++)
        if (strcmp(plan->refusals.items[i].reason, reason) == 0)
            return true;
    return false;
}

cJSON *bl_cluster_plan_refusals(const struct bl_cluster_plan *plan)
{
    cJSON *list = bl_json_new_array();

    for (size_t i = 0; i < plan->refusals.len; i++) {
        const struct bl_refusal *refusal = &plan->refusals.items[i];
        cJSON *entry = bl_json_push(list, bl_json_new_object());

        bl_json_add_string(entry, "reason", refusal->reason);
        bl_json_add_string(entry, "message", refusal->message);
        if (refusal->hint)
            bl_json_add_string(entry, "hint", refusal->hint);
    }
    return list;
}

const cJSON *bl_plan_live(const struct bl_cluster_plan_input *input, const cJSON *object)
{
    for (size_t i = 0; i < input->live_len; i++)
        if (bl_object_is_same(input->live[i], object, input->namespace))
            return input->live[i];
    return NULL;
}
