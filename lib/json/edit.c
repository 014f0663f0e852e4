#include "ballast/json/edit.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

void bl_edit_init(struct bl_edit *edit, const cJSON *original)
{
    edit->object = bl_json_borrow(original);
    edit->patch = bl_json_new_array();
}

void bl_edit_release(struct bl_edit *edit)
{
    bl_json_free(edit->object);
    bl_json_free(edit->patch);
    *edit = (struct bl_edit){0};
}

bool bl_edit_changed(const struct bl_edit *edit)
{
    return edit->patch && edit->patch->child;
}

/* An array position for an insertion ("-" is the end), or for something that is there. */
static bool array_index(const cJSON *array, const char *step, bool insert, size_t *ret_index)
{
    int64_t index, len = (int64_t)bl_json_len(array);

    if (insert && strcmp(step, "-") == 0)
        index = len;
    else if (!bl_pointer_index(step, strlen(step), &index))
        return false;
    if (index > (insert ? len : len - 1))
        return false;
    *ret_index = (size_t)index;
    return true;
}

/* Puts `value` where a member or item is now, keeping its place among its siblings. */
static void put(cJSON *parent, const char *key, cJSON *old, cJSON *value)
{
    if (cJSON_IsObject(parent))
        bl_json_rename(value, key);
    if (!cJSON_ReplaceItemViaPointer(parent, old, value))
        abort();
}

static int missing(const char *pointer, struct bl_error **err)
{
    return bl_fail(err, BL_ERR_INVALID, "there is no \"%s\" to change", pointer);
}

static int add_at(cJSON *parent, const char *step, const char *pointer, cJSON *value,
                  struct bl_error **err)
{
    size_t index;

    if (cJSON_IsObject(parent)) {
        cJSON *old = bl_json_get(parent, step);

        if (old)
            put(parent, step, old, value);
        else
            bl_json_add(parent, step, value);
        return 0;
    }
    if (!cJSON_IsArray(parent) || !array_index(parent, step, true, &index))
        return missing(pointer, err);
    bl_json_insert(parent, index, value);
    return 0;
}

/* `*root` itself may be replaced, so it comes by address. Takes `value` on success only. */
static int apply_add(cJSON **root, const char *pointer, cJSON *value, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf parent = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_FREE char *step = NULL;

    if (!*pointer) {
        bl_json_free(*root);
        *root = value;
        return 0;
    }
    if (bl_pointer_split(pointer, &parent, &step, err) < 0)
        return -1;
    return add_at(bl_pointer_find(*root, parent.text), step, pointer, value, err);
}

static int apply_replace(cJSON **root, const char *pointer, cJSON *value, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf parent = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_FREE char *step = NULL;

    if (!*pointer)
        return apply_add(root, pointer, value, err);
    if (bl_pointer_split(pointer, &parent, &step, err) < 0)
        return -1;

    cJSON *old = bl_pointer_find(*root, pointer);
    if (!old)
        return missing(pointer, err);
    put(bl_pointer_find(*root, parent.text), step, old, value);
    return 0;
}

static int apply_remove(cJSON *root, const char *pointer, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf parent = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_FREE char *step = NULL;

    if (bl_pointer_split(pointer, &parent, &step, err) < 0)
        return -1;

    cJSON *old = bl_pointer_find(root, pointer);
    if (!old)
        return missing(pointer, err);
    cJSON_Delete(cJSON_DetachItemViaPointer(bl_pointer_find(root, parent.text), old));
    return 0;
}

/* Takes `value`, which may be NULL. */
static void record(struct bl_edit *edit, const char *op, const char *pointer, cJSON *value)
{
    cJSON *operation = bl_json_push(edit->patch, bl_json_new_object());

    bl_json_add_string(operation, "op", op);
    bl_json_add_string(operation, "path", pointer);
    if (value)
        bl_json_add(operation, "value", value);
}

