#include "ballast/policies/losses.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/budget.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/hosts.h"
#include "ballast/workload/references.h"
#include "ballast/workload/servers.h"
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

/* --- the member itself --- */

static const char *born(const cJSON *object)
{
    const char *time = bl_json_string(bl_json_get(object, "metadata"), "creationTimestamp");

    return time ? time : "";
}

/* Times of the API compare as texts. */
static bool is_newcomer(const struct bl_losses_search *search, const struct bl_workload *member)
{
    for (size_t i = 0; i < search->before.scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *other = search->before.scene->workloads.items[i];

        if (other != member && bl_losses_is_member(other) && bl_workload_is_kafka(other) &&
            *born(other->object) && strcmp(born(other->object), born(member->object)) < 0 &&
            bl_losses_counterpart(&search->after, other->object))
            return true;
    }
    return false;
}

/* A workload that only the state after has: what would begin in the place of what goes. NULL: none. */
static const struct bl_workload *successor(const struct bl_losses_search *search,
                                           const struct bl_workload *member)
{
    for (size_t i = 0; i < search->after.scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *other = search->after.scene->workloads.items[i];

        if (bl_losses_is_member(other) &&
            bl_workload_is_kafka(other) == bl_workload_is_kafka(member) &&
            !bl_losses_counterpart(&search->before, other->object))
            return other;
    }
    return NULL;
}

static void lose_itself(const struct bl_losses_search *search, const struct bl_workload *member)
{
    const struct bl_workload *next = successor(search, member);
    BL_AUTO_FREE char *who = bl_describe(member->object);
    BL_AUTO_FREE char *other = next ? bl_describe(next->object) : NULL;
    BL_AUTO_FREE char *beside =
        next ? bl_asprintf("; %s would begin beside it, with no data", other) : bl_strdup("");
    struct bl_loss *loss =
        bl_losses_add(search, member,
                      bl_asprintf("%s, which runs %" PRId64 " of role %s, would be taken away%s",
                                  who, member->replicas, bl_role_name(member->role), beside),
                      bl_losses_on_purpose(search, member->object,
                                           "Keep it under its name, or move the data first."));

    if (loss)
        loss->newcomer = is_newcomer(search, member);
}

static bool has_quorum(const struct bl_workload *workload)
{
    return workload && (workload->role == BL_ROLE_CONTROLLER || workload->role == BL_ROLE_COMBINED);
}

static bool keeps_in_zookeeper(const struct bl_workload *workload, const struct bl_world *world)
{
    BL_AUTO(bl_setting_release) struct bl_setting connect = {0};

    return bl_workload_is_kafka(workload) && !workload->kraft &&
           bl_workload_setting(workload, world, "zookeeper.connect", &connect);
}

static bool may_keep(const struct bl_workload *workload, bool zookeeper)
{
    return zookeeper ? workload->role == BL_ROLE_ZOOKEEPER : has_quorum(workload);
}

/* Are all hosts there to be read? */
static bool is_whole(const struct bl_servers *servers)
{
    for (size_t i = 0; i < servers->len; i++)
        if (!*servers->items[i].host || strchr(servers->items[i].host, '$'))
            return false;
    return servers->len && !servers->unreadable;
}

static bool is_found(const struct bl_found *found, size_t place)
{
    for (size_t i = 0; i < found->len; i++)
        if (found->items[i] == place)
            return true;
    return false;
}

static bool names_workload(const struct bl_scene *scene, const struct bl_workload *from,
                           const struct bl_servers *servers, size_t place)
{
    for (size_t i = 0; i < servers->len && bl_budget_turn(); i++) {
        BL_AUTO(bl_found_release) struct bl_found found = {0};

        if (bl_host_find_any(scene, from, from->ref.namespace, servers->items[i].host, &found) ==
                BL_HOST_FOUND &&
            is_found(&found, place))
            return true;
    }
    return false;
}

static bool keeper_settings(const struct bl_losses_search *search, const struct bl_workload *after,
                            bool zookeeper, struct bl_servers *servers)
{
    const struct bl_world *world = search->after.world;

    if (zookeeper)
        return bl_workload_servers(after, world, "zookeeper.connect", servers);
    return bl_workload_servers(after, world, "controller.quorum.voters", servers) ||
           bl_workload_servers(after, world, "controller.quorum.bootstrap.servers", servers);
}

/*
 * A migration has its controllers, or still has its ZooKeeper, before the brokers change over: those that the new settings
 * name, or where these cannot be read, any in sight. Another cluster's keep nothing for this one.
 */
static bool has_keeper(const struct bl_losses_search *search, const struct bl_workload *member,
                       const struct bl_workload *after, bool zookeeper)
{
    const struct bl_scene *scene = search->before.scene;
    BL_AUTO(bl_servers_release) struct bl_servers servers = {0};
    bool known = keeper_settings(search, after, zookeeper, &servers) && is_whole(&servers);

    for (size_t i = 0; i < scene->workloads.len && bl_budget_turn(); i++)
        if (may_keep(scene->workloads.items[i], zookeeper) &&
            (!known || names_workload(scene, member, &servers, i)))
            return true;
    return false;
}

/* Does a controller stay that is there already? */
static bool keeps_quorum(const struct bl_losses_search *search, const struct bl_workload *member)
{
    for (size_t i = 0; i < search->before.scene->workloads.len && bl_budget_turn(); i++) {
        const struct bl_workload *other = search->before.scene->workloads.items[i];
        const cJSON *object;

        if (other == member || !has_quorum(other) || !bl_losses_is_member(other) ||
            !bl_namespace_may_equal(other->ref.namespace, member->ref.namespace))
            continue;
        object = bl_losses_counterpart(&search->after, other->object);
        if (object && has_quorum(bl_losses_workload(&search->after, object)))
            return true;
    }
    return false;
}

