/* Label selectors, checked against meta/v1 LabelSelectorAsSelector (v0.29). */
#include "ballast/object/selector.h"

#include <string.h>

#include "json_help.h"
#include "unit.h"

static const char labels[] = "{'app':'kafka','tier':'data','empty':''}";

static const struct {
    const char *why, *selector;
    bool want;
} matches[] = {
    {"null selects nothing", "null", false},
    {"an empty one selects everything", "{}", true},
    {"empty parts select everything", "{'matchLabels':{},'matchExpressions':[]}", true},
    {"null parts select everything", "{'matchLabels':null,'matchExpressions':null}", true},
    {"a label", "{'matchLabels':{'app':'kafka'}}", true},
    {"another value", "{'matchLabels':{'app':'zookeeper'}}", false},
    {"case counts", "{'matchLabels':{'app':'Kafka'}}", false},
    {"a label that is not there", "{'matchLabels':{'role':'x'}}", false},
    {"an empty value is a value", "{'matchLabels':{'empty':''}}", true},
    {"an empty value is not a missing one", "{'matchLabels':{'none':''}}", false},
    {"all labels must match", "{'matchLabels':{'app':'kafka','tier':'web'}}", false},
    {"In", "{'matchExpressions':[{'key':'app','operator':'In','values':['zk','kafka']}]}", true},
    {"In others", "{'matchExpressions':[{'key':'app','operator':'In','values':['zk']}]}", false},
    {"In, missing", "{'matchExpressions':[{'key':'x','operator':'In','values':['']}]}", false},
    {"NotIn", "{'matchExpressions':[{'key':'app','operator':'NotIn','values':['zk']}]}", true},
    {"NotIn these", "{'matchExpressions':[{'key':'app','operator':'NotIn','values':['kafka']}]}",
     false},
    {"NotIn, missing", "{'matchExpressions':[{'key':'x','operator':'NotIn','values':['a']}]}",
     true},
    {"Exists", "{'matchExpressions':[{'key':'app','operator':'Exists'}]}", true},
    {"Exists, empty value", "{'matchExpressions':[{'key':'empty','operator':'Exists'}]}", true},
    {"Exists, missing", "{'matchExpressions':[{'key':'x','operator':'Exists'}]}", false},
    {"Exists with an empty list",
     "{'matchExpressions':[{'key':'app','operator':'Exists','values':[]}]}", true},
    {"DoesNotExist", "{'matchExpressions':[{'key':'x','operator':'DoesNotExist'}]}", true},
    {"DoesNotExist, but does", "{'matchExpressions':[{'key':'app','operator':'DoesNotExist'}]}",
     false},
    {"labels and expressions both count",
     "{'matchLabels':{'app':'kafka'},'matchExpressions':[{'key':'x','operator':'Exists'}]}", false},
    {"all expressions count",
     "{'matchExpressions':[{'key':'app','operator':'Exists'},{'key':'x','operator':'Exists'}]}",
     false},
    {"what the API server refuses selects nothing",
     "{'matchExpressions':[{'key':'x','operator':'NotIn','values':[]}]}", false},
    {"so does an unknown operator", "{'matchExpressions':[{'key':'app','operator':'Gt'}]}", false},
    {"so does a list for a map", "{'matchLabels':[]}", false},
};

START_TEST(selects)
{
    BL_AUTO_JSON cJSON *object = help_json(labels);

    for (size_t i = 0; i < BL_ARRAY_LEN(matches); i++) {
        BL_AUTO_JSON cJSON *selector = help_json(matches[i].selector);

        BL_WHY(bl_selector_matches(selector, object) == matches[i].want, matches[i].why);
    }
    ck_assert(!bl_selector_matches(NULL, object));
}
END_TEST

START_TEST(an_object_without_labels)
{
    BL_AUTO_JSON cJSON *all = help_json("{}");
    BL_AUTO_JSON cJSON *some = help_json("{'matchLabels':{'a':'b'}}");
    BL_AUTO_JSON cJSON *without =
        help_json("{'matchExpressions':[{'key':'a','operator':'DoesNotExist'}]}");

    ck_assert(bl_selector_matches(all, NULL));
    ck_assert(!bl_selector_matches(some, NULL));
    ck_assert(bl_selector_matches(without, NULL));
}
END_TEST

