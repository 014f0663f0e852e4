/**
 * The certificate that a server shows, changed while it serves.
 *
 * A pair is read whole, checked (the key fits, the dates hold) and then swapped in; the next handshake takes
 * it, connections that are open stay. A pair that is broken never replaces a good one. One of these may be
 * shared by any number of threads.
 */
#ifndef BALLAST_SERVE_TLS_H
#define BALLAST_SERVE_TLS_H

#include "ballast/base/clock.h"
#include "ballast/base/error.h"

struct bl_tls;

/** `clock` is borrowed. */
BL_NONNULL struct bl_tls *bl_tls_new(const struct bl_clock *clock);
/** No server may use it any more. */
void bl_tls_free(struct bl_tls *tls);
BL_DEFINE_CLEANUP(struct bl_tls *, bl_tls_cleanup, bl_tls_free)

/**
 * Takes over a chain (leaf first) and its key, both PEM. On failure what was there stays. The same pair
 * again is no failure.
 */
BL_CHECK int bl_tls_set_pair(struct bl_tls *tls, const char *chain, size_t chain_len,
                             const char *key, size_t key_len, struct bl_error **err);
/** When the leaf that is shown ends, in seconds since 1970; 0 while there is none. */
int64_t bl_tls_expiry(struct bl_tls *tls);

/**
 * From now on peers are asked for a certificate, and bl_request has `trusted` where one of these
 * authorities (PEM) signed it for client use. With `name`, it must carry that common name too.
 */
BL_CHECK int bl_tls_set_client_ca(struct bl_tls *tls, const char *authorities, size_t len,
                                  const char *name, struct bl_error **err);

#endif
