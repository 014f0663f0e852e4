#include "ballast/base/mem.h"
#include "scripts.h"

static const char head[] = "#compdef ballast\n"
                           "compdef _ballast ballast\n"
                           "# zsh completion for ballast, printed by \"ballast completion zsh\".\n"
                           "\n"
                           "_ballast_either() { # words, or a path\n"
                           "    _alternative \"words:word:($*)\" 'files:file:_files'\n"
                           "}\n"
                           "\n"
                           "_ballast() {\n"
                           "    local -a verbs\n"
                           "    verbs=(\n";

static const char middle[] = "    )\n"
                             "    if ((CURRENT == 2)); then\n"
                             "        _describe -t verbs verb verbs\n"
                             "        return\n"
                             "    fi\n"
                             "    shift words\n"
                             "    ((CURRENT--))\n"
                             "    case $words[1] in\n";

/* A file of $fpath is the function; one that is sourced only defines it. */
static const char tail[] = "    esac\n"
                           "}\n"
                           "\n"
                           "if [[ $funcstack[1] == _ballast ]]; then\n"
                           "    _ballast \"$@\"\n"
                           "fi\n";

static void add_text(struct bl_strbuf *out, const char *text)
{
    cli_completion_add_quoted(out, text, "[]:\\", "'\\''");
}

/* '(-o --output)'{-o,--output}'...: one option by both of its names, once. */
static void add_names(struct bl_strbuf *out, const struct bl_option *option)
{
    bool again = option->type == BL_OPTION_TEXTS;

    if (!option->letter)
        bl_strbuf_addf(out, "'%s--%s", again ? "*" : "", option->name);
    else if (again)
        bl_strbuf_addf(out, "'*'{-%c,--%s}'", option->letter, option->name);
    else
        bl_strbuf_addf(out, "'(-%c --%s)'{-%c,--%s}'", option->letter, option->name, option->letter,
                       option->name);
}

static void add_action(struct bl_strbuf *out, const struct bl_option *option)
{
    if (!option->words) {
        bl_strbuf_adds(out, option->is_path ? "_files" : "");
        return;
    }
    bl_strbuf_adds(out, option->is_path ? " _ballast_either " : "(");
    cli_completion_add_words(out, option->words);
    bl_strbuf_adds(out, option->is_path ? "" : ")");
}

static void add_option(struct bl_strbuf *out, const struct bl_option *option)
{
    BL_AUTO_FREE char *help = cli_completion_help_of(option);

    bl_strbuf_adds(out, "            ");
    add_names(out, option);
    bl_strbuf_addc(out, '[');
    add_text(out, help);
    bl_strbuf_addc(out, ']');
    if (option->value) {
        bl_strbuf_addc(out, ':');
        add_text(out, option->value);
        bl_strbuf_addc(out, ':');
        add_action(out, option);
    }
    bl_strbuf_adds(out, "' \\\n");
}

static void add_arguments(struct bl_strbuf *out, const struct bl_command *command)
{
    bl_strbuf_adds(out, "            ");
    if (command->words) {
        bl_strbuf_adds(out, "'1:word:(");
        cli_completion_add_words(out, command->words);
        bl_strbuf_adds(out, ")' ");
    }
    bl_strbuf_addf(out, "'*:argument:%s'\n", command->takes_paths ? "_files" : "");
}

static void add_verb(struct bl_strbuf *out, const struct cli_verb *verb)
{
    static const struct bl_option help = {
        .letter = 'h', .name = "help", .type = BL_OPTION_FLAG, .help = "what it takes"};

    bl_strbuf_addf(out, "    %s)\n        _arguments -s \\\n", cli_verb_name(verb));
    CLI_EACH_OPTION(verb->command, place, option)
        add_option(out, option);
    add_option(out, &help);
    add_arguments(out, verb->command);
    bl_strbuf_adds(out, "        ;;\n");
}

void cli_completion_zsh(const struct cli_verb *const *verbs, struct bl_strbuf *out)
{
    bl_strbuf_adds(out, head);
    for (size_t i = 0; verbs[i]; i++) {
        bl_strbuf_addf(out, "        '%s:", cli_verb_name(verbs[i]));
        add_text(out, verbs[i]->summary);
        bl_strbuf_adds(out, "'\n");
    }
    bl_strbuf_adds(out, middle);
    for (size_t i = 0; verbs[i]; i++)
        add_verb(out, verbs[i]);
    bl_strbuf_adds(out, tail);
}
