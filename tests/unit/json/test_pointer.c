/* RFC 6901's own examples, and what it forbids. */
#include "ballast/json/pointer.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "json_help.h"
#include "unit.h"

/* Section 5. */
static const char document[] =
    "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,"
    "\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,\"m~n\":8}";

static const struct {
    const char *pointer, *want; /* with ' for " */
} rfc[] = {
    {"/foo", "['bar','baz']"},
    {"/foo/0", "'bar'"},
    {"/foo/1", "'baz'"},
    {"/", "0"},
    {"/a~1b", "1"},
    {"/c%d", "2"},
    {"/e^f", "3"},
    {"/g|h", "4"},
    {"/i\\j", "5"},
    {"/k\"l", "6"},
    {"/ ", "7"},
    {"/m~0n", "8"},
};

static cJSON *read_document(void)
{
    cJSON *root = NULL;
    BL_ERROR(err);

    ck_assert_int_eq(bl_json_parse(document, strlen(document), &root, &err), 0);
    return root;
}

START_TEST(rfc_examples)
{
    BL_AUTO_JSON cJSON *root = read_document();

    ck_assert_ptr_eq(bl_pointer_find(root, ""), root);
    for (size_t i = 0; i < BL_ARRAY_LEN(rfc); i++) {
        const cJSON *value = bl_pointer_find(root, rfc[i].pointer);
        BL_AUTO_FREE char *text = value ? help_text(value) : bl_strdup("nothing");

        ck_assert_msg(strcmp(text, rfc[i].want) == 0, "%s: %s", rfc[i].pointer, text);
    }
}
END_TEST

static const char tree[] = "{'a':[[0],{'b':'x'}],'~':{'/':1},'~1':2,'01':3,'-':4,'/':{'':5}}";

static const struct {
    const char *why, *pointer, *want, *nearest; /* want NULL: there is none */
} finds[] = {
    {"an object in an array", "/a/1/b", "'x'", NULL},
    {"an array in an array", "/a/0/0", "0", NULL},
    {"tilde, then slash", "/~0/~1", "1", NULL},
    {"~01 is ~1, not a slash", "/~01", "2", NULL},
    {"an object's key may look like a bad index", "/01", "3", NULL},
    {"a key that is a hyphen", "/-", "4", NULL},
    {"an empty key below a slash", "/~1/", "5", NULL},
    {"no such member", "/none", NULL, ""},
    {"no such member inside", "/a/1/c/d", NULL, "/a/1"},
    {"below a string", "/a/1/b/0", NULL, "/a/1/b"},
    {"beyond the end", "/a/2", NULL, "/a"},
    {"the end", "/a/-", NULL, "/a"},
    {"zero in front", "/a/00", NULL, "/a"},
    {"zero in front of one", "/a/01", NULL, "/a"},
    {"negative", "/a/-1", NULL, "/a"},
    {"minus zero", "/a/-0", NULL, "/a"},
    {"plus", "/a/+1", NULL, "/a"},
    {"an index with a letter", "/a/1x", NULL, "/a"},
    {"an empty index", "/a/", NULL, "/a"},
    {"an index beyond 64 bits", "/a/99999999999999999999", NULL, "/a"},
    {"no slash in front", "a", NULL, ""},
    {"a step too many", "/a/0/0/", NULL, "/a/0/0"},
    {"a tilde that escapes nothing", "/~", NULL, ""},
    {"a tilde that escapes nothing, below", "/~/~1", NULL, ""},
    {"a tilde that escapes another letter", "/~2", NULL, ""},
};

