#include "losses_member.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/budget.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/image.h"
#include "ballast/workload/hosts.h"
#include "ballast/workload/servers.h"
#include "rule.h"

/* What becomes of a member itself: its set, its role, its metadata, its quorum, and what its pods run. */

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

/* Whom the ZooKeeper servers of a setting lead to, in its own state; false: not all can be read. */
static bool find_keepers(const struct bl_losses_state *state, const struct bl_workload *workload,
                         struct bl_found *found)
{
    BL_AUTO(bl_servers_release) struct bl_servers servers = {0};

    if (!bl_workload_servers(workload, state->world, "zookeeper.connect", &servers) ||
        !is_whole(&servers))
        return false;
    for (size_t i = 0; i < servers.len && bl_budget_turn(); i++)
        (void)bl_host_find_any(state->scene, workload, workload->ref.namespace,
                               servers.items[i].host, found);
    return true;
}

/* Is it one of those that were found before? */
static bool was_found(const struct bl_losses_search *search, const struct bl_found *was,
                      const cJSON *keeper)
{
    for (size_t i = 0; i < was->len && bl_budget_turn(); i++)
        if (bl_losses_is_same(&search->before,
                              search->before.scene->workloads.items[was->items[i]]->object, keeper))
            return true;
    return false;
}

/*
 * Do the new settings lead to servers in sight, and to none of those that the old ones lead to? One that is made with them
 * has no metadata either.
 */
