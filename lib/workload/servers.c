#include "ballast/workload/servers.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "recognise.h"

/* An ensemble has few servers: "server.1=" up to this are looked for in a file. */
#define SERVERS_MAX 64

void bl_servers_release(struct bl_servers *servers)
{
    for (size_t i = 0; i < servers->len; i++) {
        free(servers->items[i].name);
        free(servers->items[i].host);
    }
    free(servers->items);
    free(servers->chroot);
    *servers = (struct bl_servers){0};
}

static int port_of(const char *text, size_t len)
{
    int64_t number;

    return bl_text_to_int(text, len, &number) && number > 0 && number < 65536 ? (int)number : 0;
}

/* The end of a host: "[::1]" has colons of its own, as has the default in "${HOST:-zk}". */
static size_t host_len(const char *text, size_t len)
{
    size_t at = 0;

    if (len && text[0] == '[') {
        const char *close = memchr(text, ']', len);

        return close ? (size_t)(close - text) + 1 : len;
    }
    for (int depth = 0; at < len && (depth || text[at] != ':'); at++) {
        depth += text[at] == '{' || text[at] == '(';
        depth -= depth && (text[at] == '}' || text[at] == ')');
    }
    return at;
}

static char *host_of(const char *text, size_t len)
{
    if (len > 1 && text[0] == '[' && text[len - 1] == ']')
        return bl_strndup(text + 1, len - 2);
    return bl_strndup(text, len);
}

static struct bl_listed_server *add_server(struct bl_servers *servers, const char *host, size_t len)
{
    struct bl_listed_server *server = BL_PUSH(servers);

    *server = (struct bl_listed_server){.name = bl_strdup(""), .host = host_of(host, len)};
    return server;
}

/* "host:port"; the port may be missing. */
static void add_address(struct bl_servers *servers, const char *text, size_t len)
{
    size_t host = host_len(text, len);
    struct bl_listed_server *server = add_server(servers, text, host);

    if (host < len)
        server->port = port_of(text + host + 1, len - host - 1);
}

static void add_listener(struct bl_servers *servers, const char *text, size_t len)
{
    const char *scheme = memmem(text, len, "://", 3);

    if (!scheme) {
        servers->unreadable = true;
        return;
    }
    add_address(servers, scheme + 3, len - (size_t)(scheme + 3 - text));
    free(servers->items[servers->len - 1].name);
    servers->items[servers->len - 1].name = bl_strndup(text, (size_t)(scheme - text));
}

static void add_voter(struct bl_servers *servers, const char *text, size_t len)
{
    const char *at = memchr(text, '@', len);

    if (!at)
        servers->unreadable = true;
    else
        add_address(servers, at + 1, len - (size_t)(at + 1 - text));
}

/* What follows the host: ":2888:3888", then a role or Bitnami's "::1". */
static void read_ensemble_ports(struct bl_listed_server *server, const char *text, size_t len)
{
    size_t first = len ? strcspn(text + 1, ":|;, \t\n") : 0;

    if (!len)
        return;
    server->port = port_of(text + 1, first);
    if (first + 1 < len && text[first + 1] == ':')
        server->election = port_of(text + first + 2, strcspn(text + first + 2, ":|;, \t\n"));
}

/* One server, without its client address; "host:2888:3888|other:2888:3888" are addresses of one. */
static void add_member(struct bl_servers *servers, const char *text, size_t len)
{
    static const char mark[] = "server.";
    const char *equals = memchr(text, '=', len), *other;
    size_t host;

    if (equals && len > sizeof(mark) - 1 && strncmp(text, mark, sizeof(mark) - 1) == 0) {
        len -= (size_t)(equals + 1 - text);
        text = equals + 1;
    }
    other = memchr(text, '|', len);
    if (other)
        len = (size_t)(other - text);
    host = host_len(text, len);
    if (!host) {
        servers->unreadable = true;
        return;
    }
    struct bl_listed_server *server = add_server(servers, text, host);
    read_ensemble_ports(server, text + host, len - host);
    server->observer = memmem(text + host, len - host, ":observer", strlen(":observer"));
}

/* Behind ';' stands a client's address, "2181" or "0.0.0.0:2181"; Confluent separates servers so. */
static bool is_client_address(const char *text, size_t len)
{
    const char *colon = memrchr(text, ':', len);
    const char *digits = colon ? colon + 1 : text;

    return port_of(digits, len - (size_t)(digits - text)) &&
           (!colon || !memchr(text, ':', (size_t)(colon - text)));
}

