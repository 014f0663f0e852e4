/** Where certificates of our own are kept. */
#ifndef BALLAST_WEBHOOK_CERTS_STORE_H
#define BALLAST_WEBHOOK_CERTS_STORE_H

#include "certs.h"

/** What was read, and what is needed to write it back. */
struct bl_certs_stored {
    struct bl_pki_state state;
    cJSON *secret; /* as it was read; NULL in a folder, and where there is none yet */
};

void bl_certs_stored_release(struct bl_certs_stored *stored);

/** A place that is empty is no failure. */
BL_CHECK int bl_certs_load(const struct bl_certs_options *options, struct bl_certs_stored *stored,
                           struct bl_error **err);
/** BL_ERR_CONFLICT where another was faster. */
BL_CHECK int bl_certs_save(const struct bl_certs_options *options,
                           const struct bl_certs_stored *stored, struct bl_error **err);
/** What was handed out, with whatever else the Secret has. */
BL_CHECK int bl_certs_load_shown(const struct bl_certs_options *options, const char *secret,
                                 struct bl_certs_stored *stored, struct bl_error **err);
/** Makes the Secret `to` what is to be shown, and takes a key of the authority out of it. */
BL_CHECK int bl_certs_hand_out(const struct bl_certs_options *options,
                               const struct bl_pki_state *state, struct bl_error **err);
/** Puts the bundle into the webhook configurations where another stands there. */
BL_CHECK int bl_certs_publish(const struct bl_certs_options *options, const char *bundle,
                              struct bl_error **err);

#endif
