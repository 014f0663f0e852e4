/* Properties files, checked against java.util.Properties.load (17). */
#include "properties.h"

#include <string.h>

#include "unit.h"

static const struct {
    const char *why, *text, *key, *value;
} rows[] = {
    {"equals sign", "a=b", "a", "b"},
    {"colon", "a:b", "a", "b"},
    {"white space", "a b", "a", "b"},
    {"all of them", "  a \t= \t b c\n", "a", "b c"},
    {"only the first sign parts", "a=b=c:d", "a", "b=c:d"},
    {"no value", "a=", "a", ""},
    {"no sign either", "a", "a", ""},
    {"no key", "=b", "", "b"},
    {"the last one holds", "a=1\na=2\n", "a", "2"},
    {"Windows' ends of lines", "a=1\r\nb=2\r\n", "b", "2"},
    {"a carriage return ends a line too", "a=1\rb=2", "b", "2"},
    {"comments", "# a=1\n! a=2\n  # a=3\na=4\n#", "a", "4"},
    {"a comment does not go on", "# a \\\na=1", "a", "1"},
    {"no comment in a value", "a=b # c", "a", "b # c"},
    {"empty lines", "\n\n  \n\ta=1\n\n", "a", "1"},
    {"a line that goes on", "a=b \\\n   c", "a", "b c"},
    {"with Windows' ends", "a=b\\\r\n  c\r\n", "a", "bc"},
    {"a key that goes on", "a\\\n b=c", "ab", "c"},
    {"two backslashes do not go on", "a=b\\\\\nc=d", "a", "b\\"},
    {"a backslash at the end of the file", "a=b\\", "a", "b"},
    {"white space at the end is dropped, as Kafka does", "a=b  \t\n", "a", "b"},
    {"escapes", "a=\\t1\\n2\\f3\\r4\\q", "a", "1\n2\f3\r4q"},
    {"escaped signs in a key", "a\\=\\:\\ b=c", "a=: b", "c"},
    {"a character by number", "a=\\u00e4\\u20AC\\u0041", "a",
     "\xc3\xa4\xe2\x82\xac"
     "A"},
};

START_TEST(values)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO(bl_properties_release) struct bl_properties properties = {0};
        const struct bl_property *found;
        BL_ERROR(err);

        BL_WHY(bl_properties_parse("f", rows[i].text, strlen(rows[i].text), &properties, &err) == 0,
               rows[i].why);
        found = bl_properties_find(&properties, rows[i].key);
        BL_WHY(found, rows[i].why);
        BL_WHY(strcmp(found->value, rows[i].value) == 0, rows[i].why);
    }
}
END_TEST

START_TEST(refusals)
{
    static const struct {
        const char *why, *text, *message;
        size_t len;
    } bad[] = {
        {"no number", "x=1\na=\\u00g0", "f:2: \\u is not followed by a character's number", 0},
        {"cut short", "a=\\u00", "f:1: \\u is not followed by a character's number", 0},
        {"half of a pair", "a=\\ud83d\\ude00", "f:1: \\u is not followed by a character's number",
         0},
        {"NUL by number", "a=\\u0000", "f:1: \\u is not followed by a character's number", 0},
        {"NUL", "a=b\0c", "f has NUL bytes: it is no properties file", 5},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(bad); i++) {
        BL_AUTO(bl_properties_release) struct bl_properties properties = {0};
        size_t len = bad[i].len ? bad[i].len : strlen(bad[i].text);
        BL_ERROR(err);

        BL_WHY(bl_properties_parse("f", bad[i].text, len, &properties, &err) == -1, bad[i].why);
        BL_WHY(strcmp(bl_error_text(err), bad[i].message) == 0, bad[i].why);
    }
}
END_TEST

START_TEST(lines)
{
    BL_AUTO(bl_properties_release) struct bl_properties properties = {0};
    static const char text[] = "# one\na=b\\\n  c\r\n\nd=e";
    BL_ERROR(err);

    ck_assert_int_eq(bl_properties_parse("f", text, strlen(text), &properties, &err), 0);
    ck_assert_uint_eq(bl_properties_find(&properties, "a")->line, 2);
    ck_assert_uint_eq(bl_properties_find(&properties, "d")->line, 5);
    ck_assert_ptr_null(bl_properties_find(&properties, "e"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/properties");
    TCase *tests = tcase_create("properties");

    tcase_add_test(tests, values);
    tcase_add_test(tests, refusals);
    tcase_add_test(tests, lines);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
