/* What is JSON, and what only cJSON takes for it. */
#include "ballast/json/json.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "unit.h"

static const struct {
    const char *why, *text, *want; /* written again */
} valid[] = {
    {"object", "{\"a\":1}", "{\"a\":1}"},
    {"white space everywhere", " \t\r\n{ \"a\" : [ 1 , 2 ] } \n", "{\"a\":[1,2]}"},
    {"empty object", "{}", "{}"},
    {"empty array", "[]", "[]"},
    {"a scalar", "\"x\"", "\"x\""},
    {"true", "true", "true"},
    {"false", "false", "false"},
    {"null", "null", "null"},
    {"empty key", "{\"\":0}", "{\"\":0}"},
    {"escapes", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\""},
    {"BMP escape", "\"\\u00e9\"", "\"\xc3\xa9\""},
    {"surrogate pair", "\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\""},
    {"an escaped backslash before u0000", "\"\\\\u0000\"", "\"\\\\u0000\""},
    {"brackets in a string are no depth", "\"[[[{{{\"", "\"[[[{{{\""},
    {"braces in a key", "{\"}\":1}", "{\"}\":1}"},
    {"UTF-8", "\"\xe2\x82\xac\"", "\"\xe2\x82\xac\""},
    {"same key in another case", "{\"a\":1,\"A\":2}", "{\"a\":1,\"A\":2}"},
    {"same key in another object", "[{\"a\":1},{\"a\":2}]", "[{\"a\":1},{\"a\":2}]"},
    {"zero", "0", "0"},
    {"minus zero", "-0", "0"},
    {"fraction", "-1.5", "-1.5"},
    {"exponents", "[1e3,1E+2,1e-2]", "[1000,100,0.01]"},
    {"the shortest digits", "[0.1,0.3,2.675]", "[0.1,0.3,2.675]"},
    {"all the digits that it needs", "0.30000000000000004", "0.30000000000000004"},
    {"largest exact", "9007199254740991", "9007199254740991"},
    {"large", "1e20", "1e+20"},
};

START_TEST(valid_text_is_read)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(valid); i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1000);
        BL_AUTO_JSON cJSON *value = NULL;
        BL_ERROR(err);

        ck_assert_msg(bl_json_parse(valid[i].text, strlen(valid[i].text), &value, &err) == 0,
                      "%s: %s", valid[i].why, err ? bl_error_text(err) : "");
        bl_json_write(&text, value);
        ck_assert_msg(strcmp(text.text, valid[i].want) == 0, "%s: %s", valid[i].why, text.text);
    }
}
END_TEST

static const struct {
    const char *why, *text, *want; /* behind "could not read JSON: " */
} invalid[] = {
    {"nothing", "", "line 1, column 1: empty text"},
    {"white space alone", " \n ", "line 2, column 2: unexpected text"},
    {"text after the value", "{} x", "line 1, column 4: text after the value"},
    {"two values", "1 2", "line 1, column 3: text after the value"},
    {"a comma after the last", "[1,]", "line 1, column 4: unexpected text"},
    {"no quotes", "{a:1}", "line 1, column 2: unexpected text"},
    {"single quotes", "{'a':1}", "line 1, column 2: unexpected text"},
    {"the place counts lines", "{\n  \"a\": 1,\n  \"b\" 2\n}", "line 3, column 7: unexpected text"},
    {"a word in capitals", "True", "line 1, column 1: unexpected text"},
    {"not a number", "NaN", "line 1, column 1: unexpected text"},
    {"no end of an array", "[1", "line 1, column 3: unexpected text"},
    {"the wrong bracket", "[1}", "line 1, column 3: unexpected text"},
    {"a comment", "{} // x", "line 1, column 4: text after the value"},
    {"duplicate key", "{\"a\":1,\"a\":2}", "duplicate key \"a\""},
    {"duplicate key, escaped otherwise", "{\"a\":1,\"\\u0061\":2}", "duplicate key \"a\""},
    {"duplicate key deep inside", "[{\"x\":{\"b\":1,\"c\":2,\"b\":3}}]", "duplicate key \"b\""},
    {"NUL as an escape", "[\"a\\u0000b\"]", "line 1, column 4: NUL character in a string"},
    {"NUL in a key", "{\"\\u0000\":1}", "line 1, column 3: NUL character in a string"},
    {"an escape with a letter that is none", "\"a\\u00g0\"",
     "line 1, column 3: invalid escape in a string"},
    {"an escape cut short", "\"\\u00\"", "line 1, column 2: invalid escape in a string"},
    {"line break in a string", "\"a\nb\"", "line 1, column 3: control character in a string"},
    {"control character between values", "[1,\x01 2]", "line 1, column 4: unexpected character"},
    {"form feed between values", "[1,\f2]", "line 1, column 4: unexpected character"},
    {"byte order mark", "\xef\xbb\xbf{}", "line 1, column 1: unexpected character"},
    {"no-break space", "\xc2\xa0{}", "line 1, column 1: unexpected character"},
    {"lone continuation byte", "\"\x80\"", "line 1, column 2: invalid UTF-8"},
    {"overlong", "\"\xc0\xaf\"", "line 1, column 2: invalid UTF-8"},
    {"overlong in three", "\"\xe0\x80\xaf\"", "line 1, column 2: invalid UTF-8"},
    {"surrogate in UTF-8", "\"\xed\xa0\x80\"", "line 1, column 2: invalid UTF-8"},
    {"beyond Unicode", "\"\xf4\x90\x80\x80\"", "line 1, column 2: invalid UTF-8"},
    {"cut short", "\"\xe2\x82\"", "line 1, column 2: invalid UTF-8"},
    {"cut short by the end", "\"\xe2", "line 1, column 2: invalid UTF-8"},
    {"zero in front", "[01]", "line 1, column 2: invalid number"},
    {"zero in front, negative", "-01", "line 1, column 1: invalid number"},
    {"point without digits", "1.", "line 1, column 1: invalid number"},
    {"point without digits, exponent", "[1.e5]", "line 1, column 2: invalid number"},
    {"no digits before the point", "-.5", "line 1, column 1: invalid number"},
    {"exponent without digits", "1e", "line 1, column 1: invalid number"},
    {"exponent with a sign alone", "1e+", "line 1, column 1: invalid number"},
    {"sign alone", "-", "line 1, column 1: invalid number"},
    {"plus", "+1", "line 1, column 1: unexpected text"},
    {"beyond a double", "[1e999]", "line 1, column 2: number is out of range"},
    {"more digits than a number has",
     "1234567890123456789012345678901234567890123456789012345678901234",
     "line 1, column 1: number is too long"},
};

