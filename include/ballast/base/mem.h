/**
 * Memory that cannot be missing.
 *
 * Out of memory aborts, which is why every input is bounded before it is parsed. So none of these
 * returns NULL, and callers do not check.
 */
#ifndef BALLAST_BASE_MEM_H
#define BALLAST_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include "ballast/base/attrs.h"

/** Zeroed memory for `count` items; aborts on overflow too. */
BL_NONNULL void *bl_alloc(size_t count, size_t size);
BL_NONNULL char *bl_strdup(const char *text);
BL_NONNULL char *bl_strndup(const char *text, size_t len);
/** Formats into a new string. */
BL_NONNULL char *bl_asprintf(const char *fmt, ...) BL_PRINTF(1, 2);
BL_NONNULL char *bl_vasprintf(const char *fmt, va_list args) BL_PRINTF(1, 0);

/** Wipes and frees the text, and leaves NULL: for what others should not read in our memory. */
void bl_secret_free(char **text);

#define BL_NEW(type) ((type *)bl_alloc(1, sizeof(type)))

/**
 * Makes room for one more item: `items` has `len` used of `*cap`. Returns the array, maybe moved.
 * New room is zeroed.
 */
BL_NONNULL void *bl_grow(void *items, size_t len, size_t *cap, size_t size);

/** Appends to a struct { T *items; size_t len, cap; } and yields the address of the new item. */
#define BL_PUSH(vec)                                                                         \
    ((vec)->items = bl_grow((vec)->items, (vec)->len, &(vec)->cap, sizeof((vec)->items[0])), \
     &(vec)->items[(vec)->len++])

BL_UNUSED static inline void bl_free_cleanup(void *p)
{
    free(*(void **)p);
}
#define BL_AUTO_FREE BL_AUTO(bl_free_cleanup)

#endif
