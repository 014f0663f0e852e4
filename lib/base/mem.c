#include "ballast/base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ballast/base/budget.h"

void *bl_alloc(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size ? size : 1);

    if (!memory)
        abort();
    return memory;
}

char *bl_strdup(const char *text)
{
    return bl_strndup(text, strlen(text));
}

char *bl_strndup(const char *text, size_t len)
{
    char *copy = bl_alloc(len + 1, 1);

    bl_budget_spend_text(len);
    memcpy(copy, text, len);
    return copy;
}

char *bl_vasprintf(const char *fmt, va_list args)
{
    char short_text[256], *text = NULL;
    va_list again;
    int len;

    /* Most texts are short, and vasprintf() costs several times what formatting does. */
    va_copy(again, args);
    len = vsnprintf(short_text, sizeof(short_text), fmt, again);
    va_end(again);
    if (len >= 0 && (size_t)len < sizeof(short_text))
        return bl_strndup(short_text, (size_t)len);
    if (vasprintf(&text, fmt, args) < 0)
        abort();
    bl_budget_spend_text((size_t)len * 2);
    return text;
}

char *bl_asprintf(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    char *text = bl_vasprintf(fmt, args);
    va_end(args);
    return text;
}

void bl_secret_free(char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

void *bl_grow(void *items, size_t len, size_t *cap, size_t size)
{
    if (len < *cap)
        return items;

    size_t more = *cap ? *cap * 2 : 8;
    void *grown = reallocarray(items, more, size);

    if (!grown)
        abort();
    memset((char *)grown + *cap * size, 0, (more - *cap) * size);
    *cap = more;
    return grown;
}
