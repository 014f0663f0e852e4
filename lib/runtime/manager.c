#include "ballast/runtime/manager.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/runtime/leader.h"
#include "controller_run.h"

#define SYNC_EVERY (20 * BL_NSEC_MS)

/* A kind that somebody watches, and who: the context of its row. */
struct watched {
    struct bl_manager *manager;
    size_t kind; /* its place in the table */
};

struct bl_manager {
    struct bl_manager_options options;
    struct bl_services services;
    char *identity;
    struct bl_kube_client *lease_client;
    struct bl_leader *leader; /* NULL: it leads alone */
    struct {
        struct bl_controller **items;
        size_t len, cap;
    } controllers;
    struct watched *watched; /* one for each kind */
    struct bl_cache_metrics cache_metrics;
    struct bl_metric *leads, *events_dropped;
    pthread_t thread; /* that leads */
    bool started;
    atomic_bool failed;
};

/* The host's name, which is the pod's, and what two processes of one host do not share. */
static char *make_identity(const char *reporter)
{
    char host[256] = "";

    (void)gethostname(host, sizeof(host) - 1);
    return bl_asprintf("%s_%d_%llx", *host ? host : reporter, (int)getpid(),
                       (unsigned long long)bl_clock_wall(&bl_clock_real));
}

static int open_clients(struct bl_manager *manager, struct bl_error **err)
{
    struct bl_kube_options requests = {0};
    /* A renewal that is late must leave time for another one. */
    struct bl_kube_options renewals = {.timeout = 2 * BL_NSEC_S, .tries = 1};
    const struct bl_kube_target *cluster = manager->options.cluster;

    if (bl_stop_new(&manager->services.stop, err) < 0)
        return -1;
    requests.stop = manager->services.stop;
    if (bl_kube_client_open(cluster, &requests, &manager->services.client, err) < 0)
        return -1;
    if (!manager->options.lease_name)
        return 0;
    return bl_kube_client_open(cluster, &renewals, &manager->lease_client, err);
}

static void lease_failed(const struct bl_error *err, void *context BL_UNUSED)
{
    bl_log_error(BL_LOG_WARN, "lease not taken or renewed", err);
}

static void make_leader(struct bl_manager *manager)
{
    struct bl_leader_options options = {.client = manager->lease_client,
                                        .namespace = manager->options.lease_namespace,
                                        .name = manager->options.lease_name,
                                        .identity = manager->identity,
                                        .failed = lease_failed};

    if (options.name)
        manager->leader = bl_leader_new(&options);
}

int bl_manager_new(const struct bl_manager_options *options, struct bl_manager **ret_manager,
                   struct bl_error **err)
{
    BL_AUTO(bl_manager_cleanup) struct bl_manager *manager = BL_NEW(struct bl_manager);
    struct bl_services *services = &manager->services;
    struct bl_recorder_options events = {.controller = options->reporter};

    manager->options = *options;
    manager->identity = make_identity(options->reporter);
    services->registry = options->metrics;
    for (size_t i = 0; i < options->caches_len; i++)
        *BL_PUSH(&services->kinds) = options->caches[i];
    if (open_clients(manager, err) < 0)
        return -1;
    events.client = services->client;
    events.instance = manager->identity;
    services->recorder = bl_recorder_new(&events);
    make_leader(manager);
    *ret_manager = BL_STEAL(manager);
    return 0;
}

/* --- controllers --- */

static void add_kind(struct bl_services *services, const struct bl_kind *kind)
{
    for (size_t i = 0; i < services->kinds.len; i++)
        if (services->kinds.items[i].kind == kind)
            return;
    *BL_PUSH(&services->kinds) = (struct bl_cache_spec){.kind = kind};
}

void bl_manager_add(struct bl_manager *manager, const struct bl_controller_spec *spec,
                    void *environment)
{
    size_t index = manager->controllers.len;

    assert(index < BL_CONTROLLERS_MAX);
    manager->services.metrics.names[index] = spec->name;
    for (const struct bl_controller_watch *watch = spec->watches; watch->kind; watch++)
        add_kind(&manager->services, watch->kind);
    *BL_PUSH(&manager->controllers) =
        bl_controller_new(spec, &manager->services, index, environment);
}

/* --- caches --- */

