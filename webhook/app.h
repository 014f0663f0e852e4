/**
 * The program put together: what is started, in which order, and how it ends.
 *
 * It starts only with policies that are good and a certificate that can be shown. What breaks later is said,
 * and what was good goes on.
 */
#ifndef BALLAST_WEBHOOK_APP_H
#define BALLAST_WEBHOOK_APP_H

#include "ballast/base/error.h"
#include "options.h"

struct bl_webhook_app;

/** `options` are borrowed. Serves when it returns. */
BL_CHECK int bl_webhook_app_start(const struct bl_webhook_options *options,
                                  struct bl_webhook_app **ret_app, struct bl_error **err);
/** Looks at files now. */
void bl_webhook_app_reload(struct bl_webhook_app *app);
/** Not ready from now on, and every answer ends its connection. */
void bl_webhook_app_leave(struct bl_webhook_app *app);
/** Ends all of it. */
void bl_webhook_app_stop(struct bl_webhook_app *app);
BL_DEFINE_CLEANUP(struct bl_webhook_app *, bl_webhook_app_cleanup, bl_webhook_app_stop)

/** `ballast-webhook certs --keep`: nothing but its health is served, and certificates are kept when it
 *  returns. */
BL_CHECK int bl_webhook_app_keep_certs(const struct bl_webhook_options *options,
                                       struct bl_webhook_app **ret_app, struct bl_error **err);
/** `ballast-webhook certs`; returns the exit status. */
int bl_webhook_app_certs(const struct bl_webhook_options *options);

#endif
