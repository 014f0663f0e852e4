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
        if (bl_text_find_in(at, len, opening))
            walk->depth++;
        else if (bl_text_find_in(at, len, closing))
            walk->depth -= walk->depth > 0;
        else if (!bl_text_find_in(at, len, between) && !(walk->depth && len && at[len - 1] == ')'))
            return at;
        at += len;
    }
}

struct reader {
    void (*each)(const struct bl_assignment *assignment, void *context);
    void *context;
    bool grouped; /* what "{ …; } > file" and its like print may go to a file */
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
    reader->each(&(struct bl_assignment){.name = word, .value = known ? word + len + 1 : NULL},
                 reader->context);
}

/* ": ${NAME:=value}" and ": ${NAME=value}". It is not exported by that, so nobody knows what comes of it. */
static void read_fallbacks(const struct reader *reader, const char *rest, const char *end)
{
    char *word;

    for (; (word = next_word(&rest, end)); free(word)) {
        char *name = word + 2;
        size_t len;

        if (strncmp(word, "${", 2) != 0)
            continue;
        len = strcspn(name, ":=");
        if (!name[len] || (name[len] == ':' && name[len + 1] != '='))
            continue;
        name[len] = '\0';
        reader->each(&(struct bl_assignment){.name = name, .fallback = true}, reader->context);
    }
}

/* --- lines that are written to files --- */

/* Behind ">" or ">>": "&2" and devices are no files. */
static bool is_file(const char *target, const char *end)
{
    target += strspn(target, " \t");
    return target < end && *target != '&' && strncmp(target, "/dev/", 5) != 0;
}

/* Where a redirection of the command's output to a file begins; NULL: there is none. */
static const char *find_redirection(const char *at, const char *end)
{
    const char *start = at;

    while (at < end) {
        if (*at == '\'' || *at == '"') {
            at = skip_quotes(at);
            continue;
        }
        if (*at == '\\' && at[1]) {
            at += 2;
            continue;
        }
        if (*at != '>') {
            at++;
            continue;
        }

        bool twice = at[1] == '>', of_other = at > start && strchr("023456789", at[-1]);
        if (!of_other && is_file(at + 1 + twice, end))
            return at > start + 1 && at[-1] == '1' && isspace((unsigned char)at[-2]) ? at - 1 : at;
        at += 1 + twice;
    }
    return NULL;
}

/* "| tee -a file" behind it. */
static bool goes_to_tee(const char *end)
{
    const char *at = *end == '|' && end[1] != '|' ? end + 1 : "";

    at += strspn(at, " \t\n");
    return strncmp(at, "tee", 3) == 0 && isspace((unsigned char)at[3]);
}

static const char property_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

/* One line of what is printed. */
static void take_line(const struct reader *reader, char *line, bool known)
{
    size_t len;

    line += strspn(line, " \t");
    len = strspn(line, property_letters);
    if (!len || line[len] != '=')
        return;
    line[len] = '\0';
    known &= !strpbrk(line + len + 1, "$`%");
    reader->each(
        &(struct bl_assignment){.name = line, .value = known ? line + len + 1 : NULL, .line = true},
        reader->context);
}

/* Words of echo and printf; "\n" ends a line of both. */
static void take_printed(const struct reader *reader, char *word, bool known)
{
    char *line = word;

    for (char *at = word; *at; at++) {
        bool escaped = at[0] == '\\' && at[1] == 'n';

        if (*at != '\n' && !escaped)
            continue;
        *at = '\0';
        take_line(reader, line, known);
        at += escaped;
        line = at + 1;
    }
    take_line(reader, line, known);
}

/* `sed -i "s/^name=.*" …`: what comes of it is not read, only which names it speaks of. */
static void take_edited(const struct reader *reader, char *word)
{
    for (char *at = word; (at = strchr(at, '=')); at++) {
        char *name = at;

        while (name > word && name[-1] && strchr(property_letters, name[-1]))
            name--;
        if (name == at)
            continue;
        *at = '\0';
        reader->each(&(struct bl_assignment){.name = name, .line = true}, reader->context);
    }
}

/* "(echo a=1; echo b=2) > file" */
static void take_subshell(const struct reader *reader, const char *at, const char *end)
{
    char *word;

    for (at++; (word = next_word(&at, end)); free(word))
        take_line(reader, word, false);
}

/* Does a group of commands in the script write to a file? */
static bool writes_by_group(const char *text)
{
    static const char *const ends[] = {"}", ")", "done", "fi", "esac"};
    const char *end = text + strlen(text);

    for (size_t i = 0; i < BL_ARRAY_LEN(ends); i++)
        for (const char *at = text; (at = strstr(at, ends[i]));) {
            at += strlen(ends[i]);

            const char *arrow = at + strspn(at, " \t");
            if (*arrow == '>' && is_file(arrow + 1 + (arrow[1] == '>'), end))
                return true;
        }
    return false;
}

/* True: it is a command that writes text. */
static bool read_written(const struct reader *reader, const char *command, const char *rest,
                         const char *end, bool known)
{
    bool edits = bl_text_eq(command, "sed");
    const char *redirection;
    char *word;

    if (!edits && !bl_text_eq(command, "echo") && !bl_text_eq(command, "printf"))
        return false;
    redirection = find_redirection(rest, end);
    if (!edits && !redirection && !goes_to_tee(end)) {
        if (!reader->grouped)
            return true;
        known = false;
    }
    for (; (word = next_word(&rest, redirection ? redirection : end)); free(word)) {
        if (edits)
            take_edited(reader, word);
        else
            take_printed(reader, word, known);
    }
    return true;
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

/* "exec env NAME=value run" */
static bool read_env(const struct reader *reader, const char *rest, const char *end, bool known)
{
    BL_AUTO_FREE char *env = next_word(&rest, end);
    bool before = bl_text_eq(env, "env");
    char *word;

    if (!before)
        return false;
    for (; before && (word = next_word(&rest, end)); free(word)) {
        before = name_len(word) || *word == '-';
        if (name_len(word))
            take(reader, word, known);
    }
    return true;
}

static void read_command(const struct reader *reader, const char *at, const char *end, bool known)
{
    const char *rest = at;
    BL_AUTO_FREE char *first = next_word(&rest, end);
    static const char *const exporting[] = {"export", "declare", "typeset", NULL};
    bool exports = bl_text_in(first, exporting), unsets = bl_text_eq(first, "unset");
    char *word;

    if (*at == '(' && reader->grouped) {
        take_subshell(reader, at, end);
        return;
    }
    if (bl_text_eq(first, ":")) {
        read_fallbacks(reader, rest, end);
        return;
    }
    if (first && (read_written(reader, first, rest, end, known) ||
                  (strcmp(first, "exec") == 0 && read_env(reader, rest, end, known))))
        return;
    if (!exports && !unsets) {
        if (!first || !name_len(first) || !stands_alone(at, end))
            return;
        rest = at;
    }
    for (; (word = next_word(&rest, end)); free(word)) {
        if (unsets)
            reader->each(&(struct bl_assignment){.name = word, .unset = true}, reader->context);
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
    BL_AUTO_FREE char *code = bl_script_without_comments(text);
    const struct reader reader = {each, context, writes_by_group(code)};
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
