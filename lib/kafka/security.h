/**
 * Security settings of Kafka's Java clients, for librdkafka.
 *
 * People have a file for --command-config already; it says by Java's names how to reach the cluster. What
 * is said of security and cannot be honoured is refused: a setting that is passed over would weaken
 * the connection. Settings of other kinds (timeouts, buffers) are left alone.
 */
#ifndef BALLAST_KAFKA_SECURITY_H
#define BALLAST_KAFKA_SECURITY_H

#include <librdkafka/rdkafka.h>

#include "ballast/base/strbuf.h"
#include "properties.h"

/** `name` is the file's, for messages, which never hold a secret. */
BL_CHECK int bl_security_apply(const char *name, const struct bl_properties *properties,
                               rd_kafka_conf_t *conf, struct bl_error **err);

/**
 * Username and password of a value of sasl.jaas.config. False where it is not of a form that is
 * known: "CLASS required username=\"…\" password=\"…\";". The password is to be wiped.
 */
bool bl_jaas_parse(const char *text, struct bl_strbuf *username, struct bl_strbuf *password);

#endif
