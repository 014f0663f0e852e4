/* Streams cut into objects, whatever the size of the pieces in which they come. */
#include <string.h>

#include "ballast/base/mem.h"
#include "split.h"
#include "unit.h"

/* Collects what is cut out, each in <>. */
static int collect(void *context, const char *text, size_t len, struct bl_error **err)
{
    struct bl_strbuf *out = context;

    if (len == 4 && memcmp(text, "STOP", 4) == 0)
        return bl_fail(err, BL_ERR_CONFLICT, "stopped");
    bl_strbuf_addc(out, '<');
    bl_strbuf_add(out, text, len);
    bl_strbuf_addc(out, '>');
    return 0;
}

static const struct {
    const char *stream, *events, *end, *why;
} lines[] = {
    {"", "", NULL, "nothing"},
    {"{}\n", "<{}>", NULL, "one"},
    {"{}\r\n\n  \n{1}\n", "<{}><{1}>", NULL, "blank lines and carriage returns"},
    {"{}\n{\"a\":", "<{}>", "the watch ended in the middle of an event", "cut off"},
};

START_TEST(lines_of_a_watch)
{
    for (size_t piece = 1; piece < 8; piece++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(4096);
        BL_AUTO(bl_line_splitter_release)
        struct bl_line_splitter splitter = {
            .line = BL_STRBUF_INIT(64), .each = collect, .context = &out};
        const char *stream = lines[_i].stream;
        BL_ERROR(err);

        for (size_t i = 0; i < strlen(stream); i += piece) {
            size_t left = strlen(stream) - i;

            ck_assert_int_eq(
                bl_line_splitter_feed(&splitter, stream + i, left < piece ? left : piece, &err), 0);
        }
        BL_WHY(strcmp(out.text, lines[_i].events) == 0, lines[_i].why);
        BL_WHY(bl_line_splitter_end(&splitter, &err) == (lines[_i].end ? -1 : 0), lines[_i].why);
        if (lines[_i].end)
            ck_assert_str_eq(bl_error_text(err), lines[_i].end);
    }
}
END_TEST

START_TEST(line_limits)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(4096);
    BL_AUTO(bl_line_splitter_release)
    struct bl_line_splitter splitter = {
        .line = BL_STRBUF_INIT(4), .each = collect, .context = &out};
    BL_ERROR(stopped);
    BL_ERROR(large);

    ck_assert_int_eq(bl_line_splitter_feed(&splitter, "STOP\n", 5, &stopped), -1);
    ck_assert_str_eq(bl_error_text(stopped), "stopped");
    bl_strbuf_reset(&splitter.line);
    ck_assert_int_eq(bl_line_splitter_feed(&splitter, "12345", 5, &large), -1);
    ck_assert_str_eq(bl_error_text(large), "a line of the watch is larger than 4 bytes");
}
END_TEST

static const struct {
    const char *stream, *items, *envelope, *fails, *why;
} lists[] = {
    {"{\"items\":[]}", "", "{\"items\":[]}", NULL, "empty"},
    {"{\"kind\":\"L\",\"items\":[{\"a\":1},{\"b\":[{}]}],\"z\":1}", "<{\"a\":1}><{\"b\":[{}]}>",
     "{\"kind\":\"L\",\"items\":[],\"z\":1}", NULL, "two"},
    {"{ \"items\" : [ {} ,\n{} ] }", "<{}><{}>", "{ \"items\" : [] }", NULL, "white space"},
    {"{\"items\":[{\"s\":\"}\\\"]{\\\\\"}]}", "<{\"s\":\"}\\\"]{\\\\\"}>", "{\"items\":[]}", NULL,
     "brackets and quotes in strings"},
    {"{\"a\":{\"items\":[{}]},\"b\":\"items\",\"items\":null}", "",
     "{\"a\":{\"items\":[{}]},\"b\":\"items\",\"items\":null}", NULL, "items that are others"},
    {"{\"a\":\"items\",\"b\":[{}]}", "", "{\"a\":\"items\",\"b\":[{}]}", NULL, "a value"},
    {"{\"items\":[1]}", "", NULL, "the list has an item that is no object", "a number"},
    {"{\"items\":[[]]}", "", NULL, "the list has an item that is no object", "an array"},
    {"{\"items\":[{}", "<{}>", NULL, "the list ended in the middle", "cut between"},
    {"{\"items\":[{", "", NULL, "the list ended in the middle", "cut within"},
    {"{\"items\":[]", "", NULL, "the list ended in the middle", "cut behind"},
    {"{\"items\":[{\"a\":\"0123456789012345678901234567890123456789\"}]}", "", NULL,
     "an item of the list is larger than 32 bytes", "too large an item"},
    {"{\"a\":\"01234567890123456789012345678901234567890123456789012345678901234567890\"}", "",
     NULL, "the list without its items is larger than 64 bytes", "too large an envelope"},
};

static int feed_all(struct bl_item_splitter *splitter, const char *stream, size_t piece,
                    struct bl_error **err)
{
    for (size_t i = 0; i < strlen(stream); i += piece) {
        size_t left = strlen(stream) - i;

        if (bl_item_splitter_feed(splitter, stream + i, left < piece ? left : piece, err) < 0)
            return -1;
    }
    return bl_item_splitter_end(splitter, err);
}

START_TEST(items_of_a_list)
{
    for (size_t piece = 1; piece < 100; piece += piece < 8 ? 1 : 90) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(4096);
        BL_AUTO(bl_item_splitter_release)
        struct bl_item_splitter splitter = {.envelope = BL_STRBUF_INIT(64),
                                            .item = BL_STRBUF_INIT(32),
                                            .each = collect,
                                            .context = &out};
        BL_ERROR(err);
        int rc = feed_all(&splitter, lists[_i].stream, piece, &err);

        BL_WHY(rc == (lists[_i].fails ? -1 : 0), lists[_i].why);
        BL_WHY(strcmp(out.text, lists[_i].items) == 0, lists[_i].why);
        if (lists[_i].fails)
            ck_assert_str_eq(bl_error_text(err), lists[_i].fails);
        else
            ck_assert_str_eq(splitter.envelope.text, lists[_i].envelope);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("split");
    TCase *tc = tcase_create("split");

    tcase_add_loop_test(tc, lines_of_a_watch, 0, (int)BL_ARRAY_LEN(lines));
    tcase_add_test(tc, line_limits);
    tcase_add_loop_test(tc, items_of_a_list, 0, (int)BL_ARRAY_LEN(lists));
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
