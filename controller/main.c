#include <malloc.h>
#include <pthread.h>
#include <signal.h>

#include "app.h"
#include "ballast/base/clock.h"

/* Seconds between two times that free memory is given back: looking at a large namespace takes some. */
#define TRIM_EVERY 10

/*
 * Threads share what they have, and what a large list took is given back. Fast bins would be merged again at
 * each allocation of a kilobyte or more, of which a decision makes many.
 */
static void setup_memory(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, 128 << 10);
    (void)mallopt(M_TRIM_THRESHOLD, 256 << 10);
    (void)mallopt(M_ARENA_MAX, 2);
    (void)mallopt(M_MXFAST, 0);
}

/* All threads leave signals to the main one, which waits for them. */
static void setup_signals(sigset_t *ret_signals)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(ret_signals);
    (void)sigaddset(ret_signals, SIGTERM);
    (void)sigaddset(ret_signals, SIGINT);
    (void)sigaddset(ret_signals, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, ret_signals, NULL);
}

static void wait_for_the_end(struct bl_app *app, const sigset_t *signals)
{
    static const struct timespec second = {.tv_sec = 1};
    unsigned seconds = 0;

    while (!bl_app_failed(app)) {
        int signal = sigtimedwait(signals, NULL, &second);

        if (signal == SIGTERM || signal == SIGINT)
            return;
        bl_app_tick(app);
        if (++seconds % TRIM_EVERY == 0)
            (void)malloc_trim(0);
    }
}

static int run(const struct bl_options *options)
{
    BL_AUTO(bl_app_cleanup) struct bl_app *app = NULL;
    BL_ERROR(err);
    sigset_t signals;

    setup_memory();
    setup_signals(&signals);
    bl_log_setup(options->log_format, options->log_level);
    if (bl_app_start(options, &app, &err) < 0)
        return bl_options_fail(err);
    wait_for_the_end(app, &signals);
    return bl_app_failed(app) ? BL_EXIT_FAILED : BL_EXIT_OK;
}

int main(int argc, char **argv)
{
    BL_AUTO(bl_options_release) struct bl_options options = {0};
    int rc = bl_options_parse(argc, argv, &options);

    return rc >= 0 ? rc : run(&options);
}
