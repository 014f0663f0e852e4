/**
 * DescribeConfigs: of topics one setting, min.insync.replicas, as it holds for each.
 *
 * We name the setting, so that the answer has some hundred bytes for a topic and not all its settings.
 */
#ifndef BALLAST_KAFKA_WIRE_DESCRIBE_CONFIGS_H
#define BALLAST_KAFKA_WIRE_DESCRIBE_CONFIGS_H

#include "ballast/kafka/facts.h"
#include "connection.h"

/** What a topic's min_isr is where the broker does not know the topic. */
#define BL_WIRE_MIN_ISR_GONE (-2)

/** Topics of one request: BL_LIMIT_RESULTS at most, next to each other. */
struct bl_wire_describe_configs_request {
    struct bl_cluster *cluster;
    size_t first, count;
};

/** Fills in their min_isr, and leaves it as it is where the answer does not tell it. */
BL_CHECK int bl_wire_describe_configs(struct bl_wire *wire,
                                      const struct bl_wire_describe_configs_request *request,
                                      bl_nsec deadline, struct bl_error **err);
/** Of whatever topics of the cluster the answer names. */
BL_CHECK int bl_wire_decode_describe_configs(const struct bl_strbuf *response,
                                             struct bl_cluster *cluster, struct bl_error **err);

#endif
