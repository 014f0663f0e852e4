/**
 * Compiler attributes that carry our conventions.
 *
 * Every function that can fail is BL_CHECK, every local that owns something is BL_AUTO, and BL_STEAL
 * is the one way in which ownership leaves such a local.
 */
#ifndef BALLAST_BASE_ATTRS_H
#define BALLAST_BASE_ATTRS_H

#include <stdbool.h>
#include <stddef.h>

#define BL_CHECK __attribute__((warn_unused_result))
#define BL_NORETURN __attribute__((noreturn))
#define BL_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define BL_UNUSED __attribute__((unused))
#define BL_NONNULL __attribute__((returns_nonnull))

/** Runs `destroy` on the variable's address when it leaves scope. */
#define BL_AUTO(destroy) __attribute__((__cleanup__(destroy)))

/** Hands the pointer over: yields its value and leaves NULL behind. */
#define BL_STEAL(p)                  \
    __extension__({                  \
        __typeof__(p) stolen_ = (p); \
        (p) = NULL;                  \
        stolen_;                     \
    })

#define BL_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/** Declares `bl_x_cleanup(struct bl_x **)` from a destructor, for use in BL_AUTO. */
#define BL_DEFINE_CLEANUP(type, name, destroy) \
    BL_UNUSED static inline void name(type *p) \
    {                                          \
        destroy(*p);                           \
    }

#endif
