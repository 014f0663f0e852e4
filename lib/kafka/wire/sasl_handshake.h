/** SaslHandshake: by which mechanism we log in. In a version of Kafka 1.0, which every broker has. */
#ifndef BALLAST_KAFKA_WIRE_SASL_HANDSHAKE_H
#define BALLAST_KAFKA_WIRE_SASL_HANDSHAKE_H

#include "connection.h"

BL_CHECK int bl_wire_sasl_handshake(struct bl_wire *wire, const char *mechanism, bl_nsec deadline,
                                    struct bl_error **err);
BL_CHECK int bl_wire_decode_sasl_handshake(const struct bl_strbuf *response, struct bl_error **err);

#endif