static bool moves_away(const struct bl_losses_search *search, const struct bl_workload *member,
                       const struct bl_workload *after)
{
    BL_AUTO(bl_found_release) struct bl_found was = {0}, is = {0};

    if (!find_keepers(&search->before, member, &was) || !find_keepers(&search->after, after, &is) ||
        !was.len)
        return false;
    for (size_t i = 0; i < is.len && bl_budget_turn(); i++)
        if (was_found(search, &was, search->after.scene->workloads.items[is.items[i]]->object))
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

/* Takes message. */
static void lose_quorum(const struct bl_losses_search *search, const struct bl_workload *member,
                        char *message, const char *else_do)
{
    struct bl_loss *loss = bl_losses_add(search, member, message,
                                         bl_losses_on_purpose(search, member->object, else_do));

    if (loss)
        loss->quorum = true;
}

/* For free(); NULL: nothing lists them, or not as a literal. */
static char *voters_of(const struct bl_workload *workload, const struct bl_world *world)
{
    BL_AUTO(bl_setting_release) struct bl_setting setting = {0};

    if (!workload->kraft ||
        !bl_workload_setting(workload, world, "controller.quorum.voters", &setting) ||
        !setting.value || strpbrk(setting.value, "$<{"))
        return NULL;
    return bl_strdup(setting.value);
}

/* What lies in the container, or goes with its pod, is lost with each of its pods anyway. */
static bool keeps_data(const struct bl_workload *member)
{
    for (size_t i = 0; i < member->data.len; i++)
        if (member->data.items[i].storage != BL_STORAGE_NONE &&
            member->data.items[i].storage != BL_STORAGE_EPHEMERAL)
            return true;
    return !member->data.len;
}

/* Nobody carries the metadata over to a voter that is new, and without most of the old ones none has them (KIP-595). */
static void lose_voters(const struct bl_losses_search *search, const struct bl_workload *member,
                        const struct bl_workload *after)
{
    BL_AUTO_FREE char *was = voters_of(member, search->before.world);
    BL_AUTO_FREE char *is = voters_of(after, search->after.world);
    unsigned gone = was && is ? bl_voters_lacking(was, is) : 0;
    unsigned come = was && is ? bl_voters_lacking(is, was) : 0;
    BL_AUTO_FREE char *who = bl_describe(member->object);

    if (gone || come)
        lose_quorum(search, member,
                    bl_asprintf("%s would have other voters of its quorum: %u less, and %u more, "
                                "of whom none knows the metadata",
                                who, gone, come),
                    "Keep controller.quorum.voters as it is, and with it the number of "
                    "controllers.");
}

static void lose_id(const struct bl_losses_search *search, const struct bl_workload *member,
                    const struct bl_workload *after)
{
    BL_AUTO_FREE char *was = bl_workload_cluster_id(member, search->before.world);
    BL_AUTO_FREE char *is = bl_workload_cluster_id(after, search->after.world);
    BL_AUTO_FREE char *who = bl_describe(member->object);

    if (was && is && strcmp(was, is) != 0)
        lose_quorum(
            search, member,
            bl_asprintf("%s would have another cluster id, and start on none of its data", who),
            "Keep the id that stands in meta.properties of its disks.");
}

static bool has_place(const struct bl_workload *workload, const char *place)
{
    for (size_t i = 0; i < workload->data.len && bl_budget_turn(); i++) {
        BL_AUTO_FREE char *other = bl_data_place(workload, &workload->data.items[i]);

        if (bl_text_eq(other, place))
            return true;
    }
    return false;
}

/* The folder of its data as the settings before name it, on a disk, which those after name no more. NULL: none. */
static const char *lost_folder(const struct bl_workload *member, const struct bl_workload *after)
{
    for (size_t i = 0; i < member->data.len && bl_budget_turn(); i++) {
        const struct bl_data_volume *data = &member->data.items[i];
        BL_AUTO_FREE char *place = bl_data_place(member, data);

        if (data->storage == BL_STORAGE_CLAIM && data->set && place && !has_place(after, place))
            return data->path;
    }
    return NULL;
}

static bool knows_folders(const struct bl_workload *workload)
{
    for (size_t i = 0; i < workload->data.len; i++)
        if (!workload->data.items[i].set || workload->data.items[i].of_pod)
            return false;
    return workload->data.len > 0;
}

static void lose_folder(const struct bl_losses_search *search, const struct bl_workload *member,
                        const struct bl_workload *after)
{
    const char *folder = knows_folders(after) ? lost_folder(member, after) : NULL;
    BL_AUTO_FREE char *who = bl_describe(member->object);

    if (folder)
        bl_losses_add(search, member,
                      bl_asprintf("%s would leave the data in %s behind, and start with what its "
                                  "new folders hold",
                                  who, folder),
                      bl_losses_on_purpose(search, member->object,
                                           "Keep the folder, and the volume that it lies on."));
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

/* The pods would be there, and serve nobody. */
static void lose_process(const struct bl_losses_search *search, const struct bl_workload *member,
                         bool idle)
{
    const char *other = idle ? "To look into one pod: kubectl debug."
                             : "Where it does run it, label it " BL_LABEL_ROLE " with its role.";
    BL_AUTO_FREE char *who = bl_describe(member->object);

    bl_losses_add(search, member,
                  bl_asprintf("%s, which runs %" PRId64 " of role %s, would run %s", who,
                              member->replicas, bl_role_name(member->role),
                              idle ? "a command that only waits" : "neither Kafka nor ZooKeeper"),
                  bl_losses_on_purpose(search, member->object, other));
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

/* Of what ran Kafka: one that is not recognised any more has no container of ours. NULL: none has its name. */
static const cJSON *same_container(const struct bl_workload *member,
                                   const struct bl_workload *after)
{
    const cJSON *container;

    cJSON_ArrayForEach(container, bl_json_at(after->pod, "spec", "containers", NULL)) {
        if (bl_text_eq(bl_json_string(container, "name"), member->container_name))
            return container;
    }
    return NULL;
}

/* Whatever it is told to do, an image is not another program for being told otherwise. */
static bool has_same_image(const struct bl_workload *member, const cJSON *container)
{
    const char *was = bl_json_string(member->container, "image");
    const char *is = bl_json_string(container, "image");
    BL_AUTO_FREE char *a = was ? bl_image_basename(was) : NULL;
    BL_AUTO_FREE char *b = is ? bl_image_basename(is) : NULL;

    return a && bl_text_eq(a, b);
}

/* `after` may be NULL. One that waits already loses nothing, and one that opts out says so itself. */
static void judge_template(const struct bl_losses_search *search, const struct bl_workload *member,
                           const struct bl_workload *after)
{
    const cJSON *container = after ? same_container(member, after) : NULL;

    if (!after || after->opted_out)
        return;
    if (bl_container_is_idle(container) && !bl_container_is_idle(member->container)) {
        lose_process(search, member, true);
    } else if (after->role == BL_ROLE_NONE) {
        if (!has_same_image(member, container))
            lose_process(search, member, false);
    } else {
        lose_mode(search, member, after);
        if (keeps_data(member)) {
            lose_voters(search, member, after);
            lose_id(search, member, after);
        }
        lose_folder(search, member, after);
    }
}

void bl_losses_judge_member(const struct bl_losses_search *search, const struct bl_workload *member)
{
    const cJSON *object;

    if (!bl_losses_is_member(member))
        return;
    object = bl_losses_counterpart(&search->after, member->object);
    if (!object)
        lose_itself(search, member);
    else if (bl_object_replicas(object) == 0 && !bl_allows_deletion(object))
        lose_all_pods(search, member);
    else
        judge_template(search, member, bl_losses_workload(&search->after, object));
}
