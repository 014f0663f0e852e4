#include "mentions.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

#define HOST_MAX 253
/* Between a key and its value: quotes, brackets, and how far a list is indented. */
#define GAP_MAX 64
/* Among so many a variable's port is looked for. */
#define SIBLINGS_MAX 256

/* What the key before a word says of it. */
enum said {
    SAID_NOTHING,
    SAID_HOST,
    SAID_OTHER, /* a name that is called by nobody */
};

struct token {
    const char *text; /* not NUL-terminated */
    size_t len;
    const char *gap; /* the end of the one before */
    bool flag;       /* "--host" */
    bool closing;    /* "</host" */
    bool tail;       /* what follows a placeholder: "zoo-$(ID).zoo" */
    enum said said;
};

struct tokens {
    struct token *items;
    size_t len, cap;
};

static void tokens_release(struct tokens *tokens)
{
    free(tokens->items);
}

/* --- words --- */

static bool word_char(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '-' || c == '_';
}

static struct token trimmed(const char *begin, size_t len, const char *text)
{
    struct token token = {.text = begin, .len = len};

    token.flag = begin[0] == '-';
    token.tail = begin[0] == '.' && begin > text && (begin[-1] == ')' || begin[-1] == '}');
    token.closing = begin > text && begin[-1] == '/' && begin > text + 1 && begin[-2] == '<';
    if (begin > text && begin[-1] == '$' && memchr(begin, '.', len)) {
        token.text = memchr(begin, '.', len);
        token.len -= (size_t)(token.text - begin);
        token.tail = true;
    }
    while (token.len && (token.text[0] == '-' || token.text[0] == '.')) {
        token.text++;
        token.len--;
    }
    while (token.len && (token.text[token.len - 1] == '-' || token.text[token.len - 1] == '.'))
        token.len--;
    return token;
}

/* The end of an XML element says nothing that its beginning did not. */
static void split(const char *text, struct tokens *tokens)
{
    const char *gap = text;

    for (const char *at = text; *at && bl_budget_turn();) {
        size_t len = 0;

        while (word_char(at[len]))
            len++;
        if (!len) {
            at++;
            continue;
        }
        struct token token = trimmed(at, len, text);

        at += len;
        if (!token.len || token.closing)
            continue;
        token.gap = gap;
        gap = token.text + token.len;
        *BL_PUSH(tokens) = token;
    }
}

static bool holds(const struct token *token, const char *const *words)
{
    BL_AUTO_FREE char *text = bl_strndup(token->text, token->len);

    return bl_text_holds(text, words);
}

static bool is_word(const struct token *token, const char *word)
{
    return strlen(word) == token->len && strncasecmp(token->text, word, token->len) == 0;
}

/* Two to five digits. */
static int number_of(const struct token *token)
{
    int64_t number;

    return token->len >= 2 && token->len <= 5 && isdigit((unsigned char)token->text[0]) &&
                   bl_text_to_int(token->text, token->len, &number) && number < 65536
               ? (int)number
               : 0;
}

/* --- keys --- */

/* Each key is looked up in many words: once in small letters, as letters of any size cost ten times as much. */
static bool any_in(const char *key, const char *const *words)
{
    for (; *words; words++)
        if (strstr(key, *words))
            return true;
    return false;
}

static enum said says(const struct token *key)
{
    static const char *const no_hosts[] = {"no_proxy", "noproxy",    "dnsname", "commonname",
                                           "subject",  "servername", NULL};
    static const char *const hosts[] = {"host",     "server",   "addr",        "bootstrap",
                                        "quorum",   "ensemble", "servicename", "url",
                                        "endpoint", "uri",      NULL};
    static const char *const programs[] = {"zookeeper", "zk", "kafka", "broker", NULL};
    static const char *const traits[] = {
        "user",  "topic", "group",    "client",   "prefix",  "name", "id",    "principal",
        "realm", "path",  "dir",      "role",     "type",    "job",  "index", "database",
        "pass",  "label", "version",  "tag",      "image",   "comp", "app",   "log",
        "mode",  "kind",  "security", "protocol", "service", NULL};

    char text[HOST_MAX + 1];

    if (key->len > HOST_MAX)
        return SAID_NOTHING;
    for (size_t i = 0; i < key->len; i++)
        text[i] = (char)tolower((unsigned char)key->text[i]);
    text[key->len] = '\0';
    if (any_in(text, no_hosts) || strcmp(text, "dns") == 0 || strcmp(text, "cn") == 0)
        return SAID_OTHER;
    if (any_in(text, hosts))
        return SAID_HOST;
    return any_in(text, programs) && !any_in(text, traits) ? SAID_HOST : SAID_NOTHING;
}

static bool gap_has(const struct token *token, const char *characters)
{
    size_t len = (size_t)(token->text - token->gap);

    for (size_t i = 0; i < len; i++)
        if (strchr(characters, token->gap[i]))
            return true;
    return false;
}

