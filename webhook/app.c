#include "app.h"

#include <stdio.h>

#include "ballast/base/mem.h"
#include "certs.h"
#include "files.h"
#include "webhook.h"

#define CA_MAX_BYTES ((size_t)1 << 20)

struct bl_app {
    const struct bl_options *options;
    struct bl_telemetry telemetry;
    struct bl_fights *fights;
    struct bl_policies *policies;
    struct bl_tls *tls;
    struct bl_webhook webhook;
    struct bl_server *reviews, *metrics;
    struct bl_files *files;

    struct bl_stop *stop; /* ends requests to the cluster */
    struct bl_kube_client *client;
    struct bl_cluster *cluster;
    struct bl_certs *certs;
};

static int connect_to_cluster(const struct bl_options *options, const struct bl_stop *stop,
                              struct bl_kube_client **ret_client, struct bl_error **err)
{
    struct bl_kube_options requests = {.stop = stop};
    struct bl_kube_config *config = NULL;

    if (!options->in_cluster && !options->kubeconfig)
        return 0;
    if ((options->in_cluster ? bl_kube_config_in_cluster(NULL, &bl_clock_real, &config, err)
                             : bl_kube_config_load(options->kubeconfig, options->context,
                                                   &bl_clock_real, &config, err)) < 0)
        return -1;
    return bl_kube_client_new(config, &requests, ret_client, err);
}

static struct bl_certs_options certs_options(const struct bl_options *options,
                                             struct bl_kube_client *client)
{
    return (struct bl_certs_options){
        .client = client,
        .secret = options->certs_secret,
        .folder = options->certs_dir,
        .names = options->dns_names.items,
        .webhook_config = options->webhook_config,
        .clock = &bl_clock_real,
    };
}

static int start_policies(struct bl_app *app, struct bl_error **err)
{
    enum bl_reload what;

    app->policies = bl_policies_new(app->options->policies.items, app->options->overlap);
    if (bl_policies_read(app->policies, &what, err) < 0)
        return -1;
    bl_source_metrics_reload(&app->telemetry.sources, BL_SOURCE_FILES, true, false);
    return 0;
}

static int read_client_ca(struct bl_app *app, struct bl_error **err)
{
    const char *path = app->options->client_ca;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(CA_MAX_BYTES);

    if (!path)
        return 0;
    if (bl_file_read(path, &text, err) < 0)
        return -1;
    if (bl_tls_set_client_ca(app->tls, text.text, text.len, app->options->client_name, err) < 0)
        return bl_wrap(err, "%s", path);
    return 0;
}

static int start_tls(struct bl_app *app, struct bl_error **err)
{
    const struct bl_options *options = app->options;

    if (options->insecure_http)
        return 0;
    app->tls = bl_tls_new(&bl_clock_real);
    if (read_client_ca(app, err) < 0)
        return -1;
    if (options->tls_cert)
        return bl_files_read_pair(app->tls, options->tls_cert, options->tls_key, err);
    return 0;
}

static int start_cluster(struct bl_app *app, struct bl_error **err)
{
    if (bl_stop_new(&app->stop, err) < 0 ||
        connect_to_cluster(app->options, app->stop, &app->client, err) < 0)
        return -1;
    if (!app->client)
        return 0;
    return bl_cluster_start(
        &(struct bl_cluster_settings){.client = app->client,
                                      .policies = app->policies,
                                      .telemetry = &app->telemetry,
                                      .config_maps = app->options->config_maps,
                                      .lease_namespace = app->options->lease_namespace,
                                      .lease_name = app->options->lease_name},
        &app->cluster, err);
}

static int start_certs(struct bl_app *app, struct bl_error **err)
{
    struct bl_certs_options options = certs_options(app->options, app->client);

    if (!options.secret && !options.folder)
        return 0;
    options.tls = app->tls;
    options.telemetry = &app->telemetry;
    return bl_certs_start(&options, &app->certs, err);
}

