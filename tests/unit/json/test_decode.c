/* What people write becomes a struct, or an error at its line. */
#include "ballast/json/decode.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "json_help.h"
#include "unit.h"

enum color { RED, GREEN, OFF };
static const char *const colors[] = {"Red", "Green", "Off", NULL};
static const char *const plain[] = {"One", "Two", NULL};

struct inner {
    int64_t weight;
    char *note;
};

struct outer {
    char *name;
    bool flag;
    int64_t any, small;
    int color, number;
    struct bl_strings words;
    unsigned colors;
    struct inner inner;
    struct bl_structs list;
    cJSON *json, *jsons;
    char *even;
};

static int check_even(const cJSON *value, struct bl_error **err)
{
    if (strlen(value->valuestring) % 2 == 0)
        return 0;
    bl_fail(err, BL_ERR_CONFLICT, "\"%s\" has odd length", value->valuestring);
    return bl_hint(err, "Add a letter.");
}

#define AT(type, member) offsetof(struct type, member)

static const struct bl_field inner_fields[] = {
    {.name = "weight",
     .type = BL_FIELD_INT,
     .offset = AT(inner, weight),
     .required = true,
     .min = 1,
     .max = 10,
     .doc = "How heavy."},
    {.name = "note", .type = BL_FIELD_STRING, .offset = AT(inner, note)},
    {0},
};
static const struct bl_schema inner_schema = BL_SCHEMA(struct inner, inner_fields);

static const struct bl_field outer_fields[] = {
    {.name = "name", .type = BL_FIELD_STRING, .offset = AT(outer, name)},
    {.name = "flag", .type = BL_FIELD_BOOL, .offset = AT(outer, flag)},
    {.name = "any", .type = BL_FIELD_INT, .offset = AT(outer, any)},
    {.name = "small", .type = BL_FIELD_INT, .offset = AT(outer, small), .min = -1, .max = 3},
    {.name = "color", .type = BL_FIELD_ENUM, .offset = AT(outer, color), .names = colors},
    {.name = "number", .type = BL_FIELD_ENUM, .offset = AT(outer, number), .names = plain},
    {.name = "words", .type = BL_FIELD_STRINGS, .offset = AT(outer, words)},
    {.name = "colors", .type = BL_FIELD_ENUMS, .offset = AT(outer, colors), .names = colors},
    {.name = "inner", .type = BL_FIELD_OBJECT, .offset = AT(outer, inner), .schema = &inner_schema},
    {.name = "list", .type = BL_FIELD_OBJECTS, .offset = AT(outer, list), .schema = &inner_schema},
    {.name = "json", .type = BL_FIELD_JSON, .offset = AT(outer, json)},
    {.name = "jsons", .type = BL_FIELD_JSONS, .offset = AT(outer, jsons)},
    {.name = "even", .type = BL_FIELD_STRING, .offset = AT(outer, even), .check = check_even},
    {0},
};
static const struct bl_schema outer_schema = BL_SCHEMA(struct outer, outer_fields);

static void outer_release(struct outer *outer)
{
    bl_decode_release(&outer_schema, outer);
}

static const char whole[] =
    "{'name':'kafka','flag':true,'any':-70000,'small':3,'color':'Green','number':'Two',"
    "'words':['a','b'],'colors':['Off','Red'],'inner':{'weight':1,'note':'n'},"
    "'list':[{'weight':10},{'weight':2,'note':'x'}],'json':{'a':[1]},'jsons':[{},{'b':2}],"
    "'even':'ab'}";

START_TEST(every_type_is_read)
{
    BL_AUTO_JSON cJSON *value = help_json(whole);
    BL_AUTO(outer_release) struct outer out = {0};
    struct bl_decode from = {.path = "spec"};
    BL_ERROR(err);

    ck_assert_int_eq(bl_decode(&from, value, &outer_schema, &out, &err), 0);
    ck_assert_str_eq(out.name, "kafka");
    ck_assert(out.flag);
    ck_assert_int_eq(out.any, -70000);
    ck_assert_int_eq(out.small, 3);
    ck_assert_int_eq(out.color, GREEN);
    ck_assert_int_eq(out.number, 1);
    ck_assert_uint_eq(out.words.len, 2);
    ck_assert_str_eq(out.words.items[0], "a");
    ck_assert_str_eq(out.words.items[1], "b");
    ck_assert_uint_eq(out.colors, 1u << OFF | 1u << RED);
    ck_assert_int_eq(out.inner.weight, 1);
    ck_assert_str_eq(out.inner.note, "n");
    ck_assert_uint_eq(out.list.len, 2);

    const struct inner *items = out.list.items;
    ck_assert_int_eq(items[0].weight, 10);
    ck_assert_ptr_null(items[0].note);
    ck_assert_int_eq(items[1].weight, 2);
    ck_assert_str_eq(items[1].note, "x");

    BL_AUTO_FREE char *json = help_text(out.json);
    BL_AUTO_FREE char *jsons = help_text(out.jsons);
    ck_assert_str_eq(json, "{'a':[1]}");
    ck_assert_str_eq(jsons, "[{},{'b':2}]");
    ck_assert_str_eq(out.even, "ab");
}
END_TEST

