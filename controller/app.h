/**
 * The program put together: what is started, in which order, and how it ends.
 *
 * Every replica fills its caches and serves metrics; the one that leads writes. A replica that loses the Lease
 * ends, because another one leads.
 */
#ifndef BALLAST_CONTROLLER_APP_H
#define BALLAST_CONTROLLER_APP_H

#include "ballast/base/error.h"
#include "options.h"

struct bl_controller_app;

/** `options` are borrowed. Serves metrics when it returns. */
BL_CHECK int bl_controller_app_start(const struct bl_controller_options *options,
                                     struct bl_controller_app **ret_app, struct bl_error **err);
/** Looks at policy files; and now and then at all namespaces, though that should never find anything. */
void bl_controller_app_tick(struct bl_controller_app *app);
/** Does it lead no more, so that it has to end? */
bool bl_controller_app_failed(const struct bl_controller_app *app);
/** Ends all of it, and gives the Lease back. */
void bl_controller_app_stop(struct bl_controller_app *app);
BL_DEFINE_CLEANUP(struct bl_controller_app *, bl_controller_app_cleanup, bl_controller_app_stop)

#endif
