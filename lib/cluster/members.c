#include "ballast/cluster/members.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/selector.h"
#include "ballast/workload/scene.h"
#include "ballast/workload/uses.h"

static bool is_for_clients(const struct bl_workload *workload, int number)
{
    for (size_t i = 0; i < workload->ports.len; i++)
        if (workload->ports.items[i].purpose == BL_PURPOSE_CLIENT &&
            workload->ports.items[i].number == number)
            return true;
    return false;
}

/* The Service's own port, behind which clients find brokers; 0: none. */
static int client_port(const cJSON *service, const struct bl_workload *workload)
{
    const cJSON *port;

    cJSON_ArrayForEach(port, bl_json_at(service, "spec", "ports", NULL)) {
        int number = (int)bl_json_number(port, "port");

        if (number > 0 && is_for_clients(workload, bl_service_target(service, number, workload)))
            return number;
    }
    return 0;
}

static bool is_headless(const cJSON *service)
{
    return bl_text_eq(bl_json_string(bl_json_get(service, "spec"), "clusterIP"), "None");
}

/* A headless one answers with the addresses of pods that are ready, which will do where there is no other. */
static char *find_door(const struct bl_record *record, const struct bl_workload *workload,
                       const char *namespace)
{
    char *found = NULL;
    bool headless = true;

    for (size_t i = 0; i < record->manifest.objects.len; i++) {
        const cJSON *service = record->manifest.objects.items[i].object;
        int port = bl_object_is(service, "", "Service") &&
                           bl_labels_include(workload->pod_labels,
                                             bl_json_at(service, "spec", "selector", NULL))
                       ? client_port(service, workload)
                       : 0;

        if (!port || (found && (!headless || is_headless(service))))
            continue;
        free(found);
        headless = is_headless(service);
        found = bl_asprintf("%s.%s.svc:%d", bl_object_ref(service).name, namespace, port);
    }
    return found;
}

char *bl_cluster_members(const struct bl_record *record, const char *namespace,
                         struct bl_strings *ret_sets, int64_t *ret_brokers)
{
    BL_AUTO_FREE const cJSON **objects = bl_manifest_objects(&record->manifest);
    BL_AUTO(bl_world_cleanup)
    struct bl_world *world = bl_world_new(objects, record->manifest.objects.len, NULL, 0);
    BL_AUTO(bl_scene_cleanup) struct bl_scene *scene = bl_scene_new(world, NULL);
    char *door = NULL;

    *ret_brokers = 0;
    for (size_t i = 0; i < scene->workloads.len; i++) {
        const struct bl_workload *workload = scene->workloads.items[i];

        if (workload->role == BL_ROLE_NONE ||
            !bl_object_is(workload->object, "apps", "StatefulSet"))
            continue;
        *BL_PUSH(ret_sets) = bl_strdup(workload->ref.name);
        if (!bl_workload_has_logs(workload))
            continue;
        *ret_brokers += workload->replicas;
        if (!door)
            door = find_door(record, workload, namespace);
    }
    return door;
}
