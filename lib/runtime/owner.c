#include "ballast/runtime/owner.h"

#include "ballast/base/text.h"
#include "ballast/object/object.h"

void bl_owner_add(cJSON *object, const cJSON *owner)
{
    struct bl_ref ref = bl_object_ref(owner);
    cJSON *metadata = bl_json_get(object, "metadata");
    cJSON *owners = bl_json_get(metadata, "ownerReferences"), *entry;

    if (!owners)
        owners = bl_json_add_array(metadata, "ownerReferences");
    entry = bl_json_push(owners, bl_json_new_object());
    bl_json_add_string(entry, "apiVersion", ref.api_version);
    bl_json_add_string(entry, "kind", ref.kind);
    bl_json_add_string(entry, "name", ref.name);
    bl_json_add_string(entry, "uid", bl_object_uid(owner));
}

bool bl_owner_has(const cJSON *object, const cJSON *owner)
{
    const cJSON *each, *owners = bl_json_at(object, "metadata", "ownerReferences", NULL);

    cJSON_ArrayForEach(each, owners) {
        if (bl_text_eq(bl_json_string(each, "uid"), bl_object_uid(owner)))
            return true;
    }
    return false;
}