#define KEY_63 "012345678901234567890123456789012345678901234567890123456789012"

static const struct {
    const char *why, *selector, *message; /* NULL: valid */
} validity[] = {
    {"null", "null", NULL},
    {"empty", "{}", NULL},
    {"null parts", "{'matchLabels':null,'matchExpressions':null}", NULL},
    {"a prefixed key", "{'matchLabels':{'app.kubernetes.io/name':'kafka'}}", NULL},
    {"all characters", "{'matchLabels':{'a-B_c.9':'a-B_c.9'}}", NULL},
    {"an empty value", "{'matchLabels':{'a':''}}", NULL},
    {"63 characters", "{'matchLabels':{'" KEY_63 "':'" KEY_63 "'}}", NULL},
    {"all operators",
     "{'matchExpressions':[{'key':'a','operator':'In','values':['b']},"
     "{'key':'a','operator':'NotIn','values':['c']},{'key':'a','operator':'Exists','values':null},"
     "{'key':'b','operator':'DoesNotExist'}]}",
     NULL},
    {"a string", "'app=kafka'", "a label selector is a map"},
    {"a list", "[]", "a label selector is a map"},
    {"labels without matchLabels", "{'app':'kafka'}", "unknown field \"app\" in a label selector"},
    {"labels as a list", "{'matchLabels':[]}", "matchLabels is not a map"},
    {"labels as a string", "{'matchLabels':'x'}", "matchLabels is not a map"},
    {"expressions as a map", "{'matchExpressions':{}}", "matchExpressions is not a list"},
    {"values as a string", "{'matchExpressions':[{'key':'c','operator':'In','values':'a'}]}",
     "values is not a list"},
    {"64 characters in a key", "{'matchLabels':{'" KEY_63 "x':'a'}}",
     "\"" KEY_63 "x\" is not a label key"},
    {"64 characters in a value", "{'matchLabels':{'a':'" KEY_63 "x'}}",
     "\"" KEY_63 "x\" is not a value for label \"a\""},
    {"an empty key", "{'matchLabels':{'':'a'}}", "\"\" is not a label key"},
    {"an empty prefix", "{'matchLabels':{'/a':'b'}}", "\"/a\" is not a label key"},
    {"an empty name", "{'matchLabels':{'a/':'b'}}", "\"a/\" is not a label key"},
    {"two slashes", "{'matchLabels':{'a/b/c':'d'}}", "\"a/b/c\" is not a label key"},
    {"a capital in the prefix", "{'matchLabels':{'A.b/c':'d'}}", "\"A.b/c\" is not a label key"},
    {"an empty part of the prefix", "{'matchLabels':{'a..b/c':'d'}}",
     "\"a..b/c\" is not a label key"},
    {"a part that ends in a hyphen", "{'matchLabels':{'a-.b/c':'d'}}",
     "\"a-.b/c\" is not a label key"},
    {"a prefix that begins with one", "{'matchLabels':{'-a/c':'d'}}",
     "\"-a/c\" is not a label key"},
    {"a key that begins with an underscore", "{'matchLabels':{'_x':'d'}}",
     "\"_x\" is not a label key"},
    {"a key that ends in one", "{'matchLabels':{'x_':'d'}}", "\"x_\" is not a label key"},
    {"white space in a value", "{'matchLabels':{'a':'b c'}}",
     "\"b c\" is not a value for label \"a\""},
    {"a value that begins with a hyphen", "{'matchLabels':{'a':'-b'}}",
     "\"-b\" is not a value for label \"a\""},
    {"a number for a value", "{'matchLabels':{'a':1}}", "the value of label \"a\" is not a string"},
    {"no key", "{'matchExpressions':[{'operator':'Exists'}]}", "\"\" is not a label key"},
    {"no operator", "{'matchExpressions':[{'key':'a'}]}",
     "operator \"\" of \"a\" is none of In, NotIn, Exists, DoesNotExist"},
    {"an operator in small letters", "{'matchExpressions':[{'key':'a','operator':'in'}]}",
     "operator \"in\" of \"a\" is none of In, NotIn, Exists, DoesNotExist"},
    {"In without values", "{'matchExpressions':[{'key':'a','operator':'In'}]}",
     "operator In of \"a\" needs values"},
    {"NotIn without values", "{'matchExpressions':[{'key':'a','operator':'NotIn','values':[]}]}",
     "operator NotIn of \"a\" needs values"},
    {"Exists with values", "{'matchExpressions':[{'key':'a','operator':'Exists','values':['b']}]}",
     "operator Exists of \"a\" takes no values"},
    {"a value that is none", "{'matchExpressions':[{'key':'a','operator':'In','values':['b c']}]}",
     "\"b c\" is not a value for label \"a\""},
    {"a number among the values",
     "{'matchExpressions':[{'key':'a','operator':'In','values':['b',1]}]}",
     "the value of label \"a\" is not a string"},
};

