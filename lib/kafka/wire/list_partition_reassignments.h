/** ListPartitionReassignments (KIP-455): which partitions are being moved. */
#ifndef BALLAST_KAFKA_WIRE_LIST_PARTITION_REASSIGNMENTS_H
#define BALLAST_KAFKA_WIRE_LIST_PARTITION_REASSIGNMENTS_H

#include "controller.h"

/** All of them. For the controller. What `answer` held is gone. */
BL_CHECK int bl_wire_list_partition_reassignments(struct bl_wire *wire, bl_nsec deadline,
                                                  struct bl_wire_answer *answer,
                                                  struct bl_error **err);
/** `response` must outlive the partitions. */
BL_CHECK int bl_wire_decode_list_partition_reassignments(const struct bl_strbuf *response,
                                                         struct bl_wire_partitions *ret_moving,
                                                         int16_t *ret_code, struct bl_error **err);

#endif
