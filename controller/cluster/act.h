/** Carries out one step for a KafkaCluster, and notes in its status what came of it. */
#ifndef BALLAST_CONTROLLER_CLUSTER_ACT_H
#define BALLAST_CONTROLLER_CLUSTER_ACT_H

#include "look.h"

/** What the next status shall say beside its conditions; texts owned. */
struct bl_cluster_notes_new {
    int64_t attempt; /* 0: as it was */
    bool verified;   /* what follows is news */
    int64_t sent, read, lost, doubled, revision;
    int64_t racks,
        spread; /* of brokers, and the fewest that a partition lies in; racks 0: all is well */
    char *noted, *before;
    int64_t finalized, level; /* the revision; 0: no news. metadata.version that holds, -1: none */
};
void bl_cluster_notes_new_release(struct bl_cluster_notes_new *notes);

/** The status as it shall be. `conditions` of the state and the step are in it. */
void bl_cluster_status(const struct bl_cluster_looker *looker,
                       const struct bl_cluster_memory *memory, const struct bl_cluster_state *state,
                       const struct bl_cluster_next *next, const struct bl_cluster_notes_new *notes,
                       struct bl_status *ret_status);

BL_CHECK int bl_cluster_act_unlock(const struct bl_cluster_looker *looker, struct bl_error **err);
/** Makes the KafkaBackup that goes before the plan; one that is there already is no failure. */
BL_CHECK int bl_cluster_act_back_up(const struct bl_cluster_looker *looker,
                                    const struct bl_cluster_state *state, struct bl_error **err);
/** Helm upgrade --install. The attempt has been noted before. */
BL_CHECK int bl_cluster_act_release(const struct bl_cluster_looker *looker,
                                    const struct bl_cluster_memory *memory,
                                    const struct bl_cluster_state *state, struct bl_error **err);
/** Writes and reads messages; with `before` it only reads those that were noted. */
BL_CHECK int bl_cluster_act_verify(const struct bl_cluster_looker *looker,
                                   const struct bl_cluster_memory *memory,
                                   const struct bl_cluster_state *state, bool before,
                                   struct bl_cluster_notes_new *ret_notes, struct bl_error **err);
/**
 * Raises metadata.version to what is asked for, where there is one and it is lower. `*ret_said` is what was done, for
 * free(); NULL: nothing was to be.
 */
BL_CHECK int bl_cluster_act_finalize(const struct bl_cluster_looker *looker,
                                     const struct bl_cluster_memory *memory,
                                     const struct bl_cluster_state *state,
                                     struct bl_cluster_notes_new *ret_notes, char **ret_said,
                                     struct bl_error **err);
/** For an object that goes and wants the release uninstalled. What is not there is no failure. */
BL_CHECK int bl_cluster_act_uninstall(const struct bl_cluster_looker *looker,
                                      struct bl_error **err);

#endif
