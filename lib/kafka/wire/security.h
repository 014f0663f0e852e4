/**
 * How to reach brokers, by what librdkafka was told; so both understand the same.
 *
 * What is kept here is secret, and wiped.
 */
#ifndef BALLAST_KAFKA_WIRE_SECURITY_H
#define BALLAST_KAFKA_WIRE_SECURITY_H

#include <librdkafka/rdkafka.h>
#include <openssl/ssl.h>

#include "ballast/base/error.h"

struct bl_wire_security {
    SSL_CTX *tls;    /* NULL: plaintext */
    bool any_host;   /* the certificate may be for another name */
    char *mechanism; /* NULL: no SASL */
    char *username, *password;
};

BL_CHECK int bl_wire_security_new(const rd_kafka_conf_t *conf,
                                  struct bl_wire_security **ret_security, struct bl_error **err);
void bl_wire_security_free(struct bl_wire_security *security);
BL_DEFINE_CLEANUP(struct bl_wire_security *, bl_wire_security_cleanup, bl_wire_security_free)

/** What OpenSSL last complained of, as an error "WHAT: why". The queue is empty after. */
int bl_wire_fail_tls(struct bl_error **err, enum bl_errcode code, const char *what);

#endif
