/* Changing a text: only what has to change does, and it reads back as wanted. */
#include <stdio.h>
#include <string.h>

#include "ballast/json/edit.h"
#include "ballast/json/yaml.h"
#include "json_help.h"
#include "unit.h"

/* The patch leads from the text's value to the wanted one; `want` is the text that should come of it. */
static const struct {
    const char *why, *text, *patch, *want;
} rewritten[] = {
    {"nothing changes", "a:   1 # c\n...\n", "[]", "a:   1 # c\n...\n"},
    {"another number for the same value", "a: 0x10\n", "[{'op':'replace','path':'/a','value':16}]",
     "a: 0x10\n"},
    {"scalar, and its comment stays", "a: 1   # c\nb: 2\n",
     "[{'op':'replace','path':'/a','value':2}]", "a: 2   # c\nb: 2\n"},
    {"scalar in quotes", "a: \"x # y\" # c\n", "[{'op':'replace','path':'/a','value':'yes'}]",
     "a: \"yes\" # c\n"},
    {"plain text of more lines", "a: x\n  y # c\nb: 1\n",
     "[{'op':'replace','path':'/a','value':'z'}]", "a: z # c\nb: 1\n"},
    {"block scalar", "a: | # c\n  x\n  y\n\n# about b\nb: 1\n",
     "[{'op':'replace','path':'/a','value':'z'}]", "a: z\n\n# about b\nb: 1\n"},
    {"block scalar by another", "a: |\n  x\n\nb: 1\n",
     "[{'op':'replace','path':'/a','value':'y\\nz\\n'}]", "a: |\n  y\n  z\n\nb: 1\n"},
    {"text of more lines behind a comment", "a: x # c\nb: 1\n",
     "[{'op':'replace','path':'/a','value':'y\\nz\\n'}]", "a: | # c\n  y\n  z\nb: 1\n"},
    {"null without text", "a: # c\nb: 1\n", "[{'op':'replace','path':'/a','value':2}]",
     "a: 2 # c\nb: 1\n"},
    {"null without text becomes a block", "a: # c\nb: 1\n",
     "[{'op':'replace','path':'/a','value':{'x':[1]}}]", "a: # c\n  x:\n    - 1\nb: 1\n"},
    {"empty brackets become a block", "a: {}   # c\nb: []\n",
     "[{'op':'add','path':'/a/x','value':1},{'op':'add','path':'/b/-','value':2}]",
     "a:   # c\n  x: 1\nb:\n  - 2\n"},
    {"block becomes a scalar", "a: # c\n  # d\n  x: 1\n  y: 2 # e\nb: 1\n",
     "[{'op':'replace','path':'/a','value':1}]", "a: 1 # c\n  # d\nb: 1\n"},
    {"block becomes text of more lines", "a: # c\n  # d\n  x: 1\nb: 1\n",
     "[{'op':'replace','path':'/a','value':'x\\ny'}]", "a: |- # c\n  x\n  y\nb: 1\n"},
    {"block becomes another", "a:\n    # d\n    x: 1\nb: 1\n",
     "[{'op':'replace','path':'/a','value':{'z':1}}]", "a:\n    # d\n    z: 1\nb: 1\n"},
    {"last member of a block goes", "a:\n  x: 1\nb: 1\n", "[{'op':'remove','path':'/a/x'}]",
     "a: {}\nb: 1\n"},
    {"member goes with its comment", "a: 1\nb: 2 # two\n# about c\nc: 3\n",
     "[{'op':'remove','path':'/b'}]", "a: 1\n# about c\nc: 3\n"},
    {"member with a block goes", "a:\n  - x:\n      y: 1 # c\nb: 2\n",
     "[{'op':'remove','path':'/a'}]", "b: 2\n"},
    {"first member of a list item goes", "- a: 1 # one\n  # about b\n  b: 2\n  c: 3\n",
     "[{'op':'remove','path':'/0/a'}]", "- # about b\n  b: 2\n  c: 3\n"},
    {"two first members of a list item go", "- a: 1\n  b: 2\n  c: 3\n",
     "[{'op':'remove','path':'/0/a'},{'op':'remove','path':'/0/b'}]", "- c: 3\n"},
    {"member is added at the end", "a:\n    b: 1 # c\n\n# about d\nd: 1\n",
     "[{'op':'add','path':'/a/x','value':{'p':2}}]",
     "a:\n    b: 1 # c\n    x:\n      p: 2\n\n# about d\nd: 1\n"},
    {"member is added behind a block scalar", "a:\n  b: |\n    x\n\nd: 1\n",
     "[{'op':'add','path':'/a/x','value':2}]", "a:\n  b: |\n    x\n  x: 2\n\nd: 1\n"},
    {"member is added to the root", "---\n# c\na: 1\n...\n",
     "[{'op':'add','path':'/b','value':[{'x':1,'q':2}]}]",
     "---\n# c\na: 1\nb:\n  - x: 1\n    q: 2\n...\n"},
    {"member is added to a list item", "l:\n- a: 1\n- b: 2\n",
     "[{'op':'add','path':'/l/0/x','value':2}]", "l:\n- a: 1\n  x: 2\n- b: 2\n"},
    {"member is added where a value begins below its dash", "-\n  a: 1\n- 2\n",
     "[{'op':'add','path':'/0/x','value':2}]", "-\n  a: 1\n  x: 2\n- 2\n"},
    {"item at the end, at its key's column", "a:\n- x # c\nb: 1\n",
     "[{'op':'add','path':'/a/-','value':'y'}]", "a:\n- x # c\n- \"y\"\nb: 1\n"},
    {"item at the end, deeper", "a:\n    - x\nb: 1\n",
     "[{'op':'add','path':'/a/-','value':{'p':1,'q':2}}]",
     "a:\n    - x\n    - p: 1\n      q: 2\nb: 1\n"},
    {"item at the start", "a:\n  # c\n  - x\n", "[{'op':'add','path':'/a/0','value':{'p':1}}]",
     "a:\n  # c\n  - p: 1\n  - x\n"},
    {"item in between", "- a\n# b\n- b\n", "[{'op':'add','path':'/1','value':'x'}]",
     "- a\n- x\n# b\n- b\n"},
    {"item at the start of a list in a list", "- - a\n  - b\n",
     "[{'op':'add','path':'/0/0','value':1}]", "- - 1\n  - a\n  - b\n"},
    {"item goes", "- a\n- b # c\n- c\n", "[{'op':'remove','path':'/1'}]", "- a\n- c\n"},
    {"first item of a list in a list goes", "- - a\n  - b\n", "[{'op':'remove','path':'/0/0'}]",
     "- - b\n"},
    {"all items go", "a:\n  - 1\n  - 2 # c\nb: 1\n", "[{'op':'replace','path':'/a','value':[]}]",
     "a: []\nb: 1\n"},
    {"changed item, and another added", "c:\n- name: x # 1\n  v: 1 # 2\n",
     "[{'op':'replace','path':'/c/0/v','value':2},{'op':'add','path':'/c/-','value':{'name':'y'}}]",
     "c:\n- name: x # 1\n  v: 2 # 2\n- name: \"y\"\n"},
    {"items are known by name", "- name: a\n  v: 1\n- name: b\n  v: 2 # b\n",
     "[{'op':'replace','path':'/1/v','value':3},{'op':'remove','path':'/0'}]",
     "- name: b\n  v: 3 # b\n"},
    {"item behind a wide dash becomes a block", "-   a # c\n- b\n",
     "[{'op':'replace','path':'/0','value':{'x':1,'q':2}}]", "- x: 1 # c\n  q: 2\n- b\n"},
    {"brackets: changed", "a: {x: 1, 'y': [1, 2]} # c\n",
     "[{'op':'replace','path':'/a/x','value':'b c'},{'op':'replace','path':'/a/y/1','value':'3'}]",
     "a: {x: b c, 'y': [1, \"3\"]} # c\n"},
    {"brackets: added", "a: {x: 1, l: [1]}\n",
     "[{'op':'add','path':'/a/z','value':{'p':[1],'q':{}}},{'op':'add','path':'/a/l/0','value':0}]",
     "a: {x: 1, l: [0, 1], z: {p: [1], q: {}}}\n"},
    {"brackets: removed", "a: {x: 1, 'y': 2, z: 3}\nb: [1, 2, 3]\n",
     "[{'op':'remove','path':'/a/z'},{'op':'remove','path':'/a/x'},{'op':'remove','path':'/b/1'}]",
     "a: {'y': 2}\nb: [1, 3]\n"},
    {"brackets: nulls without text", "a: {x, p: , q: 1}\n",
     "[{'op':'replace','path':'/a/x','value':1},{'op':'replace','path':'/a/p','value':2}]",
     "a: {x: 1, p: 2 , q: 1}\n"},
    {"brackets on lines", "a: [\n  1,\n  2 # two\n]\n", "[{'op':'add','path':'/a/-','value':3}]",
     "a: [\n  1,\n  2,\n  3 # two\n]\n"},
    {"JSON stays JSON", "{\n  \"a\": 1,\n  \"b\": [\"x\"]\n}\n",
     "[{'op':'add','path':'/c','value':{'d':'e'}},{'op':'add','path':'/b/-','value':'z'},"
     "{'op':'replace','path':'/a','value':'w'}]",
     "{\n  \"a\": \"w\",\n  \"b\": [\"x\", \"z\"],\n  \"c\": {\"d\": \"e\"}\n}\n"},
    {"JSON that libyaml refuses is written anew", "{\"a\":\"\\ud83d\\ude00\"}\n",
     "[{'op':'add','path':'/b','value':1}]", "{\n  \"a\": \"\xf0\x9f\x98\x80\",\n  \"b\": 1\n}\n"},
    {"CR LF", "a: 1\r\nb:\r\n- x\r\n",
     "[{'op':'add','path':'/b/-','value':{'p':1,'q':'r\\ns\\n'}}]",
     "a: 1\r\nb:\r\n- x\r\n- p: 1\r\n  q: |\r\n    r\r\n    s\r\n"},
    {"byte order mark",
     "\xef\xbb\xbf"
     "a: 1\n",
     "[{'op':'add','path':'/b','value':2}]",
     "\xef\xbb\xbf"
     "a: 1\nb: 2\n"},
    {"wide characters", "\xc3\xa9: \xe2\x82\xac # \xc3\xa9\nb: {\xc3\xa9: x}\n",
     "[{'op':'replace','path':'/b/\xc3\xa9','value':'z'},{'op':'replace','path':'/"
     "\xc3\xa9','value':1}]",
     "\xc3\xa9: 1 # \xc3\xa9\nb: {\xc3\xa9: z}\n"},
    {"no newline at the end", "a: 1\nb: 2", "[{'op':'add','path':'/c','value':3}]",
     "a: 1\nb: 2\nc: 3\n"},
    {"no newline at the end of a block scalar", "a: 1\nb: |\n  x",
     "[{'op':'replace','path':'/a','value':2}]", "a: 2\nb: |\n  x"},
    {"alias is replaced where it stands", "a: &x {p: 1}\nb: *x # c\nc: *x\n",
     "[{'op':'add','path':'/b/q','value':2}]", "a: &x {p: 1}\nb: # c\n  p: 1\n  q: 2\nc: *x\n"},
    {"what an alias names changes", "a: &x\n  p: 1\nb: *x\n",
     "[{'op':'replace','path':'/a/p','value':2}]", "a: &x\n  p: 2\nb:\n  p: 1\n"},
    {"alias and what it names change alike", "a: &x\n  p: 1 # c\nb: *x\n",
     "[{'op':'replace','path':'/a/p','value':2},{'op':'replace','path':'/b/p','value':2}]",
     "a: &x\n  p: 2 # c\nb:\n  p: 2\n"},
    {"what an alias names goes", "a: &x {p: 1}\nb: [*x]\n", "[{'op':'remove','path':'/a'}]",
     "b: [{p: 1}]\n"},
    {"merged member changes: it becomes the object's own",
     "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  r: 3\n", "[{'op':'replace','path':'/b/q','value':4}]",
     "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  r: 3\n  q: 4\n"},
    {"merged member goes: the object is written out", "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  r: 3\n",
     "[{'op':'remove','path':'/b/q'}]", "a: &x {p: 1, q: 2}\nb:\n  r: 3\n  p: 1\n"},
    {"another root", "--- # head\n# c\na: 1\n# tail\n", "[{'op':'replace','path':'','value':[1]}]",
     "--- # head\n# c\n- 1\n# tail\n"},
    {"another root behind the marker", "--- {a: 1}\n", "[{'op':'replace','path':'','value':[1]}]",
     "---\n- 1\n"},
    {"explicit keys are written anew", "# c\n? a\n: b\n", "[{'op':'add','path':'/c','value':1}]",
     "# c\na: b\nc: 1\n"},
};