static void defaults(struct outer *out)
{
    *out = (struct outer){.name = bl_strdup("default"),
                          .flag = true,
                          .any = 7,
                          .color = OFF,
                          .json = bl_json_new_object()};
    *BL_PUSH(&out->words) = bl_strdup("default");
    out->list.items = BL_NEW(struct inner);
    out->list.len = 1;
    ((struct inner *)out->list.items)->note = bl_strdup("default");
}

static const struct {
    const char *why, *text;
} nothings[] = {
    {"an empty map", "{}"},
    {"null", "null"},
    {"nulls", "{'name':null,'flag':null,'any':null,'color':null,'words':null,'list':null,"
              "'json':null,'inner':null,'even':null}"},
};

START_TEST(what_is_left_out_keeps_its_default)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(nothings); i++) {
        BL_AUTO_JSON cJSON *value = help_json(nothings[i].text);
        BL_AUTO(outer_release) struct outer out;
        struct bl_decode from = {.path = ""};
        BL_ERROR(err);

        defaults(&out);
        BL_WHY(bl_decode(&from, value, &outer_schema, &out, &err) == 0, nothings[i].why);
        BL_WHY(strcmp(out.name, "default") == 0, nothings[i].why);
        BL_WHY(out.flag && out.any == 7 && out.color == OFF, nothings[i].why);
        BL_WHY(out.words.len == 1 && out.list.len == 1 && out.json, nothings[i].why);
    }
}
END_TEST

START_TEST(what_is_there_replaces_its_default)
{
    BL_AUTO_JSON cJSON *value = help_json("{'name':'','flag':false,'any':0,'color':'Red',"
                                          "'words':[],'list':[{'weight':3}],'json':{'a':1}}");
    BL_AUTO(outer_release) struct outer out;
    struct bl_decode from = {.path = ""};
    BL_ERROR(err);

    defaults(&out);
    ck_assert_int_eq(bl_decode(&from, value, &outer_schema, &out, &err), 0);
    ck_assert_str_eq(out.name, "");
    ck_assert(!out.flag);
    ck_assert_int_eq(out.any, 0);
    ck_assert_int_eq(out.color, RED);
    ck_assert_uint_eq(out.words.len, 0);
    ck_assert_uint_eq(out.list.len, 1);
    ck_assert_ptr_null(((struct inner *)out.list.items)->note);
    ck_assert_uint_eq(bl_json_len(out.json), 1);
}
END_TEST

START_TEST(a_missing_value_is_no_fields)
{
    BL_AUTO(outer_release) struct outer out = {.any = 7};
    struct bl_decode from = {.path = ""};
    BL_ERROR(err);

    ck_assert_int_eq(bl_decode(&from, NULL, &outer_schema, &out, &err), 0);
    ck_assert_int_eq(out.any, 7);
}
END_TEST

START_TEST(release_empties)
{
    BL_AUTO_JSON cJSON *value = help_json(whole);
    struct outer out = {0};
    struct bl_decode from = {.path = ""};
    BL_ERROR(err);

    ck_assert_int_eq(bl_decode(&from, value, &outer_schema, &out, &err), 0);
    bl_decode_release(&outer_schema, &out);
    ck_assert_ptr_null(out.name);
    ck_assert_ptr_null(out.words.items);
    ck_assert_ptr_null(out.list.items);
    ck_assert_ptr_null(out.json);
    bl_decode_release(&outer_schema, &out);
}
END_TEST

