#include "topology.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/pod.h"
#include "ballast/base/budget.h"
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

const char *bl_kafka_annotation(const struct bl_kafka *kafka, const char *name)
{
    for (size_t i = 0; i < kafka->members.len; i++) {
        const char *value = bl_object_annotation(kafka->members.items[i].set, name);

        if (value && *value)
            return value;
    }
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

static void add_pods(const struct bl_topology_input *input, struct bl_kafka *cluster, size_t index)
{
    struct bl_member *member = &cluster->members.items[index];
    BL_AUTO(bl_set_pods_release) struct bl_set_pods pods = {0};

    bl_set_pods_find(member->set, input->pods, input->pods_len, &pods);
    member->missing = pods.missing;
    for (size_t i = 0; i < pods.len; i++)
        *BL_PUSH(&cluster->pods) = (struct bl_member_pod){
            .pod = pods.items[i].pod,
            .member = index,
            .ordinal = pods.items[i].ordinal,
            .name = bl_asprintf("%s-%" PRId64, member->ref.name, pods.items[i].ordinal)};
}

static void read_world(const struct bl_topology_input *input, struct bl_topology *topology)
{
    BL_AUTO(bl_world_cleanup)
    struct bl_world *world = bl_world_new(input->objects, input->objects_len, NULL, 0);
    BL_AUTO(bl_scene_cleanup) struct bl_scene *scene = bl_scene_new(world, NULL);

    for (size_t i = 0; i < scene->workloads.len; i++)
        if (is_ours(scene->workloads.items[i]))
            add_member(input, scene, scene->workloads.items[i], topology);
    for (size_t i = 0; i < topology->clusters.len; i++)
        for (size_t m = 0; m < topology->clusters.items[i].members.len; m++)
            add_pods(input, &topology->clusters.items[i], m);
    if (topology->clusters.len)
        qsort(topology->clusters.items, topology->clusters.len, sizeof(struct bl_kafka),
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

void bl_topology_read(const struct bl_topology_input *input, struct bl_topology *ret_topology)
{
    struct bl_budget budget;

    bl_budget_begin(&budget, BL_UNITS_NAMESPACE);
    read_world(input, ret_topology);
    if (bl_budget_over()) {
        bl_topology_release(ret_topology);
        ret_topology->too_large = true;
    }
    (void)bl_budget_end(&budget);
}