static struct bl_yaml_doc *read_doc(const char *why, const char *text, size_t len)
{
    const struct bl_yaml_segment segment = {text, len, 1, 0, 0};
    struct bl_yaml_doc *doc = NULL;
    BL_ERROR(err);

    ck_assert_msg(bl_yaml_parse("f.yaml", &segment, &doc, &err) == 0, "%s: %s", why,
                  err ? bl_error_text(err) : "");
    return doc;
}

static void rewrite(const char *why, const struct bl_yaml_doc *doc, const cJSON *wanted,
                    struct bl_strbuf *out)
{
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *again = NULL;
    BL_ERROR(err);

    ck_assert_msg(bl_yaml_rewrite(doc, wanted, out, &err) == 0, "%s: %s", why,
                  err ? bl_error_text(err) : "");
    again = read_doc(why, out->text, out->len);
    ck_assert_msg(bl_json_equal(bl_yaml_doc_root(again), wanted), "%s:\n%s", why, out->text);
}

START_TEST(texts_change_where_values_do)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rewritten); i++) {
        const char *text = rewritten[i].text, *why = rewritten[i].why;
        BL_AUTO(bl_yaml_doc_cleanup)
        struct bl_yaml_doc *doc = read_doc(why, text, strlen(text));
        BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(1 << 16);
        BL_AUTO_JSON cJSON *wanted = bl_json_copy(bl_yaml_doc_root(doc));
        BL_AUTO_JSON cJSON *patch = help_json(rewritten[i].patch);
        BL_ERROR(err);

        BL_WHY(bl_patch_apply(&wanted, patch, &err) == 0, why);
        rewrite(why, doc, wanted, &out);
        ck_assert_msg(strcmp(out.text, rewritten[i].want) == 0, "%s:\n%s", why, out.text);
    }
}
END_TEST

