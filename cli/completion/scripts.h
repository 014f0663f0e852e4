/** Scripts by which shells complete calls of the command, printed from the tables that its parser reads by. */
#ifndef BALLAST_CLI_COMPLETION_SCRIPTS_H
#define BALLAST_CLI_COMPLETION_SCRIPTS_H

#include "cli.h"

/* The script for a shell; `verbs` up to NULL. */
void cli_completion_bash(const struct cli_verb *const *verbs, struct bl_strbuf *out);
void cli_completion_zsh(const struct cli_verb *const *verbs, struct bl_strbuf *out);
void cli_completion_fish(const struct cli_verb *const *verbs, struct bl_strbuf *out);

/** Every option of a command. */
#define CLI_EACH_OPTION(command, place, option)                                              \
    for (const struct bl_option_place *place = (command)->groups; (place)->group; (place)++) \
        for (const struct bl_option *option = (place)->group->options; (option)->name; (option)++)

/** Words with blanks between them. */
void cli_completion_add_words(struct bl_strbuf *out, const char *const *words);
/** The text in single quotes, with a backslash before each of `special`; a quote becomes `quote`. */
void cli_completion_add_quoted(struct bl_strbuf *out, const char *text, const char *special,
                               const char *quote);
/** What --help says of the option. For free(). */
char *cli_completion_help_of(const struct bl_option *option);

#endif