/* Does the word before name what this one is a value of? */
static bool is_value(const struct token *token, const struct token *before)
{
    size_t len = (size_t)(token->text - token->gap);

    if (len > GAP_MAX || gap_has(token, "#"))
        return false;
    return gap_has(token, "=:>") || (before->flag && !gap_has(token, "\n;|&"));
}

/* One more of a list: "a,b", "a; b", "- a\n- b", and "a:2181,b". */
static bool goes_on(const struct token *token)
{
    size_t len = (size_t)(token->text - token->gap);

    if (number_of(token) && len == 1 && token->gap[0] == ':')
        return true;
    return len <= GAP_MAX && gap_has(token, ",;-") && !gap_has(token, "=:>{}()#");
}

/* "{name: ZK_HOSTS, value: zoo}" has its key one word before. */
static enum said said_of(const struct tokens *tokens, size_t i)
{
    const struct token *token = &tokens->items[i], *before = i ? token - 1 : NULL;

    if (before && !before->flag && goes_on(token))
        return token->flag ? SAID_NOTHING : before->said;
    if (!before || !is_value(token, before))
        return SAID_NOTHING;
    return says(i > 1 && is_word(before, "value") ? before - 1 : before);
}

/* --- hosts --- */

/* "zoo=", "zoo: x", "\"zoo\": x" */
static bool is_key(const struct token *token)
{
    const char *end = token->text + token->len;

    end += *end == '"' || *end == '\'';
    return *end == '=' || (*end == ':' && (!end[1] || strchr(" \t\r\n\"'{[", end[1])));
}

static bool is_port_key(const struct token *token)
{
    return (token->len >= 4 && strncasecmp(token->text + token->len - 4, "port", 4) == 0) ||
           is_word(token, "number");
}

/* "zoo 2181", "host=zoo port=2181", "port: {number: 2181}"; -1: a port is told, and not by its number. */
static int port_behind(const struct tokens *tokens, size_t i)
{
    bool told = false;

    for (size_t at = i + 1; at < tokens->len && at <= i + 3; at++) {
        const struct token *token = &tokens->items[at];
        int number = number_of(token);

        if (number)
            return number;
        if (!is_port_key(token) ||
            !(token->flag || is_key(token) || token->text[token->len] == '>'))
            break;
        told = true;
    }
    return told ? -1 : 0;
}

/* "port: 2181, host: zoo" */
static int port_before(const struct tokens *tokens, size_t i)
{
    return i > 2 && is_port_key(&tokens->items[i - 3]) ? number_of(&tokens->items[i - 2]) : 0;
}

/* A part of a path; "/dev/tcp/zoo/2181" is a connection. */
static bool is_of_path(const char *text, const struct tokens *tokens, size_t i)
{
    const struct token *token = &tokens->items[i];
    bool slash = token->text > text && token->text[-1] == '/';

    if (i && is_word(token - 1, "tcp") && slash)
        return false;
    return (slash && (token->text < text + 2 || token->text[-2] != '/')) ||
           (token->text[token->len] == '/' && !slash && token->said != SAID_HOST);
}

static bool is_of_url(const char *text, const struct tokens *tokens, size_t i)
{
    const struct token *token = &tokens->items[i];

    return token->text > text + 1 && strncmp(token->text - 2, "//", 2) == 0 && i;
}

/* A scheme that has a port of its own. */
static bool is_of_web(const char *text, const struct tokens *tokens, size_t i)
{
    return is_of_url(text, tokens, i) &&
           (is_word(&tokens->items[i - 1], "http") || is_word(&tokens->items[i - 1], "https"));
}

/* "server.properties" has a dot too. */
static bool is_file(const struct token *token)
{
    static const char *const endings[] = {"properties", "yaml", "yml", "json", "conf", "config",
                                          "cfg",        "xml",  "sh",  "jar",  "log",  "txt",
                                          "pem",        "crt",  "key", "jks",  "p12",  "keytab",
                                          "py",         "com",  "org", "io",   "net",  NULL};
    const char *dot = memrchr(token->text, '.', token->len);

    return dot && bl_text_find_in(dot + 1, token->len - (size_t)(dot + 1 - token->text), endings);
}

/* "$(ZOO_SERVICE_HOST)", which Kubernetes gives to each pod of a namespace that has a Service "zoo". */
static bool take_link(const struct token *token, bl_mention_fn take, void *context)
{
    static const char mark[] = "_SERVICE_HOST";
    size_t end = sizeof(mark) - 1;

    if (token->len <= end || strncmp(token->text + token->len - end, mark, end) != 0)
        return false;
    BL_AUTO_FREE char *host = bl_strndup(token->text, token->len - end);

    for (char *c = host; *c; c++)
        *c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
    take(&(struct bl_mention){host, 0, true}, context);
    return true;
}

