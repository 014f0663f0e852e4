/** What a connection needs of the security settings. */
#ifndef BALLAST_KAFKA_WIRE_SECURITY_H
#define BALLAST_KAFKA_WIRE_SECURITY_H

#include <openssl/ssl.h>

#include "wire.h"

struct bl_wire_security {
    SSL_CTX *tls;    /* NULL: plaintext */
    bool any_host;   /* the certificate may be for another name */
    char *mechanism; /* NULL: no SASL */
    char *username, *password;
};

/** What OpenSSL last complained of, as an error "WHAT: why". The queue is empty after. */
int bl_wire_fail_tls(struct bl_error **err, enum bl_errcode code, const char *what);

/** SASL, over a connection that is new. BL_ERR_FORBIDDEN where the broker does not know us. */
BL_CHECK int bl_wire_log_in(struct bl_wire *wire, const struct bl_wire_security *security,
                            bl_nsec deadline, struct bl_error **err);

#endif