START_TEST(invalid_text_is_refused_with_its_place)
{
    static const char start[] = "could not read JSON: ";

    for (size_t i = 0; i < BL_ARRAY_LEN(invalid); i++) {
        cJSON *value = NULL;
        BL_ERROR(err);

        BL_WHY(bl_json_parse(invalid[i].text, strlen(invalid[i].text), &value, &err) == -1,
               invalid[i].why);
        BL_WHY(value == NULL, invalid[i].why);
        ck_assert_msg(strncmp(bl_error_text(err), start, strlen(start)) == 0 &&
                          strcmp(bl_error_text(err) + strlen(start), invalid[i].want) == 0,
                      "%s: %s", invalid[i].why, bl_error_text(err));
    }
}
END_TEST

static const struct {
    const char *why, *text;
} unplaced[] = {
    {"no end of a string", "\"abc"},
    {"no end of an escape", "\"abc\\"},
    {"an escape that is none", "\"\\x41\""},
    {"high surrogate alone", "\"\\ud83d\""},
    {"low surrogate alone", "\"\\ude00\""},
    {"two high surrogates", "\"\\ud83d\\ud83d\""},
    {"no colon", "{\"a\"}"},
    {"no value", "{\"a\":}"},
    {"an open object", "{\"a\":1"},
    {"a comma in front", "[,1]"},
    {"numbers run together", "1-2"},
    {"hexadecimal", "0x10"},
    {"a word cut short", "tru"},
};

START_TEST(invalid_text_is_refused)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(unplaced); i++) {
        cJSON *value = NULL;
        BL_ERROR(err);

        BL_WHY(bl_json_parse(unplaced[i].text, strlen(unplaced[i].text), &value, &err) == -1,
               unplaced[i].why);
        ck_assert_int_eq(bl_error_code(err), BL_ERR_INVALID);
    }
}
END_TEST

/* The text is not terminated: what stands behind its length is not ours. */
START_TEST(length_is_the_end)
{
    BL_AUTO_JSON cJSON *value = NULL;
    BL_ERROR(err);
    BL_ERROR(cut);

    ck_assert_int_eq(bl_json_parse("[12]345", 4, &value, &err), 0);
    ck_assert_uint_eq(bl_json_len(value), 1);
    cJSON_Delete(BL_STEAL(value));
    ck_assert_int_eq(bl_json_parse("12345", 2, &value, &err), 0);
    ck_assert(value->valuedouble > 11.9 && value->valuedouble < 12.1);
    cJSON_Delete(BL_STEAL(value));
    ck_assert_int_eq(bl_json_parse("[12]", 3, &value, &cut), -1);
    bl_error_free(BL_STEAL(cut));
    ck_assert_int_eq(bl_json_parse("{}\0", 3, &value, &cut), -1);
    ck_assert_str_eq(bl_error_text(cut),
                     "could not read JSON: line 1, column 3: unexpected character");
}
END_TEST

static int parse_nested(unsigned depth, bool objects, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1 << 20);
    BL_AUTO_JSON cJSON *value = NULL;

    for (unsigned i = 0; i < depth; i++)
        bl_strbuf_adds(&text, objects ? "{\"a\":" : "[");
    bl_strbuf_adds(&text, objects ? "1" : "");
    bl_strbuf_repeat(&text, objects ? '}' : ']', depth);
    return bl_json_parse(text.text, text.len, &value, err);
}

