/* Values as YAML: what needs quotes, what becomes a block, and that everything reads back. */
#include <string.h>

#include "ballast/json/yaml.h"
#include "json_help.h"
#include "unit.h"

static const struct {
    const char *why, *json, *want;
} written[] = {
    {"empty object", "{}", "{}\n"},
    {"empty array", "[]", "[]\n"},
    {"null", "null", "null\n"},
    {"object", "{'a':1,'b':{'c':true,'d':null}}", "a: 1\nb:\n  c: true\n  d: null\n"},
    {"items stand below their key", "{'a':[1,'x']}", "a:\n  - 1\n  - x\n"},
    {"objects begin behind the dash", "[{'a':1,'b':2},{}]", "- a: 1\n  b: 2\n- {}\n"},
    {"lists in lists", "[[1,[2]],[]]", "- - 1\n  - - 2\n- []\n"},
    {"empty ones below a key", "{'a':{},'b':[]}", "a: {}\nb: []\n"},
    {"plain strings", "['a b','x:y','a#b','-c','--d=e','/p','10.0.0.1','1Gi','a\\\\b']",
     "- a b\n- x:y\n- a#b\n- -c\n- --d=e\n- /p\n- 10.0.0.1\n- 1Gi\n- a\\b\n"},
    {"words that YAML 1.1 reads", "['y','No','ON','~','null','True','']",
     "- \"y\"\n- \"No\"\n- \"ON\"\n- \"~\"\n- \"null\"\n- \"True\"\n- \"\"\n"},
    {"numbers", "['1','-1','1_0','0x1f','0o7','0b1','08','1.5','.5','1e3','+1','.inf','.nan']",
     "- \"1\"\n- \"-1\"\n- \"1_0\"\n- \"0x1f\"\n- \"0o7\"\n- \"0b1\"\n- \"08\"\n- \"1.5\"\n- "
     "\".5\"\n"
     "- \"1e3\"\n- \"+1\"\n- \".inf\"\n- \".nan\"\n"},
    {"numbers of other readers",
     "['1e999','0xfffffffffffffffff','1:30','190:20:30.5','2001-12-14']",
     "- \"1e999\"\n- \"0xfffffffffffffffff\"\n- \"1:30\"\n- \"190:20:30.5\"\n- \"2001-12-14\"\n"},
    {"nearly numbers", "['1a','1.2.3','a1','e3','1-2']", "- 1a\n- 1.2.3\n- a1\n- e3\n- 1-2\n"},
    {"indicators",
     "['-','- a','?','? a',': a','a: b','a:','a #b','#a','&a','*a','!a','|','>','%a','@a','`a']",
     "- \"-\"\n- \"- a\"\n- \"?\"\n- \"? a\"\n- \": a\"\n- \"a: b\"\n- \"a:\"\n- \"a #b\"\n- "
     "\"#a\"\n"
     "- \"&a\"\n- \"*a\"\n- \"!a\"\n- \"|\"\n- \">\"\n- \"%a\"\n- \"@a\"\n- \"`a\"\n"},
    {"brackets and commas", "['{a}','[a','a,b','a{b}',',a']",
     "- \"{a}\"\n- \"[a\"\n- a,b\n- a{b}\n- \",a\"\n"},
    {"markers", "['---','--- a','...','=','<<']",
     "- \"---\"\n- \"--- a\"\n- \"...\"\n- \"=\"\n- \"<<\"\n"},
    {"spaces around", "[' a','a ',' ']", "- \" a\"\n- \"a \"\n- \" \"\n"},
    {"single quotes where double ones would need escapes",
     "['{\\\"a\\\": 1}','\\\"','\\\\d: \\\\w']", "- '{\"a\": 1}'\n- '\"'\n- '\\d: \\w'\n"},
    {"escapes", "['a\\tb','\\u0001','a\\rb\\n','\\u0085','\\u2028','\\ufeff','\\u007f']",
     "- \"a\\tb\"\n- \"\\u0001\"\n- \"a\\rb\\n\"\n- \"\\u0085\"\n- \"\\u2028\"\n- \"\\ufeff\"\n- "
     "\"\\u007f\"\n"},
    {"letters of the world", "['\\u00e9\\u20ac','\\ud83d\\ude00']",
     "- \xc3\xa9\xe2\x82\xac\n- \xf0\x9f\x98\x80\n"},
    {"literal", "{'a':'x\\n  y\\n\\nz\\n'}", "a: |\n  x\n    y\n\n  z\n"},
    {"literal without the last newline", "{'a':'x\\ny'}", "a: |-\n  x\n  y\n"},
    {"literal with more newlines", "{'a':'x\\n\\n','b':1}", "a: |+\n  x\n\nb: 1\n"},
    {"literal in a list", "[['x\\ny\\n']]", "- - |\n    x\n    y\n"},
    {"literal with a leading empty line", "['\\nx\\n']", "- |\n\n  x\n"},
    {"literal with trailing spaces", "['x \\n \\ny\\n']", "- |\n  x \n   \n  y\n"},
    {"literal with tabs inside", "['x\\n\\ty\\n']", "- |\n  x\n  \ty\n"},
    {"no literal: white space first", "[' x\\ny','\\tx\\ny','\\n x']",
     "- \" x\\ny\"\n- \"\\tx\\ny\"\n- \"\\n x\"\n"},
    {"no literal: newlines alone", "['\\n','\\n\\n']", "- \"\\n\"\n- \"\\n\\n\"\n"},
    {"no literal: what is not printable", "['x\\n\\u0001']", "- \"x\\n\\u0001\"\n"},
    {"keys", "{'':1,'yes':2,'a b':3,'a: b':4,'1':5,'\\\"':6,'a\\nb':7}",
     "\"\": 1\n\"yes\": 2\na b: 3\n\"a: b\": 4\n\"1\": 5\n'\"': 6\n\"a\\nb\": 7\n"},
    {"numbers of JSON", "[0,-1,1.5,1e20,1e-7,9007199254740992,0.1]",
     "- 0\n- -1\n- 1.5\n- 1.0e+20\n- 1.0e-07\n- 9007199254740992\n- 0.1\n"},
};