/* What the disks of the old role hold is nobody's under the new one. */
static bool loses_role(const struct bl_losses_search *search, const struct bl_workload *member,
                       const struct bl_workload *after)
{
    if ((member->role == BL_ROLE_ZOOKEEPER) != (after->role == BL_ROLE_ZOOKEEPER))
        return true;
    if (bl_workload_has_logs(member) && !bl_workload_has_logs(after))
        return true;
    return has_quorum(member) && !has_quorum(after) && !keeps_quorum(search, member);
}

/* Whom the ZooKeeper servers of a setting lead to, as they are before; false: not all can be read. */
static bool find_keepers(const struct bl_losses_search *search, const struct bl_workload *workload,
                         const struct bl_world *world, struct bl_found *found)
{
    BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

    if (!bl_workload_servers(workload, world, "zookeeper.connect", &servers) || !is_whole(&servers))
        return false;
    for (size_t i = 0; i < servers.len && bl_budget_turn(); i++)
        (void)bl_host_find_any(search->before.scene, workload, workload->ref.namespace,
                               servers.items[i].host, found);
    return true;
}

/* Do the new settings lead to servers in sight, and to none of those that the old ones lead to? */
static bool moves_away(const struct bl_losses_search *search, const struct bl_workload *member,
                       const struct bl_workload *after)
{
    BL_AUTO(bl_found_release) struct bl_found was = {0}, is = {0};

    if (!find_keepers(search, member, search->before.world, &was) ||
        !find_keepers(search, after, search->after.world, &is) || !was.len)
        return false;
    for (size_t i = 0; i < is.len && bl_budget_turn(); i++)
        if (is_found(&was, is.items[i]))
            return false;
    return is.len > 0;
}

static void lose_metadata(const struct bl_losses_search *search, const struct bl_workload *member,
                          const struct bl_workload *after)
{
    const char *was = member->metadata.chroot, *is = after->metadata.chroot;
    bool below = was && is && strcmp(was, is) != 0;

    if (!below && !moves_away(search, member, after))
        return;
    BL_AUTO_FREE char *who = bl_describe(member->object);
    bl_losses_add(search, member,
                  bl_asprintf("%s would look for its metadata %s: no topic would be there", who,
                              below ? "under another path of ZooKeeper" : "in another ZooKeeper"),
                  bl_losses_on_purpose(search, member->object, "Keep zookeeper.connect as it is."));
}

static void lose_mode(const struct bl_losses_search *search, const struct bl_workload *member,
                      const struct bl_workload *after)
{
    BL_AUTO_FREE char *who = bl_describe(member->object);

    if (loses_role(search, member, after))
        bl_losses_add(
            search, member,
            bl_asprintf("%s runs role %s and would run %s on the same disks", who,
                        bl_role_name(member->role), bl_role_name(after->role)),
            bl_losses_on_purpose(search, member->object, "Give the other one a name of its own."));
    else if (keeps_in_zookeeper(member, search->before.world) && after->kraft &&
             !has_keeper(search, member, after, false))
        bl_losses_add(
            search, member,
            bl_asprintf("%s keeps its metadata in ZooKeeper and would start in KRaft mode, without "
                        "them: no topic would be there",
                        who),
            bl_losses_on_purpose(search, member->object,
                                 "Bring a quorum of KRaft controllers up first, and migrate."));
    else if (member->kraft && keeps_in_zookeeper(after, search->after.world) &&
             !has_keeper(search, member, after, true))
        bl_losses_add(
            search, member,
            bl_asprintf("%s keeps its metadata in KRaft and would look for them in ZooKeeper", who),
            bl_losses_on_purpose(search, member->object, "There is no way back to ZooKeeper."));
    else if (keeps_in_zookeeper(member, search->before.world) &&
             keeps_in_zookeeper(after, search->after.world))
        lose_metadata(search, member, after);
}

static void lose_all_pods(const struct bl_losses_search *search, const struct bl_workload *member)
{
    BL_AUTO_FREE char *who = bl_describe(member->object);

    bl_losses_add(search, member,
                  bl_asprintf("%s, which runs %" PRId64 " of role %s, would be scaled to 0: that "
                              "stops all of it",
                              who, member->replicas, bl_role_name(member->role)),
                  bl_losses_on_purpose(search, member->object, "Keep its pods."));
}

static void judge_member(const struct bl_losses_search *search, const struct bl_workload *member)
{
    const cJSON *object;
    const struct bl_workload *after;

    if (has_same(&search->after, member->object) || !bl_losses_is_member(member))
        return;
    object = bl_losses_counterpart(&search->after, member->object);
    after = object ? bl_losses_workload(&search->after, object) : NULL;
    if (!object)
        lose_itself(search, member);
    else if (bl_object_replicas(object) == 0 && !bl_allows_deletion(object))
        lose_all_pods(search, member);
    else if (after && after->role != BL_ROLE_NONE)
        lose_mode(search, member, after);
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

static void judge_object(const struct bl_losses_search *search, const cJSON *object)
{
    if (bl_object_is(object, "", "Service"))
        bl_losses_judge_service(search, object);
    else if (bl_may_be_referred_to(object) && !bl_allows_deletion(object) &&
             !bl_losses_counterpart(&search->after, object))
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
        judge_member(&search, search.before.scene->workloads.items[i]);
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
