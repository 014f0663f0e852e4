#include <string.h>

#include "yaml_change.h"
#include "yaml_write.h"

/*
 * Splicing trusts libyaml's marks and knows only the common forms of YAML, so every result is read
 * again. What does not read as wanted is dropped for the next, blunter way; the last ones write the
 * whole document anew.
 */
enum way {
    KEEP_ALIASES = 1,
    EXPAND_ALIASES,
    WRITE_BLOCK,
    WRITE_JSON,
    WRITE_FLOW,
    WRITE_BARE,
};

struct rewrite {
    const struct bl_yaml_doc *doc;
    const cJSON *wanted;
    const char *text; /* the segment's, with a newline at the end */
    size_t len;
};

static bool same_value(const cJSON *root, const cJSON *wanted)
{
    if (!root || !wanted)
        return bl_json_is_null(root) && bl_json_is_null(wanted);
    return bl_json_equal(root, wanted);
}

/* One document that reads as wanted? */
static bool reads_as_wanted(const struct rewrite *rewrite, const char *text, size_t len)
{
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;
    struct bl_yaml_segment segment;
    struct bl_yaml_stream stream;
    BL_ERROR(ignored);

    bl_yaml_stream_init(&stream, text, len);
    if (!bl_yaml_next(&stream, &segment) || segment.len != len ||
        bl_yaml_parse(rewrite->doc->file, &segment, &doc, &ignored) < 0)
        return false;
    return same_value(doc->root, rewrite->wanted);
}

static bool splice(const struct rewrite *rewrite, bool expand, struct bl_strbuf *out)
{
    BL_AUTO(bl_splice_release) struct bl_splice splice = {0};
    struct bl_change change = {&splice, expand};
    struct bl_text_place place = {.kind = BL_PLACE_ROOT};

    if (!rewrite->doc->root || rewrite->doc->json || (expand && !rewrite->doc->has_aliases))
        return false;
    bl_splice_init(&splice, rewrite->text, rewrite->len);
    return bl_change_value(&change, rewrite->doc->root, rewrite->wanted, place) &&
           bl_splice_apply(&splice, out);
}

static bool begins_as_json(const struct rewrite *rewrite)
{
    struct bl_splice splice;
    size_t bom = bl_yaml_bom(rewrite->text, rewrite->len);

    bl_splice_init(&splice, rewrite->text, rewrite->len);
    bom = bl_splice_skip(&splice, bom, false);
    return bom < rewrite->len && (rewrite->text[bom] == '{' || rewrite->text[bom] == '[');
}

static void write_value(const struct rewrite *rewrite, enum way way, struct bl_strbuf *out)
{
    if (way == WRITE_BLOCK)
        bl_yaml_write(out, rewrite->wanted, 0);
    else if (way == WRITE_JSON)
        bl_json_write_pretty(out, rewrite->wanted);
    else
        bl_yaml_write_flow(out, rewrite->wanted, true);
    if (way == WRITE_FLOW)
        bl_strbuf_addc(out, '\n');
}

/* Where a document without a value has room for one: at the end, but before a "..." line. */
static size_t end_of_nothing(const struct bl_splice *splice)
{
    size_t last = splice->len ? bl_splice_line_start(splice, splice->len - 1) : 0;

    return splice->len - last > 3 && memcmp(splice->text + last, "...", 3) == 0 ? last
                                                                                : splice->len;
}

/* Keeps what stands before the first line of the value, and behind its last one. */
static bool write_whole(const struct rewrite *rewrite, enum way way, struct bl_strbuf *out)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf value = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    const cJSON *root = rewrite->doc->root;
    struct bl_splice splice;
    size_t start, end;
    bool marker = false;

    if ((way == WRITE_BLOCK) == begins_as_json(rewrite) && way != WRITE_FLOW)
        return false;
    bl_splice_init(&splice, rewrite->text, rewrite->len);
    start = end = end_of_nothing(&splice);
    if (root) {
        const struct bl_origin *origin = &bl_yaml_node_of(root)->origin;

        start = bl_splice_line_start(&splice, origin->start);
        end = bl_splice_line_end(&splice, origin->end);
        marker = origin->start - start > 3 && memcmp(rewrite->text + start, "---", 3) == 0;
    }
    bl_strbuf_add(out, rewrite->text, start);
    /* "--- {a: 1}" or "--- &x": the value had the marker's line. */
    if (marker)
        bl_splice_add(&splice, out, "---\n");
    write_value(rewrite, way, &value);
    bl_splice_add(&splice, out, value.text);
    bl_strbuf_add(out, rewrite->text + end, rewrite->len - end);
    return true;
}

/* The value and nothing else, but for what keeps it apart from its neighbours. */
static bool write_bare(const struct rewrite *rewrite, struct bl_strbuf *out)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf value = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    struct bl_splice splice;
    size_t end;

    bl_splice_init(&splice, rewrite->text, rewrite->len);
    end = end_of_nothing(&splice);
    bl_strbuf_add(out, rewrite->text, bl_yaml_bom(rewrite->text, rewrite->len));
    bl_strbuf_adds(&value, "---\n");
    bl_yaml_write(&value, rewrite->wanted, 0);
    bl_splice_add(&splice, out, value.text);
    bl_strbuf_add(out, rewrite->text + end, rewrite->len - end);
    return true;
}

static bool make(const struct rewrite *rewrite, enum way way, struct bl_strbuf *out)
{
    if (way == KEEP_ALIASES || way == EXPAND_ALIASES)
        return splice(rewrite, way == EXPAND_ALIASES, out);
    return way == WRITE_BARE ? write_bare(rewrite, out) : write_whole(rewrite, way, out);
}

static bool attempt(const struct rewrite *rewrite, enum way way, struct bl_strbuf *out)
{
    if (!make(rewrite, way, out))
        return false;
    if (reads_as_wanted(rewrite, out->text, out->len))
        return true;
    /* A block scalar at the end of a file may have no newline, and mean it. */
    if (rewrite->len == rewrite->doc->segment.len || !out->len || out->text[out->len - 1] != '\n')
        return false;
    bl_strbuf_cut(out, out->len - (rewrite->len - rewrite->doc->segment.len));
    return reads_as_wanted(rewrite, out->text, out->len);
}

static int rewrite_text(const struct bl_yaml_doc *doc, const cJSON *wanted, struct bl_strbuf *out,
                        struct bl_error **err)
{
    const struct bl_yaml_segment *segment = &doc->segment;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf result = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_strbuf_add(&text, segment->text, segment->len);
    if (segment->len && segment->text[segment->len - 1] != '\n')
        bl_strbuf_adds(&text, memchr(segment->text, '\r', segment->len) ? "\r\n" : "\n");

    const struct rewrite rewrite = {doc, wanted, text.text, text.len};
    for (enum way way = KEEP_ALIASES; way <= WRITE_BARE; way++) {
        bl_strbuf_reset(&result);
        if (attempt(&rewrite, way, &result)) {
            bl_strbuf_add(out, result.text, result.len);
            return 0;
        }
    }
    return bl_fail(err, BL_ERR_INTERNAL,
                   "%s:%u: cannot write the changed document so that it reads back the same",
                   doc->file, segment->line);
}

int bl_yaml_rewrite(const struct bl_yaml_doc *doc, const cJSON *wanted, struct bl_strbuf *out,
                    struct bl_error **err)
{
    if (!same_value(doc->root, wanted))
        return rewrite_text(doc, wanted, out, err);
    bl_strbuf_add(out, doc->segment.text, doc->segment.len);
    return 0;
}
