/**
 * Changing a value and writing down the change at the same time.
 *
 * An edit owns a working copy of an object and the list of RFC 6902 operations that lead from the
 * original to it. Later rules see earlier changes; fields that nobody knows survive untouched. Equal
 * changes give equal bytes.
 */
#ifndef BALLAST_JSON_EDIT_H
#define BALLAST_JSON_EDIT_H

#include "ballast/json/pointer.h"

struct bl_edit {
    cJSON *object; /* the working copy, or NULL after release */
    cJSON *patch;  /* array of operations, empty while nothing changed */
};

/** `original` must outlive the edit: the working copy borrows its texts. */
void bl_edit_init(struct bl_edit *edit, const cJSON *original);
void bl_edit_release(struct bl_edit *edit);
bool bl_edit_changed(const struct bl_edit *edit);

/**
 * Each applies one operation of the same name (RFC 6902, section 4) and takes `value`. They fail, with
 * nothing changed or recorded, where the standard says so: the parent is missing, there is nothing to
 * remove or replace, an index is beyond the end.
 */
BL_CHECK int bl_edit_add(struct bl_edit *edit, const char *pointer, cJSON *value,
                         struct bl_error **err);
BL_CHECK int bl_edit_replace(struct bl_edit *edit, const char *pointer, cJSON *value,
                             struct bl_error **err);
BL_CHECK int bl_edit_remove(struct bl_edit *edit, const char *pointer, struct bl_error **err);

/**
 * Sets the value at `pointer`, making the objects on the way where they are missing or null, with the
 * fewest operations: the first missing ancestor is added whole. Never makes arrays.
 */
BL_CHECK int bl_edit_set(struct bl_edit *edit, const char *pointer, cJSON *value,
                         struct bl_error **err);

/** Appends to the array at `pointer`, making it, and the objects on the way, where missing or null. */
BL_CHECK int bl_edit_append(struct bl_edit *edit, const char *pointer, cJSON *value,
                            struct bl_error **err);

/**
 * Applies a JSON Patch to `*object`: add, remove, replace, test, move, copy. All or nothing: on failure
 * `*object` is as before. Refuses to grow it deeper or by more than what bl_json_parse() would read.
 */
BL_CHECK int bl_patch_apply(cJSON **object, const cJSON *patch, struct bl_error **err);

/** The same without the copy that "or nothing" takes: on failure `*object` is half patched. */
BL_CHECK int bl_patch_apply_scratch(cJSON **object, const cJSON *patch, struct bl_error **err);

#endif
