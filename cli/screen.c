#include "screen.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "cli.h"
#include "print.h"

void cli_add_span(struct bl_strbuf *out, int64_t seconds)
{
    static const struct {
        int64_t from, unit;
        const char *name;
    } units[] = {{172800, 86400, "d"}, {7200, 3600, "h"}, {120, 60, "min"}};

    for (size_t i = 0; i < BL_ARRAY_LEN(units); i++)
        if (seconds >= units[i].from) {
            bl_strbuf_addf(out, "%" PRId64 " %s", seconds / units[i].unit, units[i].name);
            return;
        }
    bl_strbuf_addf(out, "%" PRId64 " s", seconds < 0 ? 0 : seconds);
}

void cli_add_size(struct bl_strbuf *out, double bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;

    for (bytes /= 1024; bytes >= 1024 && unit + 1 < BL_ARRAY_LEN(units); unit++)
        bytes /= 1024;
    bl_strbuf_addf(out, "%.1f %s", bytes, units[unit]);
}

void cli_table_add(struct cli_table *table, const char *text)
{
    *BL_PUSH(&table->cells) = bl_strdup(text && *text ? text : "-");
}

static int width_of(const struct cli_table *table, size_t column)
{
    size_t width = 0;

    for (size_t i = column; i < table->cells.len; i += table->columns) {
        size_t len = strlen(table->cells.items[i]);

        width = len > width ? len : width;
    }
    return (int)width;
}

void cli_table_print(const struct cli_table *table, const char *indent, struct bl_strbuf *out)
{
    for (size_t i = 0; i < table->cells.len; i++) {
        size_t column = i % table->columns;

        if (column == 0)
            bl_strbuf_adds(out, indent);
        if (column + 1 == table->columns)
            bl_strbuf_addf(out, "%s\n", table->cells.items[i]);
        else
            bl_strbuf_addf(out, "%-*s  ", width_of(table, column), table->cells.items[i]);
    }
}

void cli_table_release(struct cli_table *table)
{
    for (size_t i = 0; i < table->cells.len; i++)
        free(table->cells.items[i]);
    free(table->cells.items);
    *table = (struct cli_table){0};
}

void cli_add_json(struct bl_strbuf *out, const cJSON *json, bool watch)
{
    if (!watch) {
        bl_json_write_pretty(out, json);
        return;
    }
    bl_json_write(out, json);
    bl_strbuf_addc(out, '\n');
}

static bool has_line(const char *text, const char *line, size_t len)
{
    for (const char *at = text; at && *at; at = strchr(at, '\n'), at += at != NULL)
        if (strncmp(at, line, len) == 0)
            return true;
    return false;
}

/* In a log only what is new is worth a line. */
static void add_new_lines(const char *shown, const char *text, struct bl_strbuf *out)
{
    while (*text) {
        size_t len = strcspn(text, "\n");

        len += text[len] == '\n';
        if (!has_line(shown, text, len))
            bl_strbuf_add(out, text, len);
        text += len;
    }
}

int cli_screen_show(struct cli_screen *screen, const struct cli_view *view,
                    const struct bl_strbuf *text)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf added = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_FREE char *before = NULL;
    bool for_people = view->format == CLI_TEXT;

    if (!view->watch)
        return for_people ? cli_show(text) : cli_print(text);
    if (screen->shown && strcmp(screen->shown, text->text) == 0)
        return CLI_OK;
    before = screen->shown;
    screen->shown = bl_strdup(text->text);
    if (for_people && isatty(STDOUT_FILENO))
        return cli_show_anew(text);
    add_new_lines(before, text->text, &added);
    return for_people ? cli_show(&added) : cli_print(&added);
}

void cli_screen_release(struct cli_screen *screen)
{
    free(screen->shown);
    screen->shown = NULL;
}
