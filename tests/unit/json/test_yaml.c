/* What a stream is cut into, what a document means, and where its values stand. */
#include "ballast/json/yaml.h"

#include <stdio.h>
#include <string.h>

#include "json_help.h"
#include "unit.h"

/* --- Segments --- */

static const struct {
    const char *why, *text;
    const char *segments[6];
    unsigned line_of_last;
} streams[] = {
    {"nothing at all", "", {NULL}, 0},
    {"one document", "a: 1\n", {"a: 1\n"}, 1},
    {"no newline at the end", "a: 1", {"a: 1"}, 1},
    {"the marker opens its segment", "a: 1\n---\nb: 2\n", {"a: 1\n", "---\nb: 2\n"}, 2},
    {"a marker first makes no empty segment", "---\na: 1\n", {"---\na: 1\n"}, 1},
    {"two markers", "---\n---\n", {"---\n", "---\n"}, 2},
    {"value behind the marker", "--- {a: b}\n--- x\n", {"--- {a: b}\n", "--- x\n"}, 2},
    {"comment behind the marker", "a\n--- # c\nb\n", {"a\n", "--- # c\nb\n"}, 2},
    {"tab behind the marker", "a\n---\tb\n", {"a\n", "---\tb\n"}, 2},
    {"four dashes are no marker", "a\n----\n", {"a\n----\n"}, 1},
    {"dashes and text are no marker", "a\n---b\n", {"a\n---b\n"}, 1},
    {"an indented marker is none", "a: |\n  ---\n", {"a: |\n  ---\n"}, 1},
    {"a marker in a block scalar cuts", "a: |\n---\n", {"a: |\n", "---\n"}, 2},
    {"three points end a segment", "a\n...\nb\n", {"a\n...\n", "b\n"}, 3},
    {"marker after the points", "a\n...\n---\nb\n", {"a\n...\n", "---\nb\n"}, 3},
    {"CR LF", "a\r\n---\r\nb\r\n", {"a\r\n", "---\r\nb\r\n"}, 2},
    {"byte order mark", "\xef\xbb\xbf---\na\n", {"\xef\xbb\xbf---\na\n"}, 1},
    {"directives stay with their document", "%YAML 1.1\n---\na\n", {"%YAML 1.1\n---\na\n"}, 1},
    {"comments before the first marker", "# c\n---\na\n", {"# c\n", "---\na\n"}, 2},
    {"a percent sign in a document", "a:\n%b\n---\nc\n", {"a:\n%b\n", "---\nc\n"}, 3},
    {"JSON values one after another", "{\"a\":1}{\"b\":2}\n", {"{\"a\":1}", "{\"b\":2}\n"}, 1},
    {"JSON on lines", "{\"a\":\n1}\n\n{}\n \n", {"{\"a\":\n1}\n", "\n{}\n \n"}, 3},
    {"brackets in JSON strings", "{\"a\":\"}{\\\"\"}\n{}", {"{\"a\":\"}{\\\"\"}\n", "{}"}, 2},
    {"JSON with markers goes by lines", "{}\n---\n{}\n", {"{}\n", "---\n{}\n"}, 2},
    {"flow YAML goes by lines", "{a: 'it\"s'}\n---\nb\n", {"{a: 'it\"s'}\n", "---\nb\n"}, 2},
    {"JSON that never closes", "{\"a\":{}\n", {"{\"a\":{}\n"}, 1},
};

START_TEST(streams_are_cut_without_loss)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(streams); i++) {
        struct bl_yaml_stream stream;
        struct bl_yaml_segment segment = {0};
        size_t n = 0;

        bl_yaml_stream_init(&stream, streams[i].text, strlen(streams[i].text));
        for (; bl_yaml_next(&stream, &segment); n++) {
            const char *want = streams[i].segments[n];

            BL_WHY(want && strlen(want) == segment.len, streams[i].why);
            BL_WHY(memcmp(want, segment.text, segment.len) == 0, streams[i].why);
        }
        BL_WHY(!streams[i].segments[n], streams[i].why);
        BL_WHY(segment.line == streams[i].line_of_last, streams[i].why);
    }
}
END_TEST

