#include "advice.h"

#include <stdlib.h>

#include "ballast/api/names.h"
#include "ballast/base/mem.h"
#include "ballast/kafka/raise.h"

#define PROPERTIES "client.properties"

/* NULL: no broker is known. */
static char *way_in_of(const struct bl_kafka *kafka, const struct bl_cluster *facts)
{
    BL_AUTO_FREE char *bootstrap = bl_cluster_bootstrap(facts);

    return bootstrap ? bl_way_in(bootstrap, bl_kafka_annotation(kafka, BL_ANNOTATION_CLIENT_CONFIG)
                                                ? PROPERTIES
                                                : NULL)
                     : NULL;
}

/* Before the command, which ends the sentence. */
static void add_secret(const struct bl_kafka *kafka, struct bl_strbuf *out)
{
    const char *secret = bl_kafka_annotation(kafka, BL_ANNOTATION_CLIENT_CONFIG);

    if (secret)
        bl_strbuf_addf(out, "with " PROPERTIES " of Secret \"%s\", ", secret);
}

void bl_advise_internal(const struct bl_kafka *kafka, const struct bl_cluster *facts,
                        struct bl_strbuf *out)
{
    const struct bl_raise_options options = {.internal = true, .factor = BL_RAISE_FACTOR};
    BL_AUTO_FREE char *way_in = way_in_of(kafka, facts);

    if (!way_in)
        return;
    add_secret(kafka, out);
    bl_raise_command(&options, way_in, out);
}

void bl_advise_topics(const struct bl_kafka *kafka, const struct bl_cluster *facts,
                      const struct bl_gate_topics *topics, struct bl_strbuf *out)
{
    BL_AUTO_FREE char *way_in = way_in_of(kafka, facts);

    bl_strbuf_adds(out, "accept it (noSpare: Accept under inSync in the policy)");
    if (!way_in)
        return;
    bl_strbuf_adds(out, ", or ");
    add_secret(kafka, out);
    bl_gate_way_out(topics, facts->brokers.len, way_in, out);
}
