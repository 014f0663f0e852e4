/**
 * DescribeLogDirs: the folders that a broker keeps its logs in, and what they hold.
 *
 * Version 4, from Kafka 3.3 on, also tells how large their disks are (KIP-827).
 */
#ifndef BALLAST_KAFKA_WIRE_DESCRIBE_LOG_DIRS_H
#define BALLAST_KAFKA_WIRE_DESCRIBE_LOG_DIRS_H

#include "ballast/kafka/observer.h"
#include "connection.h"

/** Of all topics, in the newest version that both know. */
BL_CHECK int bl_wire_describe_log_dirs(struct bl_wire *wire, bl_nsec deadline,
                                       struct bl_log_dirs *ret_dirs, struct bl_error **err);
BL_CHECK int bl_wire_decode_describe_log_dirs(const struct bl_strbuf *response, int16_t version,
                                              struct bl_log_dirs *ret_dirs, struct bl_error **err);

#endif
