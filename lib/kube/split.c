#include "split.h"

#include <string.h>

/* A buffer that has grown for one large object does not stay so. */
#define KEEP_CAPACITY ((size_t)256 << 10)

static void empty(struct bl_strbuf *buf)
{
    if (buf->cap > KEEP_CAPACITY)
        bl_strbuf_wipe(buf);
    else
        bl_strbuf_reset(buf);
}

static int end_line(struct bl_line_splitter *splitter, struct bl_error **err)
{
    struct bl_strbuf *line = &splitter->line;

    bl_strbuf_trim(line);
    if (line->len && splitter->each(splitter->context, line->text, line->len, err) < 0)
        return -1;
    empty(line);
    return 0;
}

int bl_line_splitter_feed(struct bl_line_splitter *splitter, const char *data, size_t len,
                          struct bl_error **err)
{
    while (len) {
        const char *end = memchr(data, '\n', len);
        size_t part = end ? (size_t)(end - data) : len;

        bl_strbuf_add(&splitter->line, data, part);
        if (bl_strbuf_check(&splitter->line, "a line of the watch", err) < 0)
            return -1;
        if (end && end_line(splitter, err) < 0)
            return -1;
        part += end != NULL;
        data += part;
        len -= part;
    }
    return 0;
}

int bl_line_splitter_end(const struct bl_line_splitter *splitter, struct bl_error **err)
{
    if (splitter->line.len)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "the watch ended in the middle of an event");
    return 0;
}

void bl_line_splitter_release(struct bl_line_splitter *splitter)
{
    bl_strbuf_wipe(&splitter->line);
}

static void step(struct json_cursor *cursor, char c)
{
    if (cursor->escaped) {
        cursor->escaped = false;
    } else if (cursor->in_string) {
        cursor->escaped = c == '\\';
        cursor->in_string = c != '"';
    } else if (c == '"') {
        cursor->in_string = true;
    } else if (c == '{' || c == '[') {
        cursor->depth++;
    } else if ((c == '}' || c == ']') && cursor->depth) {
        cursor->depth--;
    }
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool last_string_is(const struct bl_item_splitter *splitter, const char *text)
{
    const struct bl_strbuf *envelope = &splitter->envelope;
    size_t len = envelope->len - splitter->string_start;

    return len == strlen(text) && memcmp(envelope->text + splitter->string_start, text, len) == 0;
}

/* One character outside of items: all of them are kept, and "items": [ is looked for. */
static void outside(struct bl_item_splitter *splitter, char c)
{
    bool was_string = splitter->outside.in_string;

    if (!was_string && c == '"')
        splitter->string_start = splitter->envelope.len;
    bl_strbuf_addc(&splitter->envelope, c);
    step(&splitter->outside, c);

    if (was_string && !splitter->outside.in_string)
        splitter->key_seen = splitter->outside.depth == 1 && last_string_is(splitter, "\"items\"");
    else if (splitter->key_seen && c == '[')
        splitter->in_items = true;
    else if (c != ':' && !is_space(c))
        splitter->key_seen = false;
}

/* One character between items. */
static int between(struct bl_item_splitter *splitter, char c, struct bl_error **err)
{
    if (c == ']') {
        splitter->in_items = false;
        splitter->key_seen = false;
        outside(splitter, c);
    } else if (c == '{') {
        splitter->in_item = true;
        splitter->inside = (struct json_cursor){.depth = 1};
        bl_strbuf_addc(&splitter->item, c);
    } else if (c != ',' && !is_space(c)) {
        return bl_fail(err, BL_ERR_INVALID, "the list has an item that is no object");
    }
    return 0;
}

/* As many characters of one item as there are; returns how many. */
static size_t within(struct bl_item_splitter *splitter, const char *data, size_t len)
{
    size_t i = 0;

    while (i < len && splitter->inside.depth)
        step(&splitter->inside, data[i++]);
    bl_strbuf_add(&splitter->item, data, i);
    return i;
}

static int end_item(struct bl_item_splitter *splitter, struct bl_error **err)
{
    struct bl_strbuf *item = &splitter->item;

    splitter->in_item = false;
    if (splitter->each(splitter->context, item->text, item->len, err) < 0)
        return -1;
    empty(item);
    return 0;
}

int bl_item_splitter_feed(struct bl_item_splitter *splitter, const char *data, size_t len,
                          struct bl_error **err)
{
    while (len) {
        size_t part = 1;

        if (splitter->in_item) {
            part = within(splitter, data, len);
            if (bl_strbuf_check(&splitter->item, "an item of the list", err) < 0)
                return -1;
            if (!splitter->inside.depth && end_item(splitter, err) < 0)
                return -1;
        } else if (splitter->in_items) {
            if (between(splitter, *data, err) < 0)
                return -1;
        } else {
            outside(splitter, *data);
        }
        data += part;
        len -= part;
    }
    return bl_strbuf_check(&splitter->envelope, "the list without its items", err);
}

int bl_item_splitter_end(const struct bl_item_splitter *splitter, struct bl_error **err)
{
    if (splitter->in_item || splitter->in_items || splitter->outside.depth)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "the list ended in the middle");
    return 0;
}

void bl_item_splitter_release(struct bl_item_splitter *splitter)
{
    bl_strbuf_wipe(&splitter->envelope);
    bl_strbuf_wipe(&splitter->item);
}
