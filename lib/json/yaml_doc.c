#include "yaml_doc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ballast/base/mem.h"

/* Nodes of the first block; most documents need two or three blocks. */
#define FIRST_NODES 64
#define FIRST_BYTES 2048
/* Blocks stop growing here. */
#define MAX_BLOCK ((size_t)4 << 20)

struct bl_yaml_block {
    struct bl_yaml_block *next;
    size_t used, size; /* bytes */
    _Alignas(max_align_t) char data[];
};

struct bl_yaml_doc *bl_yaml_doc_new(const char *file, const struct bl_yaml_segment *segment)
{
    struct bl_yaml_doc *doc = BL_NEW(struct bl_yaml_doc);

    doc->segment = *segment;
    doc->file = bl_strdup(file);
    return doc;
}

static void free_blocks(struct bl_yaml_block *block)
{
    while (block) {
        struct bl_yaml_block *next = block->next;

        free(block);
        block = next;
    }
}

void bl_yaml_doc_free(struct bl_yaml_doc *doc)
{
    if (!doc)
        return;
    free_blocks(doc->nodes);
    free_blocks(doc->strings);
    free(doc->file);
    free(doc);
}

static char *take(struct bl_yaml_block **blocks, size_t size, size_t first)
{
    struct bl_yaml_block *block = *blocks;

    if (!block || block->size - block->used < size) {
        size_t room = !block ? first : block->size < MAX_BLOCK ? block->size * 2 : block->size;

        if (room < size)
            room = size;
        block = bl_alloc(1, sizeof(*block) + room);
        block->next = *blocks;
        block->size = room;
        *blocks = block;
    }

    char *memory = block->data + block->used;
    block->used += size;
    return memory;
}

struct bl_yaml_node *bl_yaml_doc_add(struct bl_yaml_doc *doc, int type)
{
    size_t size = sizeof(struct bl_yaml_node);
    struct bl_yaml_node *node = (void *)take(&doc->nodes, size, FIRST_NODES * size);

    node->json.type = type;
    doc->node_count++;
    return node;
}

char *bl_yaml_doc_text(struct bl_yaml_doc *doc, const char *text, size_t len)
{
    char *copy = take(&doc->strings, len + 1, FIRST_BYTES);

    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

size_t bl_yaml_doc_values(const struct bl_yaml_doc *doc)
{
    return doc->node_count;
}

const cJSON *bl_yaml_doc_root(const struct bl_yaml_doc *doc)
{
    return doc->root;
}

const struct bl_yaml_segment *bl_yaml_doc_segment(const struct bl_yaml_doc *doc)
{
    return &doc->segment;
}

const struct bl_origin *bl_yaml_doc_origin(const struct bl_yaml_doc *doc, const cJSON *node)
{
    for (const struct bl_yaml_block *block = doc->nodes; block; block = block->next) {
        uintptr_t from = (uintptr_t)block->data, at = (uintptr_t)node;

        if (at >= from && at < from + block->used && (at - from) % sizeof(struct bl_yaml_node) == 0)
            return &bl_yaml_node_of(node)->origin;
    }
    return NULL;
}

int bl_yaml_doc_fail(const struct bl_yaml_doc *doc, unsigned line, enum bl_errcode code,
                     struct bl_error **err, const char *fmt, ...)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    va_list args;

    va_start(args, fmt);
    bl_strbuf_vaddf(&text, fmt, args);
    va_end(args);
    return bl_fail(err, code, "%s:%u: could not read YAML: %s", doc->file, line, text.text);
}
