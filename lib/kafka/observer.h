/** What the parts of the observer share. */
#ifndef BALLAST_KAFKA_OBSERVER_PRIVATE_H
#define BALLAST_KAFKA_OBSERVER_PRIVATE_H

#include <librdkafka/rdkafka.h>

#include "ballast/base/clock.h"
#include "ballast/base/error.h"
#include "ballast/kafka/facts.h"

/** Milliseconds from now to the deadline, at most `most`; 0 once it has passed. */
int bl_deadline_left(bl_nsec deadline, int most);

/** Fills in min.insync.replicas of all topics; those that are gone meanwhile are left out. */
BL_CHECK int bl_topics_configure(rd_kafka_t *rk, bl_nsec deadline, struct bl_cluster *cluster,
                                 struct bl_error **err);

#endif
