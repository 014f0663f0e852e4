/**
 * A tree of nodes from libyaml's events.
 *
 * libyaml's own documents keep every node apart and know no limits; here the JSON values are made as the
 * events come, aliases are copied where they stand, and depth and number of nodes are checked before
 * anything is made.
 */
#ifndef BALLAST_JSON_YAML_BUILD_H
#define BALLAST_JSON_YAML_BUILD_H

#include <yaml.h>

#include "yaml_doc.h"

struct bl_yaml_key {
    const char *text; /* NULL: none waits for its value */
    size_t start, end;
    unsigned line, column;
    bool merge;
};

/** A collection that has been opened and not closed. */
struct bl_yaml_frame {
    struct bl_yaml_node *node;
    struct bl_yaml_node *merge; /* the value of "<<" */
    struct anchor *anchor;
    struct bl_yaml_key key;
    size_t end; /* of the last child */
};

struct bl_yaml_builder {
    struct bl_yaml_doc *doc;
    const char *text; /* the segment's */
    size_t len, bom;
    bool ascii;
    size_t index, byte; /* a character's number and place */
    struct bl_yaml_frame frames[BL_JSON_MAX_DEPTH];
    unsigned depth;
    void *anchors; /* tree of tsearch(3) */
    struct bl_yaml_node *root;
    bool started;
};

void bl_yaml_builder_init(struct bl_yaml_builder *builder, struct bl_yaml_doc *doc);
void bl_yaml_builder_release(struct bl_yaml_builder *builder);

BL_CHECK int bl_yaml_builder_event(struct bl_yaml_builder *builder, const yaml_event_t *event,
                                   struct bl_error **err);

/** Where in the segment's text a mark of libyaml's is, which counts characters. */
size_t bl_yaml_builder_byte(struct bl_yaml_builder *builder, yaml_mark_t mark);

#endif
