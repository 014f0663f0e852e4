#include <string.h>

#include "yaml_doc.h"

/*
 * Lines decide, as in kubectl: no YAML is parsed to find where a document ends, so a broken document
 * spoils no other. Text that is JSON values only, one after another, is cut between the values.
 */

static const char *line_end(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));

    return newline ? newline + 1 : end;
}

/* "---" or "..." with nothing or white space behind it. */
static bool is_marker(const char *line, const char *end, const char *marker)
{
    if (end - line < 3 || memcmp(line, marker, 3) != 0)
        return false;
    return end - line == 3 || bl_yaml_is_space(line[3]);
}

static bool blank_or_comment(const char *line, const char *end)
{
    while (line < end && bl_yaml_is_space(*line))
        line++;
    return line == end || *line == '#';
}

/* Past the string that opens at `at`; `end` if it never closes. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\' && at + 1 < end)
            at++;
    return at < end ? at + 1 : end;
}

/* Past the object that opens at `at`; NULL where its brackets do not close. */
static const char *skip_object(const char *at, const char *end)
{
    size_t depth = 0;

    while (at < end) {
        char c = *at;

        if (c == '"') {
            at = skip_string(at, end);
            continue;
        }
        at++;
        depth += c == '{' || c == '[';
        if ((c == '}' || c == ']') && --depth == 0)
            return at;
    }
    return NULL;
}

/* Past the white space, a newline at most. */
static const char *skip_rest_of_line(const char *at, const char *end)
{
    while (at < end && bl_yaml_is_space(*at))
        if (*at++ == '\n')
            break;
    return at;
}

static bool is_json(const char *at, const char *end)
{
    size_t values = 0;

    for (;;) {
        while (at < end && bl_yaml_is_space(*at))
            at++;
        if (at == end)
            return values > 0;
        if (*at != '{' || !(at = skip_object(at, end)))
            return false;
        values++;
    }
}

void bl_yaml_stream_init(struct bl_yaml_stream *stream, const char *text, size_t len)
{
    size_t bom = bl_yaml_bom(text, len);

    *stream = (struct bl_yaml_stream){
        .text = text, .len = len, .line = 1, .json = is_json(text + bom, text + len)};
}

static const char *next_json(const char *start, const char *end)
{
    const char *at = start, *rest;

    while (at < end && *at != '{')
        at++;
    at = skip_rest_of_line(skip_object(at, end), end);
    for (rest = at; rest < end && bl_yaml_is_space(*rest);)
        rest++;
    return rest == end ? end : at;
}

static const char *next_lines(const char *start, const char *end)
{
    bool prologue = true, directives = false;
    const char *first = start + bl_yaml_bom(start, (size_t)(end - start)), *at;

    for (const char *line = first; line < end; line = at) {
        at = line_end(line, end);
        if (is_marker(line, at, "..."))
            return at;
        if (is_marker(line, at, "---")) {
            /* The "---" after %YAML or %TAG lines belongs to the document that they open. */
            if (line != first && !directives)
                return line;
            prologue = directives = false;
        } else if (prologue && *line == '%') {
            directives = true;
        } else if (prologue && !blank_or_comment(line, at)) {
            prologue = directives = false;
        }
    }
    return end;
}

bool bl_yaml_next(struct bl_yaml_stream *stream, struct bl_yaml_segment *ret_segment)
{
    const char *start = stream->text + stream->offset, *end = stream->text + stream->len;

    if (start == end)
        return false;

    const char *next = stream->json ? next_json(start, end) : next_lines(start, end);
    *ret_segment = (struct bl_yaml_segment){.text = start,
                                            .len = (size_t)(next - start),
                                            .line = stream->line,
                                            .index = stream->index++};
    for (const char *at = start; (at = memchr(at, '\n', (size_t)(next - at))); at++)
        stream->line++;
    stream->offset += (size_t)(next - start);
    return true;
}
