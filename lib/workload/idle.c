#include <stdlib.h>
#include <string.h>

#include "ballast/base/budget.h"
#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/workload.h"
#include "script.h"

/*
 * A container that only waits, which charts offer for diagnosis (Bitnami: diagnosticMode) and people write by hand: the
 * program is `sleep`, or `tail -f /dev/null`, or a script of a shell in which no other command stands.
 */

#define BLANKS " \t\r"
#define ENDS "\n;&|"

static bool waits(const char *program, const char *rest, size_t len)
{
    static const char nothing[] = "/dev/null";

    return strcmp(program, "sleep") == 0 || strcmp(program, "pause") == 0 ||
           (strcmp(program, "cat") == 0 && !len) ||
           (strcmp(program, "tail") == 0 && memmem(rest, len, nothing, sizeof(nothing) - 1));
}

/* The first word of a command that begins none of its own. For free(). */
static char *first_word(const char **at)
{
    static const char *const around[] = {"while", "until", "do", "done", "exec", NULL};

    for (;;) {
        size_t len = strcspn(*at, BLANKS ENDS);
        char *word = bl_strndup(*at, len);

        *at += len;
        *at += strspn(*at, BLANKS);
        if (!bl_text_in(word, around) || !len)
            return word;
        free(word);
    }
}

static bool script_waits(const char *script)
{
    static const char *const harmless[] = {"",     "true", "false", ":", "set",
                                           "trap", "echo", "wait",  NULL};
    BL_AUTO_FREE char *text = bl_script_without_comments(script);
    bool found = false;

    for (const char *at = text; *at && bl_budget_turn(); at += strcspn(at, ENDS)) {
        at += strspn(at, BLANKS ENDS);
        BL_AUTO_FREE char *word = first_word(&at);
        bool one = waits(bl_path_name(word), at, strcspn(at, ENDS));

        /* What stands behind it is never come to. */
        if (one && (bl_text_starts(at, "infinity") || bl_text_starts(at, "inf")))
            return true;
        if (!one && !bl_text_in(word, harmless))
            return false;
        found |= one;
    }
    return found;
}

static const char *text_at(const cJSON *list, int place)
{
    const cJSON *item = cJSON_IsArray(list) ? cJSON_GetArrayItem(list, place) : NULL;

    return item && cJSON_IsString(item) ? item->valuestring : "";
}

/* Programs that run what follows them, and their options: "timeout -k 5 10m PROGRAM". */
static bool runs_another(const char *program)
{
    static const char *const runners[] = {"tini",    "dumb-init", "catatonit", "busybox",
                                          "timeout", "nohup",     "env",       NULL};

    return bl_text_in(program, runners) || program[0] == '-' ||
           (program[0] >= '0' && program[0] <= '9');
}

/* Of "sh", "-c", SCRIPT, some of which `more` may have. */
static bool words_wait(const cJSON *words, const cJSON *more)
{
    static const char *const shells[] = {"sh", "bash", "ash", "dash", NULL};
    const cJSON *end = bl_json_len(more) ? more : words;
    int count = (int)bl_json_len(words), first = 0;
    const char *program = bl_path_name(text_at(words, 0));
    const char *last = text_at(end, (int)bl_json_len(end) - 1);

    while (first + 1 < count && runs_another(program) && bl_budget_turn())
        program = bl_path_name(text_at(words, ++first));
    if (bl_text_in(program, shells))
        return script_waits(last);
    return waits(program, last, end == words && first + 1 == count ? 0 : strlen(last));
}

bool bl_container_is_idle(const cJSON *container)
{
    const cJSON *command = bl_json_get(container, "command");
    const cJSON *args = bl_json_get(container, "args");

    /* Entry points of images run what they are given. */
    return bl_json_len(command) ? words_wait(command, args) : words_wait(args, NULL);
}
