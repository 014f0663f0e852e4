/**
 * Certificates of our own: an authority and the leaf that it signs, ECDSA P-256 (RFC 5280).
 *
 * A webhook is trusted by the caBundle in its configuration, so an authority that nobody else trusts is
 * enough, and nothing has to be installed for it. All texts are PEM.
 */
#ifndef BALLAST_PKI_PKI_H
#define BALLAST_PKI_PKI_H

#include <stdint.h>

#include "ballast/base/strbuf.h"

/** A certificate and its key. The key is wiped on release. */
struct bl_pki_pair {
    char *cert, *key;
};

void bl_pki_pair_release(struct bl_pki_pair *pair);

/** From an hour before `now`, against clocks that are late, for so many seconds. */
struct bl_pki_term {
    int64_t now, seconds;
};

/** A new authority that signs itself. */
BL_CHECK int bl_pki_make_authority(const char *name, struct bl_pki_term term,
                                   struct bl_pki_pair *ret_pair, struct bl_error **err);
/** A server's certificate for these names, up to NULL; numbers (IP addresses) too. */
BL_CHECK int bl_pki_make_leaf(const struct bl_pki_pair *authority, const char *const *names,
                              struct bl_pki_term term, struct bl_pki_pair *ret_pair,
                              struct bl_error **err);

/** The first certificate of a text. */
struct bl_pki_dates {
    int64_t not_before, not_after; /* seconds since 1970 */
};

BL_CHECK int bl_pki_read_dates(const char *cert, struct bl_pki_dates *ret_dates,
                               struct bl_error **err);
/** Does this authority's key sign the certificate, and does the key belong to the authority? */
bool bl_pki_signs(const struct bl_pki_pair *authority, const char *cert);
/** Does the key belong to the certificate? */
bool bl_pki_fits(const struct bl_pki_pair *pair);
/** Is the certificate for all of these names, up to NULL? */
bool bl_pki_names_all(const char *cert, const char *const *names);
/** Does one of the authorities of this text sign the certificate, at this time? */
bool bl_pki_trusted(const char *authorities, const char *cert, int64_t now);

/** Walks the certificates of a text, each for free(); NULL at the end. Start with *at = text. */
char *bl_pki_next(const char **at);

#endif
