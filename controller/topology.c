#include "topology.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/pod.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"

/* --- pods --- */

const char *bl_pod_ip(const cJSON *pod)
{
    return bl_json_string(bl_json_get(pod, "status"), "podIP");
}

const cJSON *bl_member_container(const struct bl_member *member, const cJSON *pod)
{
    const cJSON *status;

    cJSON_ArrayForEach(status, bl_json_at(pod, "status", "containerStatuses", NULL)) {
        if (bl_text_eq(bl_json_string(status, "name"), member->container))
            return status;
    }
    return NULL;
}

bool bl_member_outdated(const struct bl_member *member, const cJSON *pod)
{
    return bl_pod_revision(member->set, pod) == BL_POD_REVISION_OLDER;
}

/* --- members --- */

static void member_clear(struct bl_member *member)
{
    free(member->voters);
    free(member->container);
}

static bool is_on_delete(const cJSON *set)
{
    return bl_text_eq(bl_json_string(bl_json_at(set, "spec", "updateStrategy", NULL), "type"),
                      "OnDelete");
}

static int client_port(const struct bl_workload *workload)
{
    static const enum bl_purpose kafka[] = {BL_PURPOSE_CLIENT, BL_PURPOSE_INTER_BROKER};
    const struct bl_port *port = NULL;

    if (workload->role == BL_ROLE_ZOOKEEPER)
        port = bl_workload_port(workload, BL_PURPOSE_ZOOKEEPER_CLIENT);
    for (size_t i = 0; !port && workload->role != BL_ROLE_ZOOKEEPER && i < BL_ARRAY_LEN(kafka); i++)
        port = bl_workload_port(workload, kafka[i]);
    return port ? port->number : 0;
}

static char *take_voters(const struct bl_workload *workload, const struct bl_world *world)
{
    BL_AUTO(bl_setting_release) struct bl_setting setting = {0};

    return bl_workload_setting(workload, world, "controller.quorum.voters", &setting)
               ? BL_STEAL(setting.value)
               : NULL;
}

static bool is_ours(const struct bl_workload *workload)
{
    return workload->role != BL_ROLE_NONE && workload->confidence > BL_CONFIDENCE_LOW &&
           !workload->owner && bl_object_is(workload->object, "apps", "StatefulSet");
}

static int compare_clusters(const void *a, const void *b)
{
    return strcmp(((const struct bl_kafka *)a)->name, ((const struct bl_kafka *)b)->name);
}

const struct bl_kafka *bl_topology_find(const struct bl_topology *topology, const char *name)
{
    for (size_t i = 0; i < topology->clusters.len; i++)
        if (strcmp(topology->clusters.items[i].name, name) == 0)
            return &topology->clusters.items[i];
    return NULL;
}

static struct bl_kafka *cluster_for(struct bl_topology *topology,
                                    const struct bl_workload *workload, const char *namespace)
{
    BL_AUTO_FREE char *name = workload->cluster
                                  ? bl_strdup(workload->cluster)
                                  : bl_asprintf("%s/%s", namespace, workload->ref.name);
    struct bl_kafka *cluster = (struct bl_kafka *)bl_topology_find(topology, name);

    if (!cluster) {
        cluster = BL_PUSH(&topology->clusters);
        *cluster = (struct bl_kafka){.name = BL_STEAL(name)};
    }
    return cluster;
}

/* Workloads of a scene are ordered by name, so members are too. */
static void add_member(const struct bl_topology_input *input, const struct bl_scene *scene,
                       const struct bl_workload *workload, struct bl_topology *topology)
{
    struct bl_member *member = BL_PUSH(&cluster_for(topology, workload, input->namespace)->members);

    *member = (struct bl_member){.set = workload->object,
                                 .ref = workload->ref,
                                 .role = workload->role,
                                 .replicas = workload->replicas,
                                 .port = client_port(workload),
                                 .voters = take_voters(workload, scene->world),
                                 .container = bl_strdup(workload->container_name)};
    bl_policy_managed(input->set, scene->world, workload, input->today, &member->managed);
    member->managed.rolled = member->managed.rolled && is_on_delete(workload->object);
}

/* --- which pods are whose --- */

static const cJSON *find_pod(const struct bl_topology_input *input, const struct bl_member *member,
                             const char *name)
{
    for (size_t i = 0; i < input->pods_len; i++) {
        const cJSON *owner = bl_object_controller(input->pods[i]);

        if (strcmp(bl_object_ref(input->pods[i]).name, name) == 0 &&
            bl_text_eq(bl_json_string(owner, "kind"), "StatefulSet") &&
            bl_text_eq(bl_json_string(owner, "name"), member->ref.name))
            return input->pods[i];
    }
    return NULL;
}

static int64_t first_ordinal(const cJSON *set)
{
    int64_t start = 0;

    (void)bl_json_int(bl_json_at(set, "spec", "ordinals", "start", NULL), &start);
    return start;
}

/* Those that the set wants. What is beyond, while it scales down, is on its way out. */
static void add_pods(const struct bl_topology_input *input, struct bl_kafka *cluster, size_t index)
{
    const struct bl_member *member = &cluster->members.items[index];
    int64_t first = first_ordinal(member->set);

    for (int64_t i = 0; i < member->replicas; i++) {
        char *name = bl_asprintf("%s-%" PRId64, member->ref.name, first + i);

        *BL_PUSH(&cluster->pods) = (struct bl_member_pod){.pod = find_pod(input, member, name),
                                                          .member = index,
                                                          .ordinal = first + i,
                                                          .name = name};
    }
}

void bl_topology_read(const struct bl_topology_input *input, struct bl_topology *ret_topology)
{
    BL_AUTO(bl_world_cleanup)
    struct bl_world *world = bl_world_new(input->objects, input->objects_len, NULL, 0);
    BL_AUTO_FREE bool *ignore_opt_out = bl_alloc(input->objects_len + 1, sizeof(bool));
    BL_AUTO(bl_scene_cleanup) struct bl_scene *scene = bl_scene_new(world, ignore_opt_out);

    for (size_t i = 0; i < scene->workloads.len; i++)
        if (is_ours(scene->workloads.items[i]))
            add_member(input, scene, scene->workloads.items[i], ret_topology);
    for (size_t i = 0; i < ret_topology->clusters.len; i++)
        for (size_t m = 0; m < ret_topology->clusters.items[i].members.len; m++)
            add_pods(input, &ret_topology->clusters.items[i], m);
    if (ret_topology->clusters.len)
        qsort(ret_topology->clusters.items, ret_topology->clusters.len, sizeof(struct bl_kafka),
              compare_clusters);
}

static void cluster_clear(struct bl_kafka *cluster)
{
    for (size_t i = 0; i < cluster->members.len; i++)
        member_clear(&cluster->members.items[i]);
    for (size_t i = 0; i < cluster->pods.len; i++)
        free(cluster->pods.items[i].name);
    free(cluster->members.items);
    free(cluster->pods.items);
    free(cluster->name);
}

void bl_topology_release(struct bl_topology *topology)
{
    for (size_t i = 0; i < topology->clusters.len; i++)
        cluster_clear(&topology->clusters.items[i]);
    free(topology->clusters.items);
    *topology = (struct bl_topology){0};
}