/* --- Values --- */

static int parse(const char *text, size_t len, struct bl_yaml_doc **ret_doc, struct bl_error **err)
{
    const struct bl_yaml_segment segment = {text, len, 1, 0, 0};

    return bl_yaml_parse("f.yaml", &segment, ret_doc, err);
}

/* Each pair was checked against sigs.k8s.io/yaml v1.4.0. */
static const struct {
    const char *why, *text, *want; /* JSON with ' for "; NULL: no content */
} values[] = {
    {"nothing", "", NULL},
    {"blank lines and comments", "\n# c\n  # d\n", NULL},
    {"a bare marker", "---\n", NULL},
    {"a bare marker and points", "--- # c\n...\n", NULL},
    {"null that is written", "--- ~\n", "null"},
    {"nulls", "[~, null, Null, NULL, nUll]", "[null,null,null,null,'nUll']"},
    {"null without text", "a:\nb: \"\"", "{'a':null,'b':''}"},
    {"true", "[y, Y, yes, Yes, YES, on, On, ON, true, True, TRUE]",
     "[true,true,true,true,true,true,true,true,true,true,true]"},
    {"false", "[n, N, no, No, NO, off, Off, OFF, false, False, FALSE]",
     "[false,false,false,false,false,false,false,false,false,false,false]"},
    {"nearly booleans", "[yEs, oN, tRUE, nO]", "['yEs','oN','tRUE','nO']"},
    {"quoted words are strings", "['yes', \"no\", '~', \"1\"]", "['yes','no','~','1']"},
    {"integers", "[0, -1, +1, 1_000, 1__0, 1_]", "[0,-1,1,1000,10,1]"},
    {"bases", "[0x1F, 0X1f, -0x1f, 0o17, 0b101, -0b11, 0x_1]", "[31,31,-31,15,5,-3,1]"},
    {"a sign behind the prefix of binary", "[0b-1, 0b+1]", "[-1,1]"},
    {"octal of YAML 1.1", "[0755, 00, -010]", "[493,0,-8]"},
    {"no octal, so a float", "[08, 09, 0_8]", "[8,9,8]"},
    {"no numbers", "[_1, 0x, 0o8, 0b2, 0xG, -, --, +a, 1Gi, 500m, 1.2.3]",
     "['_1','0x','0o8','0b2','0xG','-','--','+a','1Gi','500m','1.2.3']"},
    {"exact to 2^53", "[9007199254740992, -9007199254740992]",
     "[9007199254740992,-9007199254740992]"},
    {"large integers keep their digits",
     "[9007199254740993, 18446744073709551615, 0xffffffffffffffff]",
     "[9007199254740993,18446744073709551615,18446744073709551615]"},
    {"least integer", "-9223372036854775808", "-9223372036854775808"},
    {"floats", "[1.5, .5, -.5, 1., 1e3, 1.5E-3, 1_0.5]", "[1.5,0.5,-0.5,1,1000,0.0015,10.5]"},
    {"no floats", "[., .., .e3, 1e, 1e400, .1_, inf, 0x1.8p3]",
     "['.','..','.e3','1e','1e400','.1_','inf','0x1.8p3']"},
    {"times stay text", "[1:30, 2001-12-14, 2001-12-14T21:59:43Z]",
     "['1:30','2001-12-14','2001-12-14T21:59:43Z']"},
    {"tags", "[!!str 1, !!int '12', !!bool yes, !!float 3, !!null '', !!str ~]",
     "['1',12,true,3,null,'~']"},
    {"binary", "!!binary aGVs\n  bG8=", "'hello'"},
    {"tags of others leave text", "[!local 12, !!timestamp 2001-12-14]", "['12','2001-12-14']"},
    {"tags of others on collections", "!foo {a: !bar [1]}", "{'a':[1]}"},
    {"the tag that says nothing else", "! 12", "'12'"},
    {"keys are text", "{1: a, 0x10: b, yes: c, 1.5: d, 1e6: e, 'x': f}",
     "{'1':'a','16':'b','true':'c','1.5':'d','1e+06':'e','x':'f'}"},
    {"keys that are no numbers of JSON", "{.inf: 1, -.inf: 2, .nan: 3}",
     "{'.inf':1,'-.inf':2,'.nan':3}"},
    {"block scalars", "a: |\n  x\n   y\n\nb: >-\n  x\n  y\n\n  z\nc: |+\n  x\n\nd: |2\n   x\n",
     "{'a':'x\\n y\\n','b':'x y\\nz','c':'x\\n\\n','d':' x\\n'}"},
    {"plain text of more lines", "a: x\n  y\n\n  z\n", "{'a':'x y\\nz'}"},
    {"indentless list", "a:\n- 1\n- 2\nb: 3\n", "{'a':[1,2],'b':3}"},
    {"lists in lists", "- - 1\n  - - 2\n-\n  - 3\n", "[[1,[2]],[3]]"},
    {"a pair in a flow list", "[a: 1, b]", "[{'a':1},'b']"},
    {"explicit keys", "? a\n: b\n? c\n", "{'a':'b','c':null}"},
    {"aliases", "a: &x {k: 1}\nb: *x\nc: [*x, &y z, *y]\n",
     "{'a':{'k':1},'b':{'k':1},'c':[{'k':1},'z','z']}"},
    {"the newest anchor of a name counts", "[&a 1, *a, &a 2, *a]", "[1,1,2,2]"},
    {"an alias as a key", "{&k a: 1, b: {*k : 2}}", "{'a':1,'b':{'a':2}}"},
    {"merge: what is read last wins, as kubectl has it",
     "x: &x {a: 1, b: 1, c: 1}\nm:\n  a: 2\n  <<: *x\n  b: 2\n",
     "{'x':{'a':1,'b':1,'c':1},'m':{'b':2,'a':1,'c':1}}"},
    {"merge of a list: the first wins", "x: &x {a: 1}\nm: &m {a: 2, b: 2}\nz: {<<: [*x, *m]}\n",
     "{'x':{'a':1},'m':{'a':2,'b':2},'z':{'a':1,'b':2}}"},
    {"merge of a mapping in place", "<<: {a: 1, b: [2]}\nc: 3\n", "{'c':3,'a':1,'b':[2]}"},
    {"merge of nothing", "x: &x {}\nm:\n  <<: *x\n", "{'x':{},'m':{}}"},
    {"quoted << is a key", "'<<': 1", "{'<<':1}"},
    {"byte order mark",
     "\xef\xbb\xbf"
     "a: 1\n",
     "{'a':1}"},
    {"CR LF", "a: |\r\n  x\r\n  y\r\nb: 1\r\n", "{'a':'x\\ny\\n','b':1}"},
    {"tabs between tokens", "a:\t1\t# c\n", "{'a':1}"},
    {"JSON", "{\"a\":[1,2.5e3,null,true],\"b\":{}}", "{'a':[1,2500,null,true],'b':{}}"},
    {"JSON that libyaml refuses", "\n {\"a\": \"\\ud83d\\ude00\"}", "{'a':'\xf0\x9f\x98\x80'}"},
};

