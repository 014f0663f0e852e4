#include "yaml_build.h"

#include <math.h>
#include <search.h>
#include <stdio.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "yaml_tag.h"

/* A name that a node was given with "&name". */
struct anchor {
    char *name;
    struct bl_yaml_node *node;
    bool open; /* inside its own value */
};

/* libyaml counts characters. Marks move forward nearly always, so the way from the last one is short. */
size_t bl_yaml_builder_byte(struct bl_yaml_builder *builder, yaml_mark_t mark)
{
    const char *text = builder->text;

    if (builder->ascii)
        return builder->bom + mark.index < builder->len ? builder->bom + mark.index : builder->len;
    for (; builder->index < mark.index && builder->byte < builder->len; builder->index++)
        for (builder->byte++; builder->byte < builder->len && (text[builder->byte] & 0xc0) == 0x80;)
            builder->byte++;
    for (; builder->index > mark.index && builder->byte > builder->bom; builder->index--)
        for (builder->byte--; (text[builder->byte] & 0xc0) == 0x80;)
            builder->byte--;
    return builder->byte;
}

/* --- Anchors --- */

static int compare_anchors(const void *a, const void *b)
{
    return strcmp(((const struct anchor *)a)->name, ((const struct anchor *)b)->name);
}

static void free_anchor(void *p)
{
    struct anchor *anchor = p;

    free(anchor->name);
    free(anchor);
}

static struct anchor *find_anchor(struct bl_yaml_builder *builder, const yaml_char_t *name)
{
    struct anchor wanted = {.name = (char *)(uintptr_t)name};
    struct anchor **found = tfind(&wanted, &builder->anchors, compare_anchors);

    return found ? *found : NULL;
}

/* A name may be used again; the newest one counts from there on. */
static struct anchor *set_anchor(struct bl_yaml_builder *builder, const yaml_char_t *name,
                                 struct bl_yaml_node *node, bool open)
{
    struct anchor *anchor;

    if (!name)
        return NULL;
    if (!(anchor = find_anchor(builder, name))) {
        anchor = BL_NEW(struct anchor);
        anchor->name = bl_strdup((const char *)name);
        if (!tsearch(anchor, &builder->anchors, compare_anchors))
            abort();
    }
    anchor->node = node;
    anchor->open = open;
    return anchor;
}

/* --- Scalars --- */

/*
 * A block scalar's event ends where the next line begins, blank lines included. The origin ends with
 * the last line that counts: the others separate what follows.
 */
static size_t block_scalar_end(const char *text, size_t start, size_t end)
{
    const char *header_end = memchr(text + start, '\n', end - start);
    bool keep = header_end && memchr(text + start, '+', (size_t)(header_end - text) - start);

    do {
        if (end > start && text[end - 1] == '\n')
            end--;
        if (end > start && text[end - 1] == '\r')
            end--;
    } while (!keep && end > start && text[end - 1] == '\n');
    return end;
}

static void set_origin(struct bl_yaml_builder *builder, struct bl_origin *origin,
                       const yaml_event_t *event)
{
    origin->line = bl_yaml_line(builder->doc, event->start_mark);
    origin->column = (unsigned)event->start_mark.column + 1;
    origin->start = bl_yaml_builder_byte(builder, event->start_mark);
    origin->end = bl_yaml_builder_byte(builder, event->end_mark);
}

/* --- Building the tree --- */

static struct bl_yaml_frame *top(struct bl_yaml_builder *builder)
{
    return builder->depth ? &builder->frames[builder->depth - 1] : NULL;
}

static bool awaits_key(struct bl_yaml_builder *builder)
{
    struct bl_yaml_frame *frame = top(builder);

    return frame && frame->node->json.type == cJSON_Object && !frame->key.text;
}

/* NULL, with `err` set, beyond the limit. */
static struct bl_yaml_node *new_node(struct bl_yaml_builder *builder, int type, unsigned line,
                                     struct bl_error **err)
{
    if (builder->doc->node_count < bl_yaml_doc_most(builder->doc))
        return bl_yaml_doc_add(builder->doc, type);
    bl_yaml_doc_fail(builder->doc, line, BL_ERR_TOO_LARGE, err, "too many values in one document");
    return NULL;
}