/* YAML 1.1 makes a boolean of a bare Off, and people write it. */
static const struct {
    const char *why, *text;
    int want; /* -1: refused */
} enums[] = {
    {"a name", "{'color':'Red'}", RED},
    {"Off with quotes", "{'color':'Off'}", OFF},
    {"Off without", "{'color':false}", OFF},
    {"On is no name", "{'color':true}", -1},
    {"case counts", "{'color':'red'}", -1},
    {"a number", "{'color':0}", -1},
    {"false where Off is no name", "{'number':false}", -1},
};

START_TEST(enums_are_names)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(enums); i++) {
        BL_AUTO_JSON cJSON *value = help_json(enums[i].text);
        BL_AUTO(outer_release) struct outer out = {.color = -7};
        struct bl_decode from = {.path = ""};
        BL_ERROR(err);
        int rc = bl_decode(&from, value, &outer_schema, &out, &err);

        BL_WHY(rc == (enums[i].want < 0 ? -1 : 0), enums[i].why);
        BL_WHY(out.color == (enums[i].want < 0 ? -7 : enums[i].want), enums[i].why);
    }
}
END_TEST

START_TEST(a_list_of_enums_takes_a_bare_off)
{
    BL_AUTO_JSON cJSON *value = help_json("{'colors':[false,'Green','Green']}");
    BL_AUTO(outer_release) struct outer out = {0};
    struct bl_decode from = {.path = ""};
    BL_ERROR(err);

    ck_assert_int_eq(bl_decode(&from, value, &outer_schema, &out, &err), 0);
    ck_assert_uint_eq(out.colors, 1u << OFF | 1u << GREEN);
}
END_TEST

static const struct {
    const char *why, *path, *text, *message, *hint;
} errors[] = {
    {"unknown key", "spec", "{'nam':1}", "spec: unknown field \"nam\"", "Did you mean \"name\"?"},
    {"unknown key at the root", "", "{'nam':1}", "unknown field \"nam\"", "Did you mean \"name\"?"},
    {"unknown key in capitals", "spec", "{'Name':1}", "spec: unknown field \"Name\"",
     "Did you mean \"name\"?"},
    {"nothing near", "spec", "{'inner':{'zzzzzzzz':1,'weight':1}}",
     "spec.inner: unknown field \"zzzzzzzz\"", "Known here: weight, note."},
    {"unknown before bad", "", "{'name':1,'bogusbogus':2}", "unknown field \"bogusbogus\"",
     "Known here: name, flag, any, small, color, number, words, colors, inner, list, json, jsons, "
     "even."},
    {"no map", "spec", "[]", "spec: expected a map", NULL},
    {"no map, at the root", "", "'x'", "expected a map", NULL},
    {"string", "spec", "{'name':1}", "spec.name: expected a string", NULL},
    {"string at the root", "", "{'name':true}", "name: expected a string", NULL},
    {"boolean", "spec", "{'flag':'yes'}", "spec.flag: expected true or false", NULL},
    {"whole number", "spec", "{'any':1.5}", "spec.any: expected a whole number", NULL},
    {"number in quotes", "spec", "{'any':'1'}", "spec.any: expected a whole number", NULL},
    {"above the range", "spec", "{'small':4}", "spec.small: 4 is not in the range -1 to 3", NULL},
    {"below the range", "spec", "{'small':-2}", "spec.small: -2 is not in the range -1 to 3", NULL},
    {"enum", "spec", "{'color':'Gren'}", "spec.color: expected one of Red, Green, Off",
     "Did you mean \"Green\"?"},
    {"enum, nothing near", "spec", "{'color':'violet'}",
     "spec.color: expected one of Red, Green, Off", NULL},
    {"enum from On", "spec", "{'color':true}", "spec.color: expected a word, not a boolean", NULL},
    {"enum without Off", "spec", "{'number':false}", "spec.number: expected one of One, Two", NULL},
    {"strings", "spec", "{'words':'a'}", "spec.words: expected a list of strings", NULL},
    {"strings with another", "spec", "{'words':['a',1]}", "spec.words: expected a list of strings",
     NULL},
    {"enums", "spec", "{'colors':'Red'}", "spec.colors: expected a list", NULL},
    {"enums with another", "spec", "{'colors':['Red','Grean']}",
     "spec.colors: expected one of Red, Green, Off", "Did you mean \"Green\"?"},
    {"object", "spec", "{'inner':[]}", "spec.inner: expected a map", NULL},
    {"inside an object", "", "{'inner':{'weight':'x'}}", "inner.weight: expected a whole number",
     NULL},
    {"required", "spec", "{'inner':{'note':'x'}}", "spec.inner: \"weight\" is missing", NULL},
    {"required but null", "spec", "{'inner':{'weight':null}}", "spec.inner: \"weight\" is missing",
     NULL},
    {"objects", "spec", "{'list':{}}", "spec.list: expected a list", NULL},
    {"objects with another", "spec", "{'list':[{'weight':1},3]}", "spec.list[1]: expected a map",
     NULL},
    {"inside objects", "spec", "{'list':[{'weight':1},{'weight':1},{'weight':11}]}",
     "spec.list[2].weight: 11 is not in the range 1 to 10", NULL},
    {"required in objects", "spec", "{'list':[{}]}", "spec.list[0]: \"weight\" is missing", NULL},
    {"free map", "spec", "{'json':[]}", "spec.json: expected a map", NULL},
    {"free list", "spec", "{'jsons':{}}", "spec.jsons: expected a list", NULL},
    {"free list of others", "spec", "{'jsons':[{},1]}", "spec.jsons: expected a list of maps",
     NULL},
    {"a check's own words", "spec", "{'even':'abc'}", "spec.even: \"abc\" has odd length",
     "Add a letter."},
};

