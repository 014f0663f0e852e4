#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/pod.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "rollout.h"

/* --- pods --- */

static const cJSON *find_object(const struct cli_objects *objects, const char *name)
{
    for (size_t i = 0; name && i < objects->len; i++)
        if (strcmp(bl_object_ref(objects->items[i]).name, name) == 0)
            return objects->items[i];
    return NULL;
}

static void look_at(struct cli_rollout_pod *it, const cJSON *set, const cJSON *node)
{
    const cJSON *safe = bl_object_condition(it->pod, BL_CONDITION_SAFE);
    const char *why = bl_json_string(safe, "message");

    it->outdated = bl_pod_revision(set, it->pod) == BL_POD_REVISION_OLDER;
    it->ready = bl_object_condition_is(it->pod, "Ready", "True");
    it->gated = bl_pod_is_gated(it->pod);
    it->in_sync = bl_object_condition_is(it->pod, BL_CONDITION_IN_SYNC, "True");
    it->safe = bl_json_string(safe, "status");
    it->why = why && *why && !bl_text_eq(it->safe, "True") ? why : NULL;
    it->hold = bl_object_annotation(it->pod, BL_ANNOTATION_HOLD);
    if (!it->hold)
        it->hold = bl_object_annotation(set, BL_ANNOTATION_HOLD);
    it->node = bl_pod_node(it->pod);
    it->zone = bl_object_annotation(it->pod, BL_ANNOTATION_ZONE);
    if (node && bl_object_label(node, BL_LABEL_ZONE))
        it->zone = bl_object_label(node, BL_LABEL_ZONE);
}

static void read_pods(const struct bl_workload *workload, const struct cli_objects *pods,
                      const struct cli_objects *nodes, struct cli_rollout *rollout)
{
    BL_AUTO(bl_set_pods_release) struct bl_set_pods wanted = {0};

    bl_set_pods_find(workload->object, (const cJSON *const *)pods->items, pods->len, &wanted);
    for (size_t i = 0; i < wanted.len; i++) {
        struct cli_rollout_pod *it = BL_PUSH(&rollout->pods);

        *it = (struct cli_rollout_pod){
            .name = bl_asprintf("%s-%" PRId64, rollout->ref.name, wanted.items[i].ordinal),
            .pod = wanted.items[i].pod};
        if (!it->pod)
            continue;
        look_at(it, workload->object, find_object(nodes, bl_pod_node(it->pod)));
        rollout->outdated += it->outdated;
        rollout->done += !it->outdated && it->ready && !bl_object_is_going(it->pod);
    }
    rollout->total = (size_t)workload->replicas;
}

/* --- what it comes to --- */

static bool is_stale(const cJSON *set)
{
    int64_t wanted = 0, seen = 0;

    (void)bl_json_int(bl_json_at(set, "metadata", "generation", NULL), &wanted);
    (void)bl_json_int(bl_json_at(set, "status", "observedGeneration", NULL), &seen);
    return seen < wanted;
}

static char *pending_message(const struct cli_rollout *rollout)
{
    return rollout->stale
               ? bl_strdup("waiting until the new template is a revision")
               : bl_asprintf("%zu pod%s of an older template; the controller has not begun yet",
                             rollout->outdated, rollout->outdated == 1 ? " is" : "s are");
}

/* What is noted of a revision before says nothing of this one. */
static void judge(struct cli_rollout *rollout)
{
    bool over = bl_text_eq(rollout->noted.phase, "Complete") ||
                bl_text_eq(rollout->noted.phase, "RolledBack");

    rollout->current = !rollout->stale && *rollout->noted.phase &&
                       bl_text_eq(rollout->noted.revision, rollout->revision) &&
                       !(over && rollout->outdated);
    if (!rollout->managed) {
        rollout->phase = "Unmanaged";
        rollout->message = bl_strdup("Kubernetes rolls it, as its updateStrategy is RollingUpdate; "
                                     "the rule rollout hands it to Ballast");
    } else if (rollout->current) {
        rollout->phase = rollout->noted.phase;
        rollout->message = bl_strdup(rollout->noted.message);
    } else if (rollout->stale || rollout->outdated) {
        rollout->phase = "Pending";
        rollout->message = pending_message(rollout);
    } else {
        rollout->phase = "Idle";
        rollout->message = bl_strdup("all pods are of the newest template");
    }
}

void cli_rollout_read(const struct bl_workload *workload, const struct cli_objects *pods,
                      const struct cli_objects *nodes, struct cli_rollout *ret_rollout)
{
    const cJSON *set = workload->object;

    *ret_rollout = (struct cli_rollout){
        .ref = workload->ref,
        .role = workload->role,
        .cluster = workload->cluster,
        .managed = bl_text_eq(
            bl_json_string(bl_json_at(set, "spec", "updateStrategy", NULL), "type"), "OnDelete"),
        .stale = is_stale(set),
        .revision = bl_json_string(bl_json_get(set, "status"), "updateRevision"),
        .paused = bl_object_annotation(set, BL_ANNOTATION_ROLLOUT_PAUSED),
        .failed = bl_object_annotation(set, BL_ANNOTATION_ROLLOUT_FAILED),
        .aborted = bl_object_annotation(set, BL_ANNOTATION_ROLLOUT_ABORT),
    };
    bl_progress_read(set, &ret_rollout->noted);
    read_pods(workload, pods, nodes, ret_rollout);
    judge(ret_rollout);
}

void cli_rollout_release(struct cli_rollout *rollout)
{
    for (size_t i = 0; i < rollout->pods.len; i++)
        free(rollout->pods.items[i].name);
    free(rollout->pods.items);
    free(rollout->message);
    bl_progress_release(&rollout->noted);
    *rollout = (struct cli_rollout){0};
}

enum cli_rollout_end cli_rollout_end(const struct cli_rollout *rollout)
{
    static const char *const done[] = {"Complete", "Idle", "Unmanaged", NULL};
    static const char *const failed[] = {"Failed", "RolledBack", NULL};

    if (bl_text_in(rollout->phase, failed))
        return CLI_ROLLOUT_FAILED;
    return bl_text_in(rollout->phase, done) ? CLI_ROLLOUT_DONE : CLI_ROLLOUT_GOES_ON;
}
