#include "ballast/kube/informers.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "ballast/base/mem.h"

struct informer {
    struct bl_store *store;
    struct bl_reflector *reflector;
    struct bl_informers *all;
    pthread_t thread;
    bool running;
    bool held;
};

struct bl_informers {
    struct bl_kube_client *client;
    struct bl_stop *stop;
    pthread_mutex_t lock; /* guards `open` */
    pthread_cond_t opened;
    bool open;               /* those that are held may begin */
    struct informer **items; /* each stays where it is: its thread has it */
    size_t len, cap;
};

int bl_informers_new(struct bl_kube_client *client, struct bl_informers **ret_informers,
                     struct bl_error **err)
{
    struct bl_informers *informers;
    struct bl_stop *stop = NULL;

    if (bl_stop_new(&stop, err) < 0)
        return -1;
    informers = BL_NEW(struct bl_informers);
    informers->client = client;
    informers->stop = stop;
    (void)pthread_mutex_init(&informers->lock, NULL);
    (void)pthread_cond_init(&informers->opened, NULL);
    *ret_informers = informers;
    return 0;
}

static void informer_free(struct informer *informer)
{
    bl_reflector_free(informer->reflector);
    bl_store_free(informer->store);
    free(informer);
}

void bl_informers_free(struct bl_informers *informers)
{
    if (!informers)
        return;
    bl_informers_stop(informers);
    for (size_t i = 0; i < informers->len; i++)
        informer_free(informers->items[i]);
    free(informers->items);
    bl_stop_free(informers->stop);
    (void)pthread_cond_destroy(&informers->opened);
    (void)pthread_mutex_destroy(&informers->lock);
    free(informers);
}

struct bl_store *bl_informers_add(struct bl_informers *informers, const struct bl_watch_spec *spec,
                                  const struct bl_store_options *options)
{
    struct informer *informer = BL_NEW(struct informer);
    struct bl_watch_handler handler;

    informer->store = bl_store_new(options);
    handler = bl_store_handler(informer->store);
    informer->reflector = bl_reflector_new(informers->client, spec, &handler);
    informer->all = informers;
    *BL_PUSH(informers) = informer;
    return informer->store;
}

int bl_informers_hold(struct bl_informers *informers, size_t index, struct bl_error **err)
{
    informers->items[index]->held = true;
    return bl_reflector_allow_relist(informers->items[index]->reflector, err);
}

void bl_informers_relist(struct bl_informers *informers, size_t index)
{
    bl_reflector_relist(informers->items[index]->reflector);
}

void bl_informers_open(struct bl_informers *informers)
{
    pthread_mutex_lock(&informers->lock);
    informers->open = true;
    pthread_cond_broadcast(&informers->opened);
    pthread_mutex_unlock(&informers->lock);
}

static void wait_until_open(struct bl_informers *informers)
{
    pthread_mutex_lock(&informers->lock);
    while (!informers->open && !bl_stop_raised(informers->stop))
        pthread_cond_wait(&informers->opened, &informers->lock);
    pthread_mutex_unlock(&informers->lock);
}

static void *run(void *context)
{
    struct informer *informer = context;

    if (informer->held)
        wait_until_open(informer->all);
    bl_reflector_run(informer->reflector, informer->all->stop);
    return NULL;
}

int bl_informers_start(struct bl_informers *informers, struct bl_error **err)
{
    sigset_t all, before;
    int rc = 0;

    /* Signals are for the main thread. */
    sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    for (size_t i = 0; i < informers->len && !rc; i++) {
        struct informer *informer = informers->items[i];

        rc = pthread_create(&informer->thread, NULL, run, informer);
        informer->running = !rc;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!rc)
        return 0;
    errno = rc;
    bl_fail_errno(err, "could not start a thread");
    bl_informers_stop(informers);
    return -1;
}

void bl_informers_stop(struct bl_informers *informers)
{
    bl_stop_raise(informers->stop);
    pthread_mutex_lock(&informers->lock);
    pthread_cond_broadcast(&informers->opened);
    pthread_mutex_unlock(&informers->lock);
    for (size_t i = 0; i < informers->len; i++) {
        struct informer *informer = informers->items[i];

        if (informer->running)
            (void)pthread_join(informer->thread, NULL);
        informer->running = false;
    }
}

bool bl_informers_synced(struct bl_informers *informers, size_t index)
{
    struct bl_watch_status status;

    bl_informers_status(informers, index, &status);
    return status.synced || status.missing;
}

size_t bl_informers_len(const struct bl_informers *informers)
{
    return informers->len;
}

void bl_informers_status(struct bl_informers *informers, size_t index,
                         struct bl_watch_status *ret_status)
{
    bl_reflector_status(informers->items[index]->reflector, ret_status);
}

void bl_informers_measure(struct bl_informers *informers, size_t index,
                          struct bl_cache_measures *ret_measures)
{
    struct bl_watch_status status;
    struct bl_store_stats stats;

    bl_informers_status(informers, index, &status);
    bl_store_stats(informers->items[index]->store, &stats);
    *ret_measures = (struct bl_cache_measures){.objects = (int64_t)stats.objects,
                                               .left_out = (int64_t)stats.left_out,
                                               .bytes = (int64_t)stats.bytes,
                                               .failures = (int64_t)status.failures,
                                               .synced = status.synced};
}
