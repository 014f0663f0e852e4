#include "ballast/json/pack.h"

#include "ballast/base/mem.h"
#include "json_help.h"
#include "unit.h"

static const struct {
    const char *why, *json;
} rows[] = {
    {"nothing in it", "{}"},
    {"no object", "[]"},
    {"a text", "'text'"},
    {"an empty text", "{'':''}"},
    {"numbers and truth", "[0,-1,1.5,1e300,true,false,null]"},
    {"the same texts again", "[{'type':'Ready','status':'True'},{'type':'True','status':'type'}]"},
    {"a pod", "{'metadata':{'name':'kafka-0','labels':{'app':'kafka'}},"
              "'status':{'conditions':[{'type':'Ready','status':'True'}]}}"},
};

static void expect_same(const cJSON *value, const cJSON *packed, const char *why)
{
    BL_AUTO(bl_strbuf_release)
    struct bl_strbuf a = BL_STRBUF_INIT(65536), b = BL_STRBUF_INIT(65536);

    BL_WHY(bl_json_equal(value, packed), why);
    bl_json_write(&a, value);
    bl_json_write(&b, packed);
    ck_assert_msg(strcmp(a.text, b.text) == 0, "%s: %s and %s", why, a.text, b.text);
}

START_TEST(says_the_same)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO_JSON cJSON *value = help_json(rows[i].json);
        size_t bytes = 0;
        BL_AUTO(bl_json_pack_cleanup) const cJSON *packed = bl_json_pack(value, &bytes);

        expect_same(value, packed, rows[i].why);
        BL_WHY(bytes >= sizeof(cJSON), rows[i].why);
    }
}
END_TEST

/* Copies own their texts, whatever the value that was packed borrowed. */
START_TEST(outlives_nothing)
{
    BL_AUTO_JSON cJSON *expected = help_json("{'a':[{'b':'text'}],'c':1}");
    cJSON *value = bl_json_copy(expected), *borrowed = bl_json_borrow(value);
    size_t bytes;
    const cJSON *packed = bl_json_pack(borrowed, &bytes);
    cJSON *copy, *duplicate;

    bl_json_free(borrowed);
    bl_json_free(value);
    copy = bl_json_copy(packed);
    duplicate = cJSON_Duplicate(packed, true);
    expect_same(expected, packed, "packed");
    bl_json_pack_free(packed);
    expect_same(expected, copy, "copied");
    expect_same(expected, duplicate, "duplicated");
    bl_json_add_int(copy, "d", 2);
    ck_assert_uint_eq(bl_json_len(copy), 3);
    bl_json_free(copy);
    bl_json_free(duplicate);
}
END_TEST

START_TEST(has_each_text_once)
{
    BL_AUTO_JSON cJSON *one = help_json("[{'key':'a text of some length'}]");
    BL_AUTO_JSON cJSON *two = help_json("[{'key':'a text of some length'},{'key':'key'}]");
    size_t bytes_one, bytes_two;

    bl_json_pack_free(bl_json_pack(one, &bytes_one));
    bl_json_pack_free(bl_json_pack(two, &bytes_two));
    ck_assert_uint_eq(bytes_one,
                      3 * sizeof(cJSON) + sizeof("key") + sizeof("a text of some length"));
    ck_assert_uint_eq(bytes_two, bytes_one + 2 * sizeof(cJSON));
}
END_TEST

START_TEST(folds_and_unfolds)
{
    BL_AUTO_JSON cJSON *value =
        help_json("{'a':{'b':['a \\\\ b',1.5,null]},'text':'[1','none':null}");
    BL_AUTO_JSON cJSON *before = bl_json_copy(bl_json_get(value, "a"));
    BL_AUTO_JSON cJSON *whole = bl_json_unfold(bl_json_get(value, "a"));
    BL_AUTO_JSON cJSON *again = NULL;

    expect_same(before, whole, "it was not folded");
    bl_json_fold(value, "a");
    ck_assert_str_eq(bl_json_string(value, "a"), "{\"b\":[\"a \\\\ b\",1.5,null]}");
    bl_json_fold(value, "a");
    again = bl_json_unfold(bl_json_get(value, "a"));
    expect_same(before, again, "it was folded twice");
    bl_json_fold(value, "no such");
    ck_assert_uint_eq(bl_json_len(value), 3);
    ck_assert_ptr_null(bl_json_unfold(bl_json_get(value, "text")));
    ck_assert_ptr_null(bl_json_unfold(NULL));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json/pack");
    TCase *tests = tcase_create("pack");

    tcase_add_test(tests, says_the_same);
    tcase_add_test(tests, outlives_nothing);
    tcase_add_test(tests, has_each_text_once);
    tcase_add_test(tests, folds_and_unfolds);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
