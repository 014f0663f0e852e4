/** Logging in by SASL: PLAIN and SCRAM. */
#ifndef BALLAST_KAFKA_WIRE_SASL_H
#define BALLAST_KAFKA_WIRE_SASL_H

#include "connection.h"

/** Over a connection that is new. BL_ERR_FORBIDDEN where the broker does not know us. */
BL_CHECK int bl_wire_log_in(struct bl_wire *wire, const struct bl_wire_security *security,
                            bl_nsec deadline, struct bl_error **err);

#endif