START_TEST(depth_is_limited)
{
    BL_ERROR(none);
    BL_ERROR(arrays);
    BL_ERROR(objects);

    ck_assert_int_eq(parse_nested(BL_JSON_MAX_DEPTH, false, &none), 0);
    ck_assert_int_eq(parse_nested(BL_JSON_MAX_DEPTH, true, &none), 0);
    ck_assert_int_eq(parse_nested(BL_JSON_MAX_DEPTH + 1, false, &arrays), -1);
    ck_assert_int_eq(bl_error_code(arrays), BL_ERR_TOO_LARGE);
    ck_assert_str_eq(bl_error_text(arrays),
                     "could not read JSON: line 1, column 129: nested too deeply");
    ck_assert_int_eq(parse_nested(100000, true, &objects), -1);
    ck_assert_int_eq(bl_error_code(objects), BL_ERR_TOO_LARGE);
}
END_TEST

START_TEST(width_is_no_depth)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1 << 20);
    BL_AUTO_JSON cJSON *value = NULL;
    BL_ERROR(err);

    bl_strbuf_adds(&text, "[[]");
    for (int i = 0; i < 1000; i++)
        bl_strbuf_adds(&text, ",[{}]");
    bl_strbuf_adds(&text, "]");
    ck_assert_int_eq(bl_json_parse(text.text, text.len, &value, &err), 0);
    ck_assert_uint_eq(bl_json_len(value), 1001);
}
END_TEST

START_TEST(size_is_limited)
{
    size_t len = BL_JSON_MAX_BYTES + 1;
    char *text = malloc(len);
    cJSON *value = NULL;
    BL_ERROR(err);

    memset(text, ' ', len);
    ck_assert_int_eq(bl_json_parse(text, len, &value, &err), -1);
    ck_assert_int_eq(bl_error_code(err), BL_ERR_TOO_LARGE);
    ck_assert_str_eq(bl_error_text(err), "JSON is larger than 16777216 bytes");
    free(text);
}
END_TEST

/* Few members are compared in pairs, many are sorted: both ways find it. */
START_TEST(duplicates_among_many)
{
    for (int count = 14; count <= 18; count++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1 << 20);
        cJSON *value = NULL;
        BL_ERROR(err);

        bl_strbuf_adds(&text, "{");
        for (int i = 0; i < count; i++)
            bl_strbuf_addf(&text, "\"k%d\":0,", i);
        bl_strbuf_adds(&text, "\"k3\":0}");
        ck_assert_int_eq(bl_json_parse(text.text, text.len, &value, &err), -1);
        ck_assert_str_eq(bl_error_text(err), "could not read JSON: duplicate key \"k3\"");
    }
}
END_TEST

/* "[0,0,…]" of `count` values, the list itself too. */
static char *many(size_t count, size_t *ret_len)
{
    char *text = bl_alloc(2 * count + 2, 1), *at = text;

    *at++ = '[';
    for (size_t i = 1; i < count; i++) {
        *at++ = i > 1 ? ',' : ' ';
        *at++ = '0';
    }
    *at++ = ']';
    *ret_len = (size_t)(at - text);
    return text;
}

static enum bl_errcode read_many(size_t count, struct bl_json_pool *pool, struct bl_json_loan *loan)
{
    size_t len;
    BL_AUTO_FREE char *text = many(count, &len);
    BL_AUTO_JSON cJSON *value = NULL;
    BL_ERROR(err);

    return bl_json_parse_pooled(text, len, pool, loan, &value, &err) < 0 ? bl_error_code(err) : 0;
}

START_TEST(values_are_bounded)
{
    struct bl_json_pool pool = {40000, 32768};
    struct bl_json_loan one, two, small;

    ck_assert_int_eq(read_many(32768, &pool, &one), 0);
    ck_assert_int_eq(atomic_load(&pool.left), 40000 - 28672);
    /* Others have them just now; what is small is read all the same. */
    ck_assert_int_eq(read_many(32768, &pool, &two), BL_ERR_UNAVAILABLE);
    ck_assert_int_eq(read_many(4096, &pool, &small), 0);
    ck_assert_int_eq(atomic_load(&pool.left), 40000 - 28672);
    bl_json_loan_return(&one);
    bl_json_loan_return(&two);
    bl_json_loan_return(&small);
    ck_assert_int_eq(atomic_load(&pool.left), 40000);

    ck_assert_int_eq(read_many(32769, &pool, &one), BL_ERR_TOO_LARGE);
    ck_assert_int_eq(atomic_load(&pool.left), 40000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json/json_parse");
    TCase *tests = tcase_create("json_parse");

    tcase_add_test(tests, valid_text_is_read);
    tcase_add_test(tests, invalid_text_is_refused_with_its_place);
    tcase_add_test(tests, invalid_text_is_refused);
    tcase_add_test(tests, length_is_the_end);
    tcase_add_test(tests, depth_is_limited);
    tcase_add_test(tests, width_is_no_depth);
    tcase_add_test(tests, size_is_limited);
    tcase_add_test(tests, duplicates_among_many);
    tcase_add_test(tests, values_are_bounded);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
