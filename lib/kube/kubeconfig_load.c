#include "kubeconfig_load.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/base64.h"
#include "ballast/base/file.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/decode.h"
#include "secret.h"

struct cluster {
    char *server, *ca_file, *ca_data, *server_name, *proxy;
    bool insecure;
    cJSON *extensions;
};

struct user {
    char *certificate_file, *certificate_data, *key_file, *key_data;
    char *token, *token_file, *username, *password, *impersonate;
    cJSON *exec, *provider;
};

struct context {
    char *cluster, *user, *namespace;
};

#define TEXT(struct_, name_, member)                                                         \
    {                                                                                        \
        .name = (name_), .type = BL_FIELD_STRING, .offset = offsetof(struct struct_, member) \
    }

static const struct bl_field cluster_fields[] = {
    TEXT(cluster, "server", server),
    TEXT(cluster, "certificate-authority", ca_file),
    TEXT(cluster, "certificate-authority-data", ca_data),
    TEXT(cluster, "tls-server-name", server_name),
    TEXT(cluster, "proxy-url", proxy),
    {.name = "insecure-skip-tls-verify",
     .type = BL_FIELD_BOOL,
     .offset = offsetof(struct cluster, insecure)},
    {.name = "extensions", .type = BL_FIELD_JSONS, .offset = offsetof(struct cluster, extensions)},
    {0},
};
static const struct bl_schema cluster_schema = BL_SCHEMA(struct cluster, cluster_fields);

static const struct bl_field user_fields[] = {
    TEXT(user, "client-certificate", certificate_file),
    TEXT(user, "client-certificate-data", certificate_data),
    TEXT(user, "client-key", key_file),
    TEXT(user, "client-key-data", key_data),
    TEXT(user, "token", token),
    TEXT(user, "tokenFile", token_file),
    TEXT(user, "username", username),
    TEXT(user, "password", password),
    TEXT(user, "as", impersonate),
    {.name = "exec", .type = BL_FIELD_JSON, .offset = offsetof(struct user, exec)},
    {.name = "auth-provider", .type = BL_FIELD_JSON, .offset = offsetof(struct user, provider)},
    {0},
};
static const struct bl_schema user_schema = BL_SCHEMA(struct user, user_fields);

static const struct bl_field context_fields[] = {
    TEXT(context, "cluster", cluster),
    TEXT(context, "user", user),
    TEXT(context, "namespace", namespace),
    {0},
};
static const struct bl_schema context_schema = BL_SCHEMA(struct context, context_fields);

static const char *const interactive_names[] = {"IfAvailable", "Never", "Always", NULL};
static const char *const exec_versions[] = {"client.authentication.k8s.io/v1",
                                            "client.authentication.k8s.io/v1beta1", NULL};

static const struct bl_field exec_fields[] = {
    TEXT(bl_exec_plugin, "command", command),
    TEXT(bl_exec_plugin, "apiVersion", api_version),
    TEXT(bl_exec_plugin, "installHint", install_hint),
    {.name = "args", .type = BL_FIELD_STRINGS, .offset = offsetof(struct bl_exec_plugin, args)},
    {.name = "env", .type = BL_FIELD_JSONS, .offset = offsetof(struct bl_exec_plugin, env)},
    {.name = "interactiveMode",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct bl_exec_plugin, interactive),
     .names = interactive_names},
    {0},
};
static const struct bl_schema exec_schema = BL_SCHEMA(struct bl_exec_plugin, exec_fields);

static void cluster_release(struct cluster *cluster)
{
    bl_decode_release(&cluster_schema, cluster);
}

static void user_release(struct user *user)
{
    bl_secret_free(&user->token);
    bl_secret_free(&user->password);
    bl_secret_free(&user->key_data);
    bl_secret_tree_free(&user->exec);
    bl_decode_release(&user_schema, user);
}

static void context_release(struct context *context)
{
    bl_decode_release(&context_schema, context);
}

BL_DEFINE_CLEANUP(struct bl_exec_plugin *, exec_plugin_cleanup, bl_exec_plugin_free)

