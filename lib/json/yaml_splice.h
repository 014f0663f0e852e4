/**
 * Changes to a text, by byte ranges of the text as it was.
 *
 * Edits may come in any order, so that who plans them can go back to an earlier place. Those at one
 * place keep the order in which they were put; insertions come before what is replaced there.
 */
#ifndef BALLAST_JSON_YAML_SPLICE_H
#define BALLAST_JSON_YAML_SPLICE_H

#include "ballast/base/strbuf.h"

struct bl_edit_range {
    size_t start, end;
    char *text; /* what stands there instead */
    size_t order;
};

struct bl_splice {
    const char *text;
    size_t len;
    bool crlf; /* newlines of what is put in become CR LF */
    struct bl_edit_range *items;
    size_t cap, count;
};

void bl_splice_init(struct bl_splice *splice, const char *text, size_t len);
void bl_splice_release(struct bl_splice *splice);

void bl_splice_put(struct bl_splice *splice, size_t start, size_t end, const char *text);
/** Forgets all edits but the first `count`. */
void bl_splice_cut(struct bl_splice *splice, size_t count);
/** Appends the changed text; false if two edits overlap. Sorts the edits: nothing may be put after. */
BL_CHECK bool bl_splice_apply(struct bl_splice *splice, struct bl_strbuf *out);

/** Appends, newlines as the text has them. */
void bl_splice_add(const struct bl_splice *splice, struct bl_strbuf *out, const char *text);

/** Where the line begins (a byte order mark is not of it), and where the next one does. */
size_t bl_splice_line_start(const struct bl_splice *splice, size_t at);
size_t bl_splice_line_end(const struct bl_splice *splice, size_t at);
size_t bl_splice_column(const struct bl_splice *splice, size_t at);
/** Is there nothing but spaces before it on its line? */
bool bl_splice_starts_line(const struct bl_splice *splice, size_t at);
/** Past white space and line ends, and, of `comments`, past comments; the text's length at the end. */
size_t bl_splice_skip(const struct bl_splice *splice, size_t at, bool comments);

#endif
