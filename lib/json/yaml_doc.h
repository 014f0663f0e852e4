/**
 * A document's memory: nodes with their origins, and the text of keys and strings.
 *
 * A node is a cJSON with its origin right behind it, so finding the origin of a node is arithmetic and
 * needs no table. All of it lives in few large blocks that go together; nothing of a document may be
 * handed to cJSON_Delete.
 */
#ifndef BALLAST_JSON_YAML_DOC_H
#define BALLAST_JSON_YAML_DOC_H

#include "ballast/json/yaml.h"

struct bl_yaml_node {
    cJSON json; /* first, so that a cJSON of the document is its node */
    struct bl_origin origin;
    size_t key_end; /* byte after the key, where it has one in the text */
    bool alias;     /* stands as "*name" at its own place in the text */
};

struct bl_yaml_block;

struct bl_yaml_doc {
    struct bl_yaml_segment segment;
    char *file;
    const cJSON *root;           /* NULL: no content */
    bool has_aliases;            /* or merge keys */
    bool json;                   /* libyaml refused it: all origins are the root's */
    struct bl_yaml_block *nodes; /* newest first, each twice as large as the one before */
    struct bl_yaml_block *strings;
    size_t node_count;
    struct bl_error **duplicate; /* gets the first key that stands twice; NULL: that is refused */
};

BL_NONNULL struct bl_yaml_doc *bl_yaml_doc_new(const char *file,
                                               const struct bl_yaml_segment *segment);
/** A zeroed node. The caller has checked node_count against bl_yaml_doc_most(). */
BL_NONNULL struct bl_yaml_node *bl_yaml_doc_add(struct bl_yaml_doc *doc, int type);
static inline size_t bl_yaml_doc_most(const struct bl_yaml_doc *doc)
{
    return doc->segment.most ? doc->segment.most : BL_YAML_MAX_NODES;
}

/** A copy that lives as long as the document. */
BL_NONNULL char *bl_yaml_doc_text(struct bl_yaml_doc *doc, const char *text, size_t len);

/** Fails with "file:line: could not read YAML: ..."; `code` is INVALID or TOO_LARGE. Returns -1. */
int bl_yaml_doc_fail(const struct bl_yaml_doc *doc, unsigned line, enum bl_errcode code,
                     struct bl_error **err, const char *fmt, ...) BL_PRINTF(5, 6);

/**
 * Ends an object: refuses duplicate keys, or notes them and keeps the last one, and adds the members of `merge`, the value of "<<" or NULL.
 * Keys of the object itself win, wherever they stand; of merged mappings the first wins.
 */
BL_CHECK int bl_yaml_doc_finish(struct bl_yaml_doc *doc, struct bl_yaml_node *object,
                                struct bl_yaml_node *merge, struct bl_error **err);

/** The node of a cJSON that is known to be of a document. */
static inline struct bl_yaml_node *bl_yaml_node_of(const cJSON *json)
{
    return (struct bl_yaml_node *)(uintptr_t)json;
}

/** Appends to an array or object, in constant time, as cJSON does: the first child's prev is the last. */
static inline void bl_yaml_append(cJSON *parent, cJSON *child)
{
    child->next = NULL;
    if (!parent->child) {
        parent->child = child->prev = child;
        return;
    }
    child->prev = parent->child->prev;
    child->prev->next = child;
    parent->child->prev = child;
}

/** White space between tokens, line ends included. */
static inline bool bl_yaml_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/** Length of the byte order mark that the text begins with: 3 or 0. */
static inline size_t bl_yaml_bom(const char *text, size_t len)
{
    return len >= 3 && text[0] == '\xef' && text[1] == '\xbb' && text[2] == '\xbf' ? 3 : 0;
}

#endif
