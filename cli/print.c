#include "print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/base/utf8.h"
#include "cli.h"

#define DELETE 0x7f
#define CONTROLS_END 0xa0 /* C1: U+0080 to U+009F */
#define PLAIN "\033[0m"
#define TOP_OF_AN_EMPTY_SCREEN "\033[H\033[2J"

void cli_marks_release(struct cli_marks *marks)
{
    free(marks->items);
    *marks = (struct cli_marks){0};
}

/* --- for people --- */

static bool is_visible(uint32_t code)
{
    if (code == '\n' || code == '\t')
        return true;
    return code >= ' ' && (code < DELETE || code >= CONTROLS_END);
}

void cli_add_visible(struct bl_strbuf *out, const char *text, size_t len)
{
    for (size_t at = 0, step; at < len; at += step) {
        uint32_t code = (unsigned char)text[at];

        step = bl_utf8_decode(text + at, len - at, &code);
        if (step && is_visible(code))
            bl_strbuf_add(out, text + at, step);
        else
            bl_strbuf_addf(out, "\\x%02x", (unsigned)code);
        step += !step;
    }
}

static bool takes_colours(int fd)
{
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

    return isatty(fd) && !(no_colour && *no_colour) && !bl_text_eq(term, "dumb");
}

static void add_marked(struct bl_strbuf *out, const struct bl_strbuf *text,
                       const struct cli_marks *marks)
{
    size_t at = 0;

    for (size_t i = 0; i < marks->len; i++) {
        const struct cli_mark *mark = &marks->items[i];

        cli_add_visible(out, text->text + at, mark->from - at);
        bl_strbuf_adds(out, mark->colour);
        cli_add_visible(out, text->text + mark->from, mark->to - mark->from);
        bl_strbuf_adds(out, PLAIN);
        at = mark->to;
    }
    cli_add_visible(out, text->text + at, text->len - at);
}

/* --- the edge --- */

static int write_out(int fd, const struct bl_strbuf *text)
{
    BL_ERROR(err);

    if (fflush(stdout) != 0)
        return CLI_ERROR;
    if (bl_file_write_fd(fd, fd == STDOUT_FILENO ? "standard output" : "standard error", text->text,
                         text->len, &err) == 0)
        return CLI_OK;
    return fd == STDERR_FILENO ? CLI_ERROR : cli_fail(err);
}

int cli_print(const struct bl_strbuf *text)
{
    return write_out(STDOUT_FILENO, text);
}

int cli_show_marked(int fd, const struct bl_strbuf *text, const struct cli_marks *marks)
{
    static const struct cli_marks none = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    add_marked(&out, text, takes_colours(fd) ? marks : &none);
    return write_out(fd, &out);
}

int cli_show(const struct bl_strbuf *text)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    cli_add_visible(&out, text->text, text->len);
    return write_out(STDOUT_FILENO, &out);
}

int cli_show_anew(const struct bl_strbuf *text)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (isatty(STDOUT_FILENO))
        bl_strbuf_adds(&out, TOP_OF_AN_EMPTY_SCREEN);
    cli_add_visible(&out, text->text, text->len);
    return write_out(STDOUT_FILENO, &out);
}

void cli_say(int fd, const char *fmt, ...)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    va_list args;

    va_start(args, fmt);
    bl_strbuf_vaddf(&text, fmt, args);
    va_end(args);
    cli_add_visible(&out, text.text, text.len);
    bl_strbuf_addc(&out, '\n');
    (void)write_out(fd, &out);
}

/* "file:12: " at the front, by which a message says its place: its length, or 0. */
static size_t place_len(const char *text)
{
    const char *colon = strchr(text, ':');
    size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;

    if (!digits || colon[1 + digits] != ':' || colon[2 + digits] != ' ')
        return 0;
    return (size_t)(colon - text) + digits + 3;
}

int cli_fail(const struct bl_error *err)
{
    const char *text = bl_error_text(err);
    size_t place = place_len(text);

    cli_say(STDERR_FILENO, "%.*serror: %s", place ? (int)place : (int)strlen("ballast: "),
            place ? text : "ballast: ", text + place);
    if (bl_error_hint(err))
        cli_say(STDERR_FILENO, "  hint: %s", bl_error_hint(err));
    return CLI_ERROR;
}
