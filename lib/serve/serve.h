/** What the sources of serve share. */
#ifndef BALLAST_SERVE_SERVE_H
#define BALLAST_SERVE_SERVE_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <pthread.h>

#include "ballast/serve/server.h"

/** Before the handshake: which certificate, session tickets, and whether to ask for a certificate. */
void bl_tls_prepare(struct bl_tls *tls, gnutls_session_t session);
/** Has the peer shown a certificate that we trust? False where none are asked for. */
bool bl_tls_peer_trusted(struct bl_tls *tls, gnutls_session_t session);
/** Are peers asked for certificates? */
bool bl_tls_asks_peer(struct bl_tls *tls);
/** For MHD_OPTION_HTTPS_CERT_CALLBACK. */
int bl_tls_retrieve(gnutls_session_t session, const gnutls_datum_t *authorities,
                    int authority_count, const gnutls_pk_algorithm_t *algorithms,
                    int algorithm_count, gnutls_pcert_st **ret_chain, unsigned *ret_len,
                    gnutls_privkey_t *ret_key);

/** A connection, known to the watchdog that ends what takes too long. */
struct bl_connection {
    struct bl_connection *previous, *next;
    int fd;
    bl_nsec deadline; /* monotonic */
    bool busy;        /* between a request's first line and its answer */
    int trusted;      /* -1: not looked at yet */
};

struct bl_watchdog;

BL_CHECK int bl_watchdog_start(void (*late)(void *context), void *context,
                               struct bl_watchdog **ret_watchdog, struct bl_error **err);
void bl_watchdog_stop(struct bl_watchdog *watchdog);
void bl_watchdog_add(struct bl_watchdog *watchdog, struct bl_connection *connection,
                     bl_nsec deadline);
void bl_watchdog_set(struct bl_watchdog *watchdog, struct bl_connection *connection,
                     bl_nsec deadline);
void bl_watchdog_remove(struct bl_watchdog *watchdog, struct bl_connection *connection);

#endif
