#include "app.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "ballast/daemon/probes.h"
#include "ballast/runtime/leader.h"
#include "keeper.h"
#include "reconciler.h"
#include "telemetry.h"

#define LOOK_EVERY (600 * BL_NSEC_S)
#define SYNC_EVERY (20 * BL_NSEC_MS)
/* A failure must not wait for an hour, nor ask each millisecond. */
#define BACKOFF_MAX (30 * BL_NSEC_S)

struct bl_controller_app {
    const struct bl_controller_options *options;
    struct bl_controller_telemetry telemetry;
    struct bl_sources *sources;
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
    struct bl_probes probes;
    struct bl_server *metrics;
    pthread_t thread; /* that leads */
    bool led;         /* the thread was started */
    atomic_bool failed;
};

/* The host's name, which is the pod's, and what two processes of one host do not share. */
static char *make_identity(void)
{
    char host[256] = "";

    (void)gethostname(host, sizeof(host) - 1);
    return bl_asprintf("%s_%d_%llx", *host ? host : "ballast-controller", (int)getpid(),
                       (unsigned long long)bl_clock_wall(&bl_clock_real));
}

static int start_clients(struct bl_controller_app *app, struct bl_error **err)
{
    struct bl_kube_options requests = {0};
    struct bl_kube_options renewals = {.timeout = 2 * BL_NSEC_S, .tries = 1};

    if (bl_stop_new(&app->stop, err) < 0)
        return -1;
    requests.stop = app->stop;
    if (bl_kube_client_open(&app->options->daemon.cluster, &requests, &app->client, err) < 0)
        return -1;
    if (!app->options->lease.name)
        return 0;
    return bl_kube_client_open(&app->options->daemon.cluster, &renewals, &app->lease_client, err);
}

static int start_work(struct bl_controller_app *app, struct bl_error **err)
{
    struct bl_recorder_options events = {
        .client = app->client, .controller = BL_REPORTER, .instance = app->identity};
    struct bl_caches_options caches = {.client = app->client,
                                       .sources = app->sources,
                                       .metrics = &app->telemetry.sources,
                                       .config_maps = app->options->daemon.config_maps};
    struct bl_reconciler_options work = {
        .client = app->client,
        .policies = bl_sources_policies(app->sources),
        .telemetry = &app->telemetry,
        .stop = app->stop,
        .scope = {app->options->namespace_selector, app->options->namespaces_left_out.items},
        .workers = (unsigned)app->options->workers,
    };
    struct bl_keeper_options keep = {
        .client = app->client,
        .policies = bl_sources_policies(app->sources),
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

static void new_leader(struct bl_controller_app *app)
{
    struct bl_leader_options options = {.client = app->lease_client,
                                        .namespace = app->options->lease.namespace,
                                        .name = app->options->lease.name,
                                        .identity = app->identity,
                                        .failed = lease_failed};

    if (app->options->lease.name)
        app->leader = bl_leader_new(&options);
}

/* Until the caches are full nothing can be decided, and who leads must not hold the others up. */
static bool wait_for_caches(struct bl_controller_app *app)
{
    while (!bl_caches_synced(app->caches))
        if (bl_stop_wait(app->stop, SYNC_EVERY))
            return false;
    return true;
}

static int lead(struct bl_controller_app *app, struct bl_error **err)
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
    struct bl_controller_app *app = context;
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

static int start_leading(struct bl_controller_app *app, struct bl_error **err)
{
    new_leader(app);
    if (pthread_create(&app->thread, NULL, run, app) != 0)
        return bl_fail(err, BL_ERR_IO, "could not start a thread");
    app->led = true;
    return 0;
}

/* --- metrics and health --- */

static char *unready(void *context)
{
    struct bl_controller_app *app = context;

    if (bl_stop_raised(app->stop))
        return bl_strdup("shutting down");
    return bl_caches_unready(app->caches);
}

static void render(void *context, struct bl_strbuf *out)
{
    struct bl_controller_app *app = context;
    struct bl_controller_telemetry *telemetry = &app->telemetry;

    bl_sources_measure(app->sources);
    bl_metric_set(telemetry->queue, (int64_t)bl_workqueue_len(app->queue), 0, 0, 0);
    bl_metric_set(telemetry->events_dropped, (int64_t)bl_recorder_dropped(app->recorder), 0, 0, 0);
    bl_caches_measure(app->caches);
    bl_reconciler_measure(app->reconciler);
    bl_keeper_measure(app->keeper);
    bl_controller_telemetry_render(telemetry, out);
}

static int start_probes(struct bl_controller_app *app, struct bl_error **err)
{
    app->probes = (struct bl_probes){unready, render, app};
    return bl_probes_start(&app->probes, app->options->daemon.metrics_listen, &app->metrics, err);
}

/* --- beginning and end --- */

int bl_controller_app_start(const struct bl_controller_options *options,
                            struct bl_controller_app **ret_app, struct bl_error **err)
{
    BL_AUTO(bl_controller_app_cleanup)
    struct bl_controller_app *app = BL_NEW(struct bl_controller_app);

    app->options = options;
    app->identity = make_identity();
    app->looked = bl_clock_now(&bl_clock_real);
    bl_caches_names(app->telemetry.sources.resources);
    bl_controller_telemetry_init(&app->telemetry);
    bl_metric_set(app->telemetry.leader, 0, 0, 0, 0);
    if (bl_sources_new(options->daemon.policies.items, 0, &app->telemetry.sources, &app->sources,
                       err) < 0 ||
        start_clients(app, err) < 0 || start_work(app, err) < 0 || start_probes(app, err) < 0 ||
        start_leading(app, err) < 0)
        return -1;
    BL_LOG(BL_LOG_INFO, "serving", BL_LOG_TEXT("version", BALLAST_VERSION),
           BL_LOG_TEXT("identity", app->identity),
           BL_LOG_INT("metrics_port", bl_server_port(app->metrics)));
    *ret_app = BL_STEAL(app);
    return 0;
}

void bl_controller_app_tick(struct bl_controller_app *app)
{
    if (bl_sources_look(app->sources))
        bl_caches_enqueue(app->caches);
    if (bl_clock_now(&bl_clock_real) - app->looked < LOOK_EVERY)
        return;
    app->looked = bl_clock_now(&bl_clock_real);
    bl_caches_enqueue(app->caches);
}

bool bl_controller_app_failed(const struct bl_controller_app *app)
{
    return atomic_load(&app->failed);
}

/* Nothing is written any more when the Lease goes back. */
static void release_lease(struct bl_controller_app *app)
{
    BL_ERROR(err);

    if (app->leader && bl_leader_release(app->leader, &err) < 0)
        bl_log_error(BL_LOG_WARN, "lease not given back", err);
}

void bl_controller_app_stop(struct bl_controller_app *app)
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
    bl_sources_free(app->sources);
    bl_controller_telemetry_release(&app->telemetry);
    free(app->identity);
    free(app);
}