/* The value in `edit->object` goes on changing, so the operation keeps a copy of its own. */
static int add_or_replace(struct bl_edit *edit, const char *op, const char *pointer, cJSON *taken,
                          struct bl_error **err)
{
    BL_AUTO_JSON cJSON *value = taken;
    BL_AUTO_JSON cJSON *copy = bl_json_copy(value);
    int rc = strcmp(op, "add") == 0 ? apply_add(&edit->object, pointer, value, err)
                                    : apply_replace(&edit->object, pointer, value, err);

    if (rc < 0)
        return -1;
    (void)BL_STEAL(value);
    record(edit, op, pointer, BL_STEAL(copy));
    return 0;
}

int bl_edit_add(struct bl_edit *edit, const char *pointer, cJSON *value, struct bl_error **err)
{
    return add_or_replace(edit, "add", pointer, value, err);
}

int bl_edit_replace(struct bl_edit *edit, const char *pointer, cJSON *value, struct bl_error **err)
{
    return add_or_replace(edit, "replace", pointer, value, err);
}

int bl_edit_remove(struct bl_edit *edit, const char *pointer, struct bl_error **err)
{
    if (apply_remove(edit->object, pointer, err) < 0)
        return -1;
    record(edit, "remove", pointer, NULL);
    return 0;
}

int bl_edit_set(struct bl_edit *edit, const char *pointer, cJSON *taken, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *value = taken;
    BL_AUTO_FREE char *at = bl_strdup(pointer);

    /* Wrap the value until its parent exists. */
    for (;;) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf parent = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
        BL_AUTO_FREE char *step = NULL;

        if (bl_pointer_split(at, &parent, &step, err) < 0)
            return -1;
        if (!bl_json_is_null(bl_pointer_find(edit->object, parent.text)))
            break;

        cJSON *object = bl_json_new_object();
        bl_json_add(object, step, BL_STEAL(value));
        value = object;
        free(at);
        at = bl_strbuf_take(&parent);
    }

    bool there = bl_pointer_find(edit->object, at) != NULL;
    return add_or_replace(edit, there ? "replace" : "add", at, BL_STEAL(value), err);
}

int bl_edit_append(struct bl_edit *edit, const char *pointer, cJSON *taken, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *value = taken;
    const cJSON *array = bl_pointer_find(edit->object, pointer);

    if (cJSON_IsArray(array)) {
        BL_AUTO_FREE char *end = bl_asprintf("%s/-", pointer);

        return bl_edit_add(edit, end, BL_STEAL(value), err);
    }
    if (!bl_json_is_null(array))
        return bl_fail(err, BL_ERR_INVALID, "\"%s\" is not an array", pointer);

    BL_AUTO_JSON cJSON *list = bl_json_new_array();
    bl_json_push(list, BL_STEAL(value));
    return bl_edit_set(edit, pointer, BL_STEAL(list), err);
}

/* What a value weighs in memory, roughly, and how deep it is. */
static size_t weigh(const cJSON *value, unsigned *ret_depth)
{
    size_t weight = 16 + (value->string ? strlen(value->string) : 0) +
                    (value->valuestring ? strlen(value->valuestring) : 0);
    unsigned deepest = 0, depth;

    for (const cJSON *child = value->child; child; child = child->next) {
        weight += weigh(child, &depth);
        deepest = depth > deepest ? depth : deepest;
    }
    *ret_depth = deepest + (cJSON_IsObject(value) || cJSON_IsArray(value));
    return weight;
}

/* Values put into values, or copied again and again, must not outgrow what could have been parsed. */
static int check_growth(size_t *budget, const char *path, const cJSON *value, struct bl_error **err)
{
    unsigned depth;
    size_t weight = weigh(value, &depth);

    for (; *path; path++)
        depth += *path == '/';
    if (depth > BL_JSON_MAX_DEPTH)
        return bl_fail(err, BL_ERR_TOO_LARGE, "the result is nested too deeply");
    if (weight > *budget)
        return bl_fail(err, BL_ERR_TOO_LARGE, "the result is too large");
    *budget -= weight;
    return 0;
}

