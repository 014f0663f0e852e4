/**
 * Cutting what a server streams into objects, without keeping more than one of them.
 *
 * A watch is one JSON text a line. A list is one object with all items inside; there the items are cut out,
 * and what is left, the envelope, is small. Both take the stream in pieces of any size.
 */
#ifndef BALLAST_KUBE_SPLIT_H
#define BALLAST_KUBE_SPLIT_H

#include "ballast/base/strbuf.h"

/** Gets one text. -1 with `err` set ends the stream. */
typedef int (*split_fn)(void *context, const char *text, size_t len, struct bl_error **err);

struct bl_line_splitter {
    struct bl_strbuf line; /* its limit is the longest line */
    split_fn each;
    void *context;
};

BL_CHECK int bl_line_splitter_feed(struct bl_line_splitter *splitter, const char *data, size_t len,
                                   struct bl_error **err);
/** The stream has ended: fails if that was in the middle of a line. */
BL_CHECK int bl_line_splitter_end(const struct bl_line_splitter *splitter, struct bl_error **err);
void bl_line_splitter_release(struct bl_line_splitter *splitter);

/** Where in a JSON text we are; enough to find ends, not to check it. */
struct json_cursor {
    unsigned depth;
    bool in_string, escaped;
};

struct bl_item_splitter {
    struct bl_strbuf envelope; /* the list with "items":[]; its limit is the largest one */
    struct bl_strbuf item;     /* its limit is the largest one */
    split_fn each;
    void *context;

    struct json_cursor outside, inside;
    size_t string_start; /* in the envelope, of the last string */
    bool key_seen;       /* "items" came, then nothing but ':' */
    bool in_items;
    bool in_item;
};

BL_CHECK int bl_item_splitter_feed(struct bl_item_splitter *splitter, const char *data, size_t len,
                                   struct bl_error **err);
/** Fails if the list did not come to its end. The envelope is whole then. */
BL_CHECK int bl_item_splitter_end(const struct bl_item_splitter *splitter, struct bl_error **err);
void bl_item_splitter_release(struct bl_item_splitter *splitter);

#endif
