#include <string.h>

#include "ballast/base/mem.h"
#include "scripts.h"

void cli_completion_add_words(struct bl_strbuf *out, const char *const *words)
{
    for (size_t i = 0; words[i]; i++)
        bl_strbuf_addf(out, "%s%s", i ? " " : "", words[i]);
}

void cli_completion_add_quoted(struct bl_strbuf *out, const char *text, const char *special,
                               const char *quote)
{
    for (; *text; text++) {
        if (*text == '\'') {
            bl_strbuf_adds(out, quote);
            continue;
        }
        if (strchr(special, *text))
            bl_strbuf_addc(out, '\\');
        bl_strbuf_addc(out, *text);
    }
}

char *cli_completion_help_of(const struct bl_option *option)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf words = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (option->help)
        return bl_strdup(option->help);
    bl_words_add(&words, option->words);
    return bl_strbuf_take(&words);
}
