#include "ballast/base/strbuf.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"

/* Shared by all empty buffers; never written to. */
char bl_strbuf_empty[1] = "";

void bl_strbuf_release(struct bl_strbuf *buf)
{
    if (buf->cap)
        free(buf->text);
    buf->text = bl_strbuf_empty;
    buf->len = buf->cap = 0;
    buf->overflowed = false;
}

void bl_strbuf_wipe(struct bl_strbuf *buf)
{
    if (buf->cap)
        explicit_bzero(buf->text, buf->cap);
    bl_strbuf_release(buf);
}

void bl_strbuf_reset(struct bl_strbuf *buf)
{
    if (buf->cap)
        buf->text[0] = '\0';
    buf->len = 0;
    buf->overflowed = false;
}

/* Copies instead of realloc: realloc may leave a secret behind in the old block. */
static void reserve(struct bl_strbuf *buf, size_t more)
{
    size_t need = buf->len + more + 1;

    if (need <= buf->cap)
        return;

    size_t cap = buf->cap ? buf->cap : 64;
    while (cap < need)
        cap *= 2;

    char *text = bl_alloc(cap, 1);
    memcpy(text, buf->text, buf->len);
    if (buf->cap) {
        explicit_bzero(buf->text, buf->len);
        free(buf->text);
    }
    buf->text = text;
    buf->cap = cap;
}

void bl_strbuf_add(struct bl_strbuf *buf, const char *text, size_t len)
{
    size_t room = buf->max - buf->len;

    if (len > room) {
        buf->overflowed = true;
        len = room;
    }
    if (!len)
        return;
    reserve(buf, len);
    memcpy(buf->text + buf->len, text, len);
    buf->len += len;
    buf->text[buf->len] = '\0';
}

void bl_strbuf_adds(struct bl_strbuf *buf, const char *text)
{
    bl_strbuf_add(buf, text, strlen(text));
}

void bl_strbuf_addc(struct bl_strbuf *buf, char c)
{
    if (buf->len + 1 >= buf->cap || buf->len >= buf->max) {
        bl_strbuf_add(buf, &c, 1);
        return;
    }
    buf->text[buf->len++] = c;
    buf->text[buf->len] = '\0';
}

void bl_strbuf_repeat(struct bl_strbuf *buf, char c, size_t times)
{
    while (times--)
        bl_strbuf_addc(buf, c);
}

void bl_strbuf_vaddf(struct bl_strbuf *buf, const char *fmt, va_list args)
{
    BL_AUTO_FREE char *text = bl_vasprintf(fmt, args);

    bl_strbuf_adds(buf, text);
}

void bl_strbuf_addf(struct bl_strbuf *buf, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    bl_strbuf_vaddf(buf, fmt, args);
    va_end(args);
}

void bl_strbuf_cut(struct bl_strbuf *buf, size_t len)
{
    assert(len <= buf->len);
    buf->len = len;
    if (buf->cap)
        buf->text[len] = '\0';
}

void bl_strbuf_trim(struct bl_strbuf *buf)
{
    size_t start = 0;

    while (buf->len && isspace((unsigned char)buf->text[buf->len - 1]))
        bl_strbuf_cut(buf, buf->len - 1);
    while (start < buf->len && isspace((unsigned char)buf->text[start]))
        start++;
    if (start) {
        memmove(buf->text, buf->text + start, buf->len - start);
        bl_strbuf_cut(buf, buf->len - start);
    }
}

void bl_strbuf_swap(struct bl_strbuf *a, struct bl_strbuf *b)
{
    struct bl_strbuf swap = *a;

    *a = *b;
    *b = swap;
}

char *bl_strbuf_take(struct bl_strbuf *buf)
{
    char *text = buf->cap ? buf->text : bl_strdup("");

    buf->text = bl_strbuf_empty;
    buf->len = buf->cap = 0;
    return text;
}

int bl_strbuf_check(const struct bl_strbuf *buf, const char *what, struct bl_error **err)
{
    if (buf->overflowed)
        return bl_fail(err, BL_ERR_TOO_LARGE, "%s is larger than %zu bytes", what, buf->max);
    return 0;
}
