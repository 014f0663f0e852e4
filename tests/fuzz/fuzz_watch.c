/*
 * Any bytes as the stream of a watch and of a list: they are cut in the same places however they come in
 * pieces, and what is cut out of a list is an object if the list was one.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "ballast/json/json.h"
#include "split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_INPUT ((size_t)65536)

static int collect(void *context, const char *text, size_t len, struct bl_error **err BL_UNUSED)
{
    bl_strbuf_addf(context, "%zu:", len);
    bl_strbuf_add(context, text, len);
    return 0;
}

static void cut_lines(const char *data, size_t size, size_t piece, struct bl_strbuf *out)
{
    BL_AUTO(bl_line_splitter_release)
    struct bl_line_splitter splitter = {
        .line = BL_STRBUF_INIT(1024), .each = collect, .context = out};
    BL_ERROR(err);
    int rc = 0;

    for (size_t i = 0; i < size && rc == 0; i += piece)
        rc = bl_line_splitter_feed(&splitter, data + i, size - i < piece ? size - i : piece, &err);
    if (rc == 0)
        rc = bl_line_splitter_end(&splitter, &err);
    bl_strbuf_adds(out, err ? bl_error_text(err) : "whole");
    assert(!rc == !err);
}

static bool cut_items(const char *data, size_t size, size_t piece, struct bl_strbuf *out,
                      struct bl_strbuf *envelope)
{
    BL_AUTO(bl_item_splitter_release)
    struct bl_item_splitter splitter = {.envelope = BL_STRBUF_INIT(1024),
                                        .item = BL_STRBUF_INIT(1024),
                                        .each = collect,
                                        .context = out};
    BL_ERROR(err);
    int rc = 0;

    for (size_t i = 0; i < size && rc == 0; i += piece)
        rc = bl_item_splitter_feed(&splitter, data + i, size - i < piece ? size - i : piece, &err);
    if (rc == 0)
        rc = bl_item_splitter_end(&splitter, &err);
    assert(!rc == !err);
    bl_strbuf_swap(envelope, &splitter.envelope);
    return rc == 0;
}

/* Of a text that is JSON the envelope is too. */
static void check_envelope(const char *data, size_t size, const struct bl_strbuf *envelope)
{
    BL_AUTO_JSON cJSON *whole = NULL, *rest = NULL;
    BL_ERROR(bad);
    BL_ERROR(err);

    if (bl_json_parse(data, size, &whole, &bad) == 0)
        assert(bl_json_parse(envelope->text, envelope->len, &rest, &err) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf once = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf again = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf envelope = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf other = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    const char *text = (const char *)data;
    bool whole;

    if (size < 1 || size > SIZE_MAX_INPUT)
        return 0;
    cut_lines(text, size, size, &once);
    cut_lines(text, size, 1 + data[0] % 7, &again);
    assert(once.len == again.len && memcmp(once.text, again.text, once.len) == 0);

    bl_strbuf_reset(&once);
    bl_strbuf_reset(&again);
    whole = cut_items(text, size, size, &once, &envelope);
    assert(whole == cut_items(text, size, 1 + data[0] % 7, &again, &other));
    assert(once.len == again.len && memcmp(once.text, again.text, once.len) == 0);
    if (whole)
        check_envelope(text, size, &envelope);
    return 0;
}
