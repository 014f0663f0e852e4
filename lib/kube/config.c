#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/file.h"
#include "ballast/base/mem.h"

#define ACCOUNT_FOLDER "/var/run/secrets/kubernetes.io/serviceaccount"
#define NAMESPACE_MAX ((size_t)1024)

struct bl_kube_config *bl_config_new(const struct bl_clock *clock)
{
    struct bl_kube_config *config = BL_NEW(struct bl_kube_config);

    config->clock = clock;
    config->auth = bl_auth_new(clock);
    return config;
}

void bl_kube_config_free(struct bl_kube_config *config)
{
    if (!config)
        return;
    free(config->server);
    free(config->namespace);
    free(config->ca_file);
    free(config->ca_pem);
    free(config->server_name);
    free(config->proxy);
    bl_auth_free(config->auth);
    free(config);
}

const char *bl_kube_config_server(const struct bl_kube_config *config)
{
    return config->server;
}

const char *bl_kube_config_namespace(const struct bl_kube_config *config)
{
    return config->namespace;
}

bool bl_kube_in_cluster(void)
{
    const char *host = getenv("KUBERNETES_SERVICE_HOST");

    return host && *host;
}

static int set_server(struct bl_kube_config *config, struct bl_error **err)
{
    const char *host = getenv("KUBERNETES_SERVICE_HOST");
    const char *port = getenv("KUBERNETES_SERVICE_PORT");

    if (!host || !*host || !port || !*port) {
        bl_fail(err, BL_ERR_NOT_FOUND,
                "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
        return bl_hint(err, "Kubernetes sets them in every pod; elsewhere name a kubeconfig.");
    }
    /* An IPv6 address needs brackets in a URL. */
    config->server = strchr(host, ':') ? bl_asprintf("https://[%s]:%s", host, port)
                                       : bl_asprintf("https://%s:%s", host, port);
    return 0;
}

static int set_namespace(struct bl_kube_config *config, const char *path, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(NAMESPACE_MAX);
    BL_ERROR(why);

    if (bl_file_read(path, &text, &why) < 0) {
        /* Only automounted tokens bring it; a projected one does not. */
        if (errno != ENOENT) {
            *err = BL_STEAL(why);
            return -1;
        }
        bl_strbuf_adds(&text, "default");
    }
    bl_strbuf_trim(&text);
    config->namespace = bl_strbuf_take(&text);
    return 0;
}

/* At the start rather than with the first request, so that the message names what is missing. */
static int check_account(const struct bl_kube_config *config, struct bl_error **err)
{
    BL_AUTO(bl_auth_proof_release) struct bl_auth_proof proof = AUTH_PROOF_INIT;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf ca = BL_STRBUF_INIT(AUTH_PEM_MAX);

    if (bl_file_read(config->ca_file, &ca, err) < 0 ||
        bl_auth_get(config->auth, NULL, &proof, err) < 0)
        return bl_hint(err, "The pod needs a service account, and must not set "
                            "automountServiceAccountToken: false.");
    return 0;
}

int bl_kube_config_in_cluster(const char *root, const struct bl_clock *clock,
                              struct bl_kube_config **ret_config, struct bl_error **err)
{
    BL_AUTO(bl_kube_config_cleanup) struct bl_kube_config *config = bl_config_new(clock);
    const char *prefix = root ? root : "";
    BL_AUTO_FREE char *namespace = bl_asprintf("%s" ACCOUNT_FOLDER "/namespace", prefix);

    if (set_server(config, err) < 0)
        return -1;
    config->ca_file = bl_asprintf("%s" ACCOUNT_FOLDER "/ca.crt", prefix);
    config->auth->token_file = bl_asprintf("%s" ACCOUNT_FOLDER "/token", prefix);
    if (check_account(config, err) < 0 || set_namespace(config, namespace, err) < 0)
        return -1;
    *ret_config = BL_STEAL(config);
    return 0;
}
