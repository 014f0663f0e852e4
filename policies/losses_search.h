/**
 * What losses.c and losses_service.c share: the two states that are compared, and how a loss is told.
 */
#ifndef BALLAST_POLICIES_LOSSES_SEARCH_H
#define BALLAST_POLICIES_LOSSES_SEARCH_H

#include "ballast/policies/losses.h"

/** One of the two states, with the workloads in it. */
struct bl_losses_state {
    const cJSON *const *objects;
    const cJSON **sorted; /* by where they lie */
    size_t len;
    const char *namespace; /* of objects that name none; NULL: it may be any */
    struct bl_world *world;
    struct bl_scene *scene;
};

struct bl_losses_search {
    const struct bl_policy_set *set;
    const struct bl_engine_options *options;
    const struct bl_states *states;
    struct bl_losses_state before, after;
    struct bl_losses *losses;
};

/** Does it run Kafka or ZooKeeper for certain, by its own author's will, and is it to go on? */
bool bl_losses_is_member(const struct bl_workload *workload);
/** Do both have one name and kind, and may they lie in one namespace? */
bool bl_losses_is_same(const struct bl_losses_state *state, const cJSON *a, const cJSON *b);
/** The object as the other state has it; NULL: it has none. */
const cJSON *bl_losses_counterpart(const struct bl_losses_state *state, const cJSON *object);
/** The workload of an object of the state; NULL: it is none. */
const struct bl_workload *bl_losses_workload(const struct bl_losses_state *state,
                                             const cJSON *object);
/** Takes message and hint. NULL: the policy says nothing of it. */
struct bl_loss *bl_losses_add(const struct bl_losses_search *search,
                              const struct bl_workload *member, char *message, char *hint);
/** The hint: what to do instead, and how to say that it is meant. For free(). */
char *bl_losses_on_purpose(const struct bl_losses_search *search, const cJSON *object,
                           const char *else_do);

#endif
