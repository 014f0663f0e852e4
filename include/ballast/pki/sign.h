/**
 * Signatures of texts, for those who prove by a key who they are.
 *
 * A JWT with "alg": "RS256" is signed so (RFC 7518, 3.3: RSASSA-PKCS1-v1_5 with SHA-256).
 */
#ifndef BALLAST_PKI_SIGN_H
#define BALLAST_PKI_SIGN_H

#include "ballast/base/strbuf.h"

/**
 * Appends the signature's bytes. `key` is PEM, and RSA of 2048 bits at least: another one is BL_ERR_INVALID, and no
 * message has anything of it.
 */
BL_CHECK int bl_pki_sign_rs256(const char *key, const char *text, size_t len,
                               struct bl_strbuf *signature, struct bl_error **err);

#endif
