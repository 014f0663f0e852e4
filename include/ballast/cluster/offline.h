/**
 * A KafkaCluster compared with its former version and no cluster asked, as for a pull request: both charts are rendered, and what
 * the former one renders counts as what is live.
 *
 * What only a cluster knows is not in it: what others changed, what the API server and admission say, whether images are there,
 * and what a chart looks up.
 */
#ifndef BALLAST_CLUSTER_OFFLINE_H
#define BALLAST_CLUSTER_OFFLINE_H

#include "ballast/cluster/evaluate.h"

/** bl_live_values(), of Secrets and ConfigMaps among these objects. */
BL_CHECK int bl_offline_values(const cJSON *const *objects, size_t len, const char *namespace,
                               const struct bl_cluster_spec *spec, struct bl_strbuf *ret_yaml,
                               struct bl_error **err);

/** All borrowed. */
struct bl_offline_input {
    const struct bl_helm *helm;
    const char *namespace, *release;
    const char
        *former; /* what the release of `before` is called, where that is another name; NULL */
    const struct bl_cluster_spec *spec, *before; /* the latter NULL: there was none */
    const char *values, *values_before;          /* YAML */
    const cJSON *const *live; /* objects that are there beside what `before` renders */
    size_t live_len;
    const struct bl_policy_set *policies;
    bl_day today;
};

BL_CHECK int bl_cluster_compare(const struct bl_offline_input *input, struct bl_evaluation *ret,
                                struct bl_error **err);

#endif
