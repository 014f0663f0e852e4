/** What the sources of serve share. */
#ifndef BALLAST_SERVE_SERVE_H
#define BALLAST_SERVE_SERVE_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include "connections.h"

/** Before the handshake: which certificate, session tickets, and whether to ask for a certificate. */
void bl_tls_prepare(struct bl_connection *connection, gnutls_session_t session);
/** Has the peer shown a certificate that we trust? False where none are asked for. */
bool bl_tls_peer_trusted(struct bl_tls *tls, gnutls_session_t session);
/** For MHD_OPTION_HTTPS_CERT_CALLBACK. */
int bl_tls_retrieve(gnutls_session_t session, const gnutls_datum_t *authorities,
                    int authority_count, const gnutls_pk_algorithm_t *algorithms,
                    int algorithm_count, gnutls_pcert_st **ret_chain, unsigned *ret_len,
                    gnutls_privkey_t *ret_key);

#endif
