/**
 * Kafka's own protocol, for the calls that librdkafka does not have.
 *
 * Three layers: a codec, a connection to one broker, and on it one file a call, by Kafka's name; this one
 * opens the connection. Versions are those of https://kafka.apache.org/protocol, the newest that has what
 * we need and that brokers from 2.4 to 4.x offer.
 */
#ifndef BALLAST_KAFKA_WIRE_OPEN_H
#define BALLAST_KAFKA_WIRE_OPEN_H

#include "connection.h"

/** Connects, agrees on TLS, logs in, and asks what is offered. `security` must outlive it. */
BL_CHECK int bl_wire_open(const struct bl_wire_security *security, const char *host, int port,
                          bl_nsec deadline, struct bl_wire **ret_wire, struct bl_error **err);

#endif
