#include "recognise.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

struct candidate {
    struct bl_evidence evidence;
    const cJSON *container;
    char *pointer;
};

static void candidate_release(struct candidate *candidate)
{
    free(candidate->evidence.signal);
    free(candidate->pointer);
}

/* Stronger evidence wins; among equals Kafka before ZooKeeper, then the first. */
static bool better(const struct bl_evidence *a, const struct bl_evidence *b)
{
    if (a->confidence != b->confidence)
        return a->confidence > b->confidence;
    return a->role == BL_ROLE_BROKER && b->role == BL_ROLE_ZOOKEEPER;
}

static void consider(struct candidate *best, const struct bl_workload *workload,
                     const cJSON *container, const char *list, size_t index,
                     const struct bl_world *world)
{
    struct candidate now = {bl_container_evidence(workload, container, world), container, NULL};

    if (!now.evidence.role || !better(&now.evidence, &best->evidence)) {
        candidate_release(&now);
        return;
    }
    now.pointer = bl_asprintf("%s/spec/%s/%zu", workload->pod_pointer, list, index);
    candidate_release(best);
    *best = now;
}

/* Plain init containers are gone before anything listens; only sidecars among them stay. */
static struct candidate find_container(const struct bl_workload *workload,
                                       const struct bl_world *world)
{
    struct candidate best = {0};
    const cJSON *spec = bl_json_get(workload->pod, "spec"), *container;
    size_t index = 0;

    cJSON_ArrayForEach(container, bl_json_get(spec, "containers")) {
        consider(&best, workload, container, "containers", index++, world);
    }
    index = 0;
    cJSON_ArrayForEach(container, bl_json_get(spec, "initContainers")) {
        if (bl_text_eq(bl_json_string(container, "restartPolicy"), "Always"))
            consider(&best, workload, container, "initContainers", index, world);
        index++;
    }
    return best;
}

static void take_candidate(struct bl_workload *workload, struct candidate *candidate)
{
    const char *name = bl_json_string(candidate->container, "name");

    workload->role = candidate->evidence.role;
    workload->confidence = candidate->evidence.confidence;
    workload->container = candidate->container;
    workload->container_name = name ? name : "";
    workload->container_pointer = BL_STEAL(candidate->pointer);
    *BL_PUSH(&workload->signals) = BL_STEAL(candidate->evidence.signal);
    bl_workload_find_variables(workload);
}

/* Told by label, but nothing in the pod looks like it: then it is the first container. */
static void take_first_container(struct bl_workload *workload)
{
    const cJSON *containers = bl_json_at(workload->pod, "spec", "containers", NULL);
    const char *name = containers ? bl_json_string(containers->child, "name") : NULL;

    workload->container = containers ? containers->child : NULL;
    workload->container_name = name ? name : "";
    workload->container_pointer = bl_asprintf("%s/spec/containers/0", workload->pod_pointer);
    bl_workload_find_variables(workload);
}

static void apply_role_label(struct bl_workload *workload, bool distrusted)
{
    const char *label = bl_object_label(workload->object, BL_LABEL_ROLE);
    bool known;
    enum bl_role role = label ? bl_role_parse(label, &known) : BL_ROLE_NONE;

    if (!label || bl_text_eq(label, bl_object_annotation(workload->object, BL_ANNOTATION_ROLE)))
        return;
    bl_workload_signal(workload, "label: %s=%s%s", BL_LABEL_ROLE, label,
                       known ? "" : " is no role, ignored");
    if (!known || (role == BL_ROLE_NONE && distrusted))
        return;
    workload->opted_out = role == BL_ROLE_NONE && workload->role != BL_ROLE_NONE;
    if (role != BL_ROLE_NONE && !workload->container)
        take_first_container(workload);
    workload->role = role;
    workload->confidence = role ? BL_CONFIDENCE_HIGH : BL_CONFIDENCE_NONE;
}

static void describe(struct bl_workload *workload, const struct bl_world *world, bool distrusted)
{
    if (workload->role == BL_ROLE_BROKER)
        bl_workload_find_kafka_role(workload, world);
    apply_role_label(workload, distrusted);
    if (workload->role == BL_ROLE_NONE || !workload->container)
        return;
    bl_workload_find_operator(workload);
    bl_workload_find_distribution(workload);
    bl_workload_find_ports(workload, world);
    bl_workload_find_data(workload, world);
    bl_workload_find_selector(workload);
}

struct bl_workload *bl_workload_recognise(const cJSON *object, const struct bl_world *world,
                                          bool distrusted)
{
    struct bl_workload *workload = BL_NEW(struct bl_workload);

    workload->object = object;
    workload->distrusted = distrusted;
    workload->ref = bl_object_ref(object);
    workload->pod = bl_object_pod(object);
    workload->pod_labels = bl_object_labels(workload->pod);
    workload->replicas = bl_object_replicas(object);
    workload->distribution = "unknown";
    workload->container_name = "";
    if (!workload->pod)
        return workload;

    workload->pod_pointer = bl_object_pod_pointer(object);
    BL_AUTO(candidate_release) struct candidate candidate = find_container(workload, world);
    if (candidate.evidence.role)
        take_candidate(workload, &candidate);
    describe(workload, world, distrusted);
    return workload;
}
