/** AlterPartitionReassignments (KIP-455): gives partitions other replicas, or the same in another order. */
#ifndef BALLAST_KAFKA_WIRE_ALTER_PARTITION_REASSIGNMENTS_H
#define BALLAST_KAFKA_WIRE_ALTER_PARTITION_REASSIGNMENTS_H

#include "controller.h"

struct bl_wire_alter_partition_reassignments_request {
    const struct bl_wire_partition *partitions; /* sorted by topic */
    size_t count;
};

/** For the controller. What `answer` held is gone. */
BL_CHECK int bl_wire_alter_partition_reassignments(
    struct bl_wire *wire, const struct bl_wire_alter_partition_reassignments_request *request,
    bl_nsec deadline, struct bl_wire_answer *answer, struct bl_error **err);
/** `response` must outlive the results. */
BL_CHECK int bl_wire_decode_alter_partition_reassignments(const struct bl_strbuf *response,
                                                          struct bl_wire_partitions *ret_results,
                                                          int16_t *ret_code, struct bl_error **err);

#endif