static const char *full(const char *text)
{
    return text && *text ? text : NULL;
}

static char *optional(const char *text)
{
    return full(text) ? bl_strdup(text) : NULL;
}

/* Relative paths start at the file that has them. */
static char *path_in(const struct bl_kubeconfig_entry *entry, const char *path)
{
    if (!full(path))
        return NULL;
    return *path == '/' ? bl_strdup(path) : bl_asprintf("%s/%s", entry->file->folder, path);
}

static struct bl_decode place(const struct bl_kubeconfig_entry *entry, const char *path)
{
    return (struct bl_decode){entry->file->path, entry->file->doc, path};
}

/* Base64 of a PEM text, in lines or not. */
static int decode_data(const struct bl_kubeconfig_entry *entry, const char *key, const char *data,
                       char **ret_pem, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf packed = BL_STRBUF_INIT(KUBECONFIG_MAX);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf pem = BL_STRBUF_INIT(AUTH_PEM_MAX);
    struct bl_decode from = place(entry, "");
    BL_ERROR(why);

    for (; *data; data++)
        if (!strchr(" \t\r\n", *data))
            bl_strbuf_addc(&packed, *data);
    if (bl_base64_decode(&pem, packed.text, packed.len, &why) < 0 ||
        bl_strbuf_check(&pem, "the certificate or key", &why) < 0)
        return bl_decode_fail(&from, bl_json_get(entry->value, key), key, err, "%s",
                              bl_error_text(why));
    if (!strstr(pem.text, "-----BEGIN ") || strlen(pem.text) != pem.len)
        return bl_decode_fail(&from, bl_json_get(entry->value, key), key, err,
                              "this is not the base64 of a PEM text");
    *ret_pem = bl_strbuf_take(&pem);
    return 0;
}

static int check_readable(const char *path, const char *what, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf text = BL_STRBUF_INIT(AUTH_PEM_MAX);

    return bl_file_read(path, &text, err) < 0 ? bl_wrap(err, "%s", what) : 0;
}

static int set_cluster(struct bl_kube_config *config, const struct bl_kubeconfig_entry *entry,
                       const struct cluster *cluster, const char *name, struct bl_error **err)
{
    if (!full(cluster->server))
        return bl_fail(err, BL_ERR_INVALID, "%s: cluster \"%s\" has no server", entry->file->path,
                       name);
    config->server = strstr(cluster->server, "://") ? bl_strdup(cluster->server)
                                                    : bl_asprintf("https://%s", cluster->server);
    config->server_name = optional(cluster->server_name);
    config->proxy = optional(cluster->proxy);
    config->insecure = cluster->insecure;
    /* Data goes before the file, as kubectl has it. */
    if (full(cluster->ca_data))
        return decode_data(entry, "certificate-authority-data", cluster->ca_data, &config->ca_pem,
                           err);
    config->ca_file = path_in(entry, cluster->ca_file);
    return config->ca_file ? check_readable(config->ca_file, "certificate-authority", err) : 0;
}

/* The authority as plugins get it: base64. */
static void describe_authority(const struct bl_kube_config *config, cJSON *cluster)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf pem = BL_STRBUF_INIT(AUTH_PEM_MAX);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf packed = BL_STRBUF_INIT(2 * AUTH_PEM_MAX);
    BL_ERROR(err);

    if (config->ca_pem)
        bl_strbuf_adds(&pem, config->ca_pem);
    else if (!config->ca_file || bl_file_read(config->ca_file, &pem, &err) < 0)
        return;
    bl_base64_encode(&packed, pem.text, pem.len);
    bl_json_add_string(cluster, "certificate-authority-data", packed.text);
}

