/**
 * All that is found out about a KafkaCluster before anything is touched: what its chart renders, its release, what is live,
 * and what the API server would say to each object. The plan is made of it.
 */
#ifndef BALLAST_CLUSTER_EVALUATE_H
#define BALLAST_CLUSTER_EVALUATE_H

#include "ballast/cluster/helm.h"
#include "ballast/cluster/live.h"
#include "ballast/cluster/plan.h"

/** Reasons of refusals that come from asking. */
#define BL_REFUSED_BY_SERVER "RefusedByServer"
#define BL_REFUSED_UNKNOWN_KIND "UnknownKind"
#define BL_REFUSED_IMAGE "ImageMissing"
#define BL_REFUSED_REGISTRY "RegistryNotAsked"

/**
 * Asks the brokers of a release what they hold. `door` is a Service of the release that leads to them, or NULL. Fails where
 * that is not known of each that goes. Released with bl_cluster_release().
 */
typedef int (*bl_evaluate_look_fn)(void *context, const char *door, const struct bl_scales *scales,
                                   struct bl_cluster *ret_brokers, struct bl_error **err);

/** All borrowed. */
struct bl_evaluate_input {
    struct bl_kube_client *client; /* by the rights of the service account */
    const struct bl_helm *helm;
    const struct bl_cluster_spec *spec;
    const cJSON *object; /* the KafkaCluster as the cluster has it; NULL: it has none */
    const char *namespace, *release;
    const char *values; /* YAML, as bl_live_values() makes it */
    const struct bl_policy_set *policies;
    bl_day today;
    int64_t now;              /* in seconds since 1970 */
    bool trial;               /* ask the API server about each object, too */
    bl_evaluate_look_fn look; /* NULL: brokers are not asked */
    void *look_context;
    const char *const *insecure_registries; /* as struct bl_registry has them */
    const struct bl_stop *stop;             /* of what is asked of registries */
};

struct bl_evaluation {
    bool busy;                 /* Helm has no place, and nothing was found out */
    bool pending;              /* nor more than that */
    struct bl_record deployed; /* the newest revision; empty: there is none */
    struct bl_record rendered;
    struct bl_live_objects live;
    struct bl_cluster_plan plan;
    struct bl_strings drift; /* "StatefulSet/kafka /spec/…: a → b": what others changed */
};

#define BL_EVALUATION_INIT                                     \
    {                                                          \
        .deployed = BL_RECORD_INIT, .rendered = BL_RECORD_INIT \
    }

/** Where it stopped, when it failed. */
enum bl_evaluate_stage {
    BL_EVALUATE_VALUES,
    BL_EVALUATE_RELEASE,
    BL_EVALUATE_RENDER,
    BL_EVALUATE_LIVE,
};

/**
 * Holds a place of Helm's while it renders, and none while it asks registries or the API server; but for what is live where the
 * spec has a protocolValue, by which it decides what is rendered.
 */
BL_CHECK int bl_cluster_evaluate(const struct bl_evaluate_input *input, struct bl_evaluation *ret,
                                 enum bl_evaluate_stage *ret_stage, struct bl_error **err);
void bl_evaluation_release(struct bl_evaluation *evaluation);

#endif