static void add_ensemble_entry(struct bl_servers *servers, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        const char *end = memchr(text + at, ';', len - at);
        size_t part = end ? (size_t)(end - text) - at : len - at;
        const char *colon = memrchr(text + at, ':', part);

        if (at && servers->len && is_client_address(text + at, part))
            servers->items[servers->len - 1].client =
                port_of(colon ? colon + 1 : text + at,
                        part - (colon ? (size_t)(colon + 1 - (text + at)) : 0));
        else if (part)
            add_member(servers, text + at, part);
        at += part + 1;
    }
}

static void add_entry(struct bl_servers *servers, enum bl_servers_form form, const char *text,
                      size_t len)
{
    switch (form) {
    case BL_SERVERS_CONNECT:
        add_address(servers, text, len);
        break;
    case BL_SERVERS_VOTERS:
        add_voter(servers, text, len);
        break;
    case BL_SERVERS_LISTENERS:
        add_listener(servers, text, len);
        break;
    case BL_SERVERS_ENSEMBLE:
        add_ensemble_entry(servers, text, len);
        break;
    }
}

/* "/kafka/" is "/kafka". */
static void read_chroot(struct bl_servers *servers, const char *text)
{
    size_t len = strcspn(text, " \t\r\n\"'");

    while (len && text[len - 1] == '/')
        len--;
    if (len && !servers->chroot)
        servers->chroot = bl_strndup(text, len);
}

void bl_servers_parse(struct bl_servers *servers, enum bl_servers_form form, const char *text)
{
    /* A chroot stands behind the last server of a connection, and nowhere else. */
    size_t end = form == BL_SERVERS_CONNECT ? strcspn(text, "/") : strlen(text);

    for (size_t at = 0; at < end;) {
        size_t len = strcspn(text + at, ", \t\r\n\"'");

        if (len > end - at)
            len = end - at;
        if (len)
            add_entry(servers, form, text + at, len);
        at += len;
        at += strspn(text + at, ", \t\r\n\"'");
    }
    read_chroot(servers, text + end);
}

/* --- where they stand --- */

bool bl_workload_servers(const struct bl_workload *workload, const struct bl_world *world,
                         const char *property, struct bl_servers *ret_servers)
{
    enum bl_servers_form form = BL_SERVERS_CONNECT;
    BL_AUTO(bl_setting_release) struct bl_setting setting = {0};

    *ret_servers = (struct bl_servers){0};
    if (!bl_workload_setting(workload, world, property, &setting))
        return false;
    if (bl_text_ends(property, "voters"))
        form = BL_SERVERS_VOTERS;
    else if (bl_text_ends(property, "listeners"))
        form = BL_SERVERS_LISTENERS;
    if (setting.value)
        bl_servers_parse(ret_servers, form, setting.value);
    else
        ret_servers->unreadable = true;
    return true;
}

/* "server.1=…" to "server.N=…" of a file of settings. */
static bool read_file(const char *text, struct bl_servers *servers)
{
    size_t before = servers->len;

    for (int i = 0; i <= SERVERS_MAX; i++) {
        char key[24];
        char *value;

        (void)snprintf(key, sizeof(key), "server.%d", i);
        value = bl_properties_get(text, key);
        if (value)
            add_ensemble_entry(servers, value, strcspn(value, " \t"));
        free(value);
    }
    return servers->len > before;
}

static bool lists_servers(const char *text)
{
    BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

    return text && read_file(text, &servers);
}

const char *bl_servers_text(const struct bl_world_entry *map, const char *text, bool *ret_elsewhere)
{
    BL_AUTO_FREE char *path = bl_properties_get(text, "dynamicConfigFile");
    const char *slash = path ? strrchr(path, '/') : NULL, *beside;

    *ret_elsewhere = false;
    if (lists_servers(text))
        return text;
    beside =
        path ? bl_json_string(bl_json_get(map->object, "data"), slash ? slash + 1 : path) : NULL;
    if (lists_servers(beside))
        return beside;
    *ret_elsewhere = path != NULL;
    return NULL;
}

static bool read_map(const struct bl_world_entry *map, BL_UNUSED const char *key, const char *text,
                     void *context)
{
    struct bl_servers *servers = context;
    bool elsewhere;
    const char *list = bl_servers_text(map, text, &elsewhere);

    servers->unreadable |= elsewhere;
    return elsewhere || (list && read_file(list, servers));
}

