#include "yaml_splice.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "yaml_doc.h"

void bl_splice_init(struct bl_splice *splice, const char *text, size_t len)
{
    const char *newline = memchr(text, '\n', len);

    *splice = (struct bl_splice){.text = text, .len = len};
    splice->crlf = newline && newline > text && newline[-1] == '\r';
}

void bl_splice_cut(struct bl_splice *splice, size_t count)
{
    while (splice->count > count)
        free(splice->items[--splice->count].text);
}

void bl_splice_release(struct bl_splice *splice)
{
    bl_splice_cut(splice, 0);
    free(splice->items);
}

void bl_splice_add(const struct bl_splice *splice, struct bl_strbuf *out, const char *text)
{
    for (const char *newline; splice->crlf && (newline = strchr(text, '\n')); text = newline + 1) {
        bl_strbuf_add(out, text, (size_t)(newline - text));
        bl_strbuf_adds(out, "\r\n");
    }
    bl_strbuf_adds(out, text);
}

void bl_splice_put(struct bl_splice *splice, size_t start, size_t end, const char *text)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf piece = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    struct bl_edit_range *edit;

    bl_splice_add(splice, &piece, text);
    splice->items = bl_grow(splice->items, splice->count, &splice->cap, sizeof(splice->items[0]));
    edit = &splice->items[splice->count];
    *edit = (struct bl_edit_range){start, end, bl_strbuf_take(&piece), splice->count};
    splice->count++;
}

static int by_place(const void *a, const void *b)
{
    const struct bl_edit_range *x = a, *y = b;
    bool x_inserts = x->start == x->end, y_inserts = y->start == y->end;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x_inserts != y_inserts)
        return x_inserts ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

bool bl_splice_apply(struct bl_splice *splice, struct bl_strbuf *out)
{
    size_t at = 0;

    if (splice->count)
        qsort(splice->items, splice->count, sizeof(splice->items[0]), by_place);
    for (size_t i = 0; i < splice->count; i++) {
        const struct bl_edit_range *edit = &splice->items[i];

        if (edit->start < at || edit->end < edit->start)
            return false;
        bl_strbuf_add(out, splice->text + at, edit->start - at);
        bl_strbuf_adds(out, edit->text);
        at = edit->end;
    }
    bl_strbuf_add(out, splice->text + at, splice->len - at);
    return true;
}

size_t bl_splice_line_start(const struct bl_splice *splice, size_t at)
{
    size_t bom = bl_yaml_bom(splice->text, splice->len);

    while (at > bom && splice->text[at - 1] != '\n')
        at--;
    return at;
}

size_t bl_splice_line_end(const struct bl_splice *splice, size_t at)
{
    const char *newline = memchr(splice->text + at, '\n', splice->len - at);

    return newline ? (size_t)(newline - splice->text) + 1 : splice->len;
}

size_t bl_splice_column(const struct bl_splice *splice, size_t at)
{
    return at - bl_splice_line_start(splice, at);
}

bool bl_splice_starts_line(const struct bl_splice *splice, size_t at)
{
    size_t start = bl_splice_line_start(splice, at);

    while (start < at && splice->text[start] == ' ')
        start++;
    return start == at;
}

size_t bl_splice_skip(const struct bl_splice *splice, size_t at, bool comments)
{
    while (at < splice->len) {
        if (comments && splice->text[at] == '#')
            at = bl_splice_line_end(splice, at);
        else if (bl_yaml_is_space(splice->text[at]))
            at++;
        else
            break;
    }
    return at;
}
