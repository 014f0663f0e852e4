/** JSON Pointers (RFC 6901): "/spec/template/spec/containers/0". The empty one is the whole value. */
#ifndef BALLAST_JSON_POINTER_H
#define BALLAST_JSON_POINTER_H

#include "ballast/json/json.h"

/** Is it well-formed: empty, or '/' first and every '~' followed by 0 or 1? */
bool bl_pointer_valid(const char *pointer);

/** The value that it names, or NULL. */
cJSON *bl_pointer_find(const cJSON *root, const char *pointer);

/** Reads an array index: digits without a zero in front. False for anything else, "-" too. */
bool bl_pointer_index(const char *step, size_t len, int64_t *ret_index);

/** The nearest value that exists on the way to it; the root at least. */
const cJSON *bl_pointer_nearest(const cJSON *root, const char *pointer);

/** Appends "/" and the key, escaped. */
void bl_pointer_add_key(struct bl_strbuf *pointer, const char *key);
void bl_pointer_add_index(struct bl_strbuf *pointer, size_t index);

/** Splits off the last step, unescaped, for free(); appends what stands before it to `parent`. */
BL_CHECK int bl_pointer_split(const char *pointer, struct bl_strbuf *parent, char **ret_last,
                              struct bl_error **err);

#endif