START_TEST(errors_name_the_place)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(errors); i++) {
        BL_AUTO_JSON cJSON *value = help_json(errors[i].text);
        BL_AUTO(outer_release) struct outer out;
        struct bl_decode from = {.path = errors[i].path};
        BL_ERROR(err);

        defaults(&out);
        BL_WHY(bl_decode(&from, value, &outer_schema, &out, &err) == -1, errors[i].why);
        ck_assert_msg(strcmp(bl_error_text(err), errors[i].message) == 0, "%s: %s", errors[i].why,
                      bl_error_text(err));
        const char *hint = bl_error_hint(err);
        ck_assert_msg(hint && errors[i].hint ? strcmp(hint, errors[i].hint) == 0
                                             : hint == errors[i].hint,
                      "%s: %s", errors[i].why, hint ? hint : "no hint");
        BL_WHY(bl_error_code(err) == BL_ERR_INVALID, errors[i].why);
    }
}
END_TEST

static const struct {
    const char *why, *text, *message;
} lines[] = {
    {"an unknown key, at its own line", "name: x\nnmae: y\n",
     "p.yaml:2: spec: unknown field \"nmae\""},
    {"a wrong type, at the key", "name: x\n\nany:\n  - 1\n",
     "p.yaml:3: spec.any: expected a whole number"},
    {"a key that is missing, at the map's key", "name: x\ninner:\n  note: y\n",
     "p.yaml:2: spec.inner: \"weight\" is missing"},
    {"an item of a list", "list:\n  - weight: 1\n  - note: x\n    weight: 0\n",
     "p.yaml:4: spec.list[1].weight: 0 is not in the range 1 to 10"},
    {"an integer that no double holds", "any: 9007199254740993\n",
     "p.yaml:1: spec.any: expected a whole number"},
};

START_TEST(errors_name_file_and_line)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(lines); i++) {
        struct bl_yaml_segment segment = {lines[i].text, strlen(lines[i].text), 1, 0, 0};
        BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;
        BL_AUTO(outer_release) struct outer out = {0};
        BL_ERROR(err);

        BL_WHY(bl_yaml_parse("p.yaml", &segment, &doc, &err) == 0, lines[i].why);
        struct bl_decode from = {"p.yaml", doc, "spec"};
        BL_WHY(bl_decode(&from, bl_yaml_doc_root(doc), &outer_schema, &out, &err) == -1,
               lines[i].why);
        ck_assert_msg(strcmp(bl_error_text(err), lines[i].message) == 0, "%s: %s", lines[i].why,
                      bl_error_text(err));
    }
}
END_TEST

START_TEST(a_bare_off_in_yaml)
{
    static const char text[] = "color: Off\n";
    struct bl_yaml_segment segment = {text, strlen(text), 1, 0, 0};
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;
    BL_AUTO(outer_release) struct outer out = {0};
    BL_ERROR(err);

    ck_assert_int_eq(bl_yaml_parse("p.yaml", &segment, &doc, &err), 0);
    struct bl_decode from = {"p.yaml", doc, "spec"};
    ck_assert_int_eq(bl_decode(&from, bl_yaml_doc_root(doc), &outer_schema, &out, &err), 0);
    ck_assert_int_eq(out.color, OFF);
}
END_TEST