START_TEST(values_mean_what_kubectl_reads)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(values); i++) {
        BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;
        BL_ERROR(err);
        const cJSON *root;

        ck_assert_msg(parse(values[i].text, strlen(values[i].text), &doc, &err) == 0, "%s: %s",
                      values[i].why, err ? bl_error_text(err) : "");
        root = bl_yaml_doc_root(doc);
        BL_WHY(!root == !values[i].want, values[i].why);
        if (!root)
            continue;

        char *text = help_text(root);
        ck_assert_msg(strcmp(text, values[i].want) == 0, "%s: %s", values[i].why, text);
        free(text);
    }
}
END_TEST

static const struct {
    const char *why, *text, *want, *hint;
} broken[] = {
    {"duplicate key", "a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n",
     "5: duplicate key \"c\", first on line 3", "Keep one of the two: kubectl may use either."},
    {"duplicate key, once quoted", "{a: 1, 'a': 2}", "1: duplicate key \"a\", first on line 1",
     "Keep one of the two: kubectl may use either."},
    {"one key by two texts", "yes: 1\ntrue: 2\n", "2: duplicate key \"true\", first on line 1",
     "Keep one of the two: kubectl may use either."},
    {"two merges", "x: &x {}\ny:\n  <<: *x\n  <<: *x\n", "4: duplicate key \"<<\"", NULL},
    {"merge of a scalar", "<<: 1\n", "1: \"<<\" needs a mapping or a list of mappings", NULL},
    {"merge of a list of scalars", "a: 1\n<<: [{}, 2]\n",
     "2: \"<<\" needs a mapping or a list of mappings", NULL},
    {"tab as indentation", "a:\n\tb: 1\n", "2: a tab stands where only spaces may",
     "Indent with spaces."},
    {"null key", "~: 1\n", "1: a key is null", NULL},
    {"mapping as key", "? {a: 1}\n: 2\n", "1: a key is no plain value",
     "Quote text that begins with { or [. A template is rendered first: helm template."},
    {"a value that is a template", "a: {{ .Values.a }}\n", "1: a key is no plain value",
     "Quote text that begins with { or [. A template is rendered first: helm template."},
    {"a template's statement", "a: 1\n{{- if .b }}\n  c: 1\n", "3: could not find expected ':'",
     "Is it a template? Render it first, with helm template for a chart."},
    {"key too large", "18446744073709551615: 1", "1: a key is a number out of range", NULL},
    {"infinity", "a: .inf\n", "1: \".inf\" is a number that JSON cannot hold",
     "Quote it if it is meant to be text."},
    {"alias of nothing", "a: *x\n", "1: alias \"*x\" has no anchor \"&x\" before it", NULL},
    {"anchor inside itself", "a: &x\n  b: [*x]\n", "2: anchor \"&x\" contains itself", NULL},
    {"tag that does not fit", "!!int abc", "1: \"abc\" is no !!int", NULL},
    {"no base64", "!!binary '*'", "1: !!binary: text is not base64 (RFC 4648)", NULL},
    {"bytes that are no text",
     "!!binary /w==", "1: !!binary: bytes that are no UTF-8 text cannot be held in JSON", NULL},
    {"NUL", "\"a\\0b\"", "1: NUL character in a string", NULL},
    {"no UTF-8", "a: b\nc: \xff\n", "2: the text is not UTF-8", NULL},
    {"control character", "a: b\nc: \x01\n", "2: control character in the text", NULL},
    {"open quote", "a: \"b\n", "2: the text ends inside quotes", "Close the quotes."},
    {"colon in a plain value", "a: b: c\n", "1: mapping values are not allowed in this context",
     "Quote the value if it contains \": \", or check the indentation."},
    {"indentation", "a:\n  b: 1\n c: 2\n", "3: did not find expected key",
     "Check the indentation of this line and the one before it."},
    {"a second document", "{a: 1}\n--- 2\n", "2: a second document without \"---\" before it",
     NULL},
    {"JSON with a duplicate", "{\"a\": \"\\ud83d\\ude00\", \"a\": 1}", NULL, NULL},
};

