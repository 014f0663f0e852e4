/** SaslAuthenticate: the tokens of a mechanism. In a version of Kafka 1.0, which every broker has. */
#ifndef BALLAST_KAFKA_WIRE_SASL_AUTHENTICATE_H
#define BALLAST_KAFKA_WIRE_SASL_AUTHENTICATE_H

#include "codec.h"
#include "connection.h"

/* Largest token of ours. */
#define BL_WIRE_TOKEN_MAX ((size_t)65536)

/** `response` must outlive `ret_token`, which is the broker's and borrows from it. */
BL_CHECK int bl_wire_sasl_authenticate(struct bl_wire *wire, const struct bl_strbuf *token,
                                       bl_nsec deadline, struct bl_strbuf *response,
                                       struct bl_wire_text *ret_token, struct bl_error **err);
BL_CHECK int bl_wire_decode_sasl_authenticate(const struct bl_strbuf *response,
                                              struct bl_wire_text *ret_token,
                                              struct bl_error **err);

#endif