/* New members come behind the sibling that they follow in the wanted value. */
START_TEST(order_of_the_wanted_value_counts)
{
    const char *text = "b: 1\nd: 2 # d\n";
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = read_doc("", text, strlen(text));
    BL_AUTO_JSON cJSON *wanted = help_json("{'a':0,'a2':0,'b':1,'c':{'x':1},'c2':2,'d':2,'e':3}");
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(1 << 16);

    rewrite("order", doc, wanted, &out);
    ck_assert_str_eq(out.text, "a: 0\na2: 0\nb: 1\nc:\n  x: 1\nc2: 2\nd: 2 # d\ne: 3\n");
}
END_TEST

static const struct {
    const char *why, *text, *wanted, *want;
} contentless[] = {
    {"nothing", "", "{'a':1}", "a: 1\n"},
    {"comment", "# c\n", "{'a':1}", "# c\na: 1\n"},
    {"marker", "--- # c\n", "{'a':1}", "--- # c\na: 1\n"},
    {"marker and points", "---\n...\n", "{'a':1}", "---\na: 1\n...\n"},
    {"null stays nothing", "---\n", "null", "---\n"},
};

START_TEST(documents_without_content_take_a_value)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(contentless); i++) {
        const char *why = contentless[i].why, *text = contentless[i].text;
        BL_AUTO(bl_yaml_doc_cleanup)
        struct bl_yaml_doc *doc = read_doc(why, text, strlen(text));
        BL_AUTO_JSON cJSON *wanted = help_json(contentless[i].wanted);
        BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(1 << 16);
        BL_ERROR(err);

        BL_WHY(bl_yaml_rewrite(doc, wanted, &out, &err) == 0, why);
        ck_assert_msg(strcmp(out.text, contentless[i].want) == 0, "%s:\n%s", why, out.text);
    }
}
END_TEST

