#include "app.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/runtime/leader.h"
#include "ballast/serve/server.h"
#include "keeper.h"
#include "reconciler.h"

#define LOOK_EVERY (600 * BL_NSEC_S)
#define SYNC_EVERY (20 * BL_NSEC_MS)
/* A failure must not wait for an hour, nor ask each millisecond. */
#define BACKOFF_MAX (30 * BL_NSEC_S)

struct bl_app {
    const struct bl_options *options;
    struct bl_telemetry telemetry;
    struct bl_policies *policies;
    char *complaint; /* about policy files, said last, so that it is said once */
    char *identity;
    bl_nsec looked; /* at all namespaces */

    struct bl_stop *stop; /* ends requests to the cluster, and waits */
    struct bl_kube_client *client, *lease_client;
    struct bl_workqueue *queue, *clusters;
    struct bl_recorder *recorder;
    struct bl_caches *caches;
    struct bl_reconciler *reconciler;
    struct bl_keeper *keeper;
    struct bl_leader *leader; /* NULL: it leads alone */
    struct bl_server *metrics;
    pthread_t thread; /* that leads */
    bool led;         /* the thread was started */
    atomic_bool failed;
};

static int connect_to_cluster(const struct bl_options *options,
                              const struct bl_kube_options *requests,
                              struct bl_kube_client **ret_client, struct bl_error **err)
{
    struct bl_kube_config *config = NULL;

    if ((options->in_cluster ? bl_kube_config_in_cluster(NULL, &bl_clock_real, &config, err)
                             : bl_kube_config_load(options->kubeconfig, options->context,
                                                   &bl_clock_real, &config, err)) < 0)
        return -1;
    return bl_kube_client_new(config, requests, ret_client, err);
}

/* The host's name, which is the pod's, and what two processes of one host do not share. */
static char *make_identity(void)
{
    char host[256] = "";

    (void)gethostname(host, sizeof(host) - 1);
    return bl_asprintf("%s_%d_%llx", *host ? host : "ballast-controller", (int)getpid(),
                       (unsigned long long)bl_clock_wall(&bl_clock_real));
}

static int start_policies(struct bl_app *app, struct bl_error **err)
{
    enum bl_reload what;

    app->policies = bl_policies_new(app->options->policies.items, 0);
    if (bl_policies_read(app->policies, &what, err) < 0)
        return -1;
    bl_source_metrics_reload(&app->telemetry.sources, BL_SOURCE_FILES, true, false);
    return 0;
}

static int start_clients(struct bl_app *app, struct bl_error **err)
{
    struct bl_kube_options requests = {0};
    struct bl_kube_options renewals = {.timeout = 2 * BL_NSEC_S, .tries = 1};

    if (bl_stop_new(&app->stop, err) < 0)
        return -1;
    requests.stop = app->stop;
    if (connect_to_cluster(app->options, &requests, &app->client, err) < 0)
        return -1;
    return app->options->lease_name
               ? connect_to_cluster(app->options, &renewals, &app->lease_client, err)
               : 0;
}

static int start_work(struct bl_app *app, struct bl_error **err)
{
    struct bl_recorder_options events = {
        .client = app->client, .controller = BL_REPORTER, .instance = app->identity};
    struct bl_caches_options caches = {.client = app->client,
                                       .policies = app->policies,
                                       .telemetry = &app->telemetry,
                                       .config_maps = app->options->config_maps};
    struct bl_reconciler_options work = {
        .client = app->client,
        .policies = app->policies,
        .telemetry = &app->telemetry,
        .stop = app->stop,
        .scope = {app->options->namespace_selector, app->options->namespaces_left_out.items},
        .workers = (unsigned)app->options->workers,
    };
    struct bl_keeper_options keep = {
        .client = app->client,
        .policies = app->policies,
        .telemetry = &app->telemetry,
        .stop = app->stop,
        .scope = work.scope,
        .workers = (unsigned)app->options->workers,
    };

    app->queue = bl_workqueue_new(&(struct bl_workqueue_options){.backoff_max = BACKOFF_MAX});
    app->clusters = bl_workqueue_new(
        &(struct bl_workqueue_options){.backoff_min = BL_NSEC_S, .backoff_max = BACKOFF_MAX});
    app->recorder = bl_recorder_new(&events);
    caches.queue = app->queue;
    caches.clusters = keep.queue = app->clusters;
    if (bl_recorder_start(app->recorder, err) < 0 ||
        bl_caches_start(&caches, &app->caches, err) < 0)
        return -1;
    work.caches = app->caches;
    work.recorder = app->recorder;
    work.queue = app->queue;
    app->reconciler = bl_reconciler_new(&work);
    keep.caches = app->caches;
    keep.recorder = app->recorder;
    app->keeper = bl_keeper_new(&keep);
    return 0;
}

