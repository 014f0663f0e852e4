#include <malloc.h>
#include <signal.h>

#include "app.h"
#include "ballast/base/clock.h"
#include "ballast/cluster/rewrite.h"
#include "ballast/kafka/observer.h"

/* Seconds between two times that free memory is given back: looking at a large namespace takes some. */
#define TRIM_EVERY 10

static void wait_for_the_end(struct bl_controller_app *app, const sigset_t *signals)
{
    static const struct timespec second = {.tv_sec = 1};
    unsigned seconds = 0;

    while (!bl_controller_app_failed(app)) {
        int signal = sigtimedwait(signals, NULL, &second);

        if (signal == SIGTERM || signal == SIGINT)
            return;
        bl_controller_app_tick(app);
        if (++seconds % TRIM_EVERY == 0)
            (void)malloc_trim(0);
    }
}

static int run(const struct bl_controller_options *options)
{
    BL_AUTO(bl_controller_app_cleanup) struct bl_controller_app *app = NULL;
    BL_ERROR(err);
    sigset_t signals;

    bl_daemon_setup(&options->daemon, &signals);
    bl_reach_restrict();
    if (bl_controller_app_start(options, &app, &err) < 0)
        return bl_command_fail(&bl_controller_command, err);
    wait_for_the_end(app, &signals);
    return bl_controller_app_failed(app) ? BL_EXIT_FAILED : BL_EXIT_OK;
}

int main(int argc, char **argv)
{
    BL_AUTO(bl_controller_options_release) struct bl_controller_options options = {0};
    int rc = bl_rewrite_main(argc, argv);

    if (rc < 0)
        rc = bl_controller_options_parse(argc, argv, &options);

    return rc >= 0 ? rc : run(&options);
}
