/*
 * Two texts with a byte 1 between them: the first document of the first is rewritten to the value of
 * the first of the second. It must read back as that value, and rewriting to its own value must not
 * change a byte.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/json/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bl_yaml_doc *read_first(const char *text, size_t len)
{
    struct bl_yaml_stream stream;
    struct bl_yaml_segment segment;
    struct bl_yaml_doc *doc = NULL;
    BL_ERROR(err);

    bl_yaml_stream_init(&stream, text, len);
    if (!bl_yaml_next(&stream, &segment) || bl_yaml_parse("input", &segment, &doc, &err) < 0)
        return NULL;
    return doc;
}

/* A document without content reads as null. */
static bool reads_as(const struct bl_yaml_doc *doc, const cJSON *wanted)
{
    const cJSON *root = bl_yaml_doc_root(doc);

    return root ? bl_json_equal(root, wanted) : bl_json_is_null(wanted);
}

static void check(const struct bl_yaml_doc *doc, const cJSON *wanted, bool same)
{
    const struct bl_yaml_segment *segment = bl_yaml_doc_segment(doc);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *again = NULL;
    BL_ERROR(err);

    if (bl_yaml_rewrite(doc, wanted, &text, &err) < 0) {
        fprintf(stderr, "%s\n", bl_error_text(err));
        abort();
    }
    again = read_first(text.text, text.len);
    if (!again || !reads_as(again, wanted) ||
        (same && (text.len != segment->len || memcmp(text.text, segment->text, text.len) != 0))) {
        fprintf(stderr, "rewritten to something else:\n%s", text.text);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *second = size ? memchr(text, 1, size) : NULL;

    if (!second)
        return 0;

    size_t first_len = (size_t)(second - text);
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = read_first(text, first_len);
    BL_AUTO(bl_yaml_doc_cleanup)
    struct bl_yaml_doc *wanted = read_first(second + 1, size - first_len - 1);

    if (!doc || !wanted || !bl_yaml_doc_root(wanted))
        return 0;
    if (bl_yaml_doc_root(doc))
        check(doc, bl_yaml_doc_root(doc), true);
    check(doc, bl_yaml_doc_root(wanted), false);
    return 0;
}
