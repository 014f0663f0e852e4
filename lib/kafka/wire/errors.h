/** Kafka's error codes: their names, what kind of error of ours each is, and a hint. */
#ifndef BALLAST_KAFKA_WIRE_ERRORS_H
#define BALLAST_KAFKA_WIRE_ERRORS_H

#include "ballast/base/error.h"
#include "codec.h"

enum {
    BL_WIRE_NONE = 0,
    BL_WIRE_UNKNOWN_TOPIC = 3,
    BL_WIRE_UNSUPPORTED_VERSION = 35,
    BL_WIRE_NOT_CONTROLLER = 41,
    BL_WIRE_PREFERRED_NOT_AVAILABLE = 80,
    BL_WIRE_ELECTION_NOT_NEEDED = 84,
    BL_WIRE_NO_REASSIGNMENT = 85,
};

/** Kafka's name of the code, and what it means: "CLUSTER_AUTHORIZATION_FAILED, the principal may not do this". */
const char *bl_wire_error_text(int16_t code);
enum bl_errcode bl_wire_error_code(int16_t code);
/** Fails with "WHAT: text", after which comes what the broker said, if it said anything. */
int bl_wire_fail(struct bl_error **err, const char *what, int16_t code, struct bl_wire_text said);

#endif
