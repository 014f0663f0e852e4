/** ApiVersions: which calls a broker offers, and the level of metadata.version. */
#ifndef BALLAST_KAFKA_WIRE_API_VERSIONS_H
#define BALLAST_KAFKA_WIRE_API_VERSIONS_H

#include "connection.h"

BL_CHECK int bl_wire_api_versions(struct bl_wire *wire, bl_nsec deadline,
                                  struct bl_wire_offer *ret_offer, struct bl_error **err);
BL_CHECK int bl_wire_decode_api_versions(const struct bl_strbuf *response,
                                         struct bl_wire_offer *ret_offer, struct bl_error **err);

#endif
