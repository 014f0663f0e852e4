/* Reading values out of a tree, comparing and building trees. */
#include "ballast/json/json.h"

#include <math.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "json_help.h"
#include "unit.h"

START_TEST(look_ups_miss_quietly)
{
    BL_AUTO_JSON cJSON *o = help_json("{'a':{'b':{'c':'x'}},'n':null,'t':true,'f':false,'l':[1]}");
    const cJSON *a = bl_json_get(o, "a");

    ck_assert_str_eq(bl_json_at(o, "a", "b", "c", NULL)->valuestring, "x");
    ck_assert_ptr_eq(bl_json_at(o, NULL), o);
    ck_assert_ptr_null(bl_json_at(o, "a", "none", "c", NULL));
    ck_assert_ptr_null(bl_json_at(NULL, "a", NULL));
    ck_assert_ptr_null(bl_json_get(o, "A"));
    ck_assert_ptr_null(bl_json_get(NULL, "a"));
    ck_assert_ptr_null(bl_json_get(bl_json_get(o, "l"), "a"));
    ck_assert_str_eq(bl_json_string(bl_json_get(a, "b"), "c"), "x");
    ck_assert_ptr_null(bl_json_string(o, "t"));
    ck_assert_ptr_null(bl_json_string(o, "n"));
    ck_assert(bl_json_bool(o, "t", false));
    ck_assert(!bl_json_bool(o, "f", true));
    ck_assert(bl_json_bool(o, "none", true));
    ck_assert(bl_json_bool(o, "n", true));
    ck_assert(bl_json_is_null(NULL));
    ck_assert(bl_json_is_null(bl_json_get(o, "n")));
    ck_assert(!bl_json_is_null(bl_json_get(o, "f")));
    ck_assert_uint_eq(bl_json_len(o), 5);
    ck_assert_uint_eq(bl_json_len(bl_json_get(o, "l")), 1);
    ck_assert_uint_eq(bl_json_len(bl_json_get(o, "t")), 0);
    ck_assert_uint_eq(bl_json_len(NULL), 0);
}
END_TEST

static const struct {
    const char *why, *text;
    bool ok;
    int64_t want;
} ints[] = {
    {"zero", "0", true, 0},
    {"negative", "-3", true, -3},
    {"a fraction that is whole", "3.0", true, 3},
    {"an exponent", "1e3", true, 1000},
    {"largest", "9007199254740991", true, 9007199254740991},
    {"smallest", "-9007199254740991", true, -9007199254740991},
    {"2^53 + 1 reads as 2^53, so both are refused", "9007199254740993", false, 0},
    {"2^53", "9007199254740992", false, 0},
    {"-2^53", "-9007199254740992", false, 0},
    {"beyond 64 bits", "1e30", false, 0},
    {"fraction", "1.5", false, 0},
    {"string", "'1'", false, 0},
    {"boolean", "true", false, 0},
    {"null", "null", false, 0},
    {"array", "[1]", false, 0},
};

START_TEST(whole_numbers)
{
    int64_t number = 12345;

    for (size_t i = 0; i < BL_ARRAY_LEN(ints); i++) {
        BL_AUTO_JSON cJSON *value = help_json(ints[i].text);

        number = 12345;
        BL_WHY(bl_json_int(value, &number) == ints[i].ok, ints[i].why);
        BL_WHY(number == (ints[i].ok ? ints[i].want : 12345), ints[i].why);
    }
    ck_assert(!bl_json_int(NULL, &number));
}
END_TEST

static const struct {
    const char *why, *a, *b;
    bool want;
} pairs[] = {
    {"same", "{'a':[1,'x',null,true]}", "{'a':[1,'x',null,true]}", true},
    {"member order", "{'a':1,'b':2,'c':3}", "{'c':3,'a':1,'b':2}", true},
    {"array order", "[1,2]", "[2,1]", false},
    {"array length", "[1]", "[1,1]", false},
    {"array length, the other way", "[1,1]", "[1]", false},
    {"a member more", "{'a':1}", "{'a':1,'b':2}", false},
    {"a member less", "{'a':1,'b':2}", "{'a':1}", false},
    {"another key", "{'a':1}", "{'b':1}", false},
    {"key's case", "{'a':1}", "{'A':1}", false},
    {"number formats", "1", "1.0", true},
    {"numbers", "1", "2", false},
    {"minus zero", "0", "-0", true},
    {"string and number", "'1'", "1", false},
    {"true and false", "true", "false", false},
    {"null and false", "null", "false", false},
    {"empty object and array", "{}", "[]", false},
    {"strings", "'a'", "'b'", false},
    {"deep difference", "{'a':{'b':[{'c':1}]}}", "{'a':{'b':[{'c':2}]}}", false},
};