START_TEST(broken_text_is_refused_with_its_line)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(broken); i++) {
        BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;
        char want[200];
        BL_ERROR(err);

        BL_WHY(parse(broken[i].text, strlen(broken[i].text), &doc, &err) < 0, broken[i].why);
        BL_WHY(!doc && bl_error_code(err) == BL_ERR_INVALID, broken[i].why);
        if (!broken[i].want)
            continue;

        char *line = strdup(broken[i].want), *what = strchr(line, ':');
        *what = '\0';
        snprintf(want, sizeof(want), "f.yaml:%s: could not read YAML:%s", line, what + 1);
        ck_assert_msg(strcmp(bl_error_text(err), want) == 0, "%s: %s", broken[i].why,
                      bl_error_text(err));
        ck_assert_msg(broken[i].hint
                          ? bl_error_hint(err) && strcmp(bl_error_hint(err), broken[i].hint) == 0
                          : !bl_error_hint(err),
                      "%s: %s", broken[i].why, bl_error_hint(err) ? bl_error_hint(err) : "no hint");
        free(line);
    }
}
END_TEST

/* --- Limits --- */

static int parse_repeated(const char *head, const char *piece, size_t times, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;

    bl_strbuf_adds(&text, head);
    for (size_t i = 0; i < times; i++)
        bl_strbuf_adds(&text, piece);
    return parse(text.text, text.len, &doc, err);
}

