#include "ballast/base/log.h"

#include <string.h>

#include "unit.h"

#define NOON (INT64_C(1800000000) * 1000000000 + 5000000)

static const struct bl_log_field fields[] = {
    {.key = "plain", .text = "word"},        {.key = "spaced", .text = "two words"},
    {.key = "odd", .text = "a\"b\\c\n\x01"}, {.key = "empty", .text = ""},
    {.key = "number", .number = -3},         {0},
};

START_TEST(writes_both_forms)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf json = BL_STRBUF_INIT(4096);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf logfmt = BL_STRBUF_INIT(4096);

    bl_log_format_line(&json, BL_LOG_JSON, NOON, BL_LOG_WARN, "it happened", fields);
    ck_assert_str_eq(
        json.text,
        "{\"time\":\"2027-01-15T08:00:00.005Z\",\"level\":\"warn\",\"msg\":\"it happened\","
        "\"plain\":\"word\",\"spaced\":\"two words\",\"odd\":\"a\\\"b\\\\c\\n\\u0001\","
        "\"empty\":\"\",\"number\":-3}\n");
    bl_log_format_line(&logfmt, BL_LOG_LOGFMT, NOON, BL_LOG_INFO, "it", fields);
    ck_assert_str_eq(logfmt.text,
                     "time=2027-01-15T08:00:00.005Z level=info msg=it plain=word "
                     "spaced=\"two words\" odd=\"a\\\"b\\\\c\\n\\u0001\" empty=\"\" number=-3\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/log");
    TCase *tests = tcase_create("log");

    tcase_add_test(tests, writes_both_forms);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
