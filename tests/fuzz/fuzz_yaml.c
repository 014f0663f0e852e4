/*
 * Any text: the segments are the text, every segment is read or refused, and what was read is written,
 * read back and equal.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "ballast/json/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_written(const cJSON *value)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *again = NULL;
    BL_ERROR(err);

    bl_yaml_write(&text, value, 0);

    const struct bl_yaml_segment segment = {text.text, text.len, 1, 0, 0};
    if (bl_yaml_parse("written", &segment, &again, &err) < 0) {
        fprintf(stderr, "%s\n%s", bl_error_text(err), text.text);
        abort();
    }
    if (!bl_json_equal(value, bl_yaml_doc_root(again))) {
        fprintf(stderr, "reads back as something else:\n%s", text.text);
        abort();
    }
}

static void check_origins(const struct bl_yaml_doc *doc, const cJSON *value)
{
    const struct bl_origin *origin = bl_yaml_doc_origin(doc, value);
    const struct bl_yaml_segment *segment = bl_yaml_doc_segment(doc);

    if (!origin || origin->start > origin->end || origin->end > segment->len ||
        origin->key_start > origin->start || origin->line < segment->line) {
        fprintf(stderr, "a value without a place\n");
        abort();
    }
    for (const cJSON *child = value->child; child; child = child->next)
        check_origins(doc, child);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bl_yaml_stream stream;
    struct bl_yaml_segment segment;
    const char *at = (const char *)data;

    bl_yaml_stream_init(&stream, at, size);
    while (bl_yaml_next(&stream, &segment)) {
        BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;
        BL_ERROR(err);

        if (segment.text != at || !segment.len)
            abort();
        at += segment.len;
        if (bl_yaml_parse("input", &segment, &doc, &err) < 0 || !bl_yaml_doc_root(doc))
            continue;
        check_origins(doc, bl_yaml_doc_root(doc));
        check_written(bl_yaml_doc_root(doc));
    }
    if (at != (const char *)data + size)
        abort();
    return 0;
}