static const struct {
    const char *why, *head, *piece;
    size_t times;
    const char *want;
} limits[] = {
    {"depth of blocks", "", "- ", BL_JSON_MAX_DEPTH, NULL},
    {"too deep", "", "- ", BL_JSON_MAX_DEPTH + 1, "nested too deeply"},
    {"too deep in brackets", "", "[", 100000, "nested too deeply"},
    {"size", "", "# 45678\n", BL_JSON_MAX_BYTES / 8, NULL},
    {"too large", "#", "# 45678\n", BL_JSON_MAX_BYTES / 8,
     "the document is larger than 16777216 bytes"},
    {"too many values", "", "- \n", BL_YAML_MAX_NODES, "too many values in one document"},
    {"too deep by an alias", "- &x [[[[[[[[[[1]]]]]]]]]]\n- ", "[", 115, NULL},
};

START_TEST(limits_hold)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(limits); i++) {
        BL_ERROR(err);
        int result = parse_repeated(limits[i].head, limits[i].piece, limits[i].times, &err);

        if (limits[i].want) {
            BL_WHY(result < 0 && bl_error_code(err) == BL_ERR_TOO_LARGE, limits[i].why);
            BL_WHY(strstr(bl_error_text(err), limits[i].want), limits[i].why);
        } else if (result < 0) {
            BL_WHY(bl_error_code(err) == BL_ERR_INVALID, limits[i].why);
        }
    }
}
END_TEST

START_TEST(aliases_do_not_multiply_without_end)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1 << 16);
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;
    BL_ERROR(err);

    bl_strbuf_adds(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++) {
        bl_strbuf_addf(&text, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++)
            bl_strbuf_addf(&text, "*a%d,", i - 1);
        bl_strbuf_adds(&text, "]\n");
    }
    ck_assert_int_eq(parse(text.text, text.len, &doc, &err), -1);
    ck_assert_str_eq(bl_error_text(err),
                     "f.yaml:6: could not read YAML: too many values in one document");
}
END_TEST

START_TEST(depth_counts_through_aliases)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1 << 16);
    BL_ERROR(err);

    for (int deep = 0; deep <= 1; deep++) {
        BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;

        bl_strbuf_reset(&text);
        bl_strbuf_adds(&text, "- &x [[[1]]]\n- ");
        bl_strbuf_repeat(&text, '[', BL_JSON_MAX_DEPTH - 4 + (size_t)deep);
        bl_strbuf_adds(&text, "*x ");
        bl_strbuf_repeat(&text, ']', BL_JSON_MAX_DEPTH - 4 + (size_t)deep);
        ck_assert_int_eq(parse(text.text, text.len, &doc, &err), -deep);
    }
    ck_assert_str_eq(bl_error_text(err), "f.yaml:2: could not read YAML: nested too deeply");
}
END_TEST

