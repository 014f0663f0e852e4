#include "ballast/base/mem.h"
#include "scripts.h"

static const char head[] =
    "# fish completion for ballast, printed by \"ballast completion fish\".\n"
    "\n"
    "function __ballast_no_verb\n"
    "    test (count (commandline -opc)) -eq 1\n"
    "end\n"
    "\n"
    "function __ballast_verb\n"
    "    set -l words (commandline -opc)\n"
    "    test (count $words) -gt 1; and test $words[2] = $argv[1]\n"
    "end\n"
    "\n"
    "complete -c ballast -f\n"
    "complete -c ballast -s h -l help -d 'what it takes'\n"
    "complete -c ballast -n __ballast_no_verb -l version -d 'the version'\n";

static void add_description(struct bl_strbuf *out, const char *text)
{
    bl_strbuf_adds(out, " -d '");
    cli_completion_add_quoted(out, text, "\\", "\\'");
    bl_strbuf_adds(out, "'\n");
}

static void add_words(struct bl_strbuf *out, const char *const *words)
{
    bl_strbuf_adds(out, " -a '");
    cli_completion_add_words(out, words);
    bl_strbuf_adds(out, "'");
}

static void add_option(struct bl_strbuf *out, const char *verb, const struct bl_option *option)
{
    BL_AUTO_FREE char *help = cli_completion_help_of(option);

    bl_strbuf_addf(out, "complete -c ballast -n '__ballast_verb %s'", verb);
    if (option->letter)
        bl_strbuf_addf(out, " -s %c", option->letter);
    bl_strbuf_addf(out, " -l %s", option->name);
    if (option->value)
        bl_strbuf_adds(out, option->is_path ? " -r -F" : " -x");
    if (option->words)
        add_words(out, option->words);
    add_description(out, help);
}

static void add_arguments(struct bl_strbuf *out, const struct cli_verb *verb)
{
    const struct bl_command *command = verb->command;

    if (command->takes_paths)
        bl_strbuf_addf(out, "complete -c ballast -n '__ballast_verb %s' -F\n", cli_verb_name(verb));
    if (!command->words)
        return;
    bl_strbuf_addf(
        out, "complete -c ballast -n '__ballast_verb %s; and not __fish_seen_subcommand_from ",
        cli_verb_name(verb));
    cli_completion_add_words(out, command->words);
    bl_strbuf_adds(out, "'");
    add_words(out, command->words);
    bl_strbuf_adds(out, "\n");
}

void cli_completion_fish(const struct cli_verb *const *verbs, struct bl_strbuf *out)
{
    bl_strbuf_adds(out, head);
    for (; *verbs; verbs++) {
        const char *name = cli_verb_name(*verbs);

        bl_strbuf_addf(out, "\ncomplete -c ballast -n __ballast_no_verb -a %s", name);
        add_description(out, (*verbs)->summary);
        add_arguments(out, *verbs);
        CLI_EACH_OPTION((*verbs)->command, place, option)
            add_option(out, name, option);
    }
}
