#include "ballast/object/calico_selector.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/budget.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"

#define DEPTH_MAX 64

struct parser {
    const char *at;
    unsigned depth;
    bool broken; /* it is no selector */
    bl_label_lookup lookup;
    void *context;
};

static enum bl_truth either(struct parser *parser);

static enum bl_truth of(bool holds)
{
    return holds ? BL_TRUE : BL_FALSE;
}

static enum bl_truth negated(enum bl_truth truth)
{
    return (enum bl_truth)(BL_TRUE - truth);
}

static enum bl_truth broken(struct parser *parser)
{
    parser->broken = true;
    return BL_UNKNOWN;
}

/* --- words --- */

static void skip_space(struct parser *parser)
{
    while (isspace((unsigned char)*parser->at))
        parser->at++;
}

static bool is_label(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("_./-", c));
}

static bool take(struct parser *parser, const char *text)
{
    skip_space(parser);
    if (!bl_text_starts(parser->at, text))
        return false;
    parser->at += strlen(text);
    return true;
}

/* A word of the language, and not the beginning of a longer one. */
static bool take_word(struct parser *parser, const char *word)
{
    skip_space(parser);
    if (!bl_text_starts(parser->at, word) || is_label(parser->at[strlen(word)]))
        return false;
    parser->at += strlen(word);
    return true;
}

/* Two words; back to before the first where the second does not follow. */
static bool take_words(struct parser *parser, const char *first, const char *second)
{
    const char *before = parser->at;

    if (take_word(parser, first) && take_word(parser, second))
        return true;
    parser->at = before;
    return false;
}

/* For free(); empty: there is none. */
static char *take_key(struct parser *parser)
{
    const char *begin;

    skip_space(parser);
    for (begin = parser->at; is_label(*parser->at);)
        parser->at++;
    return bl_strndup(begin, (size_t)(parser->at - begin));
}

/* In quotes of either kind; for free(), NULL: there is none. */
static char *take_string(struct parser *parser)
{
    const char *begin, *end;
    char quote;

    skip_space(parser);
    quote = *parser->at;
    if (quote != '"' && quote != '\'')
        return NULL;
    begin = parser->at + 1;
    end = strchr(begin, quote);
    if (!end)
        return NULL;
    parser->at = end + 1;
    return bl_strndup(begin, (size_t)(end - begin));
}

/* --- what is said of one label --- */

/* Is the value in { 'a', 'b' }? */
static bool in_set(struct parser *parser, const char *value)
{
    bool found = false;

    if (!take(parser, "{"))
        (void)broken(parser);
    if (parser->broken || take(parser, "}"))
        return false;
    do {
        BL_AUTO_FREE char *member = take_string(parser);

        if (!member) {
            (void)broken(parser);
            return false;
        }
        found |= bl_text_eq(member, value);
    } while (take(parser, ","));
    if (!take(parser, "}"))
        (void)broken(parser);
    return found;
}

static bool holds_text(const char *value, const char *text)
{
    return strstr(value, text) != NULL;
}

static enum bl_truth compared(struct parser *parser, enum bl_truth has, const char *value,
                              bool (*compare)(const char *value, const char *text))
{
    BL_AUTO_FREE char *text = take_string(parser);

    if (!text)
        return broken(parser);
    return has == BL_TRUE ? of(compare(value, text)) : has;
}

static enum bl_truth within(struct parser *parser, enum bl_truth has, const char *value)
{
    bool found = in_set(parser, value);

    return has == BL_TRUE ? of(found) : has;
}

/* A label that is not there is unequal to everything and in no set. */
static enum bl_truth condition(struct parser *parser, const char *key)
{
    const char *value = NULL;
    enum bl_truth has = parser->lookup(key, &value, parser->context);

    if (take(parser, "=="))
        return compared(parser, has, value, bl_text_eq);
    if (take(parser, "!="))
        return negated(compared(parser, has, value, bl_text_eq));
    if (take_words(parser, "not", "in"))
        return negated(within(parser, has, value));
    if (take_word(parser, "in"))
        return within(parser, has, value);
    if (take_word(parser, "contains"))
        return compared(parser, has, value, holds_text);
    if (take_words(parser, "starts", "with"))
        return compared(parser, has, value, bl_text_starts);
    if (take_words(parser, "ends", "with"))
        return compared(parser, has, value, bl_text_ends);
    return broken(parser);
}

/* --- what is built of these --- */

static enum bl_truth has_label(struct parser *parser)
{
    BL_AUTO_FREE char *key = take_key(parser);
    const char *value;

    if (!*key || !take(parser, ")"))
        return broken(parser);
    return parser->lookup(key, &value, parser->context);
}

static enum bl_truth named(struct parser *parser)
{
    BL_AUTO_FREE char *key = take_key(parser);

    if (!*key)
        return broken(parser);
    if (!take(parser, "("))
        return condition(parser, key);
    if (strcmp(key, "has") == 0)
        return has_label(parser);
    if (!take(parser, ")"))
        return broken(parser);
    if (strcmp(key, "all") == 0)
        return BL_TRUE;
    /* What lies in no namespace: no pod does. */
    return strcmp(key, "global") == 0 ? BL_FALSE : broken(parser);
}

static enum bl_truth operand(struct parser *parser)
{
    bool negate = false;
    enum bl_truth truth;

    while (take(parser, "!"))
        negate = !negate;
    if (take(parser, "(")) {
        truth = either(parser);
        if (!take(parser, ")"))
            return broken(parser);
    } else {
        truth = named(parser);
    }
    return negate ? negated(truth) : truth;
}

static enum bl_truth both(struct parser *parser)
{
    enum bl_truth truth = operand(parser);

    while (!parser->broken && !bl_budget_over() && take(parser, "&&")) {
        enum bl_truth next = operand(parser);

        truth = next < truth ? next : truth;
    }
    return truth;
}

static enum bl_truth either(struct parser *parser)
{
    enum bl_truth truth;

    if (++parser->depth > DEPTH_MAX)
        return broken(parser);
    truth = both(parser);
    while (!parser->broken && !bl_budget_over() && take(parser, "||")) {
        enum bl_truth next = both(parser);

        truth = next > truth ? next : truth;
    }
    parser->depth--;
    return truth;
}

enum bl_truth bl_calico_selector(const char *text, bl_label_lookup lookup, void *context)
{
    struct parser parser = {.at = text, .lookup = lookup, .context = context};
    enum bl_truth truth;

    skip_space(&parser);
    if (!*parser.at)
        return BL_TRUE;
    truth = either(&parser);
    skip_space(&parser);
    return parser.broken || *parser.at ? BL_UNKNOWN : truth;
}
