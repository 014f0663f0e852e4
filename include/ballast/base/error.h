/**
 * What went wrong, and what to do about it.
 *
 * An error is a code, a text that reads "outer: inner", and a hint that tells a person what to do.
 * Functions that can fail take `struct bl_error **err` last, never NULL, pointing at NULL; they return
 * 0, or -1 with `*err` set. On failure outputs are untouched. Libraries return errors; only the edges
 * print them.
 */
#ifndef BALLAST_BASE_ERROR_H
#define BALLAST_BASE_ERROR_H

#include "ballast/base/clock.h"

struct bl_error;

enum bl_errcode {
    BL_ERR_INVALID = 1, /* the input is wrong; trying again cannot help */
    BL_ERR_TOO_LARGE,   /* a limit on size, depth or count was passed */
    BL_ERR_NOT_FOUND,
    BL_ERR_IO,          /* a file or stream failed; errno's text is in the message */
    BL_ERR_CONFLICT,    /* the state of the thing forbids it */
    BL_ERR_INTERNAL,    /* a promise of our own was broken */
    BL_ERR_UNAVAILABLE, /* a server cannot be reached or is not able to answer; worth another try */
    BL_ERR_FORBIDDEN,   /* a server knows us not, or does not let us */
};

/** Sets `*err` and returns -1, so that callers write `return bl_fail(err, …)`. */
int bl_fail(struct bl_error **err, enum bl_errcode code, const char *fmt, ...) BL_PRINTF(3, 4);

/** As bl_fail, with ": strerror(errno)" at the end and code BL_ERR_IO. Keeps errno. */
int bl_fail_errno(struct bl_error **err, const char *fmt, ...) BL_PRINTF(2, 3);

/** Puts context in front: "fmt: inner". `*err` must be set. Returns -1. */
int bl_wrap(struct bl_error **err, const char *fmt, ...) BL_PRINTF(2, 3);

/** Replaces the hint of an error that is set. Returns -1. */
int bl_hint(struct bl_error **err, const char *fmt, ...) BL_PRINTF(2, 3);

/** Notes the HTTP status that a server answered with. `*err` must be set. Returns -1. */
int bl_error_http(struct bl_error **err, int status);

/** Notes what a server calls it, "ABORTED": a literal. `*err` must be set. Returns -1. */
int bl_error_named(struct bl_error **err, const char *reason);
/** Notes how long a server asks us to wait. `*err` must be set. Returns -1. */
int bl_error_wait(struct bl_error **err, bl_nsec wait);

enum bl_errcode bl_error_code(const struct bl_error *err);
/** The HTTP status that a server answered with; 0 where none did. */
int bl_error_status(const struct bl_error *err);
/** What the server calls it; NULL where nobody said. */
const char *bl_error_reason(const struct bl_error *err);
/** How long the server asks us to wait; -1 where it did not. */
bl_nsec bl_error_retry_after(const struct bl_error *err);
const char *bl_error_text(const struct bl_error *err);
/** NULL where there is none. */
const char *bl_error_hint(const struct bl_error *err);
/** Both as one text, for a status or an Event. For free(). */
BL_NONNULL char *bl_error_words(const struct bl_error *err);

void bl_error_free(struct bl_error *err);
BL_DEFINE_CLEANUP(struct bl_error *, bl_error_cleanup, bl_error_free)

/** Declares `err` as an empty, self-freeing error. */
#define BL_ERROR(name) BL_AUTO(bl_error_cleanup) struct bl_error *name = NULL

#endif
