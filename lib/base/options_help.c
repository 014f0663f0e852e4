/* --help, from the tables that the parser reads by. */
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/options.h"
#include "ballast/base/strbuf.h"

/* Where the texts begin, and where they end at the latest. */
#define COLUMN 33
#define WIDTH 96

/* The words of `text`, in lines that begin below the first one. */
static void add_wrapped(struct bl_strbuf *out, const char *text)
{
    size_t column = COLUMN;

    while (*text) {
        size_t len = strcspn(text, " ");

        if (column > COLUMN && column + 1 + len > WIDTH) {
            bl_strbuf_addf(out, "\n%*s", COLUMN, "");
            column = COLUMN;
        } else if (column > COLUMN) {
            bl_strbuf_adds(out, " ");
            column++;
        }
        bl_strbuf_add(out, text, len);
        column += len;
        text += len;
        text += strspn(text, " ");
    }
    bl_strbuf_adds(out, "\n");
}

static void add_option(struct bl_strbuf *out, const struct bl_option *option)
{
    const char letter[] = {'-', option->letter, ',', ' ', '\0'};
    BL_AUTO_FREE char *name =
        bl_asprintf("  %s--%s%s%s", option->letter ? letter : "    ", option->name,
                    option->value ? " " : "", option->value ? option->value : "");

    bl_strbuf_addf(out, "%-*s", COLUMN - 1, name);
    if (strlen(name) >= COLUMN)
        bl_strbuf_addf(out, "\n%*s", COLUMN, "");
    else
        bl_strbuf_adds(out, " ");
    add_wrapped(out, option->help);
}

static void add_group(struct bl_strbuf *out, const struct bl_option_group *group)
{
    bl_strbuf_addf(out, "\n%s:\n", group->heading ? group->heading : "Options");
    for (const struct bl_option *option = group->options; option->name; option++)
        add_option(out, option);
    if (group->note)
        bl_strbuf_addf(out, "%s\n", group->note);
}

void bl_command_help(const struct bl_command *command, struct bl_strbuf *out)
{
    static const struct bl_option help = {
        .letter = 'h', .name = "help", .help = "this text; --version prints the version"};

    bl_strbuf_addf(out, "Usage: %s\n\n%s\n", command->usage, command->description);
    for (const struct bl_option_place *place = command->groups; place->group; place++)
        add_group(out, place->group);
    bl_strbuf_adds(out, "\n");
    add_option(out, &help);
    bl_strbuf_addf(out, "\nExamples:\n%s\n%s", command->examples, command->after);
}
