/* --help, from the tables that the parser reads by. */
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/options.h"
#include "ballast/base/strbuf.h"
#include "ballast/base/text.h"

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

void bl_words_add(struct bl_strbuf *out, const char *const *words)
{
    for (size_t i = 0; words[i]; i++) {
        const char *before = words[i + 1] ? ", " : " or ";

        bl_strbuf_addf(out, "%s%s", i ? before : "", words[i]);
    }
}

static void add_help(struct bl_strbuf *out, const struct bl_option *option)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf words = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (!option->help)
        bl_words_add(&words, option->words);
    add_wrapped(out, option->help ? option->help : words.text);
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
    add_help(out, option);
}

/* `before` is the group above it, or NULL. */
static void add_group(struct bl_strbuf *out, const struct bl_option_group *group,
                      const struct bl_option_group *before)
{
    if (!before || !bl_text_eq(before->heading, group->heading))
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
        add_group(out, place->group, place == command->groups ? NULL : place[-1].group);
    bl_strbuf_adds(out, "\n");
    add_option(out, &help);
    bl_strbuf_addf(out, "\nExamples:\n%s\n%s", command->examples, command->after);
}