START_TEST(finds_or_says_how_far_it_came)
{
    BL_AUTO_JSON cJSON *root = help_json(tree);

    for (size_t i = 0; i < BL_ARRAY_LEN(finds); i++) {
        const cJSON *value = bl_pointer_find(root, finds[i].pointer);
        const cJSON *nearest = bl_pointer_nearest(root, finds[i].pointer);

        BL_WHY((value != NULL) == (finds[i].want != NULL), finds[i].why);
        if (value) {
            BL_AUTO_FREE char *text = help_text(value);
            BL_WHY(strcmp(text, finds[i].want) == 0, finds[i].why);
            BL_WHY(nearest == value, finds[i].why);
        } else {
            BL_WHY(nearest == bl_pointer_find(root, finds[i].nearest), finds[i].why);
        }
    }
    ck_assert_ptr_null(bl_pointer_find(NULL, ""));
}
END_TEST

static const struct {
    const char *why, *pointer;
    bool want;
} validity[] = {
    {"the whole value", "", true},        {"an empty key", "/", true},
    {"two empty keys", "//", true},       {"plain", "/a/b/0", true},
    {"escapes", "/~0~1~01", true},        {"no slash in front", "a/b", false},
    {"a tilde at the end", "/a~", false}, {"a tilde before a slash", "/a~/b", false},
    {"a tilde before 2", "/~2", false},   {"a URI fragment", "#/a", false},
};

START_TEST(well_formed_or_not)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(validity); i++)
        BL_WHY(bl_pointer_valid(validity[i].pointer) == validity[i].want, validity[i].why);
}
END_TEST

START_TEST(steps_are_escaped)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf pointer = BL_STRBUF_INIT(100);

    bl_pointer_add_key(&pointer, "metadata");
    bl_pointer_add_key(&pointer, "a.b/c~d~1");
    bl_pointer_add_index(&pointer, 12);
    bl_pointer_add_key(&pointer, "");
    ck_assert_str_eq(pointer.text, "/metadata/a.b~1c~0d~01/12/");
}
END_TEST

static const struct {
    const char *why, *pointer, *parent, *last; /* parent NULL: an error */
} splits[] = {
    {"one step", "/a", "", "a"},
    {"several", "/a/b/0", "/a/b", "0"},
    {"the last is unescaped, the parent is not", "/x~1y/a~1b~0c~01", "/x~1y", "a/b~c~1"},
    {"an empty last step", "/a/", "/a", ""},
    {"an empty step alone", "/", "", ""},
    {"the whole value has no last step", "", NULL, NULL},
    {"not a pointer", "a/b", NULL, NULL},
    {"escaped wrongly", "/a/~", NULL, NULL},
    {"escaped wrongly above", "/~x/a", NULL, NULL},
};

START_TEST(splits_off_the_last_step)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(splits); i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf parent = BL_STRBUF_INIT(100);
        BL_AUTO_FREE char *last = NULL;
        BL_ERROR(err);
        int rc = bl_pointer_split(splits[i].pointer, &parent, &last, &err);

        BL_WHY(rc == (splits[i].parent ? 0 : -1), splits[i].why);
        BL_WHY(strcmp(parent.text, splits[i].parent ? splits[i].parent : "") == 0, splits[i].why);
        if (rc == 0)
            BL_WHY(strcmp(last, splits[i].last) == 0, splits[i].why);
        else
            BL_WHY(last == NULL, splits[i].why);
    }
}
END_TEST

START_TEST(split_says_what_is_wrong)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf parent = BL_STRBUF_INIT(100);
    char *last = NULL;
    BL_ERROR(err);

    ck_assert_int_eq(bl_pointer_split("spec", &parent, &last, &err), -1);
    ck_assert_str_eq(bl_error_text(err), "\"spec\" is not a JSON Pointer to a member");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json/pointer");
    TCase *tests = tcase_create("pointer");

    tcase_add_test(tests, rfc_examples);
    tcase_add_test(tests, finds_or_says_how_far_it_came);
    tcase_add_test(tests, well_formed_or_not);
    tcase_add_test(tests, steps_are_escaped);
    tcase_add_test(tests, splits_off_the_last_step);
    tcase_add_test(tests, split_says_what_is_wrong);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