/* --- Laws, on texts with everything in them --- */

static const char *const texts[] = {
    "# top\nkind: StatefulSet # k\n\nmetadata:\n    name: kafka\n"
    "    labels: {app: kafka, \"tier\": 'x'}   # flow\n    annotations:\nspec:\n"
    "    # about replicas\n    replicas: 3\n    containers:\n    - name: kafka\n"
    "      image: \"kafka:3\"   # image\n      args: [\"a\", b, -c]\n      env:\n"
    "      -   name: A\n          value: \"1\"\n      # second\n      -   name: B\n"
    "          value: >-\n            folded\n            text\n\n      -\n        name: C\n"
    "        value: |\n          script\n            more\n\n    # sidecar\n    - name: side\n"
    "      ports: []\n      command:\n        - sh\n        - |\n          echo\n\n          done\n"
    "    list:\n    - - a\n      - b\n    - - c\n    -\n    - null\n    empty:\n# tail\n",
    "--- # c\r\n- a: 1\r\n  b: 2\r\n# low\r\n- c # d\r\n- \"multi\r\n  line\"\r\n- k: plain\r\n"
    "    multi # c\r\n  l: |+\r\n    v\r\n\r\n...\r\n",
    "base: &base\n  image: kafka\n  env: [x]\none:\n  <<: *base\n  name: one\ntwo:\n  name: two\n"
    "  <<: [*base]\nthree: *base\nlist:\n  - *base\n  - &n 5\n  - *n\n  - !!str 12\n",
    "{\n  \"kind\": \"ConfigMap\",\n  \"data\": {\n    \"a\": \"1\",\n    \"b\": \"2\"\n  },\n"
    "  \"list\": [\n    {\"name\": \"x\"},\n    {\"name\": \"y\", \"v\": [1, 2]}\n  ],\n  \"e\": "
    "{}\n}",
    "--- {a: 1, b: [1, 2,], c: {d}, e: }\n",
    "? a\n: b\n? c\n: - x\n  - y\nd:\n  ? e\n  : f\n",
    "a: |\n  no newline",
};