static cJSON *describe_cluster(const struct bl_kube_config *config, const struct cluster *from)
{
    cJSON *cluster = bl_json_new_object();
    const cJSON *extension;

    bl_json_add_string(cluster, "server", config->server);
    if (config->server_name)
        bl_json_add_string(cluster, "tls-server-name", config->server_name);
    if (config->insecure)
        bl_json_add_bool(cluster, "insecure-skip-tls-verify", true);
    if (config->proxy)
        bl_json_add_string(cluster, "proxy-url", config->proxy);
    describe_authority(config, cluster);
    cJSON_ArrayForEach(extension, from->extensions) {
        const cJSON *value = bl_json_get(extension, "extension");

        if (value &&
            bl_text_eq(bl_json_string(extension, "name"), "client.authentication.k8s.io/exec"))
            bl_json_add(cluster, "config", bl_json_copy(value));
    }
    return cluster;
}

/* A name is looked for in PATH; a relative path starts at the kubeconfig. */
static void place_command(const struct bl_kubeconfig_entry *entry, struct bl_exec_plugin *plugin)
{
    if (plugin->command[0] != '/' && strchr(plugin->command, '/')) {
        char *path = path_in(entry, plugin->command);

        free(plugin->command);
        plugin->command = path;
    }
}

static int set_exec(struct bl_kube_config *config, const struct bl_kubeconfig_entry *entry,
                    const struct cluster *cluster, struct bl_error **err)
{
    BL_AUTO(exec_plugin_cleanup) struct bl_exec_plugin *plugin = BL_NEW(struct bl_exec_plugin);
    const cJSON *exec = bl_json_get(entry->value, "exec");
    struct bl_decode from = place(entry, "exec");

    if (bl_decode_members(&from, exec, &exec_schema, plugin, err) < 0)
        return -1;
    if (!full(plugin->command))
        return bl_decode_fail(&from, exec, "command", err, "this plugin has no command");
    if (!bl_text_in(plugin->api_version, exec_versions))
        return bl_decode_fail(&from, exec, "apiVersion", err, "expected one of %s, %s",
                              exec_versions[0], exec_versions[1]);
    place_command(entry, plugin);
    if (bl_json_bool(exec, "provideClusterInfo", false))
        plugin->cluster = describe_cluster(config, cluster);
    config->auth->exec = BL_STEAL(plugin);
    return 0;
}

static int set_certificate(struct bl_auth *auth, const struct bl_kubeconfig_entry *entry,
                           const struct user *user, struct bl_error **err)
{
    if (full(user->certificate_data)) {
        if (decode_data(entry, "client-certificate-data", user->certificate_data,
                        &auth->certificate, err) < 0)
            return -1;
    } else {
        auth->certificate_file = path_in(entry, user->certificate_file);
    }
    if (full(user->key_data)) {
        if (decode_data(entry, "client-key-data", user->key_data, &auth->key, err) < 0)
            return -1;
    } else {
        auth->key_file = path_in(entry, user->key_file);
    }
    if (!(auth->certificate || auth->certificate_file) != !(auth->key || auth->key_file))
        return bl_fail(err, BL_ERR_INVALID,
                       "%s: the user has only one of client-certificate and client-key",
                       entry->file->path);
    return 0;
}

/* What we would silently do otherwise, we do not do at all. */
static int check_user(const struct bl_kubeconfig_entry *entry, const struct user *user,
                      struct bl_error **err)
{
    struct bl_decode from = place(entry, "");

    if (full(user->impersonate))
        return bl_decode_fail(&from, bl_json_get(entry->value, "as"), "as", err,
                              "acting as another user is not supported");
    if (user->provider && !user->exec) {
        bl_decode_fail(&from, bl_json_get(entry->value, "auth-provider"), "auth-provider", err,
                       "Kubernetes has removed these");
        return bl_hint(err, "Use an exec plugin.");
    }
    return 0;
}

static int set_user(struct bl_kube_config *config, const struct bl_kubeconfig_entry *entry,
                    const struct user *user, const struct cluster *cluster, struct bl_error **err)
{
    struct bl_auth *auth = config->auth;

    if (check_user(entry, user, err) < 0 || set_certificate(auth, entry, user, err) < 0)
        return -1;
    auth->token_file = path_in(entry, user->token_file);
    auth->token = optional(user->token);
    auth->username = optional(user->username);
    auth->password = optional(user->password);
    if (user->exec)
        return set_exec(config, entry, cluster, err);

    BL_AUTO(bl_auth_proof_release) struct bl_auth_proof proof = AUTH_PROOF_INIT;
    return bl_auth_get(auth, NULL, &proof, err);
}

