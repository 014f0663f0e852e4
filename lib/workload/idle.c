#include <string.h>

#include "ballast/base/budget.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/workload.h"
#include "script.h"

/*
 * A container that only waits, which charts offer for diagnosis (Bitnami: diagnosticMode) and people write by hand: the
 * program is `sleep`, or `tail -f /dev/null`, or a script of a shell that begins with one of them.
 */

#define WORDS_BETWEEN " \t\r\n;&"

static const char *base_name(const char *program)
{
    const char *slash = strrchr(program, '/');

    return slash ? slash + 1 : program;
}

/* A loop around it, and what is said before. */
static bool is_around(const char *word)
{
    static const char *const words[] = {"while", "until", "true", "false", ":", "do",
                                        "done",  "exec",  "set",  "wait",  NULL};

    return bl_text_in(word, words) || word[0] == '-' || word[0] == '+';
}

static bool waits(const char *program, const char *rest)
{
    return strcmp(program, "sleep") == 0 || strcmp(program, "pause") == 0 ||
           (strcmp(program, "tail") == 0 && strstr(rest, "/dev/null"));
}

static bool script_waits(const char *script)
{
    BL_AUTO_FREE char *text = bl_script_without_comments(script);

    for (const char *at = text; bl_budget_turn();) {
        size_t len;

        at += strspn(at, WORDS_BETWEEN);
        len = strcspn(at, WORDS_BETWEEN);
        if (!len)
            return false;
        BL_AUTO_FREE char *word = bl_strndup(at, len);
        if (!is_around(word))
            return waits(base_name(word), at + len);
        at += len;
    }
    return false;
}

static const char *text_at(const cJSON *list, int place)
{
    const cJSON *item = cJSON_IsArray(list) ? cJSON_GetArrayItem(list, place) : NULL;

    return item && cJSON_IsString(item) ? item->valuestring : "";
}

/* Of "sh", "-c", SCRIPT, some of which `more` may have. */
static bool words_wait(const cJSON *words, const cJSON *more)
{
    static const char *const shells[] = {"sh", "bash", "ash", "dash", NULL};
    const cJSON *end = bl_json_len(more) ? more : words;
    const char *program = base_name(text_at(words, 0));
    const char *last = text_at(end, (int)bl_json_len(end) - 1);

    return bl_text_in(program, shells) ? script_waits(last) : waits(program, last);
}

bool bl_container_is_idle(const cJSON *container)
{
    const cJSON *command = bl_json_get(container, "command");
    const cJSON *args = bl_json_get(container, "args");

    /* Entry points of images run what they are given. */
    return bl_json_len(command) ? words_wait(command, args) : words_wait(args, NULL);
}
