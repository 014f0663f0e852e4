#include "home.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/file.h"
#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/json/json.h"
#include "ballast/kube/config.h"

/* Below $TMPDIR or /tmp; mkdtemp() fills it in. */
#define FOLDER "%s/ballast-helm-XXXXXX"
#define ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"
#define POD "pod"

/* {"name": "pod", KEY: {}} in a list of this name; returns the object of KEY. */
static cJSON *add_named(cJSON *config, const char *list, const char *key)
{
    cJSON *item = bl_json_push(bl_json_add_array(config, list), bl_json_new_object());

    bl_json_add_string(item, "name", POD);
    return bl_json_add_object(item, key);
}

static void write_config(const char *server, struct bl_strbuf *text)
{
    BL_AUTO_JSON cJSON *config = bl_json_new_object();
    cJSON *cluster, *context;

    bl_json_add_string(config, "apiVersion", "v1");
    bl_json_add_string(config, "kind", "Config");
    bl_json_add_string(config, "current-context", POD);
    cluster = add_named(config, "clusters", "cluster");
    bl_json_add_string(cluster, "server", server);
    bl_json_add_string(cluster, "certificate-authority", ACCOUNT "/ca.crt");
    bl_json_add_string(add_named(config, "users", "user"), "tokenFile", ACCOUNT "/token");
    context = add_named(config, "contexts", "context");
    bl_json_add_string(context, "cluster", POD);
    bl_json_add_string(context, "user", POD);
    bl_json_write(text, config);
}

static int use_pod(struct bl_cluster_home *home, const struct bl_kube_client *client,
                   struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    write_config(bl_kube_config_server(bl_kube_client_config(client)), &text);
    home->kubeconfig = bl_asprintf("%s/kubeconfig", home->folder);
    home->cluster = (struct bl_kube_target){.path = home->kubeconfig};
    return bl_file_replace(home->kubeconfig, text.text, text.len, err);
}

void bl_cluster_home_init(struct bl_cluster_home *home, const struct bl_kube_target *target,
                          const struct bl_kube_client *client)
{
    BL_ERROR(err);
    const char *scratch = getenv("TMPDIR");

    *home = (struct bl_cluster_home){
        .folder = bl_asprintf(FOLDER, scratch && *scratch ? scratch : "/tmp"), .cluster = *target};
    if (!mkdtemp(home->folder))
        BL_LOG(BL_LOG_WARN, "no folder for helm", BL_LOG_TEXT("path", home->folder));
    else if (target->in_cluster && use_pod(home, client, &err) < 0)
        bl_log_error(BL_LOG_WARN, "no folder for helm", err);
}

void bl_cluster_home_release(struct bl_cluster_home *home)
{
    bl_file_remove_tree(home->folder);
    free(home->folder);
    free(home->kubeconfig);
    *home = (struct bl_cluster_home){0};
}
