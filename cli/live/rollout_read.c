#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/pod.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/selector.h"
#include "ballast/workload/references.h"
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
    it->pending = bl_text_eq(bl_json_string(bl_json_get(it->pod, "status"), "phase"), "Pending");
    it->safe = it->pending ? NULL : bl_json_string(safe, "status");
    it->why = it->pending                                    ? "it does not run"
              : why && *why && !bl_text_eq(it->safe, "True") ? why
                                                             : NULL;
    it->never = bl_text_eq(it->safe, "False") &&
                bl_text_eq(bl_json_string(safe, "reason"), BL_REASON_NO_SPARE);
    it->hold = bl_object_annotation(it->pod, BL_ANNOTATION_HOLD);
    if (!it->hold)
        it->hold = bl_object_annotation(set, BL_ANNOTATION_HOLD);
    it->node = bl_pod_node(it->pod);
    it->zone = bl_object_annotation(it->pod, BL_ANNOTATION_ZONE);
    if (node && bl_object_label(node, BL_LABEL_ZONE))
        it->zone = bl_object_label(node, BL_LABEL_ZONE);
}

/* The StatefulSet controller leaves as many of the first pods as they are. */
static int64_t partition_of(const cJSON *set)
{
    return bl_json_number(bl_json_at(set, "spec", "updateStrategy", "rollingUpdate", NULL),
                          "partition");
}

static void read_pods(const struct bl_workload *workload, const struct cli_objects *pods,
                      const struct cli_objects *nodes, struct cli_rollout *rollout)
{
    BL_AUTO(bl_set_pods_release) struct bl_set_pods wanted = {0};
    int64_t partition = partition_of(workload->object);

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
        rollout->kept += it->outdated && (int64_t)i < partition;
        rollout->done += !it->outdated && it->ready && !bl_object_is_going(it->pod);
    }
    rollout->total = (size_t)workload->replicas;
}

/* --- what it comes to --- */

/* Pods that are seen and what is counted of them are two lists, each of which may be behind the other. */
static bool is_counted(const struct bl_workload *workload, bool managed)
{
    const cJSON *status = bl_json_get(workload->object, "status");

    return bl_json_number(status, "updatedReplicas") >= workload->replicas &&
           bl_json_number(status, "readyReplicas") >= workload->replicas &&
           /* Of OnDelete the current revision stays what it was. */
           (managed || bl_text_eq(bl_json_string(status, "currentRevision"),
                                  bl_json_string(status, "updateRevision")));
}

static bool is_stale(const cJSON *set)
{
    int64_t wanted = 0, seen = 0;

    (void)bl_json_int(bl_json_at(set, "metadata", "generation", NULL), &wanted);
    (void)bl_json_int(bl_json_at(set, "status", "observedGeneration", NULL), &seen);
    return seen < wanted;
}

static char *unmanaged_message(const struct cli_rollout *rollout)
{
    return rollout->kept ? bl_asprintf("%zu %s of the older template for good, by updateStrategy's "
                                       "partition: lower it to go on",
                                       rollout->kept,
                                       bl_text_plural((int64_t)rollout->kept, "pod is", "pods are"))
                         : bl_strdup("Kubernetes rolls it, as its updateStrategy is RollingUpdate; "
                                     "the rule rollout hands it to Ballast");
}

static char *pending_message(const struct cli_rollout *rollout)
{
    return rollout->stale
               ? bl_strdup("waiting until the new template is a revision")
               : bl_asprintf("%zu %s of an older template; the controller has not begun yet",
                             rollout->outdated,
                             bl_text_plural((int64_t)rollout->outdated, "pod is", "pods are"));
}

/* "kafka-2 is away", or what the scheduler or the kubelet says of it. For free(). */
static char *describe_unwell(const struct cli_rollout_pod *it)
{
    const cJSON *scheduled = bl_object_condition(it->pod, "PodScheduled");
    const char *message = bl_json_string(scheduled, "message");

    if (!it->pod)
        return bl_asprintf("%s is away", it->name);
    if (bl_object_is_going(it->pod))
        return bl_asprintf("%s is going down", it->name);
    if (bl_text_eq(bl_json_string(scheduled, "status"), "False"))
        return bl_asprintf("%s is on no node%s%s", it->name, message ? ": " : "",
                           message ? message : "");
    return bl_asprintf("%s is not ready", it->name);
}

static bool is_well(const struct cli_rollout_pod *it)
{
    return it->pod && it->ready && !bl_object_is_going(it->pod);
}

/* NULL: all are well. For free(). */
static char *find_unwell(const struct cli_rollout *rollout)
{
    for (size_t i = 0; i < rollout->pods.len; i++)
        if (!is_well(&rollout->pods.items[i]))
            return describe_unwell(&rollout->pods.items[i]);
    return NULL;
}