START_TEST(duplicates_among_many_keys)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1 << 20);
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;
    BL_ERROR(err);

    for (int i = 0; i < 20000; i++)
        bl_strbuf_addf(&text, "k%d: %d\n", i, i);
    ck_assert_int_eq(parse(text.text, text.len, &doc, &err), 0);
    ck_assert_str_eq(bl_yaml_doc_root(doc)->child->string, "k0");
    bl_yaml_doc_free(BL_STEAL(doc));

    bl_strbuf_adds(&text, "k123: 1\n");
    ck_assert_int_eq(parse(text.text, text.len, &doc, &err), -1);
    ck_assert_str_eq(
        bl_error_text(err),
        "f.yaml:20001: could not read YAML: duplicate key \"k123\", first on line 124");
}
END_TEST

/* --- Origins --- */

static const struct {
    const char *why, *text, *path; /* keys and indexes with a space between */
    unsigned line, column, key_line, key_column;
    const char *value; /* the text from start to end */
} origins[] = {
    {"scalar", "a: 1 # c\nb:  xy\n", "b", 2, 5, 2, 1, "xy"},
    {"behind wide characters", "\xc3\xa9: \xe2\x82\xac # \xf0\x9f\x98\x80\nb: c\n", "b", 2, 4, 2, 1,
     "c"},
    {"on a line with wide characters", "{\xc3\xa9: \xe2\x82\xac, b: c}\n", "b", 1, 11, 1, 8, "c"},
    {"behind a byte order mark",
     "\xef\xbb\xbf"
     "a: b\n",
     "a", 1, 4, 1, 1, "b"},
    {"value on the next line", "a:\n  - 1\n  - 2\nb: 3\n", "a", 2, 3, 1, 1, "- 1\n  - 2"},
    {"list item", "a:\n  - 1\n  - x: 2\n", "a 1", 3, 5, 3, 5, "x: 2"},
    {"quotes", "a: 'x''y' # c\n", "a", 1, 4, 1, 1, "'x''y'"},
    {"plain text of more lines", "a: x\n  y\nb: 1\n", "a", 1, 4, 1, 1, "x\n  y"},
    {"block scalar", "a: |\n  x\n\n\nb: 1\n", "a", 1, 4, 1, 1, "|\n  x"},
    {"block scalar that keeps lines", "a: |+\n  x\n\nb: 1\n", "a", 1, 4, 1, 1, "|+\n  x\n"},
    {"block scalar with CR LF", "a: >\r\n  x\r\nb: 1\r\n", "a", 1, 4, 1, 1, ">\r\n  x"},
    {"block scalar at the end", "a: |\n  x", "a", 1, 4, 1, 1, "|\n  x"},
    {"nothing", "a:\nb: 1\n", "a", 1, 3, 1, 1, ""},
    {"nothing in brackets", "{a, b: 1}", "a", 1, 3, 1, 2, ""},
    {"empty item", "- 1\n-\n- 2\n", "1", 2, 2, 2, 2, ""},
    {"anchor and tag are of the value", "a: &x !!str 1\n", "a", 1, 4, 1, 1, "&x !!str 1"},
    {"block with an anchor", "a: &x\n  b: 1\nc: 2\n", "a", 1, 4, 1, 1, "&x\n  b: 1"},
    {"block that ends with nothing", "a:\n  b:\nc: 2\n", "a", 2, 3, 1, 1, "b:"},
    {"alias", "a: &x [1]\nb: *x\n", "b", 2, 4, 2, 1, "*x"},
    {"inside an alias", "a: &x [1, 2]\nb: *x\n", "b 1", 1, 11, 1, 11, "2"},
    {"merged", "a: &x {k: 1}\nb:\n  <<: *x\n", "b k", 1, 11, 1, 8, "1"},
    {"flow", "a: {b: [1, 2] }\n", "a b", 1, 8, 1, 5, "[1, 2]"},
    {"the pair in a list", "[a: {b: 1} , 2]", "0", 1, 2, 1, 2, "a: {b: 1}"},
    {"root", "# c\na: 1\nb: 2 # d\n", "", 2, 1, 2, 1, "a: 1\nb: 2"},
    {"JSON that libyaml refused", "\n {\"a\": \"\\ud83d\\ude00\"}", "a", 2, 2, 2, 2,
     "{\"a\": \"\\ud83d\\ude00\"}"},
};

