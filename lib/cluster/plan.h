/** What judges a plan, each from one side. */
#ifndef BALLAST_CLUSTER_PLAN_PRIVATE_H
#define BALLAST_CLUSTER_PLAN_PRIVATE_H

#include "ballast/cluster/evaluate.h"
#include "ballast/workload/scene.h"

/** Fills `changes`: what differs between the release and what is rendered. Values of Secrets are never among it. */
void bl_plan_changes(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *plan);
/** Refuses what no upgrade may change on what is live: immutable fields, volumes. */
void bl_plan_fields(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *plan);
/** Refuses sets that get fewer pods, but for brokers that hold nothing. */
void bl_plan_replicas(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *plan);
/** Fills versions and images, and refuses steps that Kafka does not take. */
void bl_plan_versions(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *plan);

/** A workload that is live, and what the chart makes of it. All borrowed. */
struct bl_plan_step {
    const struct bl_workload *live, *wanted;
    const struct bl_world *live_world, *wanted_world;
    const char *from, *to; /* versions of what they run; NULL: not known */
};
/** Refuses other voters and another cluster id. */
void bl_plan_quorum(const struct bl_cluster_plan_input *input, const struct bl_plan_step *step,
                    struct bl_cluster_plan *plan);
typedef void (*bl_plan_step_fn)(const struct bl_plan_step *step, void *context);
/** What is live and what is rendered, recognised. */
struct bl_plan_states {
    const struct bl_cluster_plan_input *input; /* borrowed, as its objects are */
    struct bl_plan_state {
        struct bl_world *world;
        struct bl_scene *scene;
    } live, rendered;
};
void bl_plan_states_open(const struct bl_cluster_plan_input *input,
                         struct bl_plan_states *ret_states);
void bl_plan_states_release(struct bl_plan_states *states);
/** Visits each of Kafka and ZooKeeper that is live and stays. */
void bl_plan_states_each(const struct bl_plan_states *states, bl_plan_step_fn visit, void *context);
/** What its image is called by, or else what somebody knows who has to. */
const char *bl_plan_version_of(const struct bl_workload *workload, const char *kafka,
                               const char *zookeeper);

/** Refuses an inter.broker.protocol.version that brokers do not take, and notes how it is raised. */
void bl_plan_protocol(const struct bl_cluster_plan_input *input, const struct bl_plan_step *step,
                      struct bl_cluster_plan *plan);
/** "3.3" of "3.3.2" and of "3.3-IV3". For free(). */
BL_NONNULL char *bl_protocol_of(const char *version);
/** By levels where both have one, as "3.3-IV1" is below "3.3"; else by their numbers. */
int bl_protocol_compare(const char *a, const char *b);
/** What they speak now. For free(); NULL: it is set somewhere that is not in sight. */
char *bl_protocol_spoken(const struct bl_plan_step *step);
/** Notes what is held or raised, and refuses a level below the one that holds. */
void bl_plan_protocol_held(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *plan);

/** A chart that is rendered twice, by bl_helm_render() or bl_helm_template(). All borrowed. */
struct bl_plan_rendering {
    int (*render)(const struct bl_helm *helm, const struct bl_helm_job *job,
                  struct bl_record *ret_record, struct bl_error **err);
    const struct bl_helm *helm;
    struct bl_helm_job job;
    /* What it decides by, but for `rendered`; fills `protocol`. */
    const struct bl_cluster_plan_input *input;
    bool settled;
    struct bl_record *ret_rendered, *ret_again;
};
BL_CHECK int bl_plan_render(const struct bl_plan_rendering *rendering, struct bl_error **err);

/** The text at a.b.c, or NULL. */
const char *bl_values_text(const cJSON *values, const char *path);
/** Fails where the path leads through something of the values that is no map. */
BL_CHECK int bl_values_check(const cJSON *values, const char *path, struct bl_error **err);
/** The same of YAML; and is anything given at the path? */
BL_CHECK int bl_values_look(const char *yaml, const char *path, bool *ret_given,
                            struct bl_error **err);

/** Refuses more replicas in sync than brokers can lose one of; `brokers` are those that the chart gives. */
void bl_plan_durability(const struct bl_plan_step *step, int64_t brokers,
                        struct bl_cluster_plan *plan);
/** Notes what the rule durability finds in an upgrade, and did not find in what is live. */
void bl_plan_durability_notes(const struct bl_cluster_plan_input *input,
                              struct bl_cluster_plan *plan);

/** Refuses images that are not where the chart says, by asking for each. */
BL_CHECK int bl_plan_images(const struct bl_evaluate_input *input, struct bl_evaluation *evaluation,
                            struct bl_error **err);

/**
 * Appends what differs between two objects, as "POINTER: a → b" each, at most `most`; returns how many there are. `secret`:
 * without values, which are never told of a Secret or a ConfigMap.
 */
size_t bl_plan_differences(const cJSON *before, const cJSON *after, bool secret, size_t most,
                           struct bl_strings *out);
/** The live object that this one is, or NULL. */
const cJSON *bl_plan_live(const struct bl_cluster_plan_input *input, const cJSON *object);

#endif
