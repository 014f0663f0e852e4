#include "exec.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "ballast/base/process.h"
#include "ballast/base/text.h"
#include "secret.h"

#define EXEC_TIMEOUT (60 * BL_NSEC_S)

void bl_exec_plugin_free(struct bl_exec_plugin *plugin)
{
    if (!plugin)
        return;
    free(plugin->command);
    for (size_t i = 0; i < plugin->args.len; i++)
        free(plugin->args.items[i]);
    free(plugin->args.items);
    bl_secret_tree_free(&plugin->env);
    free(plugin->api_version);
    free(plugin->install_hint);
    cJSON_Delete(plugin->cluster);
    free(plugin);
}

void bl_exec_answer_release(struct bl_exec_answer *answer)
{
    bl_strbuf_wipe(&answer->token);
    bl_strbuf_wipe(&answer->certificate);
    bl_strbuf_wipe(&answer->key);
}

/* What lies outside of what can be counted is long ago or for ever; 0 would mean that it never expires. */
static bl_nsec nanoseconds(int64_t seconds)
{
    if (seconds <= 0)
        return 1;
    return seconds < INT64_MAX / BL_NSEC_S ? seconds * BL_NSEC_S : INT64_MAX;
}

/* "2026-05-01T12:00:00Z", a fraction or another zone allowed (RFC 3339). */
static bool read_time(const char *text, bl_nsec *ret_wall)
{
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

    if (rest && *rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (!rest || !*rest)
        return false;

    time_t seconds = timegm(&tm);
    rest = strptime(rest, "%z", &tm);
    if (!rest || *rest)
        return false;
    *ret_wall = nanoseconds((int64_t)seconds - tm.tm_gmtoff);
    return true;
}

static void set_text(struct bl_strbuf *out, const char *text)
{
    bl_strbuf_reset(out);
    bl_strbuf_adds(out, text ? text : "");
}

static int read_status(const cJSON *status, struct bl_exec_answer *answer, struct bl_error **err)
{
    const char *certificate = bl_json_string(status, "clientCertificateData");
    const char *key = bl_json_string(status, "clientKeyData");
    const char *token = bl_json_string(status, "token");
    const char *expires = bl_json_string(status, "expirationTimestamp");

    if (!cJSON_IsObject(status))
        return bl_fail(err, BL_ERR_INVALID, "its ExecCredential has no status");
    if (!certificate != !key)
        return bl_fail(
            err, BL_ERR_INVALID,
            "its ExecCredential has only one of clientCertificateData and clientKeyData");
    if ((!token || !*token) && !certificate)
        return bl_fail(err, BL_ERR_INVALID,
                       "its ExecCredential has neither a token nor a certificate");
    if (expires && !read_time(expires, &answer->expires))
        return bl_fail(err, BL_ERR_INVALID, "its expirationTimestamp \"%.40s\" is no RFC 3339 time",
                       expires);
    set_text(&answer->token, token);
    set_text(&answer->certificate, certificate);
    set_text(&answer->key, key);
    return 0;
}

int bl_exec_answer_read(const char *text, size_t len, const char *api_version,
                        struct bl_exec_answer *answer, struct bl_error **err)
{
    BL_AUTO(bl_secret_tree_free) cJSON *credential = NULL;
    const char *version;

    if (bl_json_parse(text, len, &credential, err) < 0)
        return bl_wrap(err, "what it printed is no ExecCredential");
    if (!bl_text_eq(bl_json_string(credential, "kind"), "ExecCredential"))
        return bl_fail(err, BL_ERR_INVALID, "what it printed is no ExecCredential");
    version = bl_json_string(credential, "apiVersion");
    if (!bl_text_eq(version, api_version))
        return bl_fail(err, BL_ERR_INVALID,
                       "it printed an ExecCredential of \"%.80s\", the kubeconfig wants \"%s\"",
                       version ? version : "", api_version);
    return read_status(bl_json_get(credential, "status"), answer, err);
}

/* What a plugin learns from us, in KUBERNETES_EXEC_INFO. */
static char *exec_info(const struct bl_exec_plugin *plugin, bool interactive)
{
    BL_AUTO_JSON cJSON *info = bl_json_new_object();
    struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    cJSON *spec;

    bl_json_add_string(info, "kind", "ExecCredential");
    bl_json_add_string(info, "apiVersion", plugin->api_version);
    spec = bl_json_add_object(info, "spec");
    if (plugin->cluster)
        bl_json_add(spec, "cluster", bl_json_copy(plugin->cluster));
    bl_json_add_bool(spec, "interactive", interactive);
    bl_strbuf_adds(&text, "KUBERNETES_EXEC_INFO=");
    bl_json_write(&text, info);
    return bl_strbuf_take(&text);
}

struct words {
    char **items;
    size_t len, cap;
};

static void words_release(struct words *words)
{
    for (size_t i = 0; i < words->len; i++)
        bl_secret_free(&words->items[i]);
    free(words->items);
}

/* Of two entries with one name most programs see the first: so the plugin's come before ours. */
static void environment(const struct bl_exec_plugin *plugin, bool interactive, struct words *env)
{
    const cJSON *entry;

    *BL_PUSH(env) = exec_info(plugin, interactive);
    cJSON_ArrayForEach(entry, plugin->env) {
        const char *name = bl_json_string(entry, "name"), *value = bl_json_string(entry, "value");

        if (name)
            *BL_PUSH(env) = bl_asprintf("%s=%s", name, value ? value : "");
    }
    for (char **own = environ; own && *own; own++) {
        size_t name_len = strcspn(*own, "=") + 1;
        bool replaced = false;

        for (size_t i = 0; i < env->len && !replaced; i++)
            replaced = strncmp(env->items[i], *own, name_len) == 0;
        if (!replaced)
            *BL_PUSH(env) = bl_strdup(*own);
    }
    *BL_PUSH(env) = NULL;
}

static void arguments(const struct bl_exec_plugin *plugin, struct words *args)
{
    *BL_PUSH(args) = bl_strdup(plugin->command);
    for (size_t i = 0; i < plugin->args.len; i++)
        *BL_PUSH(args) = bl_strdup(plugin->args.items[i]);
    *BL_PUSH(args) = NULL;
}

static int fail_plugin(const struct bl_exec_plugin *plugin, struct bl_error **err)
{
    bl_wrap(err, "credential plugin \"%s\"", plugin->command);
    return plugin->install_hint ? bl_hint(err, "%s", plugin->install_hint) : -1;
}

int bl_exec_plugin_run(const struct bl_exec_plugin *plugin, const struct bl_stop *stop,
                       struct bl_exec_answer *answer, struct bl_error **err)
{
    BL_AUTO(words_release) struct words args = {0}, env = {0};
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf output = BL_STRBUF_INIT(EXEC_OUTPUT_MAX);
    bool interactive = plugin->interactive != EXEC_NEVER && isatty(STDIN_FILENO);
    bl_nsec timeout = plugin->timeout ? plugin->timeout : EXEC_TIMEOUT;

    if (plugin->interactive == EXEC_ALWAYS && !interactive) {
        bl_fail(err, BL_ERR_INVALID, "it wants to ask, and standard input is no terminal");
        return fail_plugin(plugin, err);
    }
    arguments(plugin, &args);
    environment(plugin, interactive, &env);

    struct bl_process process = {.args = args.items,
                                 .env = env.items,
                                 .timeout = timeout,
                                 .stop = stop,
                                 .interactive = interactive};
    if (bl_process_read(&process, &output, err) < 0 ||
        bl_exec_answer_read(output.text, output.len, plugin->api_version, answer, err) < 0)
        return fail_plugin(plugin, err);
    return 0;
}