/* ZOOKEEPER_SERVER_1, a variable for each server. */
static bool read_variables(const struct bl_workload *workload, struct bl_servers *servers)
{
    static const char prefix[] = "ZOOKEEPER_SERVER_";
    const cJSON *entry;

    cJSON_ArrayForEach(entry, bl_json_get(workload->container, "env")) {
        const char *name = bl_json_string(entry, "name"), *value = bl_json_string(entry, "value");
        int64_t number;

        if (!name || !bl_text_starts(name, prefix) ||
            !bl_text_to_int(name + strlen(prefix), strlen(name + strlen(prefix)), &number))
            continue;
        if (value && *value)
            add_ensemble_entry(servers, value, strcspn(value, " \t"));
        else
            servers->unreadable = true;
    }
    return servers->len || servers->unreadable;
}

/* "start-zookeeper --servers=3" is of as many as the pods that it names after its own. */
static bool read_command(const struct bl_workload *workload, struct bl_servers *servers)
{
    static const char option[] = "--servers=";
    static const char *const lists[] = {"command", "args"};
    const cJSON *argument;

    for (size_t i = 0; i < BL_ARRAY_LEN(lists); i++) {
        cJSON_ArrayForEach(argument, bl_json_get(workload->container, lists[i])) {
            const char *text = cJSON_IsString(argument) ? argument->valuestring : "";
            const char *found = strstr(text, option);
            int64_t count;

            if (found &&
                bl_text_to_int(found + sizeof(option) - 1,
                               strspn(found + sizeof(option) - 1, "0123456789"), &count) &&
                count == workload->replicas) {
                add_member(servers, "localhost", strlen("localhost"));
                return true;
            }
            if (strchr(text, '\n') && read_file(text, servers))
                return true;
        }
    }
    return false;
}

bool bl_workload_ensemble_servers(const struct bl_workload *workload, const struct bl_world *world,
                                  struct bl_servers *ret_servers)
{
    static const char *const names[] = {"ZOO_SERVERS", "ZOOKEEPER_SERVERS"};

    *ret_servers = (struct bl_servers){0};
    for (size_t i = 0; i < BL_ARRAY_LEN(names); i++) {
        const cJSON *entry = bl_container_env(workload->container, names[i]);
        const char *value = bl_json_string(entry, "value");

        if (value && *value) {
            bl_servers_parse(ret_servers, BL_SERVERS_ENSEMBLE, value);
            return true;
        }
        if (bl_json_get(entry, "valueFrom")) {
            ret_servers->unreadable = true;
            return true;
        }
    }
    for (size_t i = 0; i < BL_SETTINGS_FILES; i++) {
        const char *text = bl_json_string(workload->files[i], "value");

        if (text && read_file(text, ret_servers))
            return true;
    }
    return read_variables(workload, ret_servers) || read_command(workload, ret_servers) ||
           bl_workload_each_properties(workload, world, read_map, ret_servers);
}

bool bl_workload_listens_as(const struct bl_workload *workload, const struct bl_world *world,
                            const char *listener, int port)
{
    BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

    if (!bl_workload_servers(workload, world, "listeners", &servers))
        (void)bl_workload_servers(workload, world, "advertised.listeners", &servers);
    for (size_t i = 0; i < servers.len && bl_budget_turn(); i++)
        if (strcasecmp(servers.items[i].name, listener) == 0 && servers.items[i].port == port)
            return true;
    return false;
}

/* --- voters by id --- */

/* Of "0@a:9093, 1@b:9093" the next id, and NULL at the end. The list is moved on behind its entry. */
static const char *next_voter(const char **list, size_t *ret_len)
{
    static const char blanks[] = " \t\r\n,";
    const char *id;

    *list += strspn(*list, blanks);
    id = *list;
    *ret_len = strcspn(id, "@, \t\r\n");
    *list += strcspn(*list, ",");
    return *id ? id : NULL;
}

static bool has_voter(const char *voters, const char *id, size_t len)
{
    const char *other;
    size_t other_len;

    while (bl_budget_turn() && (other = next_voter(&voters, &other_len)))
        if (other_len == len && strncmp(other, id, len) == 0)
            return true;
    return false;
}

unsigned bl_voters_lacking(const char *of, const char *voters)
{
    unsigned count = 0;
    const char *id;
    size_t len;

    while (bl_budget_turn() && (id = next_voter(&of, &len)))
        count += !has_voter(voters, id, len);
    return count;
}
