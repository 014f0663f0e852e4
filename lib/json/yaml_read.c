#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "yaml_build.h"
#include "yaml_tag.h"

struct reader {
    yaml_parser_t parser;
    struct bl_yaml_builder build;
    bool syntax; /* it was libyaml that refused the text */
};

/* --- What libyaml says of a broken text, in words that help --- */

static const struct advice {
    const char *problem, *says, *hint;
} advices[] = {
    {"mapping values are not allowed in this context", NULL,
     "Quote the value if it contains \": \", or check the indentation."},
    {"did not find expected key", NULL,
     "Check the indentation of this line and the one before it."},
    {"did not find expected '-' indicator", NULL, "Check the indentation of this list item."},
    {"could not find expected ':'", NULL, "Every key needs a colon and a space behind it."},
    {"found unexpected end of stream", "the text ends inside quotes", "Close the quotes."},
    {"found unexpected document indicator", "the document ends inside quotes", "Close the quotes."},
    {"found unknown escape character", NULL, "Use single quotes, or write \\\\ for a backslash."},
    {"control characters are not allowed", "control character in the text", NULL},
};

static const char *template_hint =
    "Is it a template? Render it first, with helm template for a chart.";

static unsigned problem_line(const struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    unsigned line = reader->build.doc->segment.line;

    if (parser->error != YAML_READER_ERROR)
        return bl_yaml_line(reader->build.doc, parser->problem_mark);
    for (size_t i = 0; i < reader->build.bom + parser->problem_offset && i < reader->build.len; i++)
        line += reader->build.text[i] == '\n';
    return line;
}

/* libyaml may notice one line late. */
static bool is_template(const struct reader *reader, size_t at)
{
    const char *text = reader->build.text, *start = text + at;
    const char *end = memchr(start, '\n', reader->build.len - at);
    int lines = 2;

    while (start > text && (start[-1] != '\n' || --lines))
        start--;
    return memmem(start, (size_t)((end ? end : text + reader->build.len) - start), "{{", 2);
}

/* Keeps what is sure (place and problem) and says what nearly always is the reason. */
static int fail_syntax(struct reader *reader, struct bl_error **err)
{
    const yaml_parser_t *parser = &reader->parser;
    const char *problem = parser->problem ? parser->problem : "unknown problem", *hint = NULL;
    bool scanned = parser->error != YAML_READER_ERROR;
    size_t at =
        scanned ? bl_yaml_builder_byte(&reader->build, parser->problem_mark) : reader->build.len;

    reader->syntax = true;
    for (size_t i = 0; i < BL_ARRAY_LEN(advices); i++)
        if (strcmp(problem, advices[i].problem) == 0) {
            problem = advices[i].says ? advices[i].says : problem;
            hint = advices[i].hint;
        }
    if (at < reader->build.len && reader->build.text[at] == '\t') {
        problem = "a tab stands where only spaces may";
        hint = "Indent with spaces.";
    } else if (scanned && is_template(reader, at)) {
        hint = template_hint;
    } else if (!scanned && strstr(problem, "UTF-8")) {
        problem = "the text is not UTF-8";
    }
    bl_yaml_doc_fail(reader->build.doc, problem_line(reader), BL_ERR_INVALID, err, "%s", problem);
    return hint ? bl_hint(err, "%s", hint) : -1;
}

/* --- One segment --- */

static int read_events(struct reader *reader, struct bl_error **err)
{
    yaml_event_type_t type;

    do {
        yaml_event_t event;

        if (!yaml_parser_parse(&reader->parser, &event))
            return fail_syntax(reader, err);
        type = event.type;
        int result = bl_yaml_builder_event(&reader->build, &event, err);
        yaml_event_delete(&event);
        if (result < 0)
            return -1;
    } while (type != YAML_STREAM_END_EVENT);
    return 0;
}

static void reader_init(struct reader *reader, struct bl_yaml_doc *doc)
{
    struct bl_yaml_builder *build = &reader->build;

    bl_yaml_builder_init(build, doc);
    reader->syntax = false;
    if (!yaml_parser_initialize(&reader->parser))
        abort();
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)build->text + build->bom,
                                 build->len - build->bom);
}

static void reader_release(struct reader *reader)
{
    yaml_parser_delete(&reader->parser);
    bl_yaml_builder_release(&reader->build);
}

/* A scalar without a byte of its own at the root: blank, comments, a bare "---". */
static bool is_nothing(const struct bl_yaml_node *root)
{
    return root->origin.empty && root->json.type == cJSON_NULL;
}

static struct bl_yaml_node *import(struct bl_yaml_doc *doc, const cJSON *value,
                                   const struct bl_origin *origin)
{
    struct bl_yaml_node *node = bl_yaml_doc_add(doc, value->type);

    node->origin = *origin;
    node->json.valuedouble = value->valuedouble;
    node->json.valueint = value->valueint;
    if (value->valuestring)
        node->json.valuestring =
            bl_yaml_doc_text(doc, value->valuestring, strlen(value->valuestring));
    for (const cJSON *child = value->child; child; child = child->next) {
        struct bl_yaml_node *copy = import(doc, child, origin);

        if (child->string)
            copy->json.string = bl_yaml_doc_text(doc, child->string, strlen(child->string));
        bl_yaml_append(&node->json, &copy->json);
    }
    return node;
}

