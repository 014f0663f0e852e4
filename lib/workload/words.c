#include "words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/budget.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "recognise.h"
#include "script.h"

static bool word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

struct word {
    const char *text; /* not NUL-terminated */
    size_t len;
};

/* The next word of a text, at or behind `at`; its length is 0 at the end. */
static struct word next_word(const char *at)
{
    struct word word = {at, 0};

    while (*word.text && !word_char(*word.text))
        word.text++;
    while (word_char(word.text[word.len]))
        word.len++;
    return word;
}

/* Goes on to the text of the next argument, through command and then args; NULL behind the last. */
struct arguments {
    const cJSON *container, *next;
    bool args;  /* in args already */
    char *code; /* the text that was given last, where comments were taken out of it */
};

static void arguments_release(struct arguments *arguments)
{
    free(arguments->code);
}

static struct arguments arguments_of(const cJSON *container)
{
    const cJSON *command = bl_json_get(container, "command");

    return (struct arguments){.container = container, .next = command ? command->child : NULL};
}

/* What a comment names does not run. */
static const char *code_of(struct arguments *arguments, const char *text)
{
    free(arguments->code);
    arguments->code = NULL;
    bl_budget_spend_text(strlen(text));
    if (!strchr(text, '#') || strlen(text) > BL_SCRIPTS_MAX)
        return text;
    arguments->code = bl_script_without_comments(text);
    return arguments->code;
}

static const char *next_argument(struct arguments *arguments)
{
    const cJSON *argument;

    if (!arguments->next && !arguments->args) {
        const cJSON *args = bl_json_get(arguments->container, "args");

        arguments->args = true;
        arguments->next = args ? args->child : NULL;
    }
    argument = arguments->next;
    if (!argument)
        return NULL;
    arguments->next = argument->next;
    return cJSON_IsString(argument) ? code_of(arguments, argument->valuestring) : "";
}

const char *bl_container_finds(const cJSON *container, const char *const *list)
{
    BL_AUTO(arguments_release) struct arguments arguments = arguments_of(container);

    for (const char *text; (text = next_argument(&arguments));)
        for (struct word word = next_word(text); word.len; word = next_word(word.text + word.len)) {
            const char *found = bl_text_find_in(word.text, word.len, list);

            if (found)
                return found;
        }
    return NULL;
}

bool bl_container_runs(const cJSON *container, const char *word)
{
    const char *const list[] = {word, NULL};

    return bl_container_finds(container, list) != NULL;
}

bool bl_container_mentions(const cJSON *container, const char *text)
{
    BL_AUTO(arguments_release) struct arguments arguments = arguments_of(container);

    for (const char *argument; (argument = next_argument(&arguments));)
        if (strstr(argument, text))
            return true;
    return false;
}

bool bl_container_only_runs(const cJSON *container, const char *const *list)
{
    BL_AUTO(arguments_release) struct arguments arguments = arguments_of(container);

    for (const char *text; (text = next_argument(&arguments));)
        for (struct word word = next_word(text); word.len; word = next_word(word.text + word.len))
            if (!bl_text_find_in(word.text, word.len, list))
                return false;
    return true;
}
