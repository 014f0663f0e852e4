/**
 * A string that grows up to a limit.
 *
 * The text is always NUL-terminated and never NULL. Appending past the limit drops the text that does
 * not fit and sets a sticky mark, which is read once at the end with bl_strbuf_check(). A buffer is
 * either BL_STRBUF_INIT(limit) or released.
 */
#ifndef BALLAST_BASE_STRBUF_H
#define BALLAST_BASE_STRBUF_H

#include <stdarg.h>
#include <stddef.h>

#include "ballast/base/error.h"

struct bl_strbuf {
    char *text; /* bytes, NUL after the last one */
    size_t len;
    size_t cap;
    size_t max; /* most bytes that it may hold */
    bool overflowed;
};

extern char bl_strbuf_empty[1];

#define BL_STRBUF_INIT(limit)                   \
    {                                           \
        .text = bl_strbuf_empty, .max = (limit) \
    }
/** The limit for texts that we make ourselves from input that is bounded already. */
#define BL_STRBUF_UNBOUNDED ((size_t)1 << 40)

void bl_strbuf_release(struct bl_strbuf *buf);
/** As release, after wiping what it held: for secrets. */
void bl_strbuf_wipe(struct bl_strbuf *buf);
/** Empties it, keeps the memory, forgets an overflow. */
void bl_strbuf_reset(struct bl_strbuf *buf);

void bl_strbuf_add(struct bl_strbuf *buf, const char *text, size_t len);
void bl_strbuf_adds(struct bl_strbuf *buf, const char *text);
void bl_strbuf_addc(struct bl_strbuf *buf, char c);
void bl_strbuf_repeat(struct bl_strbuf *buf, char c, size_t times);
void bl_strbuf_addf(struct bl_strbuf *buf, const char *fmt, ...) BL_PRINTF(2, 3);
void bl_strbuf_vaddf(struct bl_strbuf *buf, const char *fmt, va_list args) BL_PRINTF(2, 0);
/** Cuts it back to `len` bytes, which must not be more than it holds. */
void bl_strbuf_cut(struct bl_strbuf *buf, size_t len);
/** Removes white space at both ends. */
void bl_strbuf_trim(struct bl_strbuf *buf);
void bl_strbuf_swap(struct bl_strbuf *a, struct bl_strbuf *b);

/** Takes the text out, for free(); the buffer is empty after. */
BL_NONNULL char *bl_strbuf_take(struct bl_strbuf *buf);

/** BL_ERR_TOO_LARGE, naming `what`, if anything was ever dropped. */
BL_CHECK int bl_strbuf_check(const struct bl_strbuf *buf, const char *what, struct bl_error **err);

#endif