static const struct bl_cache_spec *row_of(const struct watched *watched)
{
    const struct bl_manager *manager = watched->manager;

    return watched->kind < manager->options.caches_len ? &manager->options.caches[watched->kind]
                                                       : NULL;
}

static bool keep(cJSON *object, void *context)
{
    const struct watched *watched = context;

    return row_of(watched)->keep(object, watched->manager->options.caches_context);
}

/* What asked for a request and does so no more, as a pod that changes hands, asks for it a last time. */
static void map_both(struct bl_controller *controller, const struct bl_controller_watch *watch,
                     const cJSON *before, const cJSON *after)
{
    if (before)
        watch->map(controller, before);
    if (after)
        watch->map(controller, after);
}

static void pass_on(struct bl_controller *controller, const struct bl_kind *kind,
                    const cJSON *before, const cJSON *after)
{
    const struct bl_controller_watch *watch = bl_controller_spec(controller)->watches;

    for (; watch->kind; watch++)
        if (watch->kind == kind &&
            (watch->changed ? watch->changed(before, after) : bl_changed(before, after)))
            map_both(controller, watch, before, after);
}

static void changed(const cJSON *before, const cJSON *after, void *context)
{
    const struct watched *watched = context;
    struct bl_manager *manager = watched->manager;
    const struct bl_cache_spec *row = row_of(watched);

    if (row && row->changed)
        row->changed(before, after, manager->options.caches_context);
    for (size_t i = 0; i < manager->controllers.len; i++)
        pass_on(manager->controllers.items[i], manager->services.kinds.items[watched->kind].kind,
                before, after);
}

static int start_caches(struct bl_manager *manager, struct bl_error **err)
{
    struct bl_services *services = &manager->services;
    struct bl_cache_set_options options = {.client = services->client,
                                           .metrics = &manager->cache_metrics,
                                           .scope = manager->options.scope};

    manager->watched = bl_alloc(services->kinds.len, sizeof(*manager->watched));
    for (size_t i = 0; i < services->kinds.len; i++) {
        struct bl_cache_spec *kind = &services->kinds.items[i];

        manager->watched[i] = (struct watched){manager, i};
        kind->context = &manager->watched[i];
        kind->changed = changed;
        kind->keep = kind->keep ? keep : NULL;
    }
    bl_cache_metrics_add(services->registry, services->kinds.items, services->kinds.len,
                         &manager->cache_metrics);
    if (bl_cache_set_new(&options, services->kinds.items, services->kinds.len, &services->caches,
                         err) < 0)
        return -1;
    return bl_cache_set_start(services->caches, err);
}

struct bl_cache_set *bl_manager_caches(const struct bl_manager *manager)
{
    return manager->services.caches;
}

const char *bl_manager_identity(const struct bl_manager *manager)
{
    return manager->identity;
}

void bl_manager_resync(struct bl_manager *manager)
{
    for (size_t i = 0; i < manager->controllers.len; i++)
        bl_controller_resync(manager->controllers.items[i]);
}

/* --- leading --- */

/* A replica without full caches can decide nothing: the Lease is left to others until then. */
static bool wait_for_caches(struct bl_manager *manager)
{
    while (!bl_cache_set_synced(manager->services.caches))
        if (bl_stop_wait(manager->services.stop, SYNC_EVERY))
            return false;
    return true;
}

static int lead(struct bl_manager *manager, struct bl_error **err)
{
    BL_LOG(BL_LOG_INFO, "leading", BL_LOG_TEXT("identity", manager->identity));
    bl_metric_set(manager->leads, 1, 0, 0, 0);
    for (size_t i = 0; i < manager->controllers.len; i++)
        if (bl_controller_start(manager->controllers.items[i], manager->options.workers, err) < 0)
            return -1;
    return manager->leader ? bl_leader_keep(manager->leader, manager->services.stop, err) : 0;
}

static void *run(void *context)
{
    struct bl_manager *manager = context;
    BL_ERROR(waited);
    BL_ERROR(err);

    if (!wait_for_caches(manager) ||
        (manager->leader &&
         bl_leader_acquire(manager->leader, manager->services.stop, &waited) < 0))
        return NULL;
    if (lead(manager, &err) == 0)
        return NULL;
    /* Every request ends with this, so that nothing is written beside another leader. */
    bl_stop_raise(manager->services.stop);
    bl_metric_set(manager->leads, 0, 0, 0, 0);
    bl_log_error(BL_LOG_ERROR, "leading no more", err);
    atomic_store(&manager->failed, true);
    return NULL;
}