/* Puts the node under the key that waits, at the end of the list, or at the root. */
static void attach(struct bl_yaml_builder *builder, struct bl_yaml_node *node)
{
    struct bl_yaml_frame *frame = top(builder);
    struct bl_origin *origin = &node->origin;

    origin->key_line = origin->line;
    origin->key_column = origin->column;
    origin->key_start = origin->start;
    if (!frame) {
        builder->root = node;
        return;
    }
    if (frame->node->json.type == cJSON_Object) {
        origin->key_line = frame->key.line;
        origin->key_column = frame->key.column;
        origin->key_start = frame->key.start;
        node->key_end = frame->key.end;
        node->json.string = (char *)(uintptr_t)frame->key.text;
        frame->key.text = NULL;
        if (frame->key.merge) {
            frame->merge = node;
            frame->end = origin->end;
            return;
        }
    }
    bl_yaml_append(&frame->node->json, &node->json);
    frame->end = origin->end;
}

static int set_key(struct bl_yaml_builder *builder, const yaml_event_t *event, const cJSON *value,
                   const struct bl_scalar *scalar, struct bl_error **err)
{
    struct bl_yaml_key *key = &top(builder)->key;
    char text[64] = "";

    *key = (struct bl_yaml_key){.line = bl_yaml_line(builder->doc, event->start_mark),
                                .column = (unsigned)event->start_mark.column + 1,
                                .start = bl_yaml_builder_byte(builder, event->start_mark),
                                .end = bl_yaml_builder_byte(builder, event->end_mark)};
    switch (value->type) {
    case cJSON_Raw:
        if (scalar->magnitude > INT64_MAX && !scalar->negative)
            return bl_yaml_doc_fail(builder->doc, key->line, BL_ERR_INVALID, err,
                                    "a key is a number out of range");
        key->text = value->valuestring;
        return 0;
    case cJSON_String:
        key->text = value->valuestring;
        return 0;
    case cJSON_True:
        key->text = "true";
        return 0;
    case cJSON_False:
        key->text = "false";
        return 0;
    case cJSON_Number:
        break;
    default:
        return bl_yaml_doc_fail(builder->doc, key->line, BL_ERR_INVALID, err, "a key is null");
    }
    if (scalar->type == BL_SCALAR_INT)
        snprintf(text, sizeof(text), "%.0f", value->valuedouble);
    else
        bl_scalar_float_key(value->valuedouble, text, sizeof(text));
    key->text = bl_yaml_doc_text(builder->doc, text, strlen(text));
    return 0;
}

static int on_key(struct bl_yaml_builder *builder, const yaml_event_t *event, struct bl_error **err)
{
    struct bl_scalar scalar;
    struct bl_yaml_node *node;
    cJSON value = {0};

    if (bl_yaml_scalar_read(builder->doc, event, &value, &scalar, err) < 0 ||
        set_key(builder, event, &value, &scalar, err) < 0)
        return -1;
    if (bl_yaml_scalar_is_merge(event)) {
        if (top(builder)->merge)
            return bl_yaml_doc_fail(builder->doc, top(builder)->key.line, BL_ERR_INVALID, err,
                                    "duplicate key \"<<\"");
        top(builder)->key.merge = true;
        builder->doc->has_aliases = true;
    }
    if (event->data.scalar.anchor) {
        if (!(node = new_node(builder, cJSON_NULL, top(builder)->key.line, err)))
            return -1;
        node->json = value;
        set_origin(builder, &node->origin, event);
        set_anchor(builder, event->data.scalar.anchor, node, false);
    }
    return 0;
}

/* Where nothing is written libyaml may place the null at the next token; it belongs behind its colon. */
static void place_empty(struct bl_yaml_builder *builder, struct bl_origin *origin)
{
    struct bl_yaml_frame *frame = top(builder);
    const char *text = builder->text;
    size_t at;

    origin->empty = true;
    if (!frame || !frame->key.text || text[origin->start - 1] == ':')
        return;
    for (at = frame->key.end; at < builder->len && bl_yaml_is_space(text[at]);)
        at++;
    origin->start = at < builder->len && text[at] == ':' ? at + 1 : frame->key.end;
    origin->end = origin->start;
}