START_TEST(members_leaves_other_keys_alone)
{
    BL_AUTO_JSON cJSON *value = help_json("{'weight':4,'action':'Deny'}");
    struct inner out = {0};
    struct bl_decode from = {.path = "spec"};
    BL_ERROR(err);

    ck_assert_int_eq(bl_decode_members(&from, value, &inner_schema, &out, &err), 0);
    ck_assert_int_eq(out.weight, 4);
}
END_TEST

START_TEST(openapi_says_the_same)
{
    static const struct bl_field fields[] = {
        {.name = "name", .type = BL_FIELD_STRING, .required = true, .doc = "A name."},
        {.name = "flag", .type = BL_FIELD_BOOL},
        {.name = "any", .type = BL_FIELD_INT},
        {.name = "small", .type = BL_FIELD_INT, .min = 0, .max = 3},
        {.name = "color", .type = BL_FIELD_ENUM, .names = plain},
        {.name = "words", .type = BL_FIELD_STRINGS, .doc = "Some words."},
        {.name = "colors", .type = BL_FIELD_ENUMS, .names = plain},
        {.name = "inner", .type = BL_FIELD_OBJECT, .schema = &inner_schema, .required = true},
        {.name = "list", .type = BL_FIELD_OBJECTS, .schema = &inner_schema},
        {.name = "json", .type = BL_FIELD_JSON},
        {.name = "jsons", .type = BL_FIELD_JSONS},
        {0},
    };
    static const struct bl_schema schema = {.size = 1, .fields = fields};
    static const char inner[] =
        "{'type':'object','properties':{'weight':{'type':'integer','format':'int64','minimum':1,"
        "'maximum':10,'description':'How heavy.'},'note':{'type':'string'}},"
        "'required':['weight']}";
    BL_AUTO_JSON cJSON *openapi = bl_schema_openapi(&schema);
    BL_AUTO_FREE char *text = help_text(openapi);
    BL_AUTO_FREE char *want = bl_asprintf(
        "{'type':'object','properties':{"
        "'name':{'type':'string','description':'A name.'},"
        "'flag':{'type':'boolean'},"
        "'any':{'type':'integer','format':'int64'},"
        "'small':{'type':'integer','format':'int64','minimum':0,'maximum':3},"
        "'color':{'type':'string','enum':['One','Two']},"
        "'words':{'type':'array','items':{'type':'string'},'description':'Some words.'},"
        "'colors':{'type':'array','items':{'type':'string','enum':['One','Two']}},"
        "'inner':%s,"
        "'list':{'type':'array','items':%s},"
        "'json':{'type':'object','x-kubernetes-preserve-unknown-fields':true},"
        "'jsons':{'type':'array','items':{'type':'object',"
        "'x-kubernetes-preserve-unknown-fields':true}}},"
        "'required':['name','inner']}",
        inner, inner);

    ck_assert_str_eq(text, want);
}
END_TEST

START_TEST(openapi_of_no_fields)
{
    static const struct bl_field none[] = {{0}};
    static const struct bl_schema schema = {.size = 1, .fields = none};
    BL_AUTO_JSON cJSON *openapi = bl_schema_openapi(&schema);
    BL_AUTO_FREE char *text = help_text(openapi);

    ck_assert_str_eq(text, "{'type':'object'}");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json/decode");
    TCase *tests = tcase_create("decode");

    tcase_add_test(tests, every_type_is_read);
    tcase_add_test(tests, what_is_left_out_keeps_its_default);
    tcase_add_test(tests, what_is_there_replaces_its_default);
    tcase_add_test(tests, a_missing_value_is_no_fields);
    tcase_add_test(tests, release_empties);
    tcase_add_test(tests, enums_are_names);
    tcase_add_test(tests, a_list_of_enums_takes_a_bare_off);
    tcase_add_test(tests, errors_name_the_place);
    tcase_add_test(tests, errors_name_file_and_line);
    tcase_add_test(tests, a_bare_off_in_yaml);
    tcase_add_test(tests, members_leaves_other_keys_alone);
    tcase_add_test(tests, openapi_says_the_same);
    tcase_add_test(tests, openapi_of_no_fields);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
