#include "ballast/object/image.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

static bool is_registry(const char *text, size_t len)
{
    return memchr(text, '.', len) || memchr(text, ':', len) ||
           (len == strlen("localhost") && memcmp(text, "localhost", len) == 0);
}

struct bl_image bl_image_parse(const char *text)
{
    struct bl_image image = {0};
    const char *at = strchr(text, '@');
    const char *end = at ? at : text + strlen(text);
    const char *slash = memchr(text, '/', (size_t)(end - text));
    const char *last_slash = memrchr(text, '/', (size_t)(end - text));
    const char *name = last_slash ? last_slash + 1 : text;
    const char *colon = memchr(name, ':', (size_t)(end - name));

    if (at) {
        image.digest = at + 1;
        image.digest_len = strlen(at + 1);
    }
    if (colon) {
        image.tag = colon + 1;
        image.tag_len = (size_t)(end - colon - 1);
        end = colon;
    }
    image.path = text;
    if (slash && is_registry(text, (size_t)(slash - text))) {
        image.registry = text;
        image.registry_len = (size_t)(slash - text);
        image.path = slash + 1;
    }
    image.path_len = (size_t)(end - image.path);
    return image;
}

char *bl_image_basename(const char *text)
{
    struct bl_image image = bl_image_parse(text);
    const char *slash = memrchr(image.path, '/', image.path_len);
    const char *name = slash ? slash + 1 : image.path;

    return bl_strndup(name, image.path_len - (size_t)(name - image.path));
}

char *bl_image_tag(const char *text)
{
    struct bl_image image = bl_image_parse(text);

    return image.tag_len ? bl_strndup(image.tag, image.tag_len) : NULL;
}

bool bl_image_under(const char *text, const char *prefix)
{
    size_t len = strlen(prefix);

    while (len && prefix[len - 1] == '/')
        len--;
    return strncmp(text, prefix, len) == 0 && text[len] == '/';
}

void bl_image_rebase(struct bl_strbuf *out, const char *text, const char *prefix)
{
    struct bl_image image = bl_image_parse(text);
    size_t len = strlen(prefix);

    while (len && prefix[len - 1] == '/')
        len--;
    bl_strbuf_add(out, prefix, len);
    bl_strbuf_addc(out, '/');
    bl_strbuf_adds(out, image.path);
}
