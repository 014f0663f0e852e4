#include "app.h"

#include <stdio.h>

#include "ballast/base/mem.h"
#include "ballast/daemon/ticker.h"
#include "certs.h"
#include "pair.h"
#include "webhook.h"

#define CA_MAX_BYTES ((size_t)1 << 20)

struct bl_webhook_app {
    const struct bl_webhook_options *options;
    struct bl_webhook_telemetry telemetry;
    struct bl_fights *fights;
    struct bl_sources *sources;
    struct bl_tls *tls;
    struct bl_pair_files pair;
    struct bl_webhook webhook;
    struct bl_server *reviews;
    struct bl_probe_servers probes;
    struct bl_ticker *files; /* looks at policies and the certificate */

    struct bl_stop *stop; /* ends requests to the cluster */
    struct bl_kube_client *client;
    struct bl_cluster_cache *cluster;
    struct bl_certs *certs;
    struct bl_probes keeping; /* of `certs --keep` */
};

static struct bl_certs_options certs_options(const struct bl_webhook_options *options,
                                             struct bl_kube_client *client)
{
    return (struct bl_certs_options){
        .client = client,
        .secret = options->certs_secret,
        .folder = options->certs_dir,
        .from = options->certs_from,
        .to = options->certs_to,
        .names = options->dns_names.items,
        .webhook_config = options->webhook_config,
        .clock = &bl_clock_real,
    };
}

static int read_client_ca(struct bl_webhook_app *app, struct bl_error **err)
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

static int start_tls(struct bl_webhook_app *app, struct bl_error **err)
{
    const struct bl_webhook_options *options = app->options;

    if (options->insecure_http)
        return 0;
    app->tls = bl_tls_new(&bl_clock_real);
    if (read_client_ca(app, err) < 0)
        return -1;
    if (!options->tls_cert)
        return 0;
    app->pair = (struct bl_pair_files){.tls = app->tls,
                                       .cert = options->tls_cert,
                                       .key = options->tls_key,
                                       .metrics = &app->telemetry.sources};
    return bl_pair_read(&app->pair, err);
}

static int open_client(struct bl_webhook_app *app, struct bl_error **err)
{
    struct bl_kube_options requests = {0};

    if (bl_stop_new(&app->stop, err) < 0)
        return -1;
    if (!bl_daemon_has_cluster(&app->options->daemon))
        return 0;
    requests.stop = app->stop;
    return bl_kube_client_open(&app->options->daemon.cluster, &requests, &app->client, err);
}

static int start_cluster(struct bl_webhook_app *app, struct bl_error **err)
{
    const struct bl_webhook_options *options = app->options;
    struct bl_cluster_cache_options cluster = {.sources = app->sources,
                                               .metrics = app->telemetry.metrics,
                                               .scope = bl_scope_of(&options->scope),
                                               .config_maps = options->daemon.config_maps,
                                               .lease = &options->lease};

    if (open_client(app, err) < 0)
        return -1;
    if (!app->client)
        return 0;
    cluster.client = app->client;
    return bl_cluster_cache_start(&cluster, &app->cluster, err);
}

static int start_certs(struct bl_webhook_app *app, struct bl_error **err)
{
    struct bl_certs_options options = certs_options(app->options, app->client);

    if (!options.secret && !options.folder && !options.from)
        return 0;
    options.tls = app->tls;
    options.metrics = &app->telemetry.sources;
    return bl_certs_start(&options, &app->certs, err);
}

static int start_servers(struct bl_webhook_app *app, struct bl_error **err)
{
    struct bl_server_options reviews = {
        .listen = app->options->listen,
        .tls = app->tls,
        .admit = bl_webhook_admit,
        .serve = bl_webhook_serve,
        .context = &app->webhook,
        .event = bl_webhook_event,
        .threads = (unsigned)app->options->threads,
        .max_connections = (unsigned)app->options->max_connections,
    };

    app->webhook.sources = app->sources;
    app->webhook.telemetry = &app->telemetry;
    app->webhook.fights = app->fights;
    app->webhook.tls = app->tls;
    app->webhook.cluster = app->cluster;
    app->webhook.admins = app->options->admins.items;
    app->webhook.trusted_only = app->options->client_ca != NULL;
    bl_webhook_init_probes(&app->webhook);
    if (bl_server_start(&reviews, &app->reviews, err) < 0)
        return -1;
    app->webhook.server = app->reviews;
    return bl_probes_start(&app->webhook.probes, &app->options->daemon, &app->probes, err);
}

static void look_at_files(void *context)
{
    struct bl_webhook_app *app = context;

    (void)bl_sources_look(app->sources);
    bl_pair_look(&app->pair);
}

