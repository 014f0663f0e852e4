#include "ballast/runtime/workers.h"

#include <pthread.h>
#include <stdlib.h>

#include "ballast/base/mem.h"

struct bl_workers {
    struct bl_workers_options options;
    pthread_t *threads;
    unsigned running;
};

static void *work(void *context)
{
    const struct bl_workers_options *options = &((const struct bl_workers *)context)->options;

    for (char *key; (key = bl_workqueue_get(options->queue));) {
        if (!bl_stop_raised(options->stop))
            options->work(options->context, key);
        bl_workqueue_done(options->queue, key);
        free(key);
    }
    return NULL;
}

int bl_workers_start(const struct bl_workers_options *options, struct bl_workers **ret_workers,
                     struct bl_error **err)
{
    BL_AUTO(bl_workers_cleanup) struct bl_workers *workers = BL_NEW(struct bl_workers);

    workers->options = *options;
    workers->threads = bl_alloc(options->count, sizeof(pthread_t));
    for (; workers->running < options->count; workers->running++)
        if (pthread_create(&workers->threads[workers->running], NULL, work, workers) != 0)
            return bl_fail(err, BL_ERR_IO, "could not start a thread");
    *ret_workers = BL_STEAL(workers);
    return 0;
}

void bl_workers_free(struct bl_workers *workers)
{
    if (!workers)
        return;
    bl_workqueue_shut_down(workers->options.queue);
    while (workers->running)
        (void)pthread_join(workers->threads[--workers->running], NULL);
    free(workers->threads);
    free(workers);
}
