#include "script.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/strbuf.h"
#include "ballast/base/text.h"

/* Behind the quoted piece that begins at `at`. */
static const char *skip_quotes(const char *at)
{
    char quote = *at++;

    for (; *at && *at != quote; at++)
        if (*at == '\\' && quote == '"' && at[1])
            at++;
    return *at ? at + 1 : at;
}

char *bl_script_without_comments(const char *text)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    for (const char *at = text; *at;) {
        const char *next = at + 1;

        if (*at == '\'' || *at == '"')
            next = skip_quotes(at);
        else if (*at == '\\' && at[1])
            next = at + 2;
        else if (*at == '#' && (at == text || isspace((unsigned char)at[-1]) || at[-1] == ';')) {
            at += strcspn(at, "\n");
            continue;
        }
        bl_strbuf_add(&out, at, (size_t)(next - at));
        at = next;
    }
    return bl_strbuf_take(&out);
}

/* A script on its way: one simple command after the other. */
struct walk {
    const char *at;
    int depth;    /* of if, for, case, … */
    bool depends; /* the command stands behind "||" or in a condition */
    char *until;  /* the word that ends a here document; NULL */
};

/* To where the command ends: a separator that stands in no quotes and no parentheses. */
static const char *command_end(const char *at)
{
    int parentheses = 0;

    while (*at) {
        if (*at == '\'' || *at == '"') {
            at = skip_quotes(at);
            continue;
        }
        if (*at == '\\' && at[1]) {
            at += 2;
            continue;
        }
        parentheses += *at == '(';
        parentheses -= *at == ')' && parentheses;
        if (!parentheses && strchr("\n;&|", *at))
            break;
        at++;
    }
    return at;
}

static bool is_word_of(const char *at, size_t len, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == len && strncmp(*words, at, len) == 0)
            return true;
    return false;
}

/* The next word of a command with its quotes taken off; NULL at the end. For free(). */
static char *next_word(const char **at, const char *end)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf word = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    int parentheses = 0;
    bool any = false;

    while (*at < end && isspace((unsigned char)**at))
        ++*at;
    while (*at < end && (parentheses || !isspace((unsigned char)**at))) {
        any = true;
        if (**at == '\'' || **at == '"') {
            const char *close = skip_quotes(*at);

            close = close < end ? close : end;
            if (close - *at >= 2)
                bl_strbuf_add(&word, *at + 1, (size_t)(close - *at - 2));
            *at = close;
            continue;
        }
        parentheses += **at == '(' || **at == '{';
        parentheses -= (**at == ')' || **at == '}') && parentheses;
        bl_strbuf_addc(&word, *(*at)++);
    }
    return any ? bl_strbuf_take(&word) : NULL;
}

/* "cat > f <<EOF" begins one. */
static void find_here_document(struct walk *walk, const char *at, const char *end)
{
    const char *mark = memmem(at, (size_t)(end - at), "<<", 2);

    if (!mark || mark[2] == '<' || walk->until)
        return;
    mark += 2 + (mark[2] == '-');
    walk->until = next_word(&mark, end);
}

/* Over the lines of the here document, if the line just ended has begun one. */
static void skip_here_document(struct walk *walk)
{
    if (!walk->until)
        return;
    while (*walk->at) {
        const char *line = walk->at + strspn(walk->at, "\t");
        size_t len = strcspn(line, "\n");

        walk->at = line + len + (line[len] == '\n');
        if (strlen(walk->until) == len && strncmp(line, walk->until, len) == 0)
            break;
    }
    free(walk->until);
    walk->until = NULL;
}