START_TEST(equality)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(pairs); i++) {
        BL_AUTO_JSON cJSON *a = help_json(pairs[i].a);
        BL_AUTO_JSON cJSON *b = help_json(pairs[i].b);

        BL_WHY(bl_json_equal(a, b) == pairs[i].want, pairs[i].why);
        BL_WHY(bl_json_equal(b, a) == pairs[i].want, pairs[i].why);
        BL_WHY(bl_json_equal(a, a), pairs[i].why);
    }
}
END_TEST

START_TEST(equality_of_nothing)
{
    BL_AUTO_JSON cJSON *null = help_json("null");

    ck_assert(bl_json_equal(NULL, NULL));
    ck_assert(!bl_json_equal(NULL, null));
    ck_assert(!bl_json_equal(null, NULL));
}
END_TEST

START_TEST(copies_are_deep)
{
    BL_AUTO_JSON cJSON *original = help_json("{'a':{'b':[1]}}");
    BL_AUTO_JSON cJSON *copy = bl_json_copy(original);

    ck_assert(bl_json_equal(original, copy));
    bl_json_push(bl_json_at(copy, "a", "b", NULL), bl_json_new_int(2));
    ck_assert(!bl_json_equal(original, copy));
    ck_assert_uint_eq(bl_json_len(bl_json_at(original, "a", "b", NULL)), 1);
}
END_TEST

START_TEST(builders_add_in_order)
{
    BL_AUTO_JSON cJSON *o = bl_json_new_object();

    bl_json_add_string(o, "z", "last");
    bl_json_add_int(o, "i", -7);
    bl_json_add_bool(o, "b", true);
    bl_json_add_int(bl_json_add_object(o, "o"), "x", 1);
    bl_json_push(bl_json_add_array(o, "l"), bl_json_new_string("y"));
    bl_json_add(o, "a", bl_json_new_array());

    BL_AUTO_FREE char *text = help_text(o);
    ck_assert_str_eq(text, "{'z':'last','i':-7,'b':true,'o':{'x':1},'l':['y'],'a':[]}");
}
END_TEST

static const struct {
    const char *why;
    size_t index;
    const char *want;
} inserts[] = {
    {"in front", 0, "[9,1,2,3]"},        {"in the middle", 1, "[1,9,2,3]"},
    {"before the last", 2, "[1,2,9,3]"}, {"at the end", 3, "[1,2,3,9]"},
    {"beyond the end", 7, "[1,2,3,9]"},
};

START_TEST(insertion_anywhere)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(inserts); i++) {
        BL_AUTO_JSON cJSON *list = help_json("[1,2,3]");
        BL_AUTO_FREE char *text = NULL;

        bl_json_insert(list, inserts[i].index, bl_json_new_int(9));
        text = help_text(list);
        ck_assert_msg(strcmp(text, inserts[i].want) == 0, "%s: %s", inserts[i].why, text);
        bl_json_push(list, bl_json_new_int(0));
        ck_assert_uint_eq(bl_json_len(list), 5);
        ck_assert(list->child->prev->valuedouble < 1);
    }
}
END_TEST

static const struct {
    const char *why, *key, *want;
} cuts[] = {
    {"the first", "a", "{'b':{'x':1},'c':3}"},
    {"one between", "b", "{'a':1,'c':3}"},
    {"the last", "c", "{'a':1,'b':{'x':1}}"},
    {"one that is not there", "d", "{'a':1,'b':{'x':1},'c':3}"},
    {"another case", "A", "{'a':1,'b':{'x':1},'c':3}"},
};

START_TEST(members_are_cut)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(cuts); i++) {
        BL_AUTO_JSON cJSON *object = help_json("{'a':1,'b':{'x':1},'c':3}");
        BL_AUTO_FREE char *text = NULL;

        bl_json_cut(object, cuts[i].key);
        text = help_text(object);
        ck_assert_msg(strcmp(text, cuts[i].want) == 0, "%s: %s", cuts[i].why, text);
    }
    bl_json_cut(NULL, "a");
}
END_TEST