static const char *const values[] = {
    "1",  "'plain text'", "'a\\n  b\\n'",         "{}",
    "[]", "null",         "{'k':'v','l':[true]}", "['x',{'p':1,'q':2}]",
};

/* The `*n`-th value below, counted as the text has them; what holds it in `*parent`. */
static cJSON *nth(cJSON *value, size_t *n, cJSON **parent)
{
    if (!(*n)--)
        return value;
    for (cJSON *child = value->child; child; child = child->next) {
        cJSON *found = nth(child, n, parent);

        if (found == child)
            *parent = value;
        if (found)
            return found;
    }
    return NULL;
}

enum change { REPLACE, REMOVE, ADD_FIRST, ADD_LAST, CHANGES };

static void add(cJSON *to, bool first, cJSON *value)
{
    cJSON *rest = NULL;

    if (first) {
        rest = to->child;
        to->child = NULL;
    }
    if (cJSON_IsObject(to))
        bl_json_add(to, "new", value);
    else
        bl_json_push(to, value);
    for (cJSON *next; rest; rest = next) {
        next = rest->next;
        rest->next = rest->prev = NULL;
        bl_json_push(to, rest);
    }
}

/* False where the change makes no sense at the value. */
static bool change(cJSON *root, size_t n, enum change how, const char *with)
{
    cJSON *parent = NULL, *value = nth(root, &n, &parent);

    if (how == REMOVE && parent) {
        cJSON_Delete(cJSON_DetachItemViaPointer(parent, value));
        return true;
    }
    if (how == REPLACE && parent) {
        cJSON *fresh = help_json(with);

        if (value->string)
            fresh->string = strdup(value->string);
        return cJSON_ReplaceItemViaPointer(parent, value, fresh);
    }
    if (how != REMOVE && how != REPLACE && (cJSON_IsObject(value) || cJSON_IsArray(value)) &&
        !bl_json_get(value, "new")) {
        add(value, how == ADD_FIRST, help_json(with));
        return true;
    }
    return false;
}

