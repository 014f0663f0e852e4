#include "policy_status.h"

#include "ballast/api/builtin.h"
#include "ballast/base/date.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"
#include "companions.h"

static int64_t generation_of(const cJSON *object, const char *key)
{
    int64_t generation = 0;

    (void)bl_json_int(bl_json_get(object, key), &generation);
    return generation;
}

cJSON *bl_policy_status_patch(const cJSON *policy, const char *refusal, int64_t now)
{
    const cJSON *old = bl_object_condition(policy, BL_CONDITION_ACCEPTED);
    int64_t generation = generation_of(bl_json_get(policy, "metadata"), "generation");
    const char *value = refusal ? "False" : "True", *message = refusal ? refusal : "it holds";
    bool same = bl_text_eq(bl_json_string(old, "status"), value);
    cJSON *patch, *status, *condition;
    char time[BL_TIME_SIZE];

    if (same && bl_text_eq(bl_json_string(old, "message"), message) &&
        generation_of(old, "observedGeneration") == generation)
        return NULL;
    bl_time_format(now, time);
    patch = bl_kind_new_object(&bl_kind_kafka_policy, NULL, bl_object_ref(policy).name);
    status = bl_json_add_object(patch, "status");
    bl_json_add_int(status, "observedGeneration", generation);
    condition = bl_json_push(bl_json_add_array(status, "conditions"), bl_json_new_object());
    bl_json_add_string(condition, "type", BL_CONDITION_ACCEPTED);
    bl_json_add_string(condition, "status", value);
    bl_json_add_string(condition, "reason", refusal ? "Refused" : "Valid");
    bl_json_add_string(condition, "message", message);
    bl_json_add_int(condition, "observedGeneration", generation);
    bl_json_add_string(condition, "lastTransitionTime",
                       same ? bl_json_string(old, "lastTransitionTime") : time);
    return patch;
}

int bl_policy_status_write(struct bl_kube_client *client, const cJSON *policy, const char *refusal,
                           struct bl_error **err)
{
    BL_AUTO_JSON cJSON *body =
        bl_policy_status_patch(policy, refusal, bl_clock_seconds(&bl_clock_real));
    struct bl_kube_patch patch = {.type = BL_KUBE_PATCH_APPLY,
                                  .body = body,
                                  .subresource = "status",
                                  .manager = BL_MANAGER,
                                  .force = true};
    const char *name = bl_object_ref(policy).name;
    BL_ERROR(failure);

    if (!body ||
        bl_kube_patch(client, &bl_kind_kafka_policy.resource, NULL, name, &patch, NULL, &failure) ==
            0 ||
        bl_error_code(failure) == BL_ERR_NOT_FOUND)
        return 0;
    *err = BL_STEAL(failure);
    return bl_wrap(err, "could not write the status of KafkaPolicy \"%s\"", name);
}
