/*
 * The reference for `ballast lint`: the same files read, and libyaml's events made and thrown away. What
 * it takes is the least that any program on top of libyaml takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "ballast/base/file.h"

static size_t events_of(const struct bl_strbuf *text, const char *path)
{
    yaml_parser_t parser;
    yaml_event_t event;
    size_t count = 0;
    bool more = true;

    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_input_string(&parser, (const unsigned char *)text->text, text->len);
    while (more) {
        if (!yaml_parser_parse(&parser, &event)) {
            fprintf(stderr, "%s: %s\n", path, parser.problem);
            exit(1);
        }
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        count++;
    }
    yaml_parser_delete(&parser);
    return count;
}

int main(int argc, char **argv)
{
    static const char *const suffixes[] = {".yaml", ".yml", NULL};
    BL_AUTO(bl_paths_release) struct bl_paths paths = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT((size_t)1 << 30);
    size_t bytes = 0, events = 0;
    BL_ERROR(err);

    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    if (bl_paths_add(&paths, argv[1], suffixes, &err) < 0) {
        fprintf(stderr, "%s\n", bl_error_text(err));
        return 1;
    }
    for (size_t i = 0; i < paths.len; i++) {
        bl_strbuf_reset(&text);
        if (bl_file_read(paths.items[i], &text, &err) < 0) {
            fprintf(stderr, "%s\n", bl_error_text(err));
            return 1;
        }
        bytes += text.len;
        events += events_of(&text, paths.items[i]);
    }
    printf("%zu files, %zu bytes, %zu events\n", paths.len, bytes, events);
    return 0;
}
