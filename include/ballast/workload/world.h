/**
 * The objects that a decision may look at beside the one that it is about.
 *
 * On files that is the whole input; in the webhook it is what the informers hold. The world is borrowed
 * objects with an index by kind and namespace, and never changes once it is built.
 */
#ifndef BALLAST_WORKLOAD_WORLD_H
#define BALLAST_WORKLOAD_WORLD_H

#include "ballast/object/object.h"

/** The kinds that rules ask for. */
enum bl_world_kind {
    BL_WORLD_OTHER,    /* everything else; what it names may be asked for */
    BL_WORLD_WORKLOAD, /* StatefulSet, Deployment, Pod */
    BL_WORLD_SERVICE,
    BL_WORLD_CONFIG_MAP,
    BL_WORLD_DISRUPTION_BUDGET,
    BL_WORLD_NETWORK_POLICY,
    BL_WORLD_PLUGIN_POLICY, /* Cilium's, Calico's, and the cluster's baseline */
    BL_WORLD_STORAGE_CLASS,
    BL_WORLD_NAMESPACE,
    BL_WORLD_KAFKA,                 /* Strimzi's custom resource */
    BL_WORLD_PROTECTED_APPLICATION, /* of Backup for GKE */
    BL_WORLD_COUNT,
};

enum bl_world_kind bl_world_kind_of(const cJSON *object);

struct bl_world_entry {
    const cJSON *object;
    struct bl_ref ref;
    size_t index; /* of the object in the list that the world was made of */
};

struct bl_world;

/**
 * Borrows the objects. With `groups`, which has a number for each, only those of group `which` are in
 * this world. Of objects with one name the last counts, as when they are applied in turn.
 */
BL_NONNULL struct bl_world *bl_world_new(const cJSON *const *objects, size_t len,
                                         const unsigned *groups, unsigned which);
void bl_world_free(struct bl_world *world);
BL_DEFINE_CLEANUP(struct bl_world *, bl_world_cleanup, bl_world_free)

/** Walks the objects of a kind that may live in a namespace (bl_namespace_may_equal), by name. */
struct bl_world_iter {
    const struct bl_world *world; /* NULL: nothing to walk */
    enum bl_world_kind kind;
    const char *namespace;
    size_t next_named, end_named, next_unnamed, end_unnamed;
};

struct bl_world_iter bl_world_walk(const struct bl_world *world, enum bl_world_kind kind,
                                   const char *namespace);
/** NULL at the end. */
const struct bl_world_entry *bl_world_next(struct bl_world_iter *iter);

/** One by name, or NULL; `world` may be NULL. */
const struct bl_world_entry *bl_world_find_entry(const struct bl_world *world,
                                                 enum bl_world_kind kind, const char *namespace,
                                                 const char *name);
const cJSON *bl_world_find(const struct bl_world *world, enum bl_world_kind kind,
                           const char *namespace, const char *name);

#endif
