/* RFC 4648's own examples, and one spelling for each value. */
#include "ballast/base/base64.h"

#include <string.h>

#include "unit.h"

static const struct {
    const char *plain, *coded;
} vectors[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
};

START_TEST(rfc_examples_both_ways)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(vectors); i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf coded = BL_STRBUF_INIT(100);
        BL_AUTO(bl_strbuf_release) struct bl_strbuf plain = BL_STRBUF_INIT(100);
        BL_ERROR(err);

        bl_base64_encode(&coded, vectors[i].plain, strlen(vectors[i].plain));
        ck_assert_str_eq(coded.text, vectors[i].coded);
        ck_assert_int_eq(bl_base64_decode(&plain, coded.text, coded.len, &err), 0);
        ck_assert_str_eq(plain.text, vectors[i].plain);
    }
}
END_TEST

START_TEST(for_urls)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf coded = BL_STRBUF_INIT(100);

    bl_strbuf_adds(&coded, "a+/=");
    bl_base64url_encode(&coded, "\xfb\xff\xfe?", 4);
    ck_assert_str_eq(coded.text, "a+/=-__-Pw");
    bl_base64url_encode(&coded, "", 0);
    bl_base64url_encode(&coded, "foo", 3);
    ck_assert_str_eq(coded.text, "a+/=-__-PwZm9v");
}
END_TEST

START_TEST(every_byte_survives)
{
    unsigned char bytes[256];
    BL_AUTO(bl_strbuf_release) struct bl_strbuf coded = BL_STRBUF_INIT(1000);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf plain = BL_STRBUF_INIT(1000);
    BL_ERROR(err);

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)i;
    bl_base64_encode(&coded, bytes, sizeof(bytes));
    ck_assert_uint_eq(coded.len, 344);
    ck_assert_ptr_nonnull(strstr(coded.text, "+/"));
    ck_assert_int_eq(bl_base64_decode(&plain, coded.text, coded.len, &err), 0);
    ck_assert_uint_eq(plain.len, sizeof(bytes));
    ck_assert_mem_eq(plain.text, bytes, sizeof(bytes));
}
END_TEST

static const struct {
    const char *why, *text;
} invalid[] = {
    {"no padding", "Zg"},
    {"half the padding", "Zg="},
    {"padding alone", "===="},
    {"three of it", "Z==="},
    {"padding before the end", "Zg==Zg=="},
    {"a letter after padding", "Zm=v"},
    {"URL alphabet", "-_-_"},
    {"white space", "Zm9v\n"},
    {"white space inside", "Zm 9"},
    {"bits left over behind one byte", "Zh=="},
    {"bits left over behind two", "Zm9="},
    {"not ASCII", "Zm9\xff"},
};

START_TEST(invalid_is_refused)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(invalid); i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf plain = BL_STRBUF_INIT(100);
        BL_ERROR(err);

        bl_strbuf_adds(&plain, "before");
        BL_WHY(bl_base64_decode(&plain, invalid[i].text, strlen(invalid[i].text), &err) == -1,
               invalid[i].why);
        ck_assert_str_eq(bl_error_text(err), "text is not base64 (RFC 4648)");
        BL_WHY(strcmp(plain.text, "before") == 0, invalid[i].why);
    }
}
END_TEST

START_TEST(a_nul_is_no_letter)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf plain = BL_STRBUF_INIT(100);
    BL_ERROR(err);

    ck_assert_int_eq(bl_base64_decode(&plain, "Zm9\0", 4, &err), -1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/base64");
    TCase *tests = tcase_create("base64");

    tcase_add_test(tests, rfc_examples_both_ways);
    tcase_add_test(tests, for_urls);
    tcase_add_test(tests, every_byte_survives);
    tcase_add_test(tests, invalid_is_refused);
    tcase_add_test(tests, a_nul_is_no_letter);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