static int start_servers(struct bl_app *app, struct bl_error **err)
{
    struct bl_server_options reviews = {
        .listen = app->options->listen,
        .tls = app->tls,
        .serve = bl_webhook_serve,
        .context = &app->webhook,
        .event = bl_webhook_event,
        .threads = (unsigned)app->options->threads,
        .max_connections = (unsigned)app->options->max_connections,
    };
    struct bl_server_options metrics = {
        .listen = app->options->metrics_listen,
        .serve = bl_webhook_serve_metrics,
        .context = &app->webhook,
        .threads = 1,
        .max_connections = 32,
    };

    app->webhook.policies = app->policies;
    app->webhook.telemetry = &app->telemetry;
    app->webhook.fights = app->fights;
    app->webhook.tls = app->tls;
    app->webhook.cluster = app->cluster;
    app->webhook.admins = app->options->admins.items;
    app->webhook.trusted_only = app->options->client_ca != NULL;
    if (bl_server_start(&reviews, &app->reviews, err) < 0)
        return -1;
    app->webhook.server = app->reviews;
    return bl_server_start(&metrics, &app->metrics, err);
}

static int start_files(struct bl_app *app, struct bl_error **err)
{
    struct bl_files_options options = {
        .policies = app->policies,
        .tls = app->options->tls_cert ? app->tls : NULL,
        .tls_cert = app->options->tls_cert,
        .tls_key = app->options->tls_key,
        .telemetry = &app->telemetry,
        .every = app->options->reload,
    };

    return bl_files_start(&options, &app->files, err);
}

int bl_app_start(const struct bl_options *options, struct bl_app **ret_app, struct bl_error **err)
{
    BL_AUTO(bl_app_cleanup) struct bl_app *app = BL_NEW(struct bl_app);

    app->options = options;
    bl_telemetry_init(&app->telemetry, bl_cluster_resources);
    app->fights = bl_fights_new();
    if (start_policies(app, err) < 0 || start_tls(app, err) < 0 || start_cluster(app, err) < 0 ||
        start_certs(app, err) < 0 || start_servers(app, err) < 0 || start_files(app, err) < 0)
        return -1;
    BL_LOG(BL_LOG_INFO, "serving", BL_LOG_TEXT("version", BALLAST_VERSION),
           BL_LOG_TEXT("listen", options->listen), BL_LOG_INT("port", bl_server_port(app->reviews)),
           BL_LOG_INT("metrics_port", bl_server_port(app->metrics)));
    *ret_app = BL_STEAL(app);
    return 0;
}

void bl_app_reload(struct bl_app *app)
{
    bl_files_wake(app->files);
}

void bl_app_leave(struct bl_app *app)
{
    BL_LOG(BL_LOG_INFO, "draining", BL_LOG_INT("seconds", app->options->drain / BL_NSEC_S));
    atomic_store(&app->webhook.leaving, true);
    bl_server_drain(app->reviews);
}

void bl_app_stop(struct bl_app *app)
{
    if (!app)
        return;
    if (app->stop)
        bl_stop_raise(app->stop);
    bl_files_stop(app->files);
    /* Metrics tell of the other server. */
    bl_server_stop(app->metrics);
    bl_server_stop(app->reviews);
    bl_certs_stop(app->certs);
    bl_cluster_stop(app->cluster);
    bl_kube_client_free(app->client);
    bl_stop_free(app->stop);
    bl_tls_free(app->tls);
    bl_policies_free(app->policies);
    bl_telemetry_release(&app->telemetry);
    bl_fights_free(app->fights);
    free(app);
}

static int ensure(const struct bl_options *options, enum bl_pki_step *ret_step,
                  struct bl_error **err)
{
    BL_AUTO(bl_kube_client_cleanup) struct bl_kube_client *client = NULL;

    if (connect_to_cluster(options, NULL, &client, err) < 0)
        return -1;
    struct bl_certs_options certs = certs_options(options, client);
    return bl_certs_ensure(&certs, NULL, ret_step, err);
}

int bl_app_certs(const struct bl_options *options)
{
    enum bl_pki_step step;
    BL_ERROR(err);

    if (ensure(options, &step, &err) < 0)
        return bl_options_fail(err);
    printf("%s: %s\n", options->certs_secret ? options->certs_secret : options->certs_dir,
           bl_pki_step_name(step));
    return BL_EXIT_OK;
}
