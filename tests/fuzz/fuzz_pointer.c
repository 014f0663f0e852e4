/*
 * The first line is a pointer, the rest is JSON. Any pointer is found, or not, without harm; the pointer
 * of a node that exists finds that node.
 */
#include <assert.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/json/pointer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void visit(const cJSON *root, const cJSON *value, struct bl_strbuf *pointer)
{
    size_t len = pointer->len, index = 0;

    assert(bl_pointer_valid(pointer->text));
    assert(bl_pointer_find(root, pointer->text) == value);
    assert(bl_pointer_nearest(root, pointer->text) == value);
    for (const cJSON *child = value->child; child; child = child->next, index++) {
        if (cJSON_IsObject(value))
            bl_pointer_add_key(pointer, child->string);
        else
            bl_pointer_add_index(pointer, index);
        visit(root, child, pointer);
        bl_strbuf_cut(pointer, len);
    }
}

/* A split that succeeds must be undone by adding the step again. */
static void split(const char *pointer)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf parent = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_FREE char *last = NULL;
    BL_ERROR(err);

    if (bl_pointer_split(pointer, &parent, &last, &err) < 0) {
        assert(!last && !parent.len);
        assert(!*pointer || !bl_pointer_valid(pointer));
        return;
    }
    bl_pointer_add_key(&parent, last);
    assert(strcmp(parent.text, pointer) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *line = size ? memchr(text, '\n', size) : NULL;
    size_t len = line ? (size_t)(line - text) : size;
    BL_AUTO_FREE char *pointer = bl_strndup(text, len);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *root = NULL;
    BL_ERROR(err);

    split(pointer);
    /* Each node is looked up from the root, so large documents take long and show nothing more. */
    if (!line || size > 4096 || bl_json_parse(line + 1, size - len - 1, &root, &err) < 0)
        return 0;

    const cJSON *found = bl_pointer_find(root, pointer);
    assert(!found || bl_pointer_valid(pointer));
    assert(!found || bl_pointer_nearest(root, pointer) == found);
    assert(bl_pointer_nearest(root, pointer));
    visit(root, root, &path);
    return 0;
}
