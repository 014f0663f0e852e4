/**
 * YAML as kubectl reads it, with the place of every node.
 *
 * A file is a stream of documents. bl_yaml_next() cuts it into segments without losing a byte, so that
 * a document which nothing changes can be passed through as it is; bl_yaml_parse() reads one segment.
 * What a plain scalar means follows sigs.k8s.io/yaml (YAML 1.1: yes/no/on/off are booleans, 0755 is
 * octal, a timestamp stays a string); anchors and merge keys are resolved, within limits, and a key that
 * stands behind "<<" beats what is merged, one before it does not, as goyaml has it. Stricter than kubectl
 * in this: a duplicate key is refused, unless it is asked otherwise.
 *
 * bl_yaml_rewrite() is the way back: it changes the text only where the value changed, so comments,
 * quotes and order survive, and it proves the result by reading it again.
 */
#ifndef BALLAST_JSON_YAML_H
#define BALLAST_JSON_YAML_H

#include <stdint.h>

#include "ballast/json/json.h"

/** Most nodes that one document may expand to, aliases included: the guard against "billion laughs". */
#define BL_YAML_MAX_NODES ((size_t)1 << 20)

/** Most documents of one file, empty ones too: each takes some KiB before a byte of it is read. */
#define BL_YAML_MAX_DOCUMENTS 10000
/** Most %YAML and %TAG lines of a document: libyaml compares each with all before it. */
#define BL_YAML_MAX_DIRECTIVES 16

/** Where a node stands. Lines and columns count from 1 and from the start of the file. */
struct bl_origin {
    unsigned line, column;         /* the value's first character */
    unsigned key_line, key_column; /* its key's, or the value's where it has none */
    size_t start, end; /* bytes of the value in the segment's text, tag and anchor too */
    size_t key_start;  /* byte where its key, or its list item's value, begins */
    bool flow;         /* a mapping or sequence written as {…} or […] */
    bool aliased;      /* comes from an alias or merge key: the text stands elsewhere */
    bool empty;        /* a null that has no text of its own */
};

/**
 * A piece of a stream: the "---" line that opens it, if any, comments, and one document at most; or one
 * of several JSON objects.
 */
struct bl_yaml_segment {
    const char *text; /* borrowed from the stream */
    size_t len;
    unsigned line; /* of its first byte in the file, from 1 */
    size_t index;  /* in the stream, from 0 */
    size_t most;   /* values that it may have; 0: BL_YAML_MAX_NODES */
};

struct bl_yaml_stream {
    const char *text; /* borrowed */
    size_t len;
    size_t offset; /* of the next segment */
    size_t index;
    unsigned line;
    bool json; /* JSON objects one after another, which no "---" separates */
};

void bl_yaml_stream_init(struct bl_yaml_stream *stream, const char *text, size_t len);
/** The next segment; false at the end. All segments together are the text, byte for byte. */
bool bl_yaml_next(struct bl_yaml_stream *stream, struct bl_yaml_segment *ret_segment);

/** One document that was read. Immutable. */
struct bl_yaml_doc;

/**
 * Reads one segment, up to the stream's BL_YAML_MAX_DOCUMENTS, whose text is borrowed and must outlive the document. A segment without content
 * (blank, comments only, a bare "---") gives a document whose root is NULL.
 * `file` is for messages: "file:line: could not read YAML: …".
 */
BL_CHECK int bl_yaml_parse(const char *file, const struct bl_yaml_segment *segment,
                           struct bl_yaml_doc **ret_doc, struct bl_error **err);

/**
 * The same as kubectl reads it: of a key that stands twice the last one counts. `ret_duplicate` gets what bl_yaml_parse()
 * would have failed with; NULL where it would not have.
 */
BL_CHECK int bl_yaml_parse_as_kubectl(const char *file, const struct bl_yaml_segment *segment,
                                      struct bl_yaml_doc **ret_doc, struct bl_error **ret_duplicate,
                                      struct bl_error **err);
/** A document that is not read: its root is NULL and its text goes through as it is. */
BL_NONNULL struct bl_yaml_doc *bl_yaml_doc_unread(const char *file,
                                                  const struct bl_yaml_segment *segment);

const cJSON *bl_yaml_doc_root(const struct bl_yaml_doc *doc);
/** How many values were read, aliases expanded. */
size_t bl_yaml_doc_values(const struct bl_yaml_doc *doc);
const struct bl_yaml_segment *bl_yaml_doc_segment(const struct bl_yaml_doc *doc);
/** Where a node of this document stands; NULL for a node that is not of it. */
const struct bl_origin *bl_yaml_doc_origin(const struct bl_yaml_doc *doc, const cJSON *node);
void bl_yaml_doc_free(struct bl_yaml_doc *doc);
BL_DEFINE_CLEANUP(struct bl_yaml_doc *, bl_yaml_doc_cleanup, bl_yaml_doc_free)

/**
 * Appends the segment's text, changed so that it reads as `wanted`. Where a change cannot be made in
 * place (inside an aliased node, say) the smallest piece around it is written anew, at worst the whole
 * document. The result is read again and compared before anything is appended. It ends with a newline,
 * except where the segment has none and either nothing changed or the value needs it so. JSON stays JSON.
 */
BL_CHECK int bl_yaml_rewrite(const struct bl_yaml_doc *doc, const cJSON *wanted,
                             struct bl_strbuf *out, struct bl_error **err);

/**
 * Appends a value in block style at `indent` spaces, a newline at the end, quoting whatever YAML 1.1 or
 * 1.2 would read as something else. kubectl reads back exactly `value`.
 */
void bl_yaml_write(struct bl_strbuf *out, const cJSON *value, unsigned indent);

#endif