static int on_scalar(struct bl_yaml_builder *builder, const yaml_event_t *event,
                     struct bl_error **err)
{
    yaml_scalar_style_t style = event->data.scalar.style;
    unsigned line = bl_yaml_line(builder->doc, event->start_mark);
    struct bl_scalar scalar;
    struct bl_yaml_node *node;

    if (awaits_key(builder))
        return on_key(builder, event, err);
    node = new_node(builder, cJSON_NULL, line, err);
    if (!node || bl_yaml_scalar_read(builder->doc, event, &node->json, &scalar, err) < 0)
        return -1;
    if (scalar.type == BL_SCALAR_FLOAT && !isfinite(scalar.number)) {
        bl_yaml_doc_fail(builder->doc, line, BL_ERR_INVALID, err,
                         "\"%s\" is a number that JSON cannot hold", event->data.scalar.value);
        return bl_hint(err, "Quote it if it is meant to be text.");
    }
    set_origin(builder, &node->origin, event);
    if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE)
        node->origin.end = block_scalar_end(builder->text, node->origin.start, node->origin.end);
    if (node->origin.start == node->origin.end)
        place_empty(builder, &node->origin);
    set_anchor(builder, event->data.scalar.anchor, node, false);
    attach(builder, node);
    return 0;
}

static bool is_collection(const cJSON *value)
{
    return value->type == cJSON_Object || value->type == cJSON_Array;
}

/* Strings are shared: a document's texts live as long as its nodes. NULL, with `err` set, on failure. */
static struct bl_yaml_node *copy_node(struct bl_yaml_builder *builder,
                                      const struct bl_yaml_node *source, unsigned depth,
                                      unsigned line, struct bl_error **err)
{
    struct bl_yaml_node *node, *copy;

    if (depth > BL_JSON_MAX_DEPTH && is_collection(&source->json)) {
        bl_yaml_doc_fail(builder->doc, line, BL_ERR_TOO_LARGE, err, "nested too deeply");
        return NULL;
    }
    if (!(node = new_node(builder, source->json.type, line, err)))
        return NULL;
    *node = *source;
    node->json.child = node->json.next = node->json.prev = NULL;
    node->origin.aliased = true;
    node->alias = false;
    for (const cJSON *child = source->json.child; child; child = child->next) {
        if (!(copy = copy_node(builder, bl_yaml_node_of(child), depth + 1, line, err)))
            return NULL;
        bl_yaml_append(&node->json, &copy->json);
    }
    return node;
}

static int on_alias_key(struct bl_yaml_builder *builder, const yaml_event_t *event,
                        const struct bl_yaml_node *node, struct bl_error **err)
{
    bool whole = trunc(node->json.valuedouble) == node->json.valuedouble;
    const struct bl_scalar scalar = {.type = whole ? BL_SCALAR_INT : BL_SCALAR_FLOAT};

    if (is_collection(&node->json))
        return bl_yaml_doc_fail(builder->doc, bl_yaml_line(builder->doc, event->start_mark),
                                BL_ERR_INVALID, err, "a key is no plain value");
    return set_key(builder, event, &node->json, &scalar, err);
}

static int on_alias(struct bl_yaml_builder *builder, const yaml_event_t *event,
                    struct bl_error **err)
{
    const char *name = (const char *)event->data.alias.anchor;
    struct anchor *anchor = find_anchor(builder, event->data.alias.anchor);
    unsigned line = bl_yaml_line(builder->doc, event->start_mark);
    struct bl_yaml_node *node;

    builder->doc->has_aliases = true;
    if (!anchor)
        return bl_yaml_doc_fail(builder->doc, line, BL_ERR_INVALID, err,
                                "alias \"*%s\" has no anchor \"&%s\" before it", name, name);
    if (anchor->open)
        return bl_yaml_doc_fail(builder->doc, line, BL_ERR_INVALID, err,
                                "anchor \"&%s\" contains itself", name);
    if (awaits_key(builder))
        return on_alias_key(builder, event, anchor->node, err);
    if (!(node = copy_node(builder, anchor->node, builder->depth + 1, line, err)))
        return -1;
    set_origin(builder, &node->origin, event);
    node->origin.empty = node->origin.flow = false;
    node->json.string = NULL;
    node->alias = true;
    attach(builder, node);
    return 0;
}