bool bl_manager_failed(const struct bl_manager *manager)
{
    return atomic_load(&manager->failed);
}

/* --- metrics and health --- */

static void add_metrics(struct bl_manager *manager)
{
    static const char *const results[] = {"ok", "failed", NULL};
    struct bl_metrics *all = manager->options.metrics;
    struct bl_controller_metrics *metrics = &manager->services.metrics;
    const char *const *controllers = metrics->names;

    metrics->reconciles =
        bl_metrics_make(all, BL_METRIC_COUNTER, "ballast_controller_reconciles_total",
                        "Requests that were worked on.", BL_METRIC_LABEL("controller", controllers),
                        BL_METRIC_LABEL("result", results));
    metrics->duration =
        bl_metrics_make(all, BL_METRIC_HISTOGRAM, "ballast_controller_reconcile_duration_seconds",
                        "How long a request took, writing included.",
                        BL_METRIC_LABEL("controller", controllers), BL_METRIC_NO_LABEL);
    metrics->queue = bl_metrics_make(
        all, BL_METRIC_GAUGE, "ballast_controller_queue_length", "Requests that wait.",
        BL_METRIC_LABEL("controller", controllers), BL_METRIC_NO_LABEL);
    manager->leads =
        bl_metrics_make(all, BL_METRIC_GAUGE, "ballast_controller_leader",
                        "1 while this replica leads.", BL_METRIC_NO_LABEL, BL_METRIC_NO_LABEL);
    manager->events_dropped = bl_metrics_make(
        all, BL_METRIC_COUNTER, "ballast_controller_events_dropped_total",
        "Events that could not be written.", BL_METRIC_NO_LABEL, BL_METRIC_NO_LABEL);
    bl_metric_set(manager->leads, 0, 0, 0, 0);
}

char *bl_manager_unready(struct bl_manager *manager)
{
    if (bl_stop_raised(manager->services.stop))
        return bl_strdup("shutting down");
    return bl_cache_set_unready(manager->services.caches);
}

void bl_manager_measure(struct bl_manager *manager)
{
    bl_metric_set(manager->events_dropped, (int64_t)bl_recorder_dropped(manager->services.recorder),
                  0, 0, 0);
    bl_cache_set_measure(manager->services.caches);
    for (size_t i = 0; i < manager->controllers.len; i++)
        bl_controller_measure(manager->controllers.items[i]);
}

/* --- beginning and end --- */

int bl_manager_start(struct bl_manager *manager, struct bl_error **err)
{
    add_metrics(manager);
    if (bl_recorder_start(manager->services.recorder, err) < 0 || start_caches(manager, err) < 0)
        return -1;
    if (pthread_create(&manager->thread, NULL, run, manager) != 0)
        return bl_fail(err, BL_ERR_IO, "could not start a thread");
    manager->started = true;
    return 0;
}

/* Nothing is written any more when the Lease goes back. */
static void release_lease(struct bl_manager *manager)
{
    BL_ERROR(err);

    if (manager->leader && bl_leader_release(manager->leader, &err) < 0)
        bl_log_error(BL_LOG_WARN, "lease not given back", err);
}

void bl_manager_free(struct bl_manager *manager)
{
    if (!manager)
        return;
    if (manager->services.stop)
        bl_stop_raise(manager->services.stop);
    if (manager->started)
        (void)pthread_join(manager->thread, NULL);
    for (size_t i = 0; i < manager->controllers.len; i++)
        bl_controller_end(manager->controllers.items[i]);
    release_lease(manager);
    bl_cache_set_free(manager->services.caches);
    for (size_t i = 0; i < manager->controllers.len; i++)
        bl_controller_free(manager->controllers.items[i]);
    free(manager->controllers.items);
    bl_recorder_free(manager->services.recorder);
    bl_leader_free(manager->leader);
    bl_kube_client_free(manager->lease_client);
    bl_kube_client_free(manager->services.client);
    bl_stop_free(manager->services.stop);
    free(manager->services.kinds.items);
    free(manager->watched);
    free(manager->identity);
    free(manager);
}