START_TEST(members_are_kept)
{
    static const char *const some[] = {"c", "d", "a", NULL}, *const none[] = {NULL};
    BL_AUTO_JSON cJSON *object = help_json("{'a':1,'b':{'x':1},'c':3,'A':4}");
    BL_AUTO_FREE char *kept = NULL, *left = NULL;

    bl_json_keep_only(object, some);
    kept = help_text(object);
    ck_assert_str_eq(kept, "{'a':1,'c':3}");
    bl_json_keep_only(object, none);
    left = help_text(object);
    ck_assert_str_eq(left, "{}");
    bl_json_keep_only(NULL, some);
}
END_TEST

static const struct {
    const char *why;
    double number;
    const char *want;
} numbers[] = {
    {"whole", 3.0, "3"},
    {"negative", -250.0, "-250"},
    {"minus zero", -0.0, "0"},
    {"fraction", 0.1, "0.1"},
    {"third", 1.0 / 3, "0.3333333333333333"},
    {"whole, all digits", 9007199254740991.0, "9007199254740991"},
    {"small", 1e-7, "1e-07"},
    {"infinite", INFINITY, "null"},
    {"no number", NAN, "null"},
};

START_TEST(numbers_are_written_short)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(numbers); i++) {
        BL_AUTO_JSON cJSON *value = cJSON_CreateNumber(numbers[i].number);
        BL_AUTO_FREE char *text = help_text(value);

        ck_assert_msg(strcmp(text, numbers[i].want) == 0, "%s: %s", numbers[i].why, text);
    }
}
END_TEST

START_TEST(raw_numbers_are_kept)
{
    BL_AUTO_JSON cJSON *raw = cJSON_CreateRaw("9007199254740993");
    BL_AUTO_JSON cJSON *same = cJSON_CreateRaw("9007199254740993");
    BL_AUTO_JSON cJSON *other = cJSON_CreateRaw("9007199254740995");
    BL_AUTO_FREE char *text = help_text(raw);
    int64_t number;

    ck_assert_str_eq(text, "9007199254740993");
    ck_assert(bl_json_equal(raw, same));
    ck_assert(!bl_json_equal(raw, other));
    ck_assert(!bl_json_int(raw, &number));
}
END_TEST

START_TEST(strings_are_escaped)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1000);

    bl_json_write_string(&text, "a\"b\\c/\b\f\n\r\t\x01\x1f\x7f\xc3\xa9");
    ck_assert_str_eq(text.text,
                     "\"a\\\"b\\\\c/\\u0008\\u000c\\n\\r\\t\\u0001\\u001f\x7f\xc3\xa9\"");
    bl_strbuf_reset(&text);
    bl_json_write_string(&text, "");
    ck_assert_str_eq(text.text, "\"\"");
}
END_TEST

START_TEST(pretty_is_two_spaces_a_level)
{
    BL_AUTO_JSON cJSON *value = help_json("{'a':[1,{'b':[]},[2]],'c':{}}");
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1000);

    bl_json_write_pretty(&text, value);
    ck_assert_str_eq(text.text, "{\n"
                                "  \"a\": [\n"
                                "    1,\n"
                                "    {\n"
                                "      \"b\": []\n"
                                "    },\n"
                                "    [\n"
                                "      2\n"
                                "    ]\n"
                                "  ],\n"
                                "  \"c\": {}\n"
                                "}\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json/json");
    TCase *tests = tcase_create("json");

    tcase_add_test(tests, look_ups_miss_quietly);
    tcase_add_test(tests, whole_numbers);
    tcase_add_test(tests, equality);
    tcase_add_test(tests, equality_of_nothing);
    tcase_add_test(tests, copies_are_deep);
    tcase_add_test(tests, builders_add_in_order);
    tcase_add_test(tests, insertion_anywhere);
    tcase_add_test(tests, members_are_cut);
    tcase_add_test(tests, members_are_kept);
    tcase_add_test(tests, numbers_are_written_short);
    tcase_add_test(tests, raw_numbers_are_kept);
    tcase_add_test(tests, strings_are_escaped);
    tcase_add_test(tests, pretty_is_two_spaces_a_level);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
