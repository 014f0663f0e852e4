#include <ctype.h>
#include <string.h>

#include "ballast/kube/client.h"

/* Everything but RFC 3986's unreserved characters. */
static void add_escaped(struct bl_strbuf *path, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (isalnum(c) || strchr("-._~", c))
            bl_strbuf_addc(path, (char)c);
        else
            bl_strbuf_addf(path, "%%%02X", c);
    }
}

static void add_part(struct bl_strbuf *path, const char *part)
{
    bl_strbuf_addc(path, '/');
    add_escaped(path, part);
}

void bl_kube_path(struct bl_strbuf *path, const struct bl_resource *resource, const char *namespace,
                  const char *name, const char *subresource)
{
    if (*resource->group) {
        bl_strbuf_adds(path, "/apis");
        add_part(path, resource->group);
    } else {
        bl_strbuf_adds(path, "/api");
    }
    add_part(path, resource->version);
    if (namespace && *namespace) {
        bl_strbuf_adds(path, "/namespaces");
        add_part(path, namespace);
    }
    add_part(path, resource->plural);
    if (name)
        add_part(path, name);
    if (subresource && *subresource)
        add_part(path, subresource);
}

void bl_kube_path_query(struct bl_strbuf *path, const char *key, const char *value)
{
    if (!value || !*value)
        return;
    bl_strbuf_addc(path, strchr(path->text, '?') ? '&' : '?');
    add_escaped(path, key);
    bl_strbuf_addc(path, '=');
    add_escaped(path, value);
}