/* "move" and "copy": a copy is taken first, so that a value may move into a place beside itself. */
static int apply_from(cJSON **root, const cJSON *operation, const char *path, bool move,
                      size_t *budget, struct bl_error **err)
{
    const char *from = bl_json_string(operation, "from");
    const cJSON *source = from ? bl_pointer_find(*root, from) : NULL;

    if (!from)
        return bl_fail(err, BL_ERR_INVALID, "patch operation \"%s\" needs \"from\"",
                       move ? "move" : "copy");
    if (!source)
        return missing(from, err);
    if (move && bl_text_starts(path, from) && path[strlen(from)] == '/')
        return bl_fail(err, BL_ERR_INVALID, "\"%s\" cannot move into itself", from);

    if (check_growth(budget, path, source, err) < 0)
        return -1;

    BL_AUTO_JSON cJSON *value = bl_json_copy(source);
    if (move && apply_remove(*root, from, err) < 0)
        return -1;
    if (apply_add(root, path, value, err) < 0)
        return -1;
    (void)BL_STEAL(value);
    return 0;
}

static int apply_test(const cJSON *root, const char *path, const cJSON *value,
                      struct bl_error **err)
{
    if (!bl_json_equal(bl_pointer_find(root, path), value))
        return bl_fail(err, BL_ERR_CONFLICT, "the value at \"%s\" is not the one expected", path);
    return 0;
}

static int apply_one(cJSON **root, const cJSON *operation, size_t *budget, struct bl_error **err)
{
    const char *op = bl_json_string(operation, "op"), *path = bl_json_string(operation, "path");
    const cJSON *value = bl_json_get(operation, "value");

    if (!op || !path || !bl_pointer_valid(path))
        return bl_fail(err, BL_ERR_INVALID, "a patch operation needs \"op\" and \"path\"");
    if (strcmp(op, "remove") == 0)
        return apply_remove(*root, path, err);
    if (strcmp(op, "move") == 0 || strcmp(op, "copy") == 0)
        return apply_from(root, operation, path, op[0] == 'm', budget, err);
    if (!value)
        return bl_fail(err, BL_ERR_INVALID, "patch operation \"%s\" needs \"value\"", op);
    if (strcmp(op, "test") == 0)
        return apply_test(*root, path, value, err);
    if (check_growth(budget, path, value, err) < 0)
        return -1;

    BL_AUTO_JSON cJSON *copy = bl_json_copy(value);
    int rc;
    if (strcmp(op, "add") == 0)
        rc = apply_add(root, path, copy, err);
    else if (strcmp(op, "replace") == 0)
        rc = apply_replace(root, path, copy, err);
    else
        return bl_fail(err, BL_ERR_INVALID, "unknown patch operation \"%s\"", op);
    if (rc == 0)
        (void)BL_STEAL(copy);
    return rc;
}

int bl_patch_apply_scratch(cJSON **object, const cJSON *patch, struct bl_error **err)
{
    size_t index = 0, budget = BL_JSON_MAX_BYTES;

    if (!cJSON_IsArray(patch))
        return bl_fail(err, BL_ERR_INVALID, "a JSON Patch is an array of operations");
    for (const cJSON *operation = patch->child; operation; operation = operation->next, index++)
        if (apply_one(object, operation, &budget, err) < 0)
            return bl_wrap(err, "patch operation %zu", index);
    return 0;
}

int bl_patch_apply(cJSON **object, const cJSON *patch, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *result = bl_json_copy(*object);

    if (bl_patch_apply_scratch(&result, patch, err) < 0)
        return -1;
    bl_json_free(*object);
    *object = BL_STEAL(result);
    return 0;
}
