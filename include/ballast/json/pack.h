/**
 * Values that are kept for long and never change, in half the memory.
 *
 * A tree of cJSON's is three blocks of memory for each member: the node, the key and the text, each with what malloc()
 * adds. A packed one is a single block, in which every key and text stands once.
 */
#ifndef BALLAST_JSON_PACK_H
#define BALLAST_JSON_PACK_H

#include "ballast/json/json.h"

/** A copy that can be read like any value, and copied, and that nothing may change. `ret_bytes` is what it takes. */
BL_NONNULL const cJSON *bl_json_pack(const cJSON *value, size_t *ret_bytes);
/** Lets go of all of it, as cJSON_Delete() cannot. NULL is fine. */
void bl_json_pack_free(const cJSON *packed);
BL_DEFINE_CLEANUP(const cJSON *, bl_json_pack_cleanup, bl_json_pack_free)

/** The member becomes one text, a third of what it takes as a tree. None, or one that is a text, stays as it is. */
void bl_json_fold(cJSON *object, const char *key);
/** A copy of the value, read again where it was folded; NULL for NULL, and for a text that is no JSON. */
cJSON *bl_json_unfold(const cJSON *value);

#endif
