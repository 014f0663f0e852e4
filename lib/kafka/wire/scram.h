/**
 * The client's side of SCRAM (RFC 5802, RFC 7677), without channel binding, as Kafka has it: names and
 * passwords are taken as they are.
 */
#ifndef BALLAST_KAFKA_WIRE_SCRAM_H
#define BALLAST_KAFKA_WIRE_SCRAM_H

#include "ballast/base/strbuf.h"
#include "codec.h"

struct bl_scram {
    bool sha512;
    const char *username, *password; /* borrowed */
    char *nonce;                     /* the client's */
    struct bl_strbuf first_bare;     /* what both sign */
    unsigned char server_signature[64];
};

void bl_scram_release(struct bl_scram *scram);
/** `nonce` of printable characters without a comma, or NULL for a random one. */
BL_CHECK int bl_scram_first(struct bl_scram *scram, const char *nonce, struct bl_strbuf *out,
                            struct bl_error **err);
BL_CHECK int bl_scram_answer(struct bl_scram *scram, struct bl_wire_text challenge,
                             struct bl_strbuf *out, struct bl_error **err);
/** Does the server know the password too? */
BL_CHECK int bl_scram_check(const struct bl_scram *scram, struct bl_wire_text last,
                            struct bl_error **err);

#endif
