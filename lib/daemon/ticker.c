#include "ballast/daemon/ticker.h"

#include <pthread.h>
#include <stdlib.h>

#include "ballast/base/mem.h"

struct bl_ticker {
    bl_nsec every;
    void (*tick)(void *context);
    void *context;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the flags */
    pthread_cond_t changed;
    bool stop, wake;
};

/* True: go on. */
static bool wait(struct bl_ticker *ticker)
{
    bl_nsec until = bl_clock_now(&bl_clock_real) + ticker->every;
    struct timespec at = {.tv_sec = until / BL_NSEC_S, .tv_nsec = until % BL_NSEC_S};
    bool stop;
    int rc = 0;

    (void)pthread_mutex_lock(&ticker->lock);
    while (!ticker->stop && !ticker->wake && rc == 0)
        rc = pthread_cond_timedwait(&ticker->changed, &ticker->lock, &at);
    stop = ticker->stop;
    ticker->wake = false;
    (void)pthread_mutex_unlock(&ticker->lock);
    return !stop;
}

static void *run(void *arg)
{
    struct bl_ticker *ticker = arg;

    while (wait(ticker))
        ticker->tick(ticker->context);
    return NULL;
}

static void ticker_free(struct bl_ticker *ticker)
{
    if (!ticker)
        return;
    (void)pthread_cond_destroy(&ticker->changed);
    (void)pthread_mutex_destroy(&ticker->lock);
    free(ticker);
}
BL_DEFINE_CLEANUP(struct bl_ticker *, ticker_cleanup, ticker_free)

int bl_ticker_start(bl_nsec every, void (*tick)(void *context), void *context,
                    struct bl_ticker **ret_ticker, struct bl_error **err)
{
    BL_AUTO(ticker_cleanup) struct bl_ticker *ticker = BL_NEW(struct bl_ticker);
    pthread_condattr_t attributes;

    ticker->every = every;
    ticker->tick = tick;
    ticker->context = context;
    (void)pthread_mutex_init(&ticker->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&ticker->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    if (pthread_create(&ticker->thread, NULL, run, ticker) != 0)
        return bl_fail(err, BL_ERR_IO, "could not start a thread");
    *ret_ticker = BL_STEAL(ticker);
    return 0;
}

static void raise_flag(struct bl_ticker *ticker, bool *flag)
{
    (void)pthread_mutex_lock(&ticker->lock);
    *flag = true;
    (void)pthread_cond_signal(&ticker->changed);
    (void)pthread_mutex_unlock(&ticker->lock);
}

void bl_ticker_wake(struct bl_ticker *ticker)
{
    raise_flag(ticker, &ticker->wake);
}

void bl_ticker_stop(struct bl_ticker *ticker)
{
    if (!ticker)
        return;
    raise_flag(ticker, &ticker->stop);
    (void)pthread_join(ticker->thread, NULL);
    ticker_free(ticker);
}
