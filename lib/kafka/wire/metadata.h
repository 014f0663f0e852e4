/** Metadata, of no topics: brokers with racks, and who is the controller, which is true in ZooKeeper mode alone. */
#ifndef BALLAST_KAFKA_WIRE_METADATA_H
#define BALLAST_KAFKA_WIRE_METADATA_H

#include "ballast/kafka/facts.h"
#include "connection.h"

struct bl_wire_brokers {
    struct bl_broker *items;
    size_t len, cap;
    int32_t controller;
};

void bl_wire_brokers_release(struct bl_wire_brokers *brokers);

BL_CHECK int bl_wire_metadata(struct bl_wire *wire, bl_nsec deadline,
                              struct bl_wire_brokers *ret_brokers, struct bl_error **err);
BL_CHECK int bl_wire_decode_metadata(const struct bl_strbuf *response,
                                     struct bl_wire_brokers *ret_brokers, struct bl_error **err);

#endif
