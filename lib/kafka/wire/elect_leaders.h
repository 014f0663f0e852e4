/** ElectLeaders (KIP-460): lets those replicas lead that stand first. */
#ifndef BALLAST_KAFKA_WIRE_ELECT_LEADERS_H
#define BALLAST_KAFKA_WIRE_ELECT_LEADERS_H

#include "controller.h"

struct bl_wire_elect_leaders_request {
    const struct bl_wire_partition *partitions; /* sorted by topic */
    size_t count;
};

/** For the controller. What `answer` held is gone. */
BL_CHECK int bl_wire_elect_leaders(struct bl_wire *wire,
                                   const struct bl_wire_elect_leaders_request *request,
                                   bl_nsec deadline, struct bl_wire_answer *answer,
                                   struct bl_error **err);
/** `response` must outlive the results. */
BL_CHECK int bl_wire_decode_elect_leaders(const struct bl_strbuf *response,
                                          struct bl_wire_partitions *ret_results, int16_t *ret_code,
                                          struct bl_error **err);

#endif