/* "zoo:2181" is read by others; of "zoo:$(PORT)" no port is known. */
static bool has_number(const struct token *token)
{
    const char *end = token->text + token->len;

    return end[0] == ':' && isdigit((unsigned char)end[1]);
}

static bool has_placeholder(const struct token *token)
{
    const char *end = token->text + token->len;

    return end[0] == ':' && end[1] && strchr("${%", end[1]);
}

static void take_word(const char *text, const struct tokens *tokens, size_t i, bl_mention_fn take,
                      void *context)
{
    const struct token *token = &tokens->items[i];
    int port;
    bool sure;

    if (token->len > HOST_MAX || !isalpha((unsigned char)token->text[0]) ||
        token->said == SAID_OTHER || take_link(token, take, context) || is_key(token) ||
        has_number(token) || is_of_path(text, tokens, i) || is_of_web(text, tokens, i) ||
        is_file(token))
        return;
    port = port_behind(tokens, i);
    if (!port)
        port = port_before(tokens, i);
    sure = token->said == SAID_HOST || token->tail || port || has_placeholder(token) ||
           is_of_url(text, tokens, i);
    if (!sure && !memchr(token->text, '.', token->len))
        return;
    BL_AUTO_FREE char *host = bl_strndup(token->text, token->len);
    take(&(struct bl_mention){host, port > 0 ? port : 0, sure}, context);
}

/* A list of "host:port", and the port by which the same hosts are measured; each list counts once. */
struct measured {
    size_t first, end;
    int port;
};

static void take_measured(const struct tokens *tokens, struct measured *measured,
                          bl_mention_fn take, void *context)
{
    if (!measured->port || measured->first == measured->end)
        return;
    for (size_t i = measured->first; i < measured->end && bl_budget_turn(); i++) {
        const struct token *token = &tokens->items[i];

        if (!has_number(token) || token->len > HOST_MAX)
            continue;
        BL_AUTO_FREE char *host = bl_strndup(token->text, token->len);
        take(&(struct bl_mention){host, measured->port, true}, context);
    }
    *measured = (struct measured){0};
}

/* "KAFKA_CLUSTERS_0_METRICS_PORT=9997", "metrics: {port: 9997}" */
static int metrics_port(const struct tokens *tokens, size_t i)
{
    static const char *const words[] = {"metrics", "jmx", NULL};
    const struct token *key = &tokens->items[i];

    if (i + 1 == tokens->len || !is_port_key(key) || !is_key(key) ||
        !(holds(key, words) || (i && is_key(key - 1) && holds(key - 1, words))))
        return 0;
    return number_of(key + 1);
}

static void take_metrics(const struct tokens *tokens, bl_mention_fn take, void *context)
{
    struct measured measured = {0};

    for (size_t i = 0; i < tokens->len && bl_budget_turn(); i++) {
        const struct token *token = &tokens->items[i];
        int port = metrics_port(tokens, i);

        measured.port = port ? port : measured.port;
        if (token->said == SAID_HOST && !is_key(token)) {
            if (!goes_on(token))
                measured.first = i;
            measured.end = i + 1;
            if (i + 1 < tokens->len && goes_on(token + 1))
                continue;
        }
        take_measured(tokens, &measured, take, context);
    }
}

void bl_mentions_of_text(const char *text, bl_mention_fn take, void *context)
{
    BL_AUTO(tokens_release) struct tokens tokens = {0};

    bl_budget_spend_text(strlen(text));
    split(text, &tokens);
    for (size_t i = 0; i < tokens.len && bl_budget_turn(); i++)
        tokens.items[i].said = said_of(&tokens, i);
    for (size_t i = 0; i < tokens.len && bl_budget_turn(); i++)
        take_word(text, &tokens, i, take, context);
    take_metrics(&tokens, take, context);
}

/* --- trees --- */

/* What has the name of a server, and calls none. */
static bool is_passed_over(const char *key, bool container, bool pod)
{
    static const char *const keys[] = {"labels",           "annotations",
                                       "matchLabels",      "matchExpressions",
                                       "selector",         "image",
                                       "dnsNames",         "commonName",
                                       "serverName",       "metadata",
                                       "volumes",          "volumeMounts",
                                       "affinity",         "topologySpreadConstraints",
                                       "imagePullSecrets", "serviceAccountName",
                                       "subdomain",        "hostAliases",
                                       "nodeSelector",     NULL};
    static const char *const of_container[] = {"name", "ports", NULL};

    return bl_text_in(key, keys) || (container && bl_text_in(key, of_container)) ||
           (pod && strcmp(key, "hostname") == 0);
}

static bool is_plain(const cJSON *value)
{
    return cJSON_IsString(value) || cJSON_IsNumber(value);
}

