#include "ballast/runtime/status.h"

#include "ballast/api/names.h"
#include "ballast/base/date.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"

static const char *const values[] = {
    [BL_UNKNOWN] = "Unknown", [BL_TRUE] = "True", [BL_FALSE] = "False"};

static int64_t generation_of(const cJSON *object)
{
    return bl_json_number(bl_json_get(object, "metadata"), "generation");
}

void bl_status_begin(struct bl_status *status, const struct bl_kind *kind, const cJSON *object,
                     int64_t now)
{
    struct bl_ref ref = bl_object_ref(object);
    cJSON *fields;

    *status = (struct bl_status){.kind = kind, .object = object, .now = now};
    status->patch = bl_kind_new_object(kind, *ref.namespace ? ref.namespace : NULL, ref.name);
    /* Of another object with this name it would be a lie. */
    bl_json_add_string(bl_json_get(status->patch, "metadata"), "uid", bl_object_uid(object));
    fields = bl_json_add_object(status->patch, "status");
    bl_json_add_int(fields, "observedGeneration", generation_of(object));
}

void bl_status_release(struct bl_status *status)
{
    bl_json_free(status->patch);
    status->patch = NULL;
}

cJSON *bl_status_fields(struct bl_status *status)
{
    return bl_json_get(status->patch, "status");
}

static cJSON *conditions_of(struct bl_status *status)
{
    cJSON *fields = bl_status_fields(status), *conditions = bl_json_get(fields, "conditions");

    return conditions ? conditions : bl_json_add_array(fields, "conditions");
}

void bl_status_set(struct bl_status *status, const char *type, enum bl_condition_value value,
                   const char *reason, const char *message)
{
    const cJSON *old = bl_object_condition(status->object, type);
    const char *since = bl_json_string(old, "lastTransitionTime");
    cJSON *condition = bl_json_push(conditions_of(status), bl_json_new_object());
    char now[BL_TIME_SIZE];

    bl_time_format(status->now, now);
    bl_json_add_string(condition, "type", type);
    bl_json_add_string(condition, "status", values[value]);
    bl_json_add_string(condition, "reason", reason);
    bl_json_add_string(condition, "message", message);
    bl_json_add_int(condition, "observedGeneration", generation_of(status->object));
    bl_json_add_string(condition, "lastTransitionTime",
                       since && bl_text_eq(bl_json_string(old, "status"), values[value]) ? since
                                                                                         : now);
}

void bl_status_phase(struct bl_status *status, enum bl_kstatus phase, const char *reason,
                     const char *message)
{
    static const enum bl_condition_value ready[] = {
        [BL_CURRENT] = BL_TRUE, [BL_IN_PROGRESS] = BL_UNKNOWN, [BL_STALLED] = BL_FALSE};

    bl_status_set(status, BL_CONDITION_READY, ready[phase], reason, message);
    bl_status_set(status, BL_CONDITION_RECONCILING, phase == BL_IN_PROGRESS ? BL_TRUE : BL_FALSE,
                  reason, phase == BL_IN_PROGRESS ? message : "");
    bl_status_set(status, BL_CONDITION_STALLED, phase == BL_STALLED ? BL_TRUE : BL_FALSE, reason,
                  phase == BL_STALLED ? message : "");
}

bool bl_status_differs(const struct bl_status *status)
{
    return !bl_json_equal(bl_json_get(status->patch, "status"),
                          bl_json_get(status->object, "status"));
}

int bl_status_apply(struct bl_status *status, struct bl_kube_client *client, struct bl_error **err)
{
    struct bl_ref ref = bl_object_ref(status->object);
    struct bl_kube_patch patch = {.type = BL_KUBE_PATCH_APPLY,
                                  .body = status->patch,
                                  .subresource = "status",
                                  .manager = BL_MANAGER,
                                  .force = true};
    BL_ERROR(failure);

    if (!bl_status_differs(status) ||
        bl_kube_patch(client, &status->kind->resource, ref.namespace, ref.name, &patch, NULL,
                      &failure) == 0 ||
        bl_error_code(failure) == BL_ERR_NOT_FOUND)
        return 0;
    *err = BL_STEAL(failure);
    return bl_wrap(err, "could not write the status of %s \"%s\"", ref.kind, ref.name);
}
