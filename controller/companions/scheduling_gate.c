#include "scheduling_gate.h"

#include "ballast/api/builtin.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"
#include "ballast/policies/managed.h"
#include "plan.h"

/* Its place among the pod's gates; -1: it has none of ours. */
static int place_of(const cJSON *pod)
{
    const cJSON *gate;
    int at = 0;

    cJSON_ArrayForEach(gate, bl_json_at(pod, "spec", "schedulingGates", NULL)) {
        if (bl_text_eq(bl_json_string(gate, "name"), BL_SCHEDULING_GATE))
            return at;
        at++;
    }
    return -1;
}

bool bl_pod_is_held(const cJSON *pod)
{
    return place_of(pod) >= 0;
}

/* By its place, which somebody else's gate may have changed: so it is looked at first. */
static cJSON *operations_on(const cJSON *pod)
{
    cJSON *operations = bl_json_new_array(), *operation;
    BL_AUTO_FREE char *gate = bl_asprintf("/spec/schedulingGates/%d", place_of(pod));
    BL_AUTO_FREE char *name = bl_asprintf("%s/name", gate);

    operation = bl_json_push(operations, bl_json_new_object());
    bl_json_add_string(operation, "op", "test");
    bl_json_add_string(operation, "path", name);
    bl_json_add_string(operation, "value", BL_SCHEDULING_GATE);
    operation = bl_json_push(operations, bl_json_new_object());
    bl_json_add_string(operation, "op", "remove");
    bl_json_add_string(operation, "path", gate);
    return operations;
}

int bl_pod_let_go(struct bl_kube_client *client, const cJSON *pod, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *operations = operations_on(pod);
    struct bl_kube_patch patch = {
        .type = BL_KUBE_PATCH_JSON, .body = operations, .manager = BL_MANAGER};
    struct bl_ref ref = bl_object_ref(pod);
    BL_ERROR(failure);

    if (bl_kube_patch(client, &bl_kind_pod.resource, ref.namespace, ref.name, &patch, NULL,
                      &failure) == 0 ||
        bl_error_code(failure) == BL_ERR_NOT_FOUND || bl_error_status(failure) == 422)
        return 0;
    *err = BL_STEAL(failure);
    return bl_wrap(err, "could not let pod \"%s\" go", ref.name);
}