static size_t count_nodes(const cJSON *value)
{
    size_t count = 1;

    for (const cJSON *child = value->child; child; child = child->next)
        count += count_nodes(child);
    return count;
}

/*
 * YAML is no full superset of JSON: libyaml refuses surrogate pairs and very long keys, which kubectl
 * reads. Such a text has one origin for all its values. False, without an error, where it is no JSON.
 */
static bool read_json(struct reader *reader)
{
    struct bl_yaml_doc *doc = reader->build.doc;
    const char *text = doc->segment.text;
    struct bl_origin origin = {.line = doc->segment.line, .column = 1, .end = doc->segment.len};
    size_t at = reader->build.bom;
    BL_AUTO_JSON cJSON *value = NULL;
    BL_ERROR(ignored);

    for (; at < origin.end && bl_yaml_is_space(text[at]); at++) {
        origin.column = text[at] == '\n' ? 1 : origin.column + 1;
        origin.line += text[at] == '\n';
    }
    if (at == origin.end || (text[at] != '{' && text[at] != '['))
        return false;
    if (bl_json_parse(text + at, origin.end - at, &value, &ignored) < 0 ||
        count_nodes(value) > bl_yaml_doc_most(doc))
        return false;

    origin.key_line = origin.line;
    origin.key_column = origin.column;
    origin.start = origin.key_start = at;
    origin.flow = true;
    reader->build.root = import(doc, value, &origin);
    doc->json = true;
    return true;
}

/* Behind blank lines and comments, before the document. */
static size_t count_directives(const struct bl_yaml_segment *segment)
{
    const char *at = segment->text + bl_yaml_bom(segment->text, segment->len);
    const char *end = segment->text + segment->len;
    size_t count = 0;

    while (at < end && count <= BL_YAML_MAX_DIRECTIVES) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *first = at;

        count += *at == '%';
        while (first < end && *first != '\n' && bl_yaml_is_space(*first))
            first++;
        if (!newline || (*at != '%' && *first != '#' && first != newline))
            break;
        at = newline + 1;
    }
    return count;
}

/* What costs libyaml, or us, more than a text of its length should. */
static int check_limits(const struct bl_yaml_doc *doc, struct bl_error **err)
{
    const struct bl_yaml_segment *segment = &doc->segment;

    if (segment->len > BL_JSON_MAX_BYTES)
        return bl_yaml_doc_fail(doc, segment->line, BL_ERR_TOO_LARGE, err,
                                "the document is larger than %zu bytes", BL_JSON_MAX_BYTES);
    if (segment->index >= BL_YAML_MAX_DOCUMENTS)
        return bl_yaml_doc_fail(doc, segment->line, BL_ERR_TOO_LARGE, err,
                                "the file has more than %d documents", BL_YAML_MAX_DOCUMENTS);
    if (count_directives(segment) > BL_YAML_MAX_DIRECTIVES)
        return bl_yaml_doc_fail(doc, segment->line, BL_ERR_TOO_LARGE, err,
                                "the document has more than %d directives, such as %%TAG",
                                BL_YAML_MAX_DIRECTIVES);
    return 0;
}

static int parse(const char *file, const struct bl_yaml_segment *segment,
                 struct bl_error **ret_duplicate, struct bl_yaml_doc **ret_doc,
                 struct bl_error **err)
{
    BL_AUTO(bl_yaml_doc_cleanup) struct bl_yaml_doc *doc = bl_yaml_doc_new(file, segment);
    BL_ERROR(reason);

    doc->duplicate = ret_duplicate;
    if (check_limits(doc, err) < 0)
        return -1;

    BL_AUTO(reader_release) struct reader reader;
    reader_init(&reader, doc);
    if (read_events(&reader, &reason) < 0 && !(reader.syntax && read_json(&reader))) {
        *err = BL_STEAL(reason);
        return -1;
    }
    if (reader.build.root && !is_nothing(reader.build.root))
        doc->root = &reader.build.root->json;
    doc->duplicate = NULL;
    *ret_doc = BL_STEAL(doc);
    return 0;
}

int bl_yaml_parse(const char *file, const struct bl_yaml_segment *segment,
                  struct bl_yaml_doc **ret_doc, struct bl_error **err)
{
    return parse(file, segment, NULL, ret_doc, err);
}

int bl_yaml_parse_as_kubectl(const char *file, const struct bl_yaml_segment *segment,
                             struct bl_yaml_doc **ret_doc, struct bl_error **ret_duplicate,
                             struct bl_error **err)
{
    BL_ERROR(duplicate);

    if (parse(file, segment, &duplicate, ret_doc, err) < 0)
        return -1;
    *ret_duplicate = BL_STEAL(duplicate);
    return 0;
}

struct bl_yaml_doc *bl_yaml_doc_unread(const char *file, const struct bl_yaml_segment *segment)
{
    return bl_yaml_doc_new(file, segment);
}
