#include "scripts.h"

static const char head[] =
    "# bash completion for ballast, printed by \"ballast completion bash\".\n"
    "\n"
    "_ballast_words() { # those that begin as the word at the cursor does\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n"
    "}\n"
    "\n"
    "_ballast_paths() { # the same of words and paths\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\"; compgen -f -- \"$cur\")\n"
    "}\n"
    "\n"
    "_ballast_first() { # words for the first argument, once\n"
    "    local word\n"
    "    for word in \"${COMP_WORDS[@]:2:COMP_CWORD-2}\"; do\n"
    "        [[ \" $1 \" == *\" $word \"* ]] && return\n"
    "    done\n"
    "    _ballast_words \"$1\"\n"
    "}\n";

static const char tail[] =
    "\n"
    "_ballast() {\n"
    "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} "
    "verb=${COMP_WORDS[1]}\n"
    "    COMPREPLY=()\n"
    "    # --output=json comes in three words.\n"
    "    if [[ $cur == \"=\" ]]; then\n"
    "        cur=\n"
    "    elif [[ $prev == \"=\" ]]; then\n"
    "        prev=${COMP_WORDS[COMP_CWORD-2]}\n"
    "    fi\n"
    "    if ((COMP_CWORD == 1)); then\n"
    "        _ballast_verbs\n"
    "    elif ! _ballast_value; then\n"
    "        if [[ $cur == -* ]]; then _ballast_options; else _ballast_arguments; fi\n"
    "    fi\n"
    "}\n"
    "\n"
    "complete -F _ballast ballast\n";

static void add_verbs(const struct cli_verb *const *verbs, struct bl_strbuf *out)
{
    bl_strbuf_adds(out, "\n_ballast_verbs() {\n    _ballast_words \"");
    for (; *verbs; verbs++)
        bl_strbuf_addf(out, "%s ", cli_verb_name(*verbs));
    bl_strbuf_adds(out, "--help --version\"\n}\n");
}

/* Nothing to offer is an answer too: what is typed there is no option and no file. */
static void add_value(const char *verb, const struct bl_option *option, struct bl_strbuf *out)
{
    if (!option->value)
        return;
    bl_strbuf_adds(out, "    ");
    if (option->letter)
        bl_strbuf_addf(out, "\"%s -%c\" | ", verb, option->letter);
    bl_strbuf_addf(out, "\"%s --%s\") ", verb, option->name);
    if (option->words || option->is_path) {
        bl_strbuf_addf(out, "%s \"", option->is_path ? "_ballast_paths" : "_ballast_words");
        if (option->words)
            cli_completion_add_words(out, option->words);
        bl_strbuf_adds(out, "\" ");
    }
    bl_strbuf_adds(out, ";;\n");
}

static void add_values(const struct cli_verb *const *verbs, struct bl_strbuf *out)
{
    bl_strbuf_adds(out, "\n_ballast_value() { # of the option before, if it takes one\n"
                        "    case \"$verb $prev\" in\n");
    for (; *verbs; verbs++)
        CLI_EACH_OPTION((*verbs)->command, place, option)
            add_value(cli_verb_name(*verbs), option, out);
    bl_strbuf_adds(out, "    *) return 1 ;;\n    esac\n}\n");
}

static void add_options(const struct cli_verb *const *verbs, struct bl_strbuf *out)
{
    bl_strbuf_adds(out, "\n_ballast_options() {\n    case $verb in\n");
    for (; *verbs; verbs++) {
        bl_strbuf_addf(out, "    %s) _ballast_words \"", cli_verb_name(*verbs));
        CLI_EACH_OPTION((*verbs)->command, place, option)
            bl_strbuf_addf(out, "--%s ", option->name);
        bl_strbuf_adds(out, "--help\" ;;\n");
    }
    bl_strbuf_adds(out, "    esac\n}\n");
}

static void add_arguments(const struct cli_verb *const *verbs, struct bl_strbuf *out)
{
    bl_strbuf_adds(out, "\n_ballast_arguments() {\n    case $verb in\n");
    for (; *verbs; verbs++) {
        const struct bl_command *command = (*verbs)->command;

        if (!command->words && !command->takes_paths)
            continue;
        bl_strbuf_addf(out, "    %s) %s \"", cli_verb_name(*verbs),
                       command->words ? "_ballast_first" : "_ballast_paths");
        if (command->words)
            cli_completion_add_words(out, command->words);
        bl_strbuf_adds(out, "\" ;;\n");
    }
    bl_strbuf_adds(out, "    esac\n}\n");
}

void cli_completion_bash(const struct cli_verb *const *verbs, struct bl_strbuf *out)
{
    bl_strbuf_adds(out, head);
    add_verbs(verbs, out);
    add_values(verbs, out);
    add_options(verbs, out);
    add_arguments(verbs, out);
    bl_strbuf_adds(out, tail);
}
