/** Tables, and output that takes the place of what was there while one watches. */
#ifndef BALLAST_CLI_SCREEN_H
#define BALLAST_CLI_SCREEN_H

#include "ballast/json/json.h"
#include "options.h"

/** How it is looked at what the controller does. */
struct cli_view {
    int format; /* enum cli_format */
    bool watch;
    const char *lease; /* "NAMESPACE/NAME"; NULL: where the chart has it */
};

/** "35 s", "4 min", "2 h", "3 d". */
void cli_add_span(struct bl_strbuf *out, int64_t seconds);
/** "1.5 GiB". */
void cli_add_size(struct bl_strbuf *out, double bytes);

/** Columns as wide as they have to be; the last one is not padded. */
struct cli_table {
    size_t columns;
    struct {
        char **items;
        size_t len, cap;
    } cells;
};

void cli_table_add(struct cli_table *table, const char *text);
void cli_table_print(const struct cli_table *table, const char *indent, struct bl_strbuf *out);
void cli_table_release(struct cli_table *table);

/** Output that is shown again and again while something is watched: only what has changed. */
struct cli_screen {
    char *shown;
};

/** JSON as it is printed: in one line where it is one of many, that one watches. */
void cli_add_json(struct bl_strbuf *out, const cJSON *json, bool watch);

/** On a terminal, what people read takes the place of what was there. Without -w it is just printed. Returns an exit code. */
int cli_screen_show(struct cli_screen *screen, const struct cli_view *view,
                    const struct bl_strbuf *text);
void cli_screen_release(struct cli_screen *screen);

#endif
