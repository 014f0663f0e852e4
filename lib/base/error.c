#include "ballast/base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ballast/base/mem.h"

struct bl_error {
    enum bl_errcode code;
    int status; /* HTTP; 0: none */
    const char *reason;
    bl_nsec wait; /* -1: nobody said */
    char *text;
    char *hint; /* or NULL */
};

static int fail(struct bl_error **err, enum bl_errcode code, char *text)
{
    struct bl_error *error = BL_NEW(struct bl_error);

    assert(err && !*err);
    error->code = code;
    error->wait = -1;
    error->text = text;
    *err = error;
    return -1;
}

int bl_fail(struct bl_error **err, enum bl_errcode code, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fail(err, code, bl_vasprintf(fmt, args));
    va_end(args);
    return -1;
}

int bl_fail_errno(struct bl_error **err, const char *fmt, ...)
{
    int saved = errno;
    char reason[128];
    va_list args;

    va_start(args, fmt);
    BL_AUTO_FREE char *what = bl_vasprintf(fmt, args);
    va_end(args);
    fail(err, BL_ERR_IO, bl_asprintf("%s: %s", what, strerror_r(saved, reason, sizeof(reason))));
    errno = saved;
    return -1;
}

int bl_wrap(struct bl_error **err, const char *fmt, ...)
{
    va_list args;

    assert(err && *err);
    va_start(args, fmt);
    BL_AUTO_FREE char *outer = bl_vasprintf(fmt, args);
    va_end(args);

    char *text = bl_asprintf("%s: %s", outer, (*err)->text);
    free((*err)->text);
    (*err)->text = text;
    return -1;
}

int bl_hint(struct bl_error **err, const char *fmt, ...)
{
    va_list args;

    assert(err && *err);
    va_start(args, fmt);
    free((*err)->hint);
    (*err)->hint = bl_vasprintf(fmt, args);
    va_end(args);
    return -1;
}

int bl_error_http(struct bl_error **err, int status)
{
    assert(err && *err);
    (*err)->status = status;
    return -1;
}

int bl_error_named(struct bl_error **err, const char *reason)
{
    assert(err && *err);
    (*err)->reason = reason;
    return -1;
}

int bl_error_wait(struct bl_error **err, bl_nsec wait)
{
    assert(err && *err);
    (*err)->wait = wait;
    return -1;
}

int bl_error_status(const struct bl_error *err)
{
    return err->status;
}

const char *bl_error_reason(const struct bl_error *err)
{
    return err->reason;
}

bl_nsec bl_error_retry_after(const struct bl_error *err)
{
    return err->wait;
}

enum bl_errcode bl_error_code(const struct bl_error *err)
{
    return err->code;
}

const char *bl_error_text(const struct bl_error *err)
{
    return err->text;
}

const char *bl_error_hint(const struct bl_error *err)
{
    return err->hint;
}

char *bl_error_words(const struct bl_error *err)
{
    const char *hint = bl_error_hint(err);

    return hint ? bl_asprintf("%s. %s", bl_error_text(err), hint) : bl_strdup(bl_error_text(err));
}

void bl_error_free(struct bl_error *err)
{
    if (!err)
        return;
    free(err->text);
    free(err->hint);
    free(err);
}
