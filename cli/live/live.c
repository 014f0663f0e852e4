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

/* --- sets --- */

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

    sets.world = bl_world_new((const cJSON *const *)sets.objects.items, sets.objects.len, NULL, 0);
    bl_budget_begin(&budget, BL_UNITS_NAMESPACE);
    sets.scene = bl_scene_new(sets.world, NULL);
    bool over = bl_budget_over();
    (void)bl_budget_end(&budget);
    if (over) {
        size_t len = sets.objects.len;

        cli_sets_release(&sets);
        return bl_fail(err, BL_ERR_TOO_LARGE, "%zu %s too many to judge", len,
                       bl_text_plural((int64_t)len, "StatefulSet is", "StatefulSets are"));
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
