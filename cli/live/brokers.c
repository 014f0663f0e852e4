#include "brokers.h"

/* A look takes milliseconds; who does not answer for ten seconds is not going to. */
#define LOOK_AT_MOST (10 * BL_NSEC_S)

int cli_observe(const struct cli_brokers *brokers, struct bl_observer **ret_observer,
                struct bl_error **err)
{
    const struct bl_observer_settings settings = {.bootstrap = brokers->bootstrap,
                                                  .command_config = brokers->command_config,
                                                  .at_most = LOOK_AT_MOST};

    return bl_observer_new(&settings, ret_observer, err);
}