/* The words that open and close what may be run or not; returns behind those that a command may follow. */
static const char *skip_keywords(struct walk *walk, const char *at, const char *end)
{
    static const char *const opening[] = {"if", "for", "while", "until", "case", "select", NULL};
    static const char *const between[] = {"then", "else", "elif", "do", "!", "{", "}", NULL};
    static const char *const closing[] = {"fi", "done", "esac", NULL};

    for (;;) {
        size_t len;

        while (at < end && isspace((unsigned char)*at))
            at++;
        len = strcspn(at, " \t\n;&|");
        if (is_word_of(at, len, opening))
            walk->depth++;
        else if (is_word_of(at, len, closing))
            walk->depth -= walk->depth > 0;
        else if (!is_word_of(at, len, between) && !(walk->depth && len && at[len - 1] == ')'))
            return at;
        at += len;
    }
}

struct reader {
    void (*each)(const struct bl_assignment *assignment, void *context);
    void *context;
};

/* "NAME=value"; the length of the name, 0: it is no assignment. */
static size_t name_len(const char *word)
{
    size_t len = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    return len && !isdigit((unsigned char)*word) && word[len] == '=' ? len : 0;
}

static void take(const struct reader *reader, char *word, bool known)
{
    size_t len = name_len(word);

    word[len] = '\0';
    reader->each(&(struct bl_assignment){word, known ? word + len + 1 : NULL, false},
                 reader->context);
}

/* "exec run", and not "exec 2>&1". */
static bool ends_script(const char *at, const char *end)
{
    BL_AUTO_FREE char *first = next_word(&at, end);
    BL_AUTO_FREE char *second = next_word(&at, end);

    return bl_text_eq(first, "exec") && second &&
           !strchr("<>", second[strspn(second, "0123456789")]);
}

/* In front of another command assignments are that command's alone; of `exec` they are the broker's. */
static bool stands_alone(const char *at, const char *end)
{
    char *word;
    bool alone = true, ended = false;

    for (; !ended && (word = next_word(&at, end)); free(word)) {
        ended = strcmp(word, "exec") == 0;
        alone &= ended || name_len(word);
    }
    return alone;
}

static void read_command(const struct reader *reader, const char *at, const char *end, bool known)
{
    const char *rest = at;
    BL_AUTO_FREE char *first = next_word(&rest, end);
    bool exports = bl_text_eq(first, "export"), unsets = bl_text_eq(first, "unset");
    char *word;

    if (!exports && !unsets) {
        if (!first || !name_len(first) || !stands_alone(at, end))
            return;
        rest = at;
    }
    for (; (word = next_word(&rest, end)); free(word)) {
        if (unsets)
            reader->each(&(struct bl_assignment){word, NULL, true}, reader->context);
        else if (name_len(word))
            take(reader, word, known);
    }
}

static bool is_test(const char *at, const char *end)
{
    static const char *const tests[] = {"[", "[[", "test", "grep", "command", "which", "ls", NULL};
    BL_AUTO_FREE char *word = next_word(&at, end);

    return word && bl_text_in(word, tests);
}

/* Past the separator. What stands behind "||", or behind "&&" of a test, may be run or not. */
static void go_on(struct walk *walk, const char *at, const char *end)
{
    bool both = end[0] == '&' && end[1] == '&', either = end[0] == '|' && end[1] == '|';

    walk->depends = either || (both && (walk->depends || is_test(at, end)));
    walk->at = end + (both || either ? 2 : *end != '\0');
    if (*end == '\n')
        skip_here_document(walk);
}

void bl_script_assignments(const char *text,
                           void (*each)(const struct bl_assignment *assignment, void *context),
                           void *context)
{
    const struct reader reader = {each, context};
    BL_AUTO_FREE char *code = bl_script_without_comments(text);
    struct walk walk = {.at = code};

    while (*walk.at) {
        const char *end = command_end(walk.at), *at = skip_keywords(&walk, walk.at, end);
        bool known = !walk.depth && !walk.depends;

        find_here_document(&walk, at, end);
        read_command(&reader, at, end, known);
        if (known && ends_script(at, end))
            break;
        go_on(&walk, at, end);
    }
    free(walk.until);
}