static const cJSON *at_path(const cJSON *value, const char *path)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf key = BL_STRBUF_INIT(100);

    while (*path) {
        size_t len = strcspn(path, " ");

        bl_strbuf_reset(&key);
        bl_strbuf_add(&key, path, len);
        value = cJSON_IsArray(value) ? cJSON_GetArrayItem(value, (int)strtol(key.text, NULL, 10))
                                     : bl_json_get(value, key.text);
        ck_assert_ptr_nonnull(value);
        path += len + (path[len] == ' ');
    }
    return value;
}

START_TEST(origins_are_where_the_text_is)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(origins); i++) {
        BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;
        const struct bl_origin *origin;
        BL_ERROR(err);

        BL_WHY(parse(origins[i].text, strlen(origins[i].text), &doc, &err) == 0, origins[i].why);
        origin = bl_yaml_doc_origin(doc, at_path(bl_yaml_doc_root(doc), origins[i].path));
        ck_assert_msg(origin && origin->line == origins[i].line &&
                          origin->column == origins[i].column &&
                          origin->key_line == origins[i].key_line &&
                          origin->key_column == origins[i].key_column,
                      "%s: %u %u %u %u", origins[i].why, origin ? origin->line : 0,
                      origin ? origin->column : 0, origin ? origin->key_line : 0,
                      origin ? origin->key_column : 0);

        char *text = strndup(origins[i].text + origin->start, origin->end - origin->start);
        ck_assert_msg(strcmp(text, origins[i].value) == 0, "%s: \"%s\"", origins[i].why, text);
        BL_WHY(origin->empty == !*text, origins[i].why);
        free(text);
    }
}
END_TEST

START_TEST(origins_count_from_the_file)
{
    const char *text = "a: 1\n---\nb:\n  c: 1\n";
    struct bl_yaml_stream stream;
    struct bl_yaml_segment segment;
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;
    BL_AUTO_JSON cJSON *other = help_json("{}");
    const struct bl_origin *origin;
    BL_ERROR(err);

    bl_yaml_stream_init(&stream, text, strlen(text));
    ck_assert(bl_yaml_next(&stream, &segment) && bl_yaml_next(&stream, &segment));
    ck_assert_int_eq(bl_yaml_parse("f.yaml", &segment, &doc, &err), 0);
    origin = bl_yaml_doc_origin(doc, bl_json_at(bl_yaml_doc_root(doc), "b", "c", NULL));
    ck_assert_uint_eq(origin->line, 4);
    ck_assert_uint_eq(origin->start, strlen("---\nb:\n  c: "));
    ck_assert_uint_eq(bl_yaml_doc_segment(doc)->line, 2);
    ck_assert_ptr_null(bl_yaml_doc_origin(doc, other));
    ck_assert_ptr_null(bl_yaml_doc_origin(doc, NULL));
}
END_TEST