/* --- leading --- */

static void lease_failed(const struct bl_error *err, void *context BL_UNUSED)
{
    bl_log_error(BL_LOG_WARN, "lease not taken or renewed", err);
}

static void new_leader(struct bl_app *app)
{
    struct bl_leader_options options = {.client = app->lease_client,
                                        .namespace = app->options->lease_namespace,
                                        .name = app->options->lease_name,
                                        .identity = app->identity,
                                        .failed = lease_failed};

    if (app->options->lease_name)
        app->leader = bl_leader_new(&options);
}

/* Until the caches are full nothing can be decided, and who leads must not hold the others up. */
static bool wait_for_caches(struct bl_app *app)
{
    while (!bl_caches_synced(app->caches))
        if (bl_stop_wait(app->stop, SYNC_EVERY))
            return false;
    return true;
}

static int lead(struct bl_app *app, struct bl_error **err)
{
    BL_LOG(BL_LOG_INFO, "leading", BL_LOG_TEXT("identity", app->identity));
    bl_metric_set(app->telemetry.leader, 1, 0, 0, 0);
    if (bl_reconciler_start(app->reconciler, err) < 0 || bl_keeper_start(app->keeper, err) < 0)
        return -1;
    if (app->leader)
        return bl_leader_keep(app->leader, app->stop, err);
    while (!bl_stop_wait(app->stop, LOOK_EVERY))
        ;
    return 0;
}

static void *run(void *context)
{
    struct bl_app *app = context;
    BL_ERROR(waited);
    BL_ERROR(err);

    if (!wait_for_caches(app) ||
        (app->leader && bl_leader_acquire(app->leader, app->stop, &waited) < 0))
        return NULL;
    if (lead(app, &err) == 0)
        return NULL;
    /* Every request ends with this, so that nothing is written beside another leader. */
    bl_stop_raise(app->stop);
    bl_metric_set(app->telemetry.leader, 0, 0, 0, 0);
    bl_log_error(BL_LOG_ERROR, "leading no more", err);
    atomic_store(&app->failed, true);
    return NULL;
}

static int start_leading(struct bl_app *app, struct bl_error **err)
{
    new_leader(app);
    if (pthread_create(&app->thread, NULL, run, app) != 0)
        return bl_fail(err, BL_ERR_IO, "could not start a thread");
    app->led = true;
    return 0;
}

/* --- metrics and health --- */

static void say(struct bl_response *response, int status, const char *text)
{
    response->status = status;
    bl_strbuf_reset(&response->body);
    bl_strbuf_addf(&response->body, "%s\n", text);
}

static char *unready(struct bl_app *app)
{
    if (bl_stop_raised(app->stop))
        return bl_strdup("shutting down");
    return bl_caches_unready(app->caches);
}

static void serve_metrics(struct bl_app *app, struct bl_response *response)
{
    BL_AUTO(bl_snapshot_cleanup) struct bl_snapshot *snapshot = bl_policies_get(app->policies);
    struct bl_telemetry *telemetry = &app->telemetry;

    bl_metric_set(telemetry->sources.policies, (int64_t)bl_snapshot_policies(snapshot)->len, 0, 0,
                  0);
    bl_metric_set(telemetry->queue, (int64_t)bl_workqueue_len(app->queue), 0, 0, 0);
    bl_metric_set(telemetry->events_dropped, (int64_t)bl_recorder_dropped(app->recorder), 0, 0, 0);
    bl_caches_measure(app->caches);
    bl_reconciler_measure(app->reconciler);
    bl_keeper_measure(app->keeper);
    response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    bl_telemetry_render(telemetry, &response->body);
}