static int find(const struct bl_kubeconfig *files, const char *list, const char *kind,
                const char *name, struct bl_kubeconfig_entry *ret_entry, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf names = BL_STRBUF_INIT(KUBECONFIG_MAX);

    if (bl_kubeconfig_find(files, list, kind, name, ret_entry))
        return 0;
    bl_kubeconfig_names(files, list, &names);
    bl_fail(err, BL_ERR_NOT_FOUND, "the kubeconfig %s has no %s \"%s\"", files->items[0].path, kind,
            name);
    return bl_hint(err, "There are: %s.", names.len ? names.text : "none");
}

static int set_context(struct bl_kube_config *config, const struct bl_kubeconfig *files,
                       const struct context *context, struct bl_error **err)
{
    BL_AUTO(cluster_release) struct cluster cluster = {0};
    BL_AUTO(user_release) struct user user = {0};
    struct bl_kubeconfig_entry entry = {0};
    struct bl_decode from;

    if (find(files, "clusters", "cluster", context->cluster, &entry, err) < 0)
        return -1;
    from = place(&entry, "cluster");
    if (bl_decode_members(&from, entry.value, &cluster_schema, &cluster, err) < 0 ||
        set_cluster(config, &entry, &cluster, context->cluster, err) < 0)
        return -1;
    /* A cluster may let in anybody. */
    if (!full(context->user))
        return 0;
    if (find(files, "users", "user", context->user, &entry, err) < 0)
        return -1;
    from = place(&entry, "user");
    if (bl_decode_members(&from, entry.value, &user_schema, &user, err) < 0)
        return -1;
    return set_user(config, &entry, &user, &cluster, err);
}

static int fail_without_context(const struct bl_kubeconfig *files, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf names = BL_STRBUF_INIT(KUBECONFIG_MAX);

    bl_kubeconfig_names(files, "contexts", &names);
    bl_fail(err, BL_ERR_INVALID, "the kubeconfig %s has no current-context", files->items[0].path);
    return bl_hint(err, "Name one of its contexts: %s.", names.len ? names.text : "none");
}

int bl_kubeconfig_resolve(const struct bl_kubeconfig *files, const char *name,
                          const struct bl_clock *clock, struct bl_kube_config **ret_config,
                          struct bl_error **err)
{
    BL_AUTO(bl_kube_config_cleanup) struct bl_kube_config *config = bl_config_new(clock);
    BL_AUTO(context_release) struct context context = {0};
    struct bl_kubeconfig_entry entry = {0};
    struct bl_decode from;

    if (!full(name))
        name = bl_kubeconfig_current(files);
    if (!name)
        return fail_without_context(files, err);
    if (find(files, "contexts", "context", name, &entry, err) < 0)
        return -1;
    from = place(&entry, "context");
    if (bl_decode_members(&from, entry.value, &context_schema, &context, err) < 0)
        return -1;
    if (!full(context.cluster))
        return bl_fail(err, BL_ERR_INVALID, "%s: context \"%s\" has no cluster", entry.file->path,
                       name);
    if (set_context(config, files, &context, err) < 0)
        return -1;
    config->namespace = bl_strdup(full(context.namespace) ? context.namespace : "default");
    *ret_config = BL_STEAL(config);
    return 0;
}

int bl_kube_config_load(const char *path, const char *context, const struct bl_clock *clock,
                        struct bl_kube_config **ret_config, struct bl_error **err)
{
    BL_AUTO(bl_kubeconfig_release) struct bl_kubeconfig files = {0};

    if (bl_kubeconfig_read(&files, path, err) < 0)
        return -1;
    return bl_kubeconfig_resolve(&files, context, clock, ret_config, err);
}