START_TEST(validates)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(validity); i++) {
        BL_AUTO_JSON cJSON *selector = help_json(validity[i].selector);
        BL_ERROR(err);
        int rc = bl_selector_validate(selector, &err);

        BL_WHY(rc == (validity[i].message ? -1 : 0), validity[i].why);
        if (rc < 0)
            ck_assert_msg(strcmp(bl_error_text(err), validity[i].message) == 0, "%s: %s",
                          validity[i].why, bl_error_text(err));
    }
}
END_TEST

START_TEST(an_unknown_field_carries_a_hint)
{
    BL_AUTO_JSON cJSON *selector = help_json("{'matchLabel':{}}");
    BL_ERROR(err);

    ck_assert_int_eq(bl_selector_validate(selector, &err), -1);
    ck_assert_str_eq(bl_error_hint(err), "A label selector has matchLabels and matchExpressions.");
}
END_TEST

static const struct {
    const char *why, *map;
    bool want;
} maps[] = {
    {"all there", "{'app':'kafka','tier':'data'}", true},
    {"one missing", "{'app':'kafka','x':'y'}", false},
    {"another value", "{'app':'zookeeper'}", false},
    {"empty selects nothing", "{}", false},
    {"a list selects nothing", "['kafka']", false},
    {"a number is no label", "{'app':1}", false},
};

START_TEST(a_service_selects)
{
    BL_AUTO_JSON cJSON *object = help_json(labels);

    for (size_t i = 0; i < BL_ARRAY_LEN(maps); i++) {
        BL_AUTO_JSON cJSON *map = help_json(maps[i].map);

        BL_WHY(bl_labels_include(object, map) == maps[i].want, maps[i].why);
        BL_WHY(!bl_labels_include(NULL, map), maps[i].why);
    }
    ck_assert(!bl_labels_include(object, NULL));
}
END_TEST

static const struct {
    const char *why, *selector, *want;
} texts[] = {
    {"null", "null", "<none>"},
    {"empty", "{}", "<all>"},
    {"labels", "{'matchLabels':{'b':'2','a':'1'}}", "b=2,a=1"},
    {"an empty value", "{'matchLabels':{'a':''}}", "a="},
    {"every operator",
     "{'matchLabels':{'a':'1'},'matchExpressions':[{'key':'c','operator':'In','values':['d','e']},"
     "{'key':'f','operator':'NotIn','values':['x']},{'key':'d','operator':'Exists'},"
     "{'key':'e','operator':'DoesNotExist'}]}",
     "a=1,c in (d,e),f notin (x),d,!e"},
    {"expressions alone", "{'matchExpressions':[{'key':'d','operator':'Exists'}]}", "d"},
    {"what cannot be", "{'matchLabels':{'a':1},'matchExpressions':[{},{'key':'k'}]}",
     "a=?,?,k ? ()"},
};

START_TEST(describes)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(texts); i++) {
        BL_AUTO_JSON cJSON *selector = help_json(texts[i].selector);
        BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1000);

        bl_strbuf_adds(&text, "pods ");
        bl_selector_describe(&text, selector);
        ck_assert_msg(strcmp(text.text + strlen("pods "), texts[i].want) == 0, "%s: %s",
                      texts[i].why, text.text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("object/selector");
    TCase *tests = tcase_create("selector");

    tcase_add_test(tests, selects);
    tcase_add_test(tests, an_object_without_labels);
    tcase_add_test(tests, validates);
    tcase_add_test(tests, an_unknown_field_carries_a_hint);
    tcase_add_test(tests, a_service_selects);
    tcase_add_test(tests, describes);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