static void serve(const struct bl_request *request, struct bl_response *response, void *context)
{
    struct bl_app *app = context;
    bool ready = strcmp(request->path, "/readyz") == 0;

    if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0) {
        say(response, 405, "ask by GET");
    } else if (strcmp(request->path, "/metrics") == 0) {
        serve_metrics(app, response);
    } else if (ready || strcmp(request->path, "/healthz") == 0) {
        BL_AUTO_FREE char *why = ready ? unready(app) : NULL;

        say(response, why ? 503 : 200, why ? why : "ok");
    } else {
        say(response, 404, "there is /metrics, /healthz and /readyz here");
    }
}

static int start_metrics(struct bl_app *app, struct bl_error **err)
{
    struct bl_server_options options = {.listen = app->options->metrics_listen,
                                        .serve = serve,
                                        .context = app,
                                        .threads = 1,
                                        .max_connections = 32};

    return bl_server_start(&options, &app->metrics, err);
}

/* --- beginning and end --- */

int bl_app_start(const struct bl_options *options, struct bl_app **ret_app, struct bl_error **err)
{
    BL_AUTO(bl_app_cleanup) struct bl_app *app = BL_NEW(struct bl_app);

    app->options = options;
    app->identity = make_identity();
    app->looked = bl_clock_now(&bl_clock_real);
    bl_telemetry_init(&app->telemetry, bl_caches_resources);
    bl_metric_set(app->telemetry.leader, 0, 0, 0, 0);
    if (start_policies(app, err) < 0 || start_clients(app, err) < 0 || start_work(app, err) < 0 ||
        start_metrics(app, err) < 0 || start_leading(app, err) < 0)
        return -1;
    BL_LOG(BL_LOG_INFO, "serving", BL_LOG_TEXT("version", BALLAST_VERSION),
           BL_LOG_TEXT("identity", app->identity),
           BL_LOG_INT("metrics_port", bl_server_port(app->metrics)));
    *ret_app = BL_STEAL(app);
    return 0;
}

static void complain(struct bl_app *app, const struct bl_error *err)
{
    if (!bl_text_eq(app->complaint, bl_error_text(err))) {
        bl_source_metrics_reload(&app->telemetry.sources, BL_SOURCE_FILES, false, true);
        bl_log_error(BL_LOG_ERROR, "policies not replaced", err);
    }
    free(app->complaint);
    app->complaint = bl_strdup(bl_error_text(err));
}

static void look_at_policies(struct bl_app *app)
{
    enum bl_reload what;
    BL_ERROR(err);

    if (bl_policies_read(app->policies, &what, &err) < 0) {
        complain(app, err);
        return;
    }
    if (what == BL_RELOAD_DONE || app->complaint)
        bl_source_metrics_reload(&app->telemetry.sources, BL_SOURCE_FILES, true, false);
    free(app->complaint);
    app->complaint = NULL;
    if (what != BL_RELOAD_DONE)
        return;
    BL_LOG(BL_LOG_INFO, "policies replaced", BL_LOG_TEXT("source", "files"));
    bl_caches_enqueue(app->caches);
}

void bl_app_tick(struct bl_app *app)
{
    look_at_policies(app);
    if (bl_clock_now(&bl_clock_real) - app->looked < LOOK_EVERY)
        return;
    app->looked = bl_clock_now(&bl_clock_real);
    bl_caches_enqueue(app->caches);
}

bool bl_app_failed(const struct bl_app *app)
{
    return atomic_load(&app->failed);
}

/* Nothing is written any more when the Lease goes back. */
static void release_lease(struct bl_app *app)
{
    BL_ERROR(err);

    if (app->leader && bl_leader_release(app->leader, &err) < 0)
        bl_log_error(BL_LOG_WARN, "lease not given back", err);
}

void bl_app_stop(struct bl_app *app)
{
    if (!app)
        return;
    if (app->stop)
        bl_stop_raise(app->stop);
    bl_server_stop(app->metrics);
    if (app->led)
        (void)pthread_join(app->thread, NULL);
    bl_reconciler_free(app->reconciler);
    bl_keeper_free(app->keeper);
    release_lease(app);
    bl_caches_stop(app->caches);
    bl_recorder_free(app->recorder);
    bl_workqueue_free(app->queue);
    bl_workqueue_free(app->clusters);
    bl_leader_free(app->leader);
    bl_kube_client_free(app->lease_client);
    bl_kube_client_free(app->client);
    bl_stop_free(app->stop);
    bl_policies_free(app->policies);
    bl_telemetry_release(&app->telemetry);
    free(app->complaint);
    free(app->identity);
    free(app);
}
