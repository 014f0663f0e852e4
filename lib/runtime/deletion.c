#include "ballast/runtime/deletion.h"

#include "ballast/api/names.h"
#include "ballast/base/mem.h"

int bl_deletion_allow(struct bl_kube_client *client, const struct bl_kind *kind,
                      const char *namespace, const char *name, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *body = bl_json_new_object();
    struct bl_kube_patch patch = {.type = BL_KUBE_PATCH_MERGE, .body = body, .manager = BL_MANAGER};
    BL_ERROR(failure);

    bl_json_add_string(bl_json_add_object(bl_json_add_object(body, "metadata"), "annotations"),
                       BL_ANNOTATION_ALLOW_DELETION, "true");
    if (bl_kube_patch(client, &kind->resource, namespace, name, &patch, NULL, &failure) == 0 ||
        bl_error_code(failure) == BL_ERR_NOT_FOUND)
        return 0;
    *err = BL_STEAL(failure);
    return -1;
}
