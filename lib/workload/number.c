#include <ctype.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/servers.h"
#include "recognise.h"

/* The number of a ZooKeeper server, which its image takes from a variable or its start script writes to a file. */

/* Of the images that people use, and of those that they make themselves. */
static const char *const variables[] = {"ZOO_MY_ID",
                                        "ZOO_SERVER_ID",
                                        "ZOOKEEPER_SERVER_ID",
                                        "ZOOKEEPER_ID",
                                        "ZOOKEEPER_MY_ID",
                                        "ZK_SERVER_ID",
                                        "ZK_MY_ID",
                                        "ZK_ID",
                                        "SERVER_ID",
                                        "MY_ID",
                                        "MYID"};

static bool is_number(const char *text, size_t len, int64_t *ret_number)
{
    return len && bl_text_to_int(text, len, ret_number) && *ret_number >= 0;
}

/* The digits at `text`, which may be in quotes, where nothing else follows them. */
static bool number_at(const char *text, int64_t *ret_number)
{
    size_t len;

    text += strspn(text, "\"'");
    len = strspn(text, "0123456789");
    return !isalnum((unsigned char)text[len]) && !strchr("$_.-", text[len] ? text[len] : ' ') &&
           is_number(text, len, ret_number);
}

/* "export MYID=2". */
static bool from_assignment(const char *text, const char *variable, int64_t *ret_number)
{
    size_t len = strlen(variable);

    for (const char *at = text; (at = strstr(at, variable)) && bl_budget_turn(); at += len)
        if (at[len] == '=' && (at == text || strchr(" \t\n;&", at[-1])) &&
            number_at(at + len + 1, ret_number))
            return true;
    return false;
}

/* `echo 2 > /data/myid`: the number is the word after "echo" on the line that names the file. */
static bool from_file(const char *text, int64_t *ret_number)
{
    static const char file[] = "myid", echo[] = "echo ";

    for (const char *at = text; (at = strstr(at, file)) && bl_budget_turn(); at += strlen(file)) {
        const char *line = at;

        while (line > text && !strchr("\n;&", line[-1]))
            line--;
        const char *word = memmem(line, (size_t)(at - line), echo, strlen(echo));
        if (word && memchr(word, '>', (size_t)(at - word)) &&
            number_at(word + strlen(echo), ret_number))
            return true;
    }
    return false;
}

static bool from_scripts(const struct bl_workload *workload, int64_t *ret_number)
{
    for (size_t i = 0; i < workload->arguments.len && bl_budget_turn(); i++) {
        const char *text = workload->arguments.items[i].text;

        bl_budget_spend_text(strlen(text));
        if (from_file(text, ret_number))
            return true;
        for (size_t v = 0; v < BL_ARRAY_LEN(variables); v++)
            if (from_assignment(text, variables[v], ret_number))
                return true;
    }
    return false;
}

int64_t bl_workload_server_number(const struct bl_workload *workload)
{
    int64_t number;

    if (workload->role != BL_ROLE_ZOOKEEPER)
        return -1;
    for (size_t i = 0; i < BL_ARRAY_LEN(variables); i++) {
        const char *value = bl_container_env_value(workload->container, variables[i]);

        if (value && is_number(value, strlen(value), &number))
            return number;
    }
    return from_scripts(workload, &number) ? number : -1;
}
