/*
 * {"object": …, "patch": […]}: the patch applies in whole or not at all. The same operations as edits
 * record a patch that leads from the object to the working copy.
 */
#include <assert.h>

#include "ballast/base/text.h"
#include "ballast/json/edit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void apply(const cJSON *original, const cJSON *patch)
{
    cJSON *object = bl_json_copy(original), *before = object;
    BL_ERROR(err);

    if (bl_patch_apply(&object, patch, &err) < 0) {
        assert(err && object == before);
        assert(bl_json_equal(object, original));
    }
    cJSON_Delete(object);
}

static int edit_one(struct bl_edit *edit, const char *op, const char *path, const cJSON *value,
                    struct bl_error **err)
{
    if (bl_text_eq(op, "remove"))
        return bl_edit_remove(edit, path, err);
    if (bl_text_eq(op, "replace"))
        return bl_edit_replace(edit, path, bl_json_copy(value), err);
    if (bl_text_eq(op, "set"))
        return bl_edit_set(edit, path, bl_json_copy(value), err);
    if (bl_text_eq(op, "append"))
        return bl_edit_append(edit, path, bl_json_copy(value), err);
    return bl_edit_add(edit, path, bl_json_copy(value), err);
}

static void run_edits(const cJSON *original, const cJSON *patch)
{
    BL_AUTO(bl_edit_release) struct bl_edit edit;
    BL_AUTO_JSON cJSON *again = bl_json_copy(original);
    const cJSON *operation;
    BL_ERROR(err);

    bl_edit_init(&edit, original);
    cJSON_ArrayForEach(operation, patch) {
        const char *path = bl_json_string(operation, "path");
        const cJSON *value = bl_json_get(operation, "value");
        size_t recorded = bl_json_len(edit.patch);
        BL_AUTO_JSON cJSON *before = bl_json_copy(edit.object);
        BL_ERROR(why);

        if (!path || !value)
            continue;
        if (edit_one(&edit, bl_json_string(operation, "op"), path, value, &why) < 0) {
            assert(bl_json_equal(edit.object, before));
            assert(bl_json_len(edit.patch) == recorded);
        } else {
            assert(bl_json_len(edit.patch) == recorded + 1);
        }
    }
    /* Too deep is the one thing that a patch refuses and an edit does not. */
    if (bl_patch_apply(&again, edit.patch, &err) < 0)
        assert(bl_error_code(err) == BL_ERR_TOO_LARGE);
    else
        assert(bl_json_equal(again, edit.object));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BL_AUTO_JSON cJSON *input = NULL;
    BL_ERROR(err);

    if (size > 4096 || bl_json_parse((const char *)data, size, &input, &err) < 0)
        return 0;

    const cJSON *object = bl_json_get(input, "object"), *patch = bl_json_get(input, "patch");
    if (!object || !patch)
        return 0;
    apply(object, patch);
    if (cJSON_IsArray(patch))
        run_edits(object, patch);
    return 0;
}
