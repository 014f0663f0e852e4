/* What is shown to people: text as it is, and what a terminal would obey by its number. */
#include "print.h"

#include <string.h>

#include "unit.h"

static const struct {
    const char *why, *text, *shown;
} rows[] = {
    {"nothing", "", ""},
    {"plain text", "kafka-0: 3 of 3", "kafka-0: 3 of 3"},
    {"lines and tabs", "a\n\tb\n", "a\n\tb\n"},
    {"other scripts",
     "gr\xc3\xb6\xc3\x9f"
     "e \xe2\x80\xa6 \xf0\x9f\x98\x80",
     "gr\xc3\xb6\xc3\x9f"
     "e \xe2\x80\xa6 \xf0\x9f\x98\x80"},
    {"ESC", "\x1b[2J", "\\x1b[2J"},
    {"CR hides what stands before it", "denied\rfine",
     "denied\\x0d"
     "fine"},
    {"backspace and BEL", "a\b\a", "a\\x08\\x07"},
    {"DEL", "a\x7f", "a\\x7f"},
    {"the first and the last of C1", "\xc2\x80\xc2\x9f", "\\x80\\x9f"},
    {"the first behind C1", "\xc2\xa0", "\xc2\xa0"},
    {"CSI as a byte is no UTF-8",
     "\x9b"
     "2J",
     "\\x9b2J"},
    {"an overlong ESC", "\xc0\x9b[2J", "\\xc0\\x9b[2J"},
    {"cut short", "a\xe2\x80", "a\\xe2\\x80"},
};

START_TEST(visible)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    cli_add_visible(&out, rows[_i].text, strlen(rows[_i].text));
    BL_WHY(strcmp(out.text, rows[_i].shown) == 0, rows[_i].why);
}
END_TEST

/* A NUL does not end it. */
START_TEST(nul)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    cli_add_visible(&out, "a\0b", 3);
    ck_assert_str_eq(out.text, "a\\x00b");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli/print");
    TCase *tests = tcase_create("visible");

    tcase_add_loop_test(tests, visible, 0, (int)BL_ARRAY_LEN(rows));
    tcase_add_test(tests, nul);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
