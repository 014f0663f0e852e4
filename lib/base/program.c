#include "ballast/base/program.h"

#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

void bl_texts_end(struct bl_texts *texts)
{
    *BL_PUSH(texts) = NULL;
    texts->len--;
}

int bl_program_usage(const char *program, const char *fmt, ...)
{
    va_list args;

    (void)fprintf(stderr, "%s: ", program);
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fprintf(stderr, "\nRun \"%s --help\" for what it takes.\n", program);
    return BL_EXIT_USAGE;
}

int bl_program_unknown(const char *program, const struct option *known, const char *word)
{
    BL_AUTO_FREE char *name =
        bl_strndup(word + strspn(word, "-"), strcspn(word + strspn(word, "-"), "="));
    struct bl_texts names = {0};
    const char *meant = NULL;

    for (; known->name; known++)
        *BL_PUSH(&names) = known->name;
    bl_texts_end(&names);
    if (bl_text_starts(word, "--"))
        meant = bl_text_nearest(name, names.items);
    free(names.items);
    if (meant)
        return bl_program_usage(program, "unknown option %s, did you mean --%s?", word, meant);
    return bl_program_usage(program, "unknown option %s", word);
}

int bl_program_fail(const char *program, const struct bl_error *err)
{
    enum bl_errcode code = bl_error_code(err);

    (void)fprintf(stderr, "%s: error: %s\n", program, bl_error_text(err));
    if (bl_error_hint(err))
        (void)fprintf(stderr, "hint: %s\n", bl_error_hint(err));
    return code == BL_ERR_UNAVAILABLE || code == BL_ERR_INTERNAL ? BL_EXIT_FAILED : BL_EXIT_USAGE;
}

bool bl_program_is_namespaced(const char *text)
{
    const char *slash = strchr(text, '/');

    return slash && slash != text && slash[1] && !strchr(slash + 1, '/');
}

const char *bl_program_split_namespaced(const char *text, char **ret_namespace)
{
    const char *name = strchr(text, '/') + 1;

    *ret_namespace = bl_strndup(text, (size_t)(name - 1 - text));
    return name;
}

static bool read_word(const char *text, const char *const *words, int *ret_index)
{
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

bool bl_program_read_log_format(const char *text, enum bl_log_format *ret_format)
{
    static const char *const formats[] = {"logfmt", "json", NULL};
    int index;

    if (!read_word(text, formats, &index))
        return false;
    *ret_format = (enum bl_log_format)(index + BL_LOG_LOGFMT);
    return true;
}

bool bl_program_read_log_level(const char *text, enum bl_log_level *ret_level)
{
    static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
    int index;

    if (!read_word(text, levels, &index))
        return false;
    *ret_level = (enum bl_log_level)(index + BL_LOG_DEBUG);
    return true;
}

/* Fast bins would be merged again at each allocation of a kilobyte or more, of which a decision makes many. */
void bl_program_setup_memory(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, 128 << 10);
    (void)mallopt(M_TRIM_THRESHOLD, 256 << 10);
    (void)mallopt(M_ARENA_MAX, 2);
    (void)mallopt(M_MXFAST, 0);
}

void bl_program_setup_signals(sigset_t *ret_signals)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(ret_signals);
    (void)sigaddset(ret_signals, SIGTERM);
    (void)sigaddset(ret_signals, SIGINT);
    (void)sigaddset(ret_signals, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, ret_signals, NULL);
}
