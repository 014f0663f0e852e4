/* A buffer never passes its limit, never holds NULL, and remembers that it dropped something. */
#include "ballast/base/strbuf.h"

#include <string.h>

#include "unit.h"

START_TEST(starts_empty_and_terminated)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf buf = BL_STRBUF_INIT(10);

    ck_assert_str_eq(buf.text, "");
    ck_assert_uint_eq(buf.len, 0);
    bl_strbuf_add(&buf, NULL, 0);
    bl_strbuf_reset(&buf);
    bl_strbuf_cut(&buf, 0);
    bl_strbuf_trim(&buf);
    ck_assert_str_eq(buf.text, "");
    ck_assert_int_eq(bl_strbuf_empty[0], '\0');
}
END_TEST

START_TEST(appends)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf buf = BL_STRBUF_INIT(1000);

    bl_strbuf_adds(&buf, "ab");
    bl_strbuf_add(&buf, "c\0d", 3);
    bl_strbuf_addc(&buf, 'e');
    bl_strbuf_repeat(&buf, '-', 3);
    bl_strbuf_repeat(&buf, '!', 0);
    bl_strbuf_addf(&buf, "%d:%s", 7, "x");
    ck_assert_uint_eq(buf.len, 12);
    ck_assert_mem_eq(buf.text, "abc\0de---7:x", 13);
}
END_TEST

START_TEST(grows_past_any_doubling)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf buf = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (int i = 0; i < 10000; i++)
        bl_strbuf_addf(&buf, "%04d", i);
    ck_assert_uint_eq(buf.len, 40000);
    ck_assert_uint_eq(strlen(buf.text), 40000);
    ck_assert_str_eq(buf.text + 39996, "9999");
    ck_assert(!buf.overflowed);
}
END_TEST

static const struct {
    const char *why, *first, *second, *want;
    bool overflows;
} limits[] = {
    {"fits with room", "abc", "d", "abcd", false},
    {"fits exactly", "abc", "de", "abcde", false},
    {"one byte too many is dropped", "abc", "def", "abcde", true},
    {"full already", "abcde", "f", "abcde", true},
    {"nothing more into a full one is no overflow", "abcde", "", "abcde", false},
    {"the first alone is too long", "abcdefgh", "", "abcde", true},
};

START_TEST(limit_holds)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(limits); i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf buf = BL_STRBUF_INIT(5);
        BL_ERROR(err);

        bl_strbuf_adds(&buf, limits[i].first);
        bl_strbuf_adds(&buf, limits[i].second);
        BL_WHY(strcmp(buf.text, limits[i].want) == 0, limits[i].why);
        BL_WHY(buf.len == strlen(limits[i].want), limits[i].why);
        BL_WHY(bl_strbuf_check(&buf, "the text", &err) == (limits[i].overflows ? -1 : 0),
               limits[i].why);
        if (limits[i].overflows) {
            ck_assert_str_eq(bl_error_text(err), "the text is larger than 5 bytes");
            ck_assert_int_eq(bl_error_code(err), BL_ERR_TOO_LARGE);
        }
    }
}
END_TEST

START_TEST(overflow_sticks_until_reset)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf buf = BL_STRBUF_INIT(3);

    bl_strbuf_adds(&buf, "abcd");
    bl_strbuf_cut(&buf, 1);
    bl_strbuf_adds(&buf, "x");
    ck_assert(buf.overflowed);
    ck_assert_str_eq(buf.text, "ax");
    bl_strbuf_reset(&buf);
    ck_assert(!buf.overflowed);
    ck_assert_str_eq(buf.text, "");
    bl_strbuf_adds(&buf, "xyz");
    ck_assert(!buf.overflowed);
}
END_TEST

static const struct {
    const char *why, *text, *want;
} trims[] = {
    {"both ends", " \t a b \r\n", "a b"},
    {"nothing to trim", "ab", "ab"},
    {"white space alone", " \n ", ""},
    {"front alone", "\n\nx", "x"},
    {"end alone", "x\n", "x"},
};

START_TEST(trim_cuts_white_space)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(trims); i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf buf = BL_STRBUF_INIT(100);

        bl_strbuf_adds(&buf, trims[i].text);
        bl_strbuf_trim(&buf);
        BL_WHY(strcmp(buf.text, trims[i].want) == 0, trims[i].why);
        BL_WHY(buf.len == strlen(trims[i].want), trims[i].why);
    }
}
END_TEST

START_TEST(take_hands_the_text_over)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf buf = BL_STRBUF_INIT(100);
    char *text;

    text = bl_strbuf_take(&buf);
    ck_assert_str_eq(text, "");
    free(text);

    bl_strbuf_adds(&buf, "kafka");
    text = bl_strbuf_take(&buf);
    ck_assert_str_eq(text, "kafka");
    free(text);
    ck_assert_str_eq(buf.text, "");
    bl_strbuf_adds(&buf, "again");
    ck_assert_str_eq(buf.text, "again");
}
END_TEST

START_TEST(swap_and_wipe)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf a = BL_STRBUF_INIT(10);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf b = BL_STRBUF_INIT(20);

    bl_strbuf_adds(&a, "secret");
    bl_strbuf_swap(&a, &b);
    ck_assert_str_eq(a.text, "");
    ck_assert_str_eq(b.text, "secret");
    ck_assert_uint_eq(a.max, 20);
    ck_assert_uint_eq(b.max, 10);
    bl_strbuf_wipe(&b);
    ck_assert_str_eq(b.text, "");
    ck_assert_uint_eq(b.cap, 0);
}
END_TEST

START_TEST(cutting_beyond_the_end_aborts)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf buf = BL_STRBUF_INIT(10);

    bl_strbuf_adds(&buf, "abc");
    bl_strbuf_cut(&buf, 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/strbuf");
    TCase *tests = tcase_create("strbuf");

    tcase_add_test(tests, starts_empty_and_terminated);
    tcase_add_test(tests, appends);
    tcase_add_test(tests, grows_past_any_doubling);
    tcase_add_test(tests, limit_holds);
    tcase_add_test(tests, overflow_sticks_until_reset);
    tcase_add_test(tests, trim_cuts_white_space);
    tcase_add_test(tests, take_hands_the_text_over);
    tcase_add_test(tests, swap_and_wipe);
    tcase_add_test_raise_signal(tests, cutting_beyond_the_end_aborts, 6);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
