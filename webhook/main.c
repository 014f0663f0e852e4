#include <signal.h>
#include <string.h>
#include <time.h>

#include "app.h"
#include "ballast/base/mem.h"
#include "ballast/json/arena.h"

static void wait_for_the_end(struct bl_webhook_app *app, const sigset_t *signals)
{
    int signal;

    while ((signal = sigwaitinfo(signals, NULL)) != SIGTERM && signal != SIGINT)
        if (signal == SIGHUP)
            bl_webhook_app_reload(app);
}

/* Peers hear that they shall go elsewhere; those that did not yet still get their answer. */
static void drain(struct bl_webhook_app *app, const sigset_t *signals, bl_nsec period)
{
    bl_nsec until = bl_clock_now(&bl_clock_real) + period;
    int signal = 0;

    bl_webhook_app_leave(app);
    while (signal != SIGTERM && signal != SIGINT) {
        bl_nsec left = until - bl_clock_now(&bl_clock_real);
        struct timespec wait = {.tv_sec = left / BL_NSEC_S, .tv_nsec = left % BL_NSEC_S};

        if (left <= 0)
            return;
        signal = sigtimedwait(signals, NULL, &wait);
    }
}

static int serve(const struct bl_webhook_options *options)
{
    BL_AUTO(bl_webhook_app_cleanup) struct bl_webhook_app *app = NULL;
    BL_ERROR(err);
    sigset_t signals;

    bl_daemon_setup(&options->daemon, &signals);
    bl_json_arena_setup();
    if (bl_webhook_app_start(options, &app, &err) < 0)
        return bl_command_fail(&bl_webhook_command, err);
    wait_for_the_end(app, &signals);
    drain(app, &signals, options->drain);
    return BL_EXIT_OK;
}

static int keep_certs(const struct bl_webhook_options *options)
{
    BL_AUTO(bl_webhook_app_cleanup) struct bl_webhook_app *app = NULL;
    BL_ERROR(err);
    sigset_t signals;
    int signal;

    bl_daemon_setup(&options->daemon, &signals);
    if (bl_webhook_app_keep_certs(options, &app, &err) < 0)
        return bl_command_fail(&bl_webhook_command, err);
    do
        signal = sigwaitinfo(&signals, NULL);
    while (signal != SIGTERM && signal != SIGINT);
    return BL_EXIT_OK;
}

int main(int argc, char **argv)
{
    BL_AUTO(bl_webhook_options_release) struct bl_webhook_options options = {0};
    int rc = bl_webhook_options_parse(argc, argv, &options);

    if (rc >= 0)
        return rc;
    if (!options.certs)
        return serve(&options);
    return options.keep ? keep_certs(&options) : bl_webhook_app_certs(&options);
}