START_TEST(as_kubectl_the_last_of_two_counts)
{
    static const struct {
        const char *why, *text, *want, *duplicate;
    } texts[] = {
        {"none twice", "a: 1\nb: 2\n", "{\"a\":1,\"b\":2}", NULL},
        {"the last value, at its own place", "a: 1\nb: 2\na: 3\n", "{\"b\":2,\"a\":3}",
         "f.yaml:3: could not read YAML: duplicate key \"a\", first on line 1"},
        {"three of them", "a: 1\na: 2\na: 3\n", "{\"a\":3}",
         "f.yaml:2: could not read YAML: duplicate key \"a\", first on line 1"},
        {"deep down, and only the first is told", "x: {a: 1, a: 2}\nz: [{b: 1, b: 2}]\n",
         "{\"x\":{\"a\":2},\"z\":[{\"b\":2}]}",
         "f.yaml:1: could not read YAML: duplicate key \"a\", first on line 1"},
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(texts); i++) {
        const struct bl_yaml_segment segment = {texts[i].text, strlen(texts[i].text), 1, 0, 0};
        BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = NULL;
        BL_AUTO(bl_strbuf_release) struct bl_strbuf json = BL_STRBUF_INIT(1024);
        BL_ERROR(duplicate);
        BL_ERROR(err);

        BL_WHY(bl_yaml_parse_as_kubectl("f.yaml", &segment, &doc, &duplicate, &err) == 0,
               texts[i].why);
        bl_json_write(&json, bl_yaml_doc_root(doc));
        ck_assert_str_eq(json.text, texts[i].want);
        BL_WHY(!duplicate == !texts[i].duplicate, texts[i].why);
        if (duplicate)
            ck_assert_str_eq(bl_error_text(duplicate), texts[i].duplicate);
    }
}
END_TEST

/* 4 MB of "---" took 8 GB, and fifty thousand %TAG lines 20 seconds. */
START_TEST(documents_and_directives_are_few)
{
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    struct bl_yaml_stream stream;
    struct bl_yaml_segment segment;
    struct bl_yaml_doc *doc = NULL;
    size_t read = 0;
    BL_ERROR(err);
    BL_ERROR(directives);

    for (size_t i = 0; i < BL_YAML_MAX_DOCUMENTS + 2; i++)
        bl_strbuf_adds(&text, "---\n");
    bl_yaml_stream_init(&stream, text.text, text.len);
    while (bl_yaml_next(&stream, &segment) && bl_yaml_parse("f", &segment, &doc, &err) == 0) {
        bl_yaml_doc_free(doc);
        read++;
    }
    ck_assert_uint_eq(read, BL_YAML_MAX_DOCUMENTS);
    ck_assert_str_eq(bl_error_text(err),
                     "f:10001: could not read YAML: the file has more than 10000 documents");

    bl_strbuf_reset(&text);
    for (size_t i = 0; i < BL_YAML_MAX_DIRECTIVES; i++)
        bl_strbuf_addf(&text, "# x\n\n%%TAG !a%zu! tag:x,2000:\n", i);
    bl_strbuf_adds(&text, "--- a\n");
    bl_yaml_stream_init(&stream, text.text, text.len);
    ck_assert(bl_yaml_next(&stream, &segment));
    ck_assert_int_eq(bl_yaml_parse("f", &segment, &doc, &directives), 0);
    bl_yaml_doc_free(doc);

    bl_strbuf_reset(&text);
    for (size_t i = 0; i <= BL_YAML_MAX_DIRECTIVES; i++)
        bl_strbuf_addf(&text, "%%TAG !a%zu! tag:x,2000:\n", i);
    bl_strbuf_adds(&text, "--- a\n");
    bl_yaml_stream_init(&stream, text.text, text.len);
    ck_assert(bl_yaml_next(&stream, &segment));
    ck_assert_int_lt(bl_yaml_parse("f", &segment, &doc, &directives), 0);
    ck_assert_int_eq(bl_error_code(directives), BL_ERR_TOO_LARGE);
    bl_strbuf_release(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json/yaml");
    TCase *tests = tcase_create("yaml");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, streams_are_cut_without_loss);
    tcase_add_test(tests, values_mean_what_kubectl_reads);
    tcase_add_test(tests, broken_text_is_refused_with_its_line);
    tcase_add_test(tests, limits_hold);
    tcase_add_test(tests, aliases_do_not_multiply_without_end);
    tcase_add_test(tests, depth_counts_through_aliases);
    tcase_add_test(tests, duplicates_among_many_keys);
    tcase_add_test(tests, as_kubectl_the_last_of_two_counts);
    tcase_add_test(tests, origins_are_where_the_text_is);
    tcase_add_test(tests, origins_count_from_the_file);
    tcase_add_test(tests, documents_and_directives_are_few);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
