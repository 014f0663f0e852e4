#include "decision.h"

#include "ballast/base/mem.h"

/* Every decision ends here. The message is taken. */
bool bl_rollout_decided(struct bl_rollout_decision *decision, enum bl_rollout_act act, size_t pod,
                        char *message)
{
    struct bl_rollout_plan *plan = decision->plan;

    plan->act = act;
    plan->message = message;
    if (pod != BL_ROLLOUT_NO_POD) {
        *BL_PUSH(&plan->pods) = pod;
        plan->set = bl_rollout_pod(decision, pod)->set;
    }
    return true;
}

size_t bl_rollout_restored_set(const struct bl_rollout_decision *decision)
{
    for (size_t i = 0; i < decision->view->sets.len; i++)
        if (decision->view->sets.items[i].managed && decision->view->sets.items[i].restored)
            return i;
    return BL_ROLLOUT_NO_POD;
}

/* Who changed several sets at once meant them to go together: what failed in one is not rolled on in another. */
bool bl_rollout_is_held_back(const struct bl_rollout_decision *decision, size_t pod)
{
    const struct bl_rollout_set *set = bl_rollout_set_of(decision, pod);

    return set->managed && bl_rollout_pod(decision, pod)->outdated && !set->restored &&
           bl_rollout_restored_set(decision) != BL_ROLLOUT_NO_POD;
}

bool bl_rollout_is_wanted(const struct bl_rollout_decision *decision, size_t pod)
{
    const struct bl_rollout_set *set = bl_rollout_set_of(decision, pod);

    return set->managed && bl_rollout_pod(decision, pod)->outdated &&
           !bl_rollout_is_held_back(decision, pod);
}

bool bl_rollout_out_of_patience(const struct bl_rollout_decision *decision, size_t set)
{
    return decision->view->idle >= decision->view->sets.items[set].settings.patience;
}