/* Has the Service an endpoint among the pods that are well? */
static bool leads_to(const cJSON *selector, const struct cli_rollout *rollout)
{
    for (size_t i = 0; i < rollout->pods.len; i++) {
        const struct cli_rollout_pod *it = &rollout->pods.items[i];

        if (is_well(it) &&
            bl_labels_include(bl_json_at(it->pod, "metadata", "labels", NULL), selector))
            return true;
    }
    return false;
}

/*
 * Pods that are well are no use where nobody finds them: by a Service that is meant for them and selects none, or where the one
 * that gives them their names is gone. NULL: they are found. For free().
 */
static char *find_unreachable(const struct bl_workload *workload,
                              const struct cli_objects *services, const struct cli_rollout *rollout)
{
    const char *governing = bl_json_string(bl_json_get(workload->object, "spec"), "serviceName");
    bool governed = !governing || !bl_names_host(workload->object, governing);

    for (size_t i = 0; i < services->len; i++) {
        const cJSON *selector = bl_json_at(services->items[i], "spec", "selector", NULL);
        struct bl_ref ref = bl_object_ref(services->items[i]);
        bool names = bl_text_eq(ref.name, governing);

        if (strcmp(ref.namespace, workload->ref.namespace) != 0)
            continue;
        governed |= names;
        if (selector && (names || bl_labels_include(workload->pod_labels, selector)) &&
            !leads_to(selector, rollout))
            return bl_asprintf("Service \"%s\" selects none of its pods", ref.name);
    }
    return governed ? NULL
                    : bl_asprintf("Service \"%s\", which gives its pods their names, is not there",
                                  governing);
}

/* An upgrade that is over says nothing of what went away since. */
static void see_to_unwell(const struct bl_workload *workload, const struct cli_objects *services,
                          struct cli_rollout *rollout)
{
    static const char *const over[] = {"Complete", "Idle", NULL};
    char *found;

    if (!bl_text_in(rollout->phase, over))
        return;
    found = find_unwell(rollout);
    if (!found && services && rollout->pods.len)
        found = find_unreachable(workload, services, rollout);
    if (!found)
        return;
    free(rollout->message);
    rollout->phase = "Disturbed";
    rollout->message = found;
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
        rollout->message = unmanaged_message(rollout);
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
                      const struct cli_objects *nodes, const struct cli_objects *services,
                      struct cli_rollout *ret_rollout)
{
    const cJSON *set = workload->object;

    *ret_rollout = (struct cli_rollout){
        .ref = workload->ref,
        .role = workload->role,
        .cluster = workload->cluster,
        .managed = bl_text_eq(
            bl_json_string(bl_json_at(set, "spec", "updateStrategy", NULL), "type"), "OnDelete"),
        .stale = is_stale(set),
        .uid = bl_object_uid(set),
        .generation = bl_json_number(bl_json_get(set, "metadata"), "generation"),
        .revision = bl_json_string(bl_json_get(set, "status"), "updateRevision"),
        .paused = bl_object_annotation(set, BL_ANNOTATION_ROLLOUT_PAUSED),
        .failed = bl_object_annotation(set, BL_ANNOTATION_ROLLOUT_FAILED),
        .aborted = bl_object_annotation(set, BL_ANNOTATION_ROLLOUT_ABORT),
        .restored = bl_object_annotation(set, BL_ANNOTATION_ROLLOUT_RESTORED),
    };
    ret_rollout->counted = is_counted(workload, ret_rollout->managed);
    bl_progress_read(set, &ret_rollout->noted);
    read_pods(workload, pods, nodes, ret_rollout);
    judge(ret_rollout);
    see_to_unwell(workload, services, ret_rollout);
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

static bool is_whole(const struct cli_rollout *rollout)
{
    return !rollout->stale && !rollout->outdated && rollout->done >= rollout->total &&
           rollout->counted;
}

enum cli_rollout_end cli_rollout_end(const struct cli_rollout *rollout)
{
    static const char *const done[] = {"Complete", "Idle", "Unmanaged", NULL};
    static const char *const failed[] = {"Failed", "RolledBack", NULL};

    if (bl_text_in(rollout->phase, failed))
        return CLI_ROLLOUT_FAILED;
    if (bl_text_eq(rollout->phase, "Blocked") || (!rollout->managed && rollout->kept))
        return CLI_ROLLOUT_BLOCKED;
    return bl_text_in(rollout->phase, done) && is_whole(rollout) ? CLI_ROLLOUT_DONE
                                                                 : CLI_ROLLOUT_GOES_ON;
}
