/**
 * One place for all JSON values of a request, given back at once.
 *
 * A value is a node and two strings, each an allocation; a review makes thousands of them and frees all at
 * its end. Between begin and end, values that this thread makes come from a region that only advances, and
 * freeing one does nothing. Nothing made in between may be used after the end, or freed by another
 * thread. Values made before are freed as ever. Regions do not nest.
 *
 * Under AddressSanitizer it does nothing, so that each value stays guarded by itself.
 */
#ifndef BALLAST_JSON_ARENA_H
#define BALLAST_JSON_ARENA_H

#include "ballast/base/attrs.h"

/** Before the first thread makes a value: from now on begin and end have an effect. */
void bl_json_arena_setup(void);

void bl_json_arena_begin(void);
void bl_json_arena_end(void);

/** BL_JSON_ARENA(name) ends with its scope. Declare it before the values that it holds. */
BL_UNUSED static inline void bl_json_arena_cleanup(const int *begun BL_UNUSED)
{
    bl_json_arena_end();
}
#define BL_JSON_ARENA(name)                                      \
    BL_UNUSED BL_AUTO(bl_json_arena_cleanup) const int name = 0; \
    bl_json_arena_begin()

#endif