static size_t count(const cJSON *value)
{
    size_t n = 1;

    for (const cJSON *child = value->child; child; child = child->next)
        n += count(child);
    return n;
}

START_TEST(every_single_change_reads_back)
{
    BL_AUTO(bl_yaml_doc_cleanup)
    struct bl_yaml_doc *doc = read_doc("law", texts[_i], strlen(texts[_i]));
    size_t nodes = count(bl_yaml_doc_root(doc));

    for (size_t k = 0; k < nodes * CHANGES * BL_ARRAY_LEN(values); k++) {
        BL_AUTO_JSON cJSON *wanted = bl_json_copy(bl_yaml_doc_root(doc));
        BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(1 << 16);

        if (change(wanted, k % nodes, (enum change)(k / nodes % CHANGES),
                   values[k / nodes / CHANGES]))
            rewrite("law", doc, wanted, &out);
    }
}
END_TEST

/* Two changes at a time, spread over the document. */
START_TEST(pairs_of_changes_read_back)
{
    BL_AUTO(bl_yaml_doc_cleanup)
    struct bl_yaml_doc *doc = read_doc("law", texts[_i], strlen(texts[_i]));
    unsigned long random = 1;

    for (size_t k = 0; k < 1500; k++) {
        BL_AUTO_JSON cJSON *wanted = bl_json_copy(bl_yaml_doc_root(doc));
        BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(1 << 16);

        for (int i = 0; i < 2; i++) {
            random = random * 6364136223846793005UL + 1442695040888963407UL;
            (void)change(wanted, (random >> 33) % count(wanted),
                         (enum change)(random >> 60) % CHANGES,
                         values[(random >> 55) % BL_ARRAY_LEN(values)]);
        }
        rewrite("law of two", doc, wanted, &out);
    }
}
END_TEST

START_TEST(the_same_value_is_the_same_text)
{
    BL_AUTO(bl_yaml_doc_cleanup)
    struct bl_yaml_doc *doc = read_doc("law", texts[_i], strlen(texts[_i]));
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(1 << 16);

    rewrite("same", doc, bl_yaml_doc_root(doc), &out);
    ck_assert_str_eq(out.text, texts[_i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json/yaml_rewrite");
    TCase *tests = tcase_create("yaml_rewrite");
    int count_texts = (int)BL_ARRAY_LEN(texts);

    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, texts_change_where_values_do);
    tcase_add_test(tests, order_of_the_wanted_value_counts);
    tcase_add_test(tests, documents_without_content_take_a_value);
    tcase_add_loop_test(tests, every_single_change_reads_back, 0, count_texts);
    tcase_add_loop_test(tests, pairs_of_changes_read_back, 0, count_texts);
    tcase_add_loop_test(tests, the_same_value_is_the_same_text, 0, count_texts);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
