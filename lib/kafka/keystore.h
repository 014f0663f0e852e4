/**
 * A client's certificate and key out of a PKCS #12 file (RFC 7292).
 *
 * As PEM they are what both librdkafka and our own protocol module take. librdkafka reads such a file,
 * too, but loses memory each time.
 */
#ifndef BALLAST_KAFKA_KEYSTORE_H
#define BALLAST_KAFKA_KEYSTORE_H

#include "ballast/base/strbuf.h"

/**
 * Adds to `chain` the client's own certificate, then those that lead to its issuer, and to `key` the
 * key that is not encrypted: it is to be wiped. `password` is NULL where there is none.
 * BL_ERR_INVALID where the file is none, holds no key, or has another password.
 */
BL_CHECK int bl_keystore_read(const char *path, const char *password, struct bl_strbuf *chain,
                              struct bl_strbuf *key, struct bl_error **err);

#endif
