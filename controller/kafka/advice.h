/** What a person is told to do about topics that no waiting helps: complete, so that it is typed as it stands. Pure. */
#ifndef BALLAST_CONTROLLER_KAFKA_ADVICE_H
#define BALLAST_CONTROLLER_KAFKA_ADVICE_H

#include "ballast/kafka/gate.h"
#include "topology.h"

/**
 * Appends "ballast topics raise --internal --bootstrap …" with the address by which clients know a broker, and what file it
 * needs where the controller logs in by a Secret. Nothing where no broker is known.
 */
void bl_advise_internal(const struct bl_kafka *kafka, const struct bl_cluster *facts,
                        struct bl_strbuf *out);

/** Appends "accept it (noSpare: …), or give the topics more replicas: ballast topics raise …", as bl_gate_way_out() has it. */
void bl_advise_topics(const struct bl_kafka *kafka, const struct bl_cluster *facts,
                      const struct bl_gate_topics *topics, struct bl_strbuf *out);

#endif