static void expect_read_back(const char *why, const char *text, const cJSON *value)
{
    const struct bl_yaml_segment segment = {text, strlen(text), 1, 0, 0};
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;
    BL_ERROR(err);

    ck_assert_msg(bl_yaml_parse("f.yaml", &segment, &doc, &err) == 0, "%s: %s", why,
                  err ? bl_error_text(err) : "");
    BL_WHY(bl_json_equal(bl_yaml_doc_root(doc), value), why);
}

START_TEST(values_are_written_and_read_back)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(written); i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1 << 16);
        BL_AUTO_JSON cJSON *value = help_json(written[i].json);

        bl_yaml_write(&text, value, 0);
        ck_assert_msg(strcmp(text.text, written[i].want) == 0, "%s:\n%s", written[i].why,
                      text.text);
        expect_read_back(written[i].why, text.text, value);
    }
}
END_TEST

START_TEST(indented_values_fit_below_a_key)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1 << 16);
    BL_AUTO_JSON cJSON *value = help_json("{'a':[{'b':'x\\ny\\n'}]}");

    bl_strbuf_adds(&text, "k:\n");
    bl_yaml_write(&text, value, 4);
    ck_assert_str_eq(text.text, "k:\n    a:\n      - b: |\n          x\n          y\n");
}
END_TEST

START_TEST(long_keys_read_back)
{
    for (size_t len = 100; len <= 3000; len += 100) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1 << 16);
        BL_AUTO(bl_strbuf_release) struct bl_strbuf key = BL_STRBUF_INIT(1 << 16);
        BL_AUTO_JSON cJSON *value = bl_json_new_array();
        cJSON *object = bl_json_push(value, bl_json_new_object());

        bl_strbuf_repeat(&key, len % 200 ? 'k' : '\x01', len);
        bl_json_add_object(object, key.text);
        bl_json_push(bl_json_add_array(bl_json_add_object(object, "o"), key.text),
                     bl_json_new_int(1));
        bl_yaml_write(&text, value, 0);
        expect_read_back("long key", text.text, value);
    }
}
END_TEST

/* What YAML reads as an integer beyond 2^53 keeps its digits; a double of that size is none. */
START_TEST(large_numbers_read_back)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1 << 16);
    BL_AUTO_JSON cJSON *value = bl_json_new_array();

    bl_json_push(value, cJSON_CreateNumber(9007199254740994.0));
    bl_json_push(value, cJSON_CreateNumber(-18446744073709551616.0));
    bl_json_push(value, cJSON_CreateRaw("9007199254740993"));
    bl_json_push(value, cJSON_CreateNumber(5e-324));
    bl_json_push(value, cJSON_CreateNumber(1.7976931348623157e308));
    bl_json_push(value, cJSON_CreateNumber(2.0 / 3));
    bl_yaml_write(&text, value, 0);
    ck_assert_str_eq(text.text, "- 9.007199254740994e+15\n- -1.8446744073709552e+19\n"
                                "- 9007199254740993\n- 4.94065645841247e-324\n"
                                "- 1.7976931348623157e+308\n- 0.6666666666666666\n");
    expect_read_back("large numbers", text.text, value);
}
END_TEST

/* Every short string of the characters that mean something. */
START_TEST(short_strings_read_back)
{
    static const char letters[] = "-:#?,[]{}&*!|>'\"%@` \n\ta0.~_e+=<\\\r";
    const size_t n = sizeof(letters) - 1;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1 << 24);
    BL_AUTO_JSON cJSON *value = bl_json_new_array();

    for (size_t i = 0; i < n * n * n; i++) {
        const char string[] = {letters[i % n], letters[i / n % n], letters[i / n / n], '\0'};

        if (i % 2)
            bl_json_push(value, bl_json_new_string(string));
        else
            bl_json_add_int(bl_json_push(value, bl_json_new_object()), string, 1);
    }
    bl_yaml_write(&text, value, 0);
    expect_read_back("short strings", text.text, value);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json/yaml_write");
    TCase *tests = tcase_create("yaml_write");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, values_are_written_and_read_back);
    tcase_add_test(tests, indented_values_fit_below_a_key);
    tcase_add_test(tests, long_keys_read_back);
    tcase_add_test(tests, large_numbers_read_back);
    tcase_add_test(tests, short_strings_read_back);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
