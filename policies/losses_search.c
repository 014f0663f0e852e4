#include "losses_search.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/budget.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "rule.h"

static const char *namespace_of(const struct bl_losses_state *state, const struct bl_ref *ref)
{
    return *ref->namespace || !state->namespace ? ref->namespace : state->namespace;
}

bool bl_losses_is_same(const struct bl_losses_state *state, const cJSON *a, const cJSON *b)
{
    struct bl_ref x = bl_object_ref(a), y = bl_object_ref(b);

    return strcmp(x.kind, y.kind) == 0 && strcmp(x.name, y.name) == 0 &&
           bl_namespace_may_equal(namespace_of(state, &x), namespace_of(state, &y));
}

/* Of two that are applied one after the other the last one counts. */
const cJSON *bl_losses_counterpart(const struct bl_losses_state *state, const cJSON *object)
{
    for (size_t i = state->len; i-- && bl_budget_turn();)
        if (bl_losses_is_same(state, state->objects[i], object))
            return state->objects[i];
    return NULL;
}

const struct bl_workload *bl_losses_workload(const struct bl_losses_state *state,
                                             const cJSON *object)
{
    for (size_t i = 0; i < state->scene->workloads.len; i++)
        if (state->scene->workloads.items[i]->object == object)
            return state->scene->workloads.items[i];
    return NULL;
}

/* The policy that has a say in it; NULL: it may lose what it likes. */
static const struct bl_policy *policy_of(const struct bl_losses_search *search,
                                         const struct bl_workload *workload)
{
    struct bl_match_scope scope = {search->before.world, workload->object, workload->role,
                                   search->options->namespace};
    const struct bl_policy *policy = bl_policy_for(search->set, BL_RULE_UPGRADE_PATH, &scope);

    if (!policy || policy->rules[BL_RULE_UPGRADE_PATH]->action >= BL_ACTION_AUDIT ||
        bl_policy_excuses(search->set, BL_RULE_UPGRADE_PATH, &scope, search->options->today))
        return NULL;
    return policy;
}

bool bl_losses_is_member(const struct bl_workload *workload)
{
    return workload->role != BL_ROLE_NONE && workload->confidence > BL_CONFIDENCE_LOW &&
           !workload->owner_kind && !bl_workload_is_owned(workload) && *workload->pod_pointer &&
           workload->replicas > 0 && !bl_object_is_going(workload->object) &&
           !bl_allows_deletion(workload->object);
}

struct bl_loss *bl_losses_add(const struct bl_losses_search *search,
                              const struct bl_workload *member, char *message, char *hint)
{
    const struct bl_policy *policy = policy_of(search, member);
    struct bl_loss *loss;

    if (!policy) {
        free(message);
        free(hint);
        return NULL;
    }
    loss = BL_PUSH(search->losses);
    *loss = (struct bl_loss){.member = member->object,
                             .policy = policy,
                             .action = (enum bl_action)policy->rules[BL_RULE_UPGRADE_PATH]->action,
                             .message = message,
                             .hint = hint};
    return loss;
}

char *bl_losses_on_purpose(const struct bl_losses_search *search, const cJSON *object,
                           const char *else_do)
{
    struct bl_ref ref = bl_object_ref(object);
    const char *assumed = search->options->namespace ? search->options->namespace : "default";

    return bl_asprintf("%s If it is meant: kubectl annotate %s %s -n %s %s=true", else_do, ref.kind,
                       ref.name, *ref.namespace ? ref.namespace : assumed,
                       BL_ANNOTATION_ALLOW_DELETION);
}
