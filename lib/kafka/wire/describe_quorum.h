/**
 * DescribeQuorum (KIP-595): the KRaft controllers that vote, and how far behind each is.
 *
 * Version 1 brought times (KIP-836), version 2 addresses (KIP-853).
 */
#ifndef BALLAST_KAFKA_WIRE_DESCRIBE_QUORUM_H
#define BALLAST_KAFKA_WIRE_DESCRIBE_QUORUM_H

#include "ballast/kafka/facts.h"
#include "connection.h"

/** Does the broker offer it? Only one without ZooKeeper does. */
bool bl_wire_has_quorum(const struct bl_wire_offer *offer);

/** In the newest version that both know. */
BL_CHECK int bl_wire_describe_quorum(struct bl_wire *wire, bl_nsec deadline,
                                     struct bl_quorum *ret_quorum, struct bl_error **err);
BL_CHECK int bl_wire_decode_describe_quorum(const struct bl_strbuf *response, int16_t version,
                                            struct bl_quorum *ret_quorum, struct bl_error **err);

#endif