int bl_webhook_app_start(const struct bl_webhook_options *options, struct bl_webhook_app **ret_app,
                         struct bl_error **err)
{
    BL_AUTO(bl_webhook_app_cleanup) struct bl_webhook_app *app = BL_NEW(struct bl_webhook_app);

    app->options = options;
    bl_webhook_telemetry_init(&app->telemetry);
    app->fights = bl_fights_new();
    if (bl_sources_new(options->daemon.policies.items, options->overlap, &app->telemetry.sources,
                       &app->sources, err) < 0 ||
        start_tls(app, err) < 0 || start_cluster(app, err) < 0 || start_certs(app, err) < 0 ||
        start_servers(app, err) < 0 ||
        bl_ticker_start(options->reload, look_at_files, app, &app->files, err) < 0)
        return -1;
    BL_LOG(BL_LOG_INFO, "serving", BL_LOG_TEXT("version", BALLAST_VERSION),
           BL_LOG_TEXT("listen", options->listen), BL_LOG_INT("port", bl_server_port(app->reviews)),
           BL_LOG_INT("health_port", bl_server_port(app->probes.health)),
           BL_LOG_INT("metrics_port", bl_server_port(app->probes.metrics)));
    *ret_app = BL_STEAL(app);
    return 0;
}

void bl_webhook_app_reload(struct bl_webhook_app *app)
{
    bl_ticker_wake(app->files);
}

void bl_webhook_app_leave(struct bl_webhook_app *app)
{
    BL_LOG(BL_LOG_INFO, "draining", BL_LOG_INT("seconds", app->options->drain / BL_NSEC_S));
    atomic_store(&app->webhook.leaving, true);
    bl_server_drain(app->reviews);
}

void bl_webhook_app_stop(struct bl_webhook_app *app)
{
    if (!app)
        return;
    if (app->stop)
        bl_stop_raise(app->stop);
    bl_ticker_stop(app->files);
    /* Metrics tell of the other server. */
    bl_probes_stop(&app->probes);
    bl_server_stop(app->reviews);
    bl_certs_stop(app->certs);
    bl_cluster_cache_stop(app->cluster);
    bl_kube_client_free(app->client);
    bl_stop_free(app->stop);
    bl_tls_free(app->tls);
    bl_sources_free(app->sources);
    bl_complaint_release(&app->pair.complaint);
    bl_webhook_telemetry_release(&app->telemetry);
    bl_fights_free(app->fights);
    free(app);
}

static int ensure(const struct bl_webhook_options *options, enum bl_pki_step *ret_step,
                  struct bl_error **err)
{
    BL_AUTO(bl_kube_client_cleanup) struct bl_kube_client *client = NULL;

    if (bl_daemon_has_cluster(&options->daemon) &&
        bl_kube_client_open(&options->daemon.cluster, NULL, &client, err) < 0)
        return -1;
    struct bl_certs_options certs = certs_options(options, client);
    return bl_certs_ensure(&certs, NULL, ret_step, err);
}

int bl_webhook_app_certs(const struct bl_webhook_options *options)
{
    enum bl_pki_step step;
    BL_ERROR(err);

    if (ensure(options, &step, &err) < 0)
        return bl_command_fail(&bl_webhook_command, err);
    printf("%s: %s\n", options->certs_secret ? options->certs_secret : options->certs_dir,
           bl_pki_step_name(step));
    return BL_EXIT_OK;
}

static char *unkept(void *context)
{
    const struct bl_webhook_app *app = context;

    return bl_certs_unready(app->certs);
}

int bl_webhook_app_keep_certs(const struct bl_webhook_options *options,
                              struct bl_webhook_app **ret_app, struct bl_error **err)
{
    BL_AUTO(bl_webhook_app_cleanup) struct bl_webhook_app *app = BL_NEW(struct bl_webhook_app);

    app->options = options;
    bl_webhook_telemetry_init(&app->telemetry);
    app->keeping = (struct bl_probes){.unready = unkept, .context = app};
    if (open_client(app, err) < 0 || start_certs(app, err) < 0 ||
        bl_probes_start(&app->keeping, &options->daemon, &app->probes, err) < 0)
        return -1;
    BL_LOG(BL_LOG_INFO, "keeping certificates", BL_LOG_TEXT("version", BALLAST_VERSION),
           BL_LOG_TEXT("in", options->certs_secret ? options->certs_secret : options->certs_dir),
           BL_LOG_INT("health_port", bl_server_port(app->probes.health)));
    *ret_app = BL_STEAL(app);
    return 0;
}
