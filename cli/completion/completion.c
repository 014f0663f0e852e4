#include "completion.h"

#include <string.h>

#include "print.h"
#include "scripts.h"

static const char *const shells[] = {"bash", "zsh", "fish", NULL};

static void (*const scripts[])(const struct cli_verb *const *verbs, struct bl_strbuf *out) = {
    cli_completion_bash, cli_completion_zsh, cli_completion_fish};

static const struct bl_option_place groups[] = {{0}};

const struct bl_command cli_completion_command = {
    .name = "ballast completion",
    .usage = "ballast completion bash|zsh|fish",
    .description = "Prints a script by which the shell completes verbs, options and their values. "
                   "An installation has\n"
                   "them where the shells look.",
    .groups = groups,
    .examples = "  source <(ballast completion bash)\n"
                "  ballast completion zsh > \"${fpath[1]}/_ballast\"\n"
                "  ballast completion fish > ~/.config/fish/completions/ballast.fish\n",
    .after = CLI_EXIT_CODES "ballast-completion\n",
    .takes_arguments = true,
    .words = shells,
};

static int print_script(const struct cli_verb *const *verbs, const struct bl_texts *words)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (words->len != 1)
        return bl_command_usage(&cli_completion_command, "name one shell: bash, zsh or fish");
    for (size_t i = 0; shells[i]; i++) {
        if (strcmp(words->items[0], shells[i]) != 0)
            continue;
        scripts[i](verbs, &out);
        return cli_print(&out);
    }
    return bl_command_usage(&cli_completion_command,
                            "unknown shell \"%s\", it is one of bash, zsh and fish",
                            words->items[0]);
}

int cli_completion(const struct cli_verb *const *verbs, int argc, char **argv)
{
    BL_AUTO(bl_texts_release) struct bl_texts words = {0};
    int rc = bl_command_parse(&cli_completion_command, argc, argv, NULL, &words);

    return rc < 0 ? print_script(verbs, &words) : rc;
}
