#include "ballast/runtime/finalizer.h"

#include "ballast/api/names.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"

bool bl_finalizer_has(const cJSON *object, const char *finalizer)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, bl_json_get(bl_json_get(object, "metadata"), "finalizers")) {
        if (bl_text_eq(item->valuestring, finalizer))
            return true;
    }
    return false;
}

/* `finalizer` NULL: the list that this manager keeps is empty. */
static int apply(struct bl_kube_client *client, const struct bl_kind *kind, const cJSON *object,
                 const char *finalizer, struct bl_error **err)
{
    struct bl_ref ref = bl_object_ref(object);
    BL_AUTO_JSON cJSON *body =
        bl_kind_new_object(kind, *ref.namespace ? ref.namespace : NULL, ref.name);
    cJSON *metadata = bl_json_get(body, "metadata");
    struct bl_kube_patch patch = {
        .type = BL_KUBE_PATCH_APPLY, .body = body, .manager = BL_MANAGER_FINALIZER, .force = true};

    /* Or it would be made anew where it has gone meanwhile. */
    bl_json_add_string(metadata, "uid", bl_object_uid(object));
    if (finalizer)
        bl_json_push(bl_json_add_array(metadata, "finalizers"), bl_json_new_string(finalizer));
    return bl_kube_patch(client, &kind->resource, ref.namespace, ref.name, &patch, NULL, err);
}

int bl_finalizer_ensure(struct bl_kube_client *client, const struct bl_kind *kind,
                        const cJSON *object, const char *finalizer, struct bl_error **err)
{
    if (bl_finalizer_has(object, finalizer) || bl_object_is_going(object))
        return 0;
    return apply(client, kind, object, finalizer, err);
}

int bl_finalizer_remove(struct bl_kube_client *client, const struct bl_kind *kind,
                        const cJSON *object, const char *finalizer, struct bl_error **err)
{
    BL_ERROR(failure);

    if (!bl_finalizer_has(object, finalizer) || apply(client, kind, object, NULL, &failure) == 0 ||
        bl_error_code(failure) == BL_ERR_NOT_FOUND)
        return 0;
    *err = BL_STEAL(failure);
    return -1;
}
