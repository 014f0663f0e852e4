/* Words in pods, and in the ConfigMaps that they read, of which is known that a program calls somebody for them. */
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "network_policy.h"

/* Texts by which a program finds the API server, or a service outside. */
static const char *const words[] = {
    "kubectl", "kubernetes.default", "KUBERNETES_SERVICE", "serviceaccount/token", "169.254.",
    "ldap://", "ldaps://",
    /* agents */
    "DD_AGENT_HOST", "dd-java-agent", "newrelic", "NEW_RELIC", "opentelemetry", "OTEL_EXPORTER",
    "elastic-apm", "ELASTIC_APM", "SocketAppender",
    /* who is asked whether somebody is who he says */
    "krb5", "KRB5", "GSSAPI", "oauth.", "OAUTHBEARER_TOKEN", "OAUTHBEARER_JWKS",
    "callback.handler.class", "CALLBACK_HANDLER_CLASS",
    /* classes of somebody's own, and tiered storage */
    "ssl.engine.factory", "SSL_ENGINE_FACTORY", "policy.class.name", "POLICY_CLASS_NAME",
    "confluent.tier.", "CONFLUENT_TIER_", NULL};

static const char *word_of(const char *line, size_t len)
{
    for (size_t i = 0; words[i]; i++)
        if (memmem(line, len, words[i], strlen(words[i])))
            return words[i];
    return NULL;
}

/* Comments are passed over. */
static char *of_text(const char *text)
{
    bl_budget_spend_text(strlen(text));
    for (const char *line = text; *line && bl_budget_turn();) {
        size_t len = strcspn(line, "\n");
        const char *word = line[strspn(line, " \t")] == '#' ? NULL : word_of(line, len);

        if (word)
            return bl_asprintf("what \"%s\" stands for", word);
        line += len + (line[len] == '\n');
    }
    return NULL;
}

/* --- addresses without a port --- */

static bool is_own(const char *host, size_t len)
{
    static const char *const own[] = {"localhost", "127.0.0.1", "0.0.0.0", NULL};

    return !len || *host == '$' || bl_text_find_in(host, len, own);
}

/* "https://repo1.maven.org/x.jar"; with a port behind the host it is read elsewhere. */
static char *of_url(const char *text)
{
    for (const char *at = text; (at = strstr(at, "://")); at += 3) {
        const char *host = at + 3;
        size_t len = strcspn(host, ":/ \t\n\"'`;|&),");
        bool web = (at - text >= 4 && strncmp(at - 4, "http", 4) == 0) ||
                   (at - text >= 5 && strncmp(at - 5, "https", 5) == 0);

        if (web && host[len] != ':' && !is_own(host, len))
            return bl_asprintf("%.*s", (int)len, host);
    }
    return NULL;
}

static bool word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '/';
}

/* A command that calls whom its arguments name; what it calls of its own pod is nobody else. */
static char *of_command(const char *text)
{
    static const char *const tools[] = {"nc", "ncat", "netcat", "telnet", "curl", "wget", NULL};
    static const char *const own[] = {"localhost", "127.0.0.1", "0.0.0.0",  "hostname",
                                      "HOSTNAME",  "POD_",      "/dev/tcp", NULL};

    if (bl_text_holds(text, own))
        return NULL;
    for (const char *at = text; *at && bl_budget_turn();) {
        size_t len = 0;

        while (word_char(at[len]))
            len++;
        const char *tool = len ? bl_text_find_in(at, len, tools) : NULL;

        if (tool && at[len])
            return bl_asprintf("what \"%s\" calls", tool);
        at += len ? len : 1;
    }
    return NULL;
}

static char *of_commands(const cJSON *list)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    const cJSON *word;

    cJSON_ArrayForEach(word, list) {
        if (cJSON_IsString(word))
            bl_strbuf_addf(&text, "%s ", word->valuestring);
    }
    return of_command(text.text);
}

/* --- pods --- */

/* ConfigMaps are read where a volume, a variable or `envFrom` names one. */
static const cJSON *map_of(const struct bl_rule_run *run, const struct bl_workload *workload,
                           const char *key, const cJSON *value)
{
    static const char *const keys[] = {"configMap", "configMapRef", "configMapKeyRef", NULL};
    const char *name = bl_text_in(key, keys) ? bl_json_string(value, "name") : NULL;

    return name ? bl_world_find(run->scene->world, BL_WORLD_CONFIG_MAP, workload->ref.namespace,
                                name)
                : NULL;
}

static char *of_map(const cJSON *map)
{
    const cJSON *member;

    BL_JSON_EACH_MEMBER(member, bl_json_get(map, "data")) {
        char *why = cJSON_IsString(member) ? of_text(member->valuestring) : NULL;

        if (why)
            return why;
    }
    return NULL;
}

static char *of_value(const struct bl_rule_run *run, const struct bl_workload *workload,
                      const char *key, const cJSON *value)
{
    static const char *const commands[] = {"command", "args", NULL};
    const cJSON *child;
    char *why = NULL;

    if (cJSON_IsString(value)) {
        why = of_text(value->valuestring);
        return why ? why : of_url(value->valuestring);
    }
    if (bl_text_in(key, commands))
        why = of_commands(value);
    if (!why)
        why = of_map(map_of(run, workload, key, value));
    BL_JSON_EACH_MEMBER(child, value) {
        if (!why && !bl_text_eq(child->string, "image"))
            why = of_value(run, workload, child->string, child);
    }
    if (!cJSON_IsArray(value))
        return why;
    cJSON_ArrayForEach(child, value) {
        if (!why)
            why = of_value(run, workload, NULL, child);
    }
    return why;
}

/* --- what is put beside the containers when pods are made --- */

static char *of_marks(const cJSON *marks)
{
    static const struct {
        const char *begins, *what;
    } injected[] = {
        {"sidecar.istio.io/inject", "Istio"},
        {"istio.io/rev", "Istio"},
        {"istio-injection", "Istio"},
        {"linkerd.io/inject", "Linkerd"},
        {"vault.hashicorp.com/agent-inject", "Vault"},
        {"instrumentation.opentelemetry.io/", "OpenTelemetry"},
        {"sidecar.opentelemetry.io/inject", "OpenTelemetry"},
        {"admission.datadoghq.com/", "Datadog"},
    };
    static const char *const off[] = {"false", "disabled", "", NULL};
    const cJSON *mark;

    BL_JSON_EACH_MEMBER(mark, marks) {
        for (size_t i = 0; i < BL_ARRAY_LEN(injected); i++)
            if (cJSON_IsString(mark) && !bl_text_in(mark->valuestring, off) &&
                bl_text_starts(mark->string, injected[i].begins))
                return bl_asprintf("what %s puts into them (%s)", injected[i].what, mark->string);
    }
    return NULL;
}

static char *injected(const struct bl_rule_run *run, const struct bl_workload *workload)
{
    const cJSON *namespace =
        bl_world_find(run->scene->world, BL_WORLD_NAMESPACE, "", workload->ref.namespace);
    const cJSON *of[] = {bl_json_get(workload->pod, "metadata"),
                         bl_json_get(namespace, "metadata")};

    for (size_t i = 0; i < BL_ARRAY_LEN(of); i++) {
        char *why = of_marks(bl_json_get(of[i], "annotations"));

        if (!why)
            why = of_marks(bl_json_get(of[i], "labels"));
        if (why)
            return why;
    }
    return NULL;
}

char *bl_network_outside(const struct bl_rule_run *run, const struct bl_workload *workload)
{
    char *why = of_value(run, workload, "spec", bl_json_get(workload->pod, "spec"));

    return why ? why : injected(run, workload);
}
