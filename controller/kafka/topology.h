/**
 * The Kafka clusters of a namespace: which StatefulSets and pods belong to which. Pure.
 *
 * A cluster is brokers, controllers and the ZooKeeper that they keep their metadata in: whatever one
 * disruption at a time has to hold for. What an operator owns is left out, as the operator rolls it.
 */
#ifndef BALLAST_CONTROLLER_KAFKA_TOPOLOGY_H
#define BALLAST_CONTROLLER_KAFKA_TOPOLOGY_H

#include "ballast/policies/managed.h"

/** A StatefulSet. */
struct bl_member {
    const cJSON *set;
    struct bl_ref ref;
    enum bl_role role;
    int64_t replicas;
    int64_t missing;           /* pods that it wants and that are not there */
    struct bl_managed managed; /* rolled only where the StatefulSet is OnDelete as well */
    int port;                  /* clients' one; 0: not known */
    char *voters;              /* controller.quorum.voters, literally; NULL */
    char *container;           /* that runs Kafka or ZooKeeper */
};

struct bl_member_pod {
    const cJSON
        *pod; /* NULL: the set wants it, and it is not there; of many such the first are here */
    size_t member;
    int64_t ordinal;
    char *name;
};

struct bl_kafka {
    char *name; /* "namespace/name" */
    struct {
        struct bl_member *items; /* by name */
        size_t len, cap;
    } members;
    struct {
        struct bl_member_pod *items; /* by member and ordinal */
        size_t len, cap;
    } pods;
};

struct bl_topology {
    struct {
        struct bl_kafka *items; /* by name */
        size_t len, cap;
    } clusters;
    bool too_large; /* the namespace is, so no cluster of it is known */
};

struct bl_topology_input {
    const struct bl_policy_set *set;
    const char *namespace;
    const cJSON *const *objects; /* of the namespace: all but pods */
    size_t objects_len;
    const cJSON *const *pods;
    size_t pods_len;
    bl_day today;
};

/** Borrows the objects. */
void bl_topology_read(const struct bl_topology_input *input, struct bl_topology *ret_topology);
void bl_topology_release(struct bl_topology *topology);
/** What a member says by this annotation, the first that says anything; NULL: none does. */
const char *bl_kafka_annotation(const struct bl_kafka *kafka, const char *name);
/** NULL: there is none of that name. */
const struct bl_kafka *bl_topology_find(const struct bl_topology *topology, const char *name);

/** The containerStatus of the container that runs Kafka or ZooKeeper; NULL until the kubelet reports it. */
const cJSON *bl_member_container(const struct bl_member *member, const cJSON *pod);
/** Has the StatefulSet a pod of that revision as its newest? Of a pod that is not there: false. */
bool bl_member_outdated(const struct bl_member *member, const cJSON *pod);

/** NULL where it has none yet. */
const char *bl_pod_ip(const cJSON *pod);

#endif
