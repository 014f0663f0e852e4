#include "ballast/policies/losses.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/budget.h"
#include "ballast/base/mem.h"
#include "ballast/workload/references.h"
#include "losses_member.h"
#include "losses_service.h"
#include "rule.h"

static void state_release(struct bl_losses_state *state)
{
    bl_scene_free(state->scene);
    bl_world_free(state->world);
    free(state->sorted);
}

static int by_place(const void *a, const void *b)
{
    const cJSON *x = *(const cJSON *const *)a, *y = *(const cJSON *const *)b;

    return (x > y) - (x < y);
}

/* Is it there as it is, the very object? Most of a namespace is, and is not looked at twice. */
static bool has_same(const struct bl_losses_state *state, const cJSON *object)
{
    return state->len &&
           bsearch(&object, state->sorted, state->len, sizeof(*state->sorted), by_place);
}

static struct bl_losses_state open_state(const struct bl_losses_search *search,
                                         const cJSON *const *objects, size_t len)
{
    BL_AUTO_FREE bool *distrusted = bl_alloc(len + 1, sizeof(bool));

    struct bl_losses_state state = {.objects = objects,
                                    .sorted = bl_alloc(len + 1, sizeof(*state.sorted)),
                                    .len = len,
                                    .namespace = search->options->namespace,
                                    .world = bl_world_new(objects, len, NULL, 0)};

    if (len) {
        memcpy(state.sorted, objects, len * sizeof(*objects));
        qsort(state.sorted, len, sizeof(*objects), by_place);
    }
    for (size_t i = 0; i < len && bl_budget_turn(); i++)
        distrusted[i] = bl_policies_distrust(search->set, state.world, objects[i],
                                             search->options->namespace, search->options->user);
    state.scene = bl_scene_new(state.world, distrusted);
    return state;
}

/* --- what pods mount --- */

/*
 * Does another binding give the account the same rights, or come in its place? A role cannot be changed in a binding, so that
 * charts make a new one.
 */
static bool is_bound_otherwise(const struct bl_losses_search *search, const cJSON *workload,
                               const cJSON *binding)
{
    for (size_t i = 0; i < search->after.len && bl_budget_turn(); i++) {
        const cJSON *other = search->after.objects[i];

        if (bl_object_is(other, "rbac.authorization.k8s.io", "RoleBinding") &&
            bl_reference_of(workload, other) &&
            bl_namespace_may_equal(bl_object_ref(other).namespace,
                                   bl_object_ref(binding).namespace) &&
            (bl_json_equal(bl_json_get(other, "roleRef"), bl_json_get(binding, "roleRef")) ||
             !bl_losses_counterpart(&search->before, other)))
            return true;
    }
    return false;
}

static void judge_reference(const struct bl_losses_search *search, const cJSON *object)
{
    bool binds = bl_object_is(object, "rbac.authorization.k8s.io", "RoleBinding");

    for (size_t i = 0; i < search->before.scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *member = search->before.scene->workloads.items[i];
        const cJSON *after = bl_losses_counterpart(&search->after, member->object);
        const char *how =
            bl_losses_is_member(member) && after ? bl_reference_of(after, object) : NULL;

        if (!how || (binds && is_bound_otherwise(search, after, object)))
            continue;
        BL_AUTO_FREE char *who = bl_describe(member->object), *what = bl_describe(object);
        bl_losses_add(
            search, member,
            bl_asprintf("%s would be deleted, and %s %s, which runs: its pods would not start "
                        "again",
                        what, how, who),
            bl_losses_on_purpose(search, object, "Keep it."));
        return;
    }
}

static void judge_keys(const struct bl_losses_search *search, const cJSON *object,
                       const cJSON *object_after)
{
    for (size_t i = 0; i < search->before.scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *member = search->before.scene->workloads.items[i];
        const cJSON *after = bl_losses_counterpart(&search->after, member->object);
        const char *key = bl_losses_is_member(member) && after
                              ? bl_reference_key_lost(after, object, object_after)
                              : NULL;

        if (!key)
            continue;
        BL_AUTO_FREE char *who = bl_describe(member->object), *what = bl_describe(object);
        bl_losses_add(search, member,
                      bl_asprintf("%s would lose its key \"%s\", which %s uses: its pods would not "
                                  "start again",
                                  what, key, who),
                      bl_losses_on_purpose(search, object, "Keep it."));
        return;
    }
}

static void judge_object(const struct bl_losses_search *search, const cJSON *object)
{
    const cJSON *after;

    if (bl_object_is(object, "", "Service")) {
        bl_losses_judge_service(search, object);
        return;
    }
    if (!bl_may_be_referred_to(object) || bl_allows_deletion(object))
        return;
    after = bl_losses_counterpart(&search->after, object);
    if (after)
        judge_keys(search, object, after);
    else
        judge_reference(search, object);
}

void bl_losses_find(const struct bl_policy_set *set, const struct bl_engine_options *options,
                    const struct bl_states *states, struct bl_losses *losses)
{
    struct bl_losses_search search = {
        .set = set, .options = options, .states = states, .losses = losses};

    search.before = open_state(&search, states->before, states->before_len);
    search.after = open_state(&search, states->after, states->after_len);
    for (size_t i = 0; i < search.before.scene->workloads.len && bl_budget_turn(); i++)
        if (!has_same(&search.after, search.before.scene->workloads.items[i]->object))
            bl_losses_judge_member(&search, search.before.scene->workloads.items[i]);
    for (size_t i = 0; i < states->before_len && bl_budget_turn(); i++)
        if (!has_same(&search.after, states->before[i]))
            judge_object(&search, states->before[i]);
    state_release(&search.before);
    state_release(&search.after);
}

void bl_losses_release(struct bl_losses *losses)
{
    for (size_t i = 0; i < losses->len; i++) {
        free(losses->items[i].message);
        free(losses->items[i].hint);
    }
    free(losses->items);
    *losses = (struct bl_losses){0};
}