static void write_plain(struct bl_strbuf *out, const cJSON *value)
{
    int64_t number;

    if (value && cJSON_IsString(value))
        bl_strbuf_adds(out, value->valuestring);
    else if (bl_json_int(value, &number))
        bl_strbuf_addf(out, "%lld", (long long)number);
}

/* A text of lines has keys of its own. */
static void write_key(struct bl_strbuf *out, const char *key, const cJSON *value)
{
    bool lines = value && cJSON_IsString(value) && strchr(value->valuestring, '\n');

    if (!key)
        return;
    bl_strbuf_adds(out, key);
    bl_strbuf_adds(out, lines ? ":\n#\n" : is_plain(value) ? "=" : ":\n");
}

/* One of an object's members, or of an env. */
struct pair {
    const char *name;
    const cJSON *value;
};

static struct pair pair_of(const cJSON *member)
{
    const char *name = bl_json_string(member, "name");

    return name ? (struct pair){name, bl_json_get(member, "value")}
                : (struct pair){member->string, member};
}

/* Without "HOST" in ZOOKEEPER_HOST. */
static size_t stem_len(const char *name)
{
    static const char *const endings[] = {"host",    "hostname", "server",
                                          "servers", "address",  "addr"};
    size_t len = strlen(name);

    for (size_t i = 0; i < BL_ARRAY_LEN(endings); i++) {
        size_t end = strlen(endings[i]);

        if (len >= end && strcasecmp(name + len - end, endings[i]) == 0)
            return len - end;
    }
    return len;
}

/* ZOOKEEPER_PORT and ZOOKEEPER_HOST_PORT are ports of ZOOKEEPER_HOST. */
static const cJSON *port_beside(const cJSON *siblings, const char *name)
{
    const struct token key = {.text = name, .len = strlen(name)};
    size_t stem = stem_len(name), left = SIBLINGS_MAX;
    const cJSON *member;

    if (says(&key) != SAID_HOST)
        return NULL;
    BL_AUTO_FREE char *own = bl_asprintf("%s_port", name);
    BL_AUTO_FREE char *common =
        stem < key.len ? bl_asprintf("%.*sport", (int)stem, name) : bl_strdup("");
    cJSON_ArrayForEach(member, siblings) {
        struct pair pair = pair_of(member);

        if (!left--)
            break;
        if (pair.name && is_plain(pair.value) &&
            (strcasecmp(pair.name, own) == 0 || strcasecmp(pair.name, common) == 0))
            return pair.value;
    }
    return NULL;
}

static void write_tree(struct bl_strbuf *out, const char *key, const cJSON *value);

/* "{name: zoo, namespace: team, port: 2181}" */
static bool write_backend(struct bl_strbuf *out, const cJSON *of, const char *name,
                          const cJSON *value)
{
    const char *namespace = strcmp(name, "name") == 0 ? bl_json_string(of, "namespace") : NULL;
    const cJSON *port = namespace ? bl_json_get(of, "port") : NULL;

    if (!is_plain(port) || !cJSON_IsString(value))
        return false;
    bl_strbuf_addf(out, "name=%s.%s\n", value->valuestring, namespace);
    write_tree(out, "port", port);
    return true;
}

static void write_pair(struct bl_strbuf *out, const cJSON *siblings, const char *name,
                       const cJSON *value)
{
    const cJSON *port = is_plain(value) ? port_beside(siblings, name) : NULL;

    if (port || !write_backend(out, siblings, name, value))
        write_tree(out, name, value);
    if (port)
        write_tree(out, "port", port);
}

static void write_list(struct bl_strbuf *out, const cJSON *list)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list) {
        struct pair pair = pair_of(item);

        if (is_plain(item)) {
            write_plain(out, item);
            bl_strbuf_adds(out, item->next ? ", " : "\n");
        } else if (pair.name && is_plain(pair.value)) {
            write_pair(out, list, pair.name, pair.value);
        } else {
            write_tree(out, NULL, item);
        }
    }
}

static void write_tree(struct bl_strbuf *out, const char *key, const cJSON *value)
{
    const cJSON *member;

    write_key(out, key, value);
    if (cJSON_IsObject(value)) {
        bool container = bl_json_get(value, "image") != NULL;
        bool pod = bl_json_get(value, "containers") != NULL;

        BL_JSON_EACH_MEMBER(member, value) {
            if (!is_passed_over(member->string, container, pod))
                write_pair(out, value, member->string, member);
        }
    } else if (is_plain(value)) {
        write_plain(out, value);
        bl_strbuf_addc(out, '\n');
    } else if (cJSON_IsArray(value)) {
        write_list(out, value);
    }
}

void bl_mentions_of_tree(const cJSON *value, bl_mention_fn take, void *context)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    write_tree(&text, NULL, value);
    bl_mentions_of_text(text.text, take, context);
}
