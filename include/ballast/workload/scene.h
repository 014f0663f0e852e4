/**
 * All workloads of a world, recognised and grouped.
 *
 * Workloads form Kafka clusters (by operator, cluster id, quorum voters, ZooKeeper connection, Helm
 * release, shared services) and, within a cluster, ensembles: all that play one role, whether in one
 * StatefulSet or several. What protects pods from each other's loss is made for an ensemble.
 */
#ifndef BALLAST_WORKLOAD_SCENE_H
#define BALLAST_WORKLOAD_SCENE_H

#include "ballast/workload/workload.h"

struct bl_ensemble {
    enum bl_role role;
    struct {
        size_t *items; /* indexes into the scene's workloads, by name */
        size_t len, cap;
    } members;
    int64_t replicas; /* of all members */
    /**
     * Selects the pods of all members and of no other workload in sight; NULL where labels cannot
     * tell them apart.
     */
    cJSON *selector;
};

/** Ensembles, by index: these brokers keep their metadata in that ZooKeeper. */
struct bl_link {
    size_t kafka, zookeeper;
};

struct bl_label_index;
struct bl_name_index;

struct bl_scene {
    const struct bl_world *world;  /* borrowed */
    struct bl_label_index *labels; /* of the workloads' pods */
    struct bl_name_index *names;   /* of the workloads */
    struct {
        struct bl_workload *
            *items; /* every Pod, StatefulSet and Deployment of the world, by name */
        size_t len, cap;
    } workloads;
    struct {
        struct bl_ensemble *items;
        size_t len, cap;
    } ensembles; /* of recognised workloads, by the names of their first members */
    struct {
        struct bl_link *items;
        size_t len, cap;
    } links;
};

/**
 * `world` is borrowed. `distrusted` has a flag for each of the objects that the world was made of:
 * is nothing taken from its own words (bl_workload_recognise())? NULL: each is trusted.
 */
BL_NONNULL struct bl_scene *bl_scene_new(const struct bl_world *world, const bool *distrusted);
void bl_scene_free(struct bl_scene *scene);
BL_DEFINE_CLEANUP(struct bl_scene *, bl_scene_cleanup, bl_scene_free)

const struct bl_ensemble *bl_scene_ensemble(const struct bl_scene *scene,
                                            const struct bl_workload *workload);
/** A workload in sight whose pods the selector selects, or NULL. */
const struct bl_workload *bl_scene_selected(const struct bl_scene *scene, const cJSON *selector,
                                            const char *namespace);
/** Does this Kafka ensemble keep its metadata in that ZooKeeper ensemble? */
bool bl_scene_linked(const struct bl_scene *scene, size_t kafka, size_t zookeeper);

/**
 * Why two Kafka workloads of different clusters may yet be of one, for free(): 'StatefulSet "b" may be of the same cluster:
 * zookeeper.connect of StatefulSet "b" cannot be read'. NULL: they are surely apart.
 */
char *bl_scene_cluster_doubt(const struct bl_scene *scene, const struct bl_workload *a,
                             const struct bl_workload *b);
/** May a Kafka that is linked to no ZooKeeper keep its metadata in this one, for all that is known? */
bool bl_scene_may_link(const struct bl_scene *scene, const struct bl_workload *kafka,
                       const struct bl_workload *zookeeper);

/** Brokers of the cluster that the workload is of, over all of its ensembles; -1 where a number of replicas is not known yet. */
int64_t bl_scene_brokers(const struct bl_scene *scene, const struct bl_workload *workload);

/** The members, by name. */
const struct bl_workload *bl_ensemble_member(const struct bl_scene *scene,
                                             const struct bl_ensemble *ensemble, size_t i);
const struct bl_workload *bl_ensemble_first(const struct bl_scene *scene,
                                            const struct bl_ensemble *ensemble);

#endif
