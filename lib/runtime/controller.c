#include "ballast/runtime/controller.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/runtime/workers.h"
#include "controller_run.h"

/* A failure must not wait for an hour, nor ask each millisecond. */
#define BACKOFF_MAX (30 * BL_NSEC_S)
/* How soon a namespace is looked for again whose objects were heard of before it. */
#define UNHEARD_EVERY (BL_NSEC_S / 2)

struct bl_controller {
    const struct bl_controller_spec *spec;
    const struct bl_services *services;
    size_t index;
    struct bl_workqueue *queue; /* of "NAMESPACE/NAME" */
    struct bl_workers *workers;
    void *context;
};

struct bl_controller *bl_controller_new(const struct bl_controller_spec *spec,
                                        const struct bl_services *services, size_t index,
                                        void *environment)
{
    struct bl_controller *controller = BL_NEW(struct bl_controller);
    struct bl_workqueue_options queue = {.backoff_min = spec->backoff_min,
                                         .backoff_max =
                                             spec->backoff_max ? spec->backoff_max : BACKOFF_MAX};

    controller->spec = spec;
    controller->services = services;
    controller->index = index;
    controller->queue = bl_workqueue_new(&queue);
    controller->context = spec->make ? spec->make(controller, environment) : environment;
    return controller;
}

void bl_controller_free(struct bl_controller *controller)
{
    if (!controller)
        return;
    bl_controller_end(controller);
    bl_workqueue_free(controller->queue);
    free(controller);
}

const struct bl_controller_spec *bl_controller_spec(const struct bl_controller *controller)
{
    return controller->spec;
}

/* --- what a controller asks of the runtime --- */

void *bl_controller_context(const struct bl_controller *controller)
{
    return controller->context;
}

struct bl_kube_client *bl_controller_client(const struct bl_controller *controller)
{
    return controller->services->client;
}

const struct bl_stop *bl_controller_stop(const struct bl_controller *controller)
{
    return controller->services->stop;
}

struct bl_metrics *bl_controller_metrics(const struct bl_controller *controller)
{
    return controller->services->registry;
}

struct bl_recorder *bl_controller_recorder(const struct bl_controller *controller)
{
    return controller->services->recorder;
}

static struct bl_store *store_of(const struct bl_services *services, const struct bl_kind *kind)
{
    for (size_t i = 0; i < services->kinds.len; i++)
        if (services->kinds.items[i].kind == kind)
            return bl_cache_set_store(services->caches, i);
    return NULL;
}

struct bl_stored *bl_controller_find(const struct bl_controller *controller,
                                     const struct bl_kind *kind, const char *namespace,
                                     const char *name)
{
    struct bl_store *store = store_of(controller->services, kind);

    return store ? bl_store_find(store, namespace, name) : NULL;
}

void bl_controller_resync(struct bl_controller *controller)
{
    const struct bl_controller_watch *own = controller->spec->watches;
    struct bl_store *store = store_of(controller->services, own->kind);
    BL_AUTO(bl_stored_list_release) struct bl_stored_list list = {0};

    if (store)
        bl_store_list(store, NULL, &list);
    for (size_t i = 0; i < list.len; i++)
        own->map(controller, bl_stored_object(list.items[i]));
}

void bl_controller_enqueue(struct bl_controller *controller,
                           const struct bl_reconcile_request *request)
{
    BL_AUTO_FREE char *key = bl_asprintf("%s/%s", request->namespace, request->name);

    bl_workqueue_add(controller->queue, key);
}

void bl_reconcile_again(struct bl_reconcile_result *result, bl_nsec pause)
{
    if (pause && (!result->requeue_after || pause < result->requeue_after))
        result->requeue_after = pause;
}

/* --- work --- */

static void say_failed(struct bl_controller *controller, const struct bl_reconcile_request *request,
                       const char *key, const struct bl_error *err)
{
    /* That somebody was faster is usual, and seen to at once. */
    enum bl_log_level level = bl_error_code(err) == BL_ERR_CONFLICT ? BL_LOG_DEBUG : BL_LOG_WARN;

    /* At the end requests fail because they were ended. */
    if (bl_stop_raised(controller->services->stop))
        return;
    BL_LOG(level, "not reconciled", BL_LOG_TEXT("controller", controller->spec->name),
           BL_LOG_TEXT("namespace", request->namespace), BL_LOG_TEXT("name", request->name),
           BL_LOG_TEXT("error", bl_error_text(err)), BL_LOG_TEXT("hint", bl_error_hint(err)),
           BL_LOG_INT("tries", bl_workqueue_failures(controller->queue, key)));
}

/*
 * The watches of objects and of namespaces are two, and either may be ahead. An object whose namespace is not heard of yet
 * must not be forgotten: nothing would ask for it again. Where there is no object either, both are gone.
 */
static bool is_looked_after(const struct bl_controller *controller,
                            const struct bl_reconcile_request *request,
                            struct bl_reconcile_result *result)
{
    const struct bl_kind *own = controller->spec->watches->kind;
    BL_AUTO(bl_stored_cleanup) struct bl_stored *stored = NULL;

    if (own->scope != BL_KIND_NAMESPACED || !*request->namespace)
        return true;
    switch (bl_cache_set_place(controller->services->caches, request->namespace)) {
    case BL_SCOPE_WITHIN:
        return true;
    case BL_SCOPE_UNKNOWN:
        stored = bl_controller_find(controller, own, request->namespace, request->name);
        if (!stored)
            return true;
        bl_reconcile_again(result, UNHEARD_EVERY);
        return false;
    default:
        return false;
    }
}

static void work(void *context, const char *key)
{
    struct bl_controller *controller = context;
    const struct bl_controller_metrics *metrics = &controller->services->metrics;
    const char *slash = strchr(key, '/');
    BL_AUTO_FREE char *namespace = bl_strndup(key, (size_t)(slash - key));
    struct bl_reconcile_request request = {namespace, slash + 1};
    struct bl_reconcile_result result = {0};
    bl_nsec begin = bl_clock_now(&bl_clock_real);
    BL_ERROR(err);
    int rc = is_looked_after(controller, &request, &result)
                 ? controller->spec->reconcile(controller, &request, &result, &err)
                 : 0;

    bl_metric_add(metrics->reconciles, 1, controller->index, rc == 0 ? 0 : 1, 0);
    bl_metric_observe(metrics->duration, bl_clock_now(&bl_clock_real) - begin, controller->index, 0,
                      0);
    if (rc == 0) {
        bl_workqueue_forget(controller->queue, key);
        if (result.requeue_after)
            bl_workqueue_add_after(controller->queue, key, result.requeue_after);
        return;
    }
    bl_workqueue_add_rate_limited(controller->queue, key);
    say_failed(controller, &request, key, err);
}

int bl_controller_start(struct bl_controller *controller, unsigned workers, struct bl_error **err)
{
    struct bl_workers_options options = {.queue = controller->queue,
                                         .stop = controller->services->stop,
                                         .count = workers,
                                         .work = work,
                                         .context = controller};

    return bl_workers_start(&options, &controller->workers, err);
}

void bl_controller_end(struct bl_controller *controller)
{
    bl_workers_free(controller->workers);
    controller->workers = NULL;
    if (controller->spec->free && controller->context)
        controller->spec->free(controller->context);
    controller->context = NULL;
}

void bl_controller_measure(struct bl_controller *controller)
{
    bl_metric_set(controller->services->metrics.queue, (int64_t)bl_workqueue_len(controller->queue),
                  controller->index, 0, 0);
    if (controller->spec->measure && controller->context)
        controller->spec->measure(controller->context);
}
