#include "live.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ballast/api/builtin.h"
#include "ballast/base/date.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"

#define CHART_LEASE "ballast-system/ballast-controller"

/* --- options --- */

static const struct bl_option cluster_options[] = {
    {.name = "kubeconfig",
     .value = "FILE",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_kube_target, path),
     .is_path = true,
     .help = "how to reach it, as kubectl takes it"},
    {.name = "context",
     .value = "NAME",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_kube_target, context),
     .help = "of the kubeconfig"},
    {.name = "in-cluster",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct bl_kube_target, in_cluster),
     .help = "by the service account of the pod"},
    {0},
};
const struct bl_option_group cli_cluster_options = {.heading = "The cluster",
                                                    .options = cluster_options};

static const struct bl_option view_options[] = {
    CLI_OUTPUT_OPTION(struct cli_view, format, cli_formats, CLI_TEXT),
    {.letter = 'w',
     .name = "watch",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct cli_view, watch),
     .help = "go on until it is over, and show what changes"},
    {.name = "controller-lease",
     .value = "NAMESPACE/NAME",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct cli_view, lease),
     .read = bl_option_read_namespaced,
     .help = "Lease that tells whether the controller runs; ballast-system/ballast-controller"},
    {0},
};
const struct bl_option_group cli_view_options = {.options = view_options};

/* --- the connection --- */

static bool has_kubeconfig(const struct bl_kube_target *cluster)
{
    const char *named = getenv("KUBECONFIG"), *home = getenv("HOME");

    if (cluster->path || cluster->context || (named && *named))
        return true;

    BL_AUTO_FREE char *path = bl_asprintf("%s/.kube/config", home ? home : "");
    return access(path, R_OK) == 0;
}

int cli_connect(const struct bl_kube_target *cluster, struct bl_kube_client **ret_client,
                struct bl_error **err)
{
    struct bl_kube_target target = *cluster;

    target.in_cluster |= bl_kube_in_cluster() && !has_kubeconfig(cluster);
    return bl_kube_client_open(&target, NULL, ret_client, err);
}

/* --- lists --- */

static int keep(void *context, cJSON *object, struct bl_error **err BL_UNUSED)
{
    struct cli_objects *objects = context;

    *BL_PUSH(objects) = object;
    return 0;
}

int cli_list(struct bl_kube_client *client, const struct bl_resource *resource,
             const struct bl_kube_selection *selection, struct cli_objects *objects,
             struct bl_error **err)
{
    if (bl_kube_list(client, resource, selection, keep, objects, err) < 0)
        return bl_wrap(err, "could not list %s", resource->plural);
    return 0;
}

int cli_list_if_allowed(struct bl_kube_client *client, const struct bl_resource *resource,
                        const struct bl_kube_selection *selection, struct cli_objects *objects,
                        struct bl_error **err)
{
    BL_ERROR(failure);

    if (cli_list(client, resource, selection, objects, &failure) == 0 ||
        bl_error_status(failure) == 403)
        return 0;
    *err = BL_STEAL(failure);
    return -1;
}

void cli_objects_release(struct cli_objects *objects)
{
    for (size_t i = 0; i < objects->len; i++)
        cJSON_Delete(objects->items[i]);
    free(objects->items);
    *objects = (struct cli_objects){0};
}

int cli_sets_read(struct bl_kube_client *client, const char *namespace, struct cli_sets *ret_sets,
                  struct bl_error **err)
{
    const struct bl_kube_selection selection = {.namespace = namespace};
    struct cli_sets sets = {0};
    struct bl_budget budget;

    if (cli_list(client, &bl_kind_stateful_set.resource, &selection, &sets.objects, err) < 0) {
        cli_objects_release(&sets.objects);
        return -1;
    }

    BL_AUTO_FREE bool *ignore_opt_out = bl_alloc(sets.objects.len + 1, sizeof(bool));
    sets.world = bl_world_new((const cJSON *const *)sets.objects.items, sets.objects.len, NULL, 0);
    bl_budget_begin(&budget, BL_UNITS_NAMESPACE);
    sets.scene = bl_scene_new(sets.world, ignore_opt_out);
    bool over = bl_budget_over();
    (void)bl_budget_end(&budget);
    if (over) {
        size_t len = sets.objects.len;

        cli_sets_release(&sets);
        return bl_fail(err, BL_ERR_TOO_LARGE, "%zu StatefulSets are too many to judge", len);
    }
    *ret_sets = sets;
    return 0;
}

void cli_sets_release(struct cli_sets *sets)
{
    bl_scene_free(sets->scene);
    bl_world_free(sets->world);
    cli_objects_release(&sets->objects);
    *sets = (struct cli_sets){0};
}

bool cli_is_ours(const struct bl_workload *workload)
{
    return workload->role != BL_ROLE_NONE && workload->confidence > BL_CONFIDENCE_LOW &&
           !workload->owner;
}

/* --- the controller --- */

struct cli_life cli_life_of(const cJSON *lease, int64_t now)
{
    struct cli_life life = {BL_CONTROLLER_UNKNOWN, 0};
    int64_t renewed;

    if (!bl_time_parse(bl_json_string(bl_json_get(lease, "spec"), "renewTime"), &renewed))
        return life;
    life.life = BL_CONTROLLER_ALIVE;
    if (now - renewed > BL_LEASE_AWAY_SECONDS) {
        life.life = BL_CONTROLLER_AWAY;
        life.silent = now - renewed;
    }
    return life;
}

void cli_life_read(struct bl_kube_client *client, const char *lease, struct cli_life *ret_life)
{
    BL_AUTO(bl_namespaced_release) struct bl_namespaced of = {0};
    BL_AUTO_JSON cJSON *object = NULL;
    BL_ERROR(err);

    bl_namespaced_split(lease ? lease : CHART_LEASE, &of);
    *ret_life = (struct cli_life){BL_CONTROLLER_UNKNOWN, 0};
    if (bl_kube_get(client, &bl_kind_lease.resource, of.namespace, of.name, &object, &err) == 0)
        *ret_life = cli_life_of(object, bl_clock_seconds(&bl_clock_real));
}

/* --- pods --- */

bool cli_pod_belongs(const cJSON *pod, const struct bl_ref *set)
{
    const cJSON *owner = bl_object_controller(pod);

    return strcmp(bl_object_ref(pod).namespace, set->namespace) == 0 &&
           bl_text_eq(bl_json_string(owner, "kind"), "StatefulSet") &&
           bl_text_eq(bl_json_string(owner, "name"), set->name);
}
