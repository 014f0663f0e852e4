#include "ballast/http/path.h"
#include "ballast/kube/client.h"

static void add_part(struct bl_strbuf *path, const char *part)
{
    bl_strbuf_addc(path, '/');
    bl_http_escape(path, part);
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
    bl_http_query(path, key, value);
}
