/**
 * Metadata: brokers with racks, and who is the controller, which is true in ZooKeeper mode alone; and all topics with
 * their partitions.
 *
 * Nothing but this call lists topics, and it lists them with their partitions or not at all: so it is in one answer, of
 * BL_ANSWER_MOST_TOPICS bytes at most, that a cluster has to fit.
 */
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

/** Of no topics. */
BL_CHECK int bl_wire_metadata(struct bl_wire *wire, bl_nsec deadline,
                              struct bl_wire_brokers *ret_brokers, struct bl_error **err);
BL_CHECK int bl_wire_decode_metadata(const struct bl_strbuf *response,
                                     struct bl_wire_brokers *ret_brokers, struct bl_error **err);

/** Of all topics: a cluster of which nothing else is known. Their settings are not told. */
BL_CHECK int bl_wire_topics(struct bl_wire *wire, bl_nsec deadline, struct bl_cluster *ret_cluster,
                            struct bl_error **err);
BL_CHECK int bl_wire_decode_topics(const struct bl_strbuf *response, struct bl_cluster *ret_cluster,
                                   struct bl_error **err);

#endif
