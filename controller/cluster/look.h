/** Finds out about a KafkaCluster, and reads what its status has noted. */
#ifndef BALLAST_CONTROLLER_CLUSTER_LOOK_H
#define BALLAST_CONTROLLER_CLUSTER_LOOK_H

#include <semaphore.h>

#include "memory.h"
#include "plan.h"

/** All borrowed. */
struct bl_cluster_looker {
    const struct bl_helm *helm;
    const struct bl_policy_set *policies;
    struct bl_kube_client *client; /* by the account's rights */
    const struct bl_cluster_spec *spec;
    const cJSON *object;
    const char *release;
    const char *const *insecure_registries;
    sem_t *asking; /* bounds how many clusters have their brokers asked at once */
    bl_day today;
};

/** What one look owns. */
struct bl_cluster_look {
    bool busy; /* it has to be looked at again once Helm has a place; nothing else holds */
    char *failure, *release_status;
    struct bl_cluster_rollout rollout;
    struct bl_cluster_sync sync;
    cJSON *members; /* of its StatefulSets; NULL: nobody looked, or may not */
    cJSON *backup;  /* the KafkaBackup that goes before the plan; NULL: there is none */
};
void bl_cluster_look_release(struct bl_cluster_look *look);

/**
 * Fills the state. What was found out before is taken from the memory as long as nothing that it was found out from has
 * changed, and for ten minutes. What fails is in the state, too.
 */
void bl_cluster_look(const struct bl_cluster_looker *looker, struct bl_cluster_memory *memory,
                     struct bl_cluster_look *look, struct bl_cluster_state *state);

/**
 * Is it no use to look? Nothing was to be done at the last look, which was not long ago, and neither the object nor the values
 * that lie elsewhere have changed since. Then `*ret_pause` is until the values are to be looked at again.
 */
bool bl_cluster_is_quiet(const struct bl_cluster_looker *looker, struct bl_cluster_memory *memory,
                         bl_nsec *ret_pause);

/** Notes that a whole look is next after this pause, and returns when the values are to be looked at. */
bl_nsec bl_cluster_be_quiet(const struct bl_cluster_looker *looker,
                            struct bl_cluster_memory *memory, bl_nsec pause);

/** Texts are borrowed from the object. Of an attempt at another release nothing is in the notes. */
void bl_cluster_notes_read(const cJSON *object, const char *release,
                           struct bl_cluster_known *ret_known, struct bl_cluster_notes *ret_notes);

#endif
