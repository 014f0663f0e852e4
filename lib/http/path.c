#include "ballast/http/path.h"

#include <ctype.h>
#include <string.h>

void bl_http_escape(struct bl_strbuf *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (isalnum(c) || strchr("-._~", c))
            bl_strbuf_addc(out, (char)c);
        else
            bl_strbuf_addf(out, "%%%02X", c);
    }
}

static void add_pair(struct bl_strbuf *out, const char *key, const char *value)
{
    bl_http_escape(out, key);
    bl_strbuf_addc(out, '=');
    bl_http_escape(out, value);
}

void bl_http_query(struct bl_strbuf *path, const char *key, const char *value)
{
    if (!value || !*value)
        return;
    bl_strbuf_addc(path, strchr(path->text, '?') ? '&' : '?');
    add_pair(path, key, value);
}

void bl_http_form(struct bl_strbuf *form, const char *key, const char *value)
{
    if (form->len)
        bl_strbuf_addc(form, '&');
    add_pair(form, key, value);
}