static int open_collection(struct bl_yaml_builder *builder, const yaml_event_t *event, int type,
                           bool flow, const yaml_char_t *anchor, struct bl_error **err)
{
    unsigned line = bl_yaml_line(builder->doc, event->start_mark);
    struct bl_yaml_node *node;

    if (awaits_key(builder)) {
        bl_yaml_doc_fail(builder->doc, line, BL_ERR_INVALID, err, "a key is no plain value");
        return bl_hint(
            err,
            "Quote text that begins with { or [. A template is rendered first: helm template.");
    }
    if (builder->depth == BL_JSON_MAX_DEPTH)
        return bl_yaml_doc_fail(builder->doc, line, BL_ERR_TOO_LARGE, err, "nested too deeply");
    if (!(node = new_node(builder, type, line, err)))
        return -1;
    set_origin(builder, &node->origin, event);
    node->origin.flow = flow;
    attach(builder, node);

    struct bl_yaml_frame *frame = &builder->frames[builder->depth++];
    *frame = (struct bl_yaml_frame){.node = node, .end = node->origin.end};
    frame->anchor = set_anchor(builder, anchor, node, true);
    return 0;
}

static int close_collection(struct bl_yaml_builder *builder, const yaml_event_t *event,
                            struct bl_error **err)
{
    struct bl_yaml_frame *frame = top(builder);
    struct bl_yaml_node *node = frame->node;
    size_t end = bl_yaml_builder_byte(builder, event->end_mark);
    char last = builder->text[end - 1];

    /* Of a block, and of the mapping in [a: b], the event's mark is the next token's. */
    node->origin.end = node->origin.flow && (last == ']' || last == '}') ? end : frame->end;
    if (frame->anchor)
        frame->anchor->open = false;
    if (node->json.type == cJSON_Object &&
        bl_yaml_doc_finish(builder->doc, node, frame->merge, err) < 0)
        return -1;
    builder->depth--;
    if (top(builder))
        top(builder)->end = node->origin.end;
    return 0;
}

static int on_document(struct bl_yaml_builder *builder, const yaml_event_t *event,
                       struct bl_error **err)
{
    if (builder->started)
        return bl_yaml_doc_fail(builder->doc, bl_yaml_line(builder->doc, event->start_mark),
                                BL_ERR_INVALID, err, "a second document without \"---\" before it");
    builder->started = true;
    return 0;
}

int bl_yaml_builder_event(struct bl_yaml_builder *builder, const yaml_event_t *event,
                          struct bl_error **err)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return on_document(builder, event, err);
    case YAML_SCALAR_EVENT:
        return on_scalar(builder, event, err);
    case YAML_ALIAS_EVENT:
        return on_alias(builder, event, err);
    case YAML_MAPPING_START_EVENT:
        return open_collection(builder, event, cJSON_Object,
                               event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE,
                               event->data.mapping_start.anchor, err);
    case YAML_SEQUENCE_START_EVENT:
        return open_collection(builder, event, cJSON_Array,
                               event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE,
                               event->data.sequence_start.anchor, err);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        return close_collection(builder, event, err);
    default:
        return 0;
    }
}

static bool is_ascii(const char *text, size_t len)
{
    unsigned char all = 0;

    for (size_t i = 0; i < len; i++)
        all |= (unsigned char)text[i];
    return all < 0x80;
}

void bl_yaml_builder_init(struct bl_yaml_builder *builder, struct bl_yaml_doc *doc)
{
    *builder =
        (struct bl_yaml_builder){.doc = doc, .text = doc->segment.text, .len = doc->segment.len};
    builder->bom = builder->byte = bl_yaml_bom(builder->text, builder->len);
    builder->ascii = is_ascii(builder->text + builder->bom, builder->len - builder->bom);
}

void bl_yaml_builder_release(struct bl_yaml_builder *builder)
{
    tdestroy(builder->anchors, free_anchor);
}
