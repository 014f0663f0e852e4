#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "zookeeper.h"

/* What stands behind `key` at the start of a line, up to the end of the line; its length in `ret_len`. */
static const char *find_value(const char *text, const char *key, size_t *ret_len)
{
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (bl_text_starts(line, key)) {
            const char *value = line + strlen(key);

            value += strspn(value, " \t");
            *ret_len = strcspn(value, "\r\n");
            return value;
        }
    }
    return NULL;
}

/* Some numbers have a fraction, which is 0. */
static int64_t find_number(const char *text, const char *key)
{
    size_t len;
    const char *value = find_value(text, key, &len);
    const char *point = value ? memchr(value, '.', len) : NULL;
    int64_t number;

    if (!value || !bl_text_to_int(value, point ? (size_t)(point - value) : len, &number) ||
        number < 0)
        return -1;
    return number;
}

static enum bl_zookeeper_mode read_mode(const char *text)
{
    static const struct {
        const char *word;
        enum bl_zookeeper_mode mode;
    } modes[] = {
        {"leader", BL_ZOOKEEPER_LEADER},
        {"follower", BL_ZOOKEEPER_FOLLOWER},
        {"observer", BL_ZOOKEEPER_OBSERVER},
        {"standalone", BL_ZOOKEEPER_STANDALONE},
    };
    size_t len;
    const char *value = find_value(text, "Mode:", &len);

    for (size_t i = 0; value && i < BL_ARRAY_LEN(modes); i++)
        if (strlen(modes[i].word) == len && memcmp(modes[i].word, value, len) == 0)
            return modes[i].mode;
    /* "read-only" is a server without a quorum that may still be read from. */
    if (value || strstr(text, "not currently serving"))
        return BL_ZOOKEEPER_NOT_SERVING;
    return BL_ZOOKEEPER_UNKNOWN;
}

/* "3.8.0-5a02a05e…, built on …": up to the hash. */
static char *read_version(const char *text)
{
    size_t len;
    const char *value = find_value(text, "Zookeeper version:", &len);

    if (!value || !len)
        return NULL;
    return bl_strndup(value, strcspn(value, "-, \r\n"));
}

/* Hexadecimal, with its 0x; of all 64 bits, the highest of which no ensemble reaches. */
static int64_t read_zxid(const char *text)
{
    size_t len;
    const char *value = find_value(text, "Zxid:", &len);
    char *end;
    unsigned long long zxid;

    if (!value || len < 3 || value[0] != '0' || value[1] != 'x' ||
        strspn(value + 2, "0123456789abcdef") != len - 2)
        return -1;
    zxid = strtoull(value, &end, 16);
    return zxid <= INT64_MAX ? (int64_t)zxid : -1;
}

void bl_zookeeper_read_srvr(const char *text, struct bl_zookeeper_server *server)
{
    if (!*text) {
        server->mode = BL_ZOOKEEPER_AWAY;
        if (!server->why)
            server->why = bl_strdup("it does not answer");
        return;
    }
    server->mode = read_mode(text);
    free(server->version);
    server->version = read_version(text);
    server->zxid = read_zxid(text);
    server->outstanding = find_number(text, "Outstanding:");
}

void bl_zookeeper_read_mntr(const char *text, struct bl_zookeeper_server *server)
{
    server->synced = find_number(text, "zk_synced_followers\t");
}
