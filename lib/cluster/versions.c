/* Versions that a chart brings, and steps between them that Kafka does not take (kafka.apache.org, upgrade notes; KIP-833). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kafka/metadata_version.h"
#include "ballast/object/image.h"
#include "ballast/object/object.h"
#include "ballast/workload/scene.h"
#include "plan.h"

/* Kafka 4 has no ZooKeeper, and starts on no cluster whose metadata.version is older. */
#define WITHOUT_ZOOKEEPER "4.0.0"
#define LEAST_BEFORE_4 "3.3.0"

static void add_images(const cJSON *containers, struct bl_strings *images)
{
    const cJSON *container;

    cJSON_ArrayForEach(container, containers) {
        const char *image = bl_json_string(container, "image");
        bool has = !image;

        for (size_t i = 0; i < images->len && !has; i++)
            has = strcmp(images->items[i], image) == 0;
        if (!has)
            *BL_PUSH(images) = bl_strdup(image);
    }
}

static void list_images(const struct bl_manifest *manifest, struct bl_strings *images)
{
    for (size_t i = 0; i < manifest->objects.len; i++) {
        const cJSON *spec =
            bl_json_get(bl_object_any_pod(manifest->objects.items[i].object), "spec");

        add_images(bl_json_get(spec, "initContainers"), images);
        add_images(bl_json_get(spec, "containers"), images);
    }
}

static void refuse_names(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *plan)
{
    for (size_t i = 0; input->spec->images.require_digest && i < plan->images.len; i++)
        if (!bl_image_parse(plan->images.items[i]).digest_len)
            bl_cluster_plan_refuse(
                plan, BL_REFUSED_NO_DIGEST,
                bl_asprintf("image \"%s\" is named without its digest", plan->images.items[i]),
                bl_strdup("Set it in the values as NAME@sha256:…"));
}

static void keep_lowest(char **version, const char *other)
{
    if (!other || (*version && bl_version_compare(*version, other) <= 0))
        return;
    free(*version);
    *version = bl_strdup(other);
}

static void find_versions(const struct bl_scene *scene, const char *known_kafka,
                          const char *known_zookeeper, char **ret_kafka, char **ret_zookeeper)
{
    for (size_t i = 0; i < scene->workloads.len; i++) {
        const struct bl_workload *workload = scene->workloads.items[i];
        const char *version = bl_plan_version_of(workload, known_kafka, known_zookeeper);

        if (workload->role != BL_ROLE_NONE)
            keep_lowest(workload->role == BL_ROLE_ZOOKEEPER ? ret_zookeeper : ret_kafka, version);
    }
}

/* What an image that says nothing runs: as somebody has noted, or says by now where nothing is to be done. */
static const char *held_to_be(const struct bl_cluster_plan *plan, const char *known,
                              const char *said)
{
    if (plan->action != BL_CLUSTER_NOTHING || !said)
        return known;
    return known && bl_version_compare(said, known) < 0 ? known : said;
}

static void refuse_lower(const struct bl_plan_step *step, const char *what,
                         struct bl_cluster_plan *plan)
{
    bl_cluster_plan_refuse(
        plan, BL_REFUSED_LOWER,
        bl_asprintf("%s \"%s\" runs %s %s, and the chart brings %s", step->live->ref.kind,
                    step->live->ref.name, what, step->from, step->to),
        bl_asprintf("What %s has written an older one may not read. Take a chart with %s %s "
                    "or newer.",
                    what, what, step->from));
}

/* It may be any, an older one, too. */
static void refuse_unknown(const struct bl_plan_step *step, const char *what, const char *field,
                           struct bl_cluster_plan *plan)
{
    bl_cluster_plan_refuse(
        plan, BL_REFUSED_VERSION,
        bl_asprintf("%s \"%s\" runs %s %s, and which one the chart brings cannot be told by its "
                    "image",
                    step->live->ref.kind, step->live->ref.name, what, step->from),
        bl_asprintf("Say which one it is: spec.versions.%s.", field));
}

static void refuse_step(const struct bl_plan_step *step, struct bl_cluster_plan *plan)
{
    bool zookeeper = step->live->role == BL_ROLE_ZOOKEEPER;
    const char *what = zookeeper ? "ZooKeeper" : "Kafka";

    if (step->from && !step->to)
        refuse_unknown(step, what, zookeeper ? "zookeeper" : "kafka", plan);
    if (!step->from || !step->to)
        return;
    if (bl_version_compare(step->to, step->from) < 0)
        refuse_lower(step, what, plan);
    else if (!zookeeper && bl_version_compare(step->to, WITHOUT_ZOOKEEPER) >= 0 &&
             bl_version_compare(step->from, LEAST_BEFORE_4) < 0)
        bl_cluster_plan_refuse(
            plan, BL_REFUSED_SKIPS,
            bl_asprintf("%s \"%s\" runs Kafka %s, and Kafka %s starts on no cluster from before %s",
                        step->live->ref.kind, step->live->ref.name, step->from, step->to,
                        LEAST_BEFORE_4),
            bl_strdup("Upgrade to the last 3.x first, and raise metadata.version there."));
}

/* Whoever says where ZooKeeper is, and nothing of a quorum, would look for it in vain. */
static void refuse_zookeeper(const struct bl_plan_state *rendered,
                             const struct bl_workload *workload, const char *version,
                             struct bl_cluster_plan *plan)
{
    BL_AUTO(bl_setting_release) struct bl_setting connect = {0};

    if (!bl_workload_is_kafka(workload) || workload->kraft || !version ||
        bl_version_compare(version, WITHOUT_ZOOKEEPER) < 0 ||
        !bl_workload_setting(workload, rendered->world, "zookeeper.connect", &connect))
        return;
    bl_cluster_plan_refuse(
        plan, BL_REFUSED_SKIPS,
        bl_asprintf("%s \"%s\" has its metadata in ZooKeeper, and Kafka %s starts with a quorum of "
                    "controllers alone",
                    workload->ref.kind, workload->ref.name, version),
        bl_strdup("Stay on Kafka 3.9, and move the metadata to controllers there (KIP-866), before "
                  "Kafka 4."));
}

/* Brokers take no level that one of them does not know. A lower one they may take, and lose what only the newer one can say. */
static void check_metadata(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *plan)
{
    const struct bl_cluster_spec *spec = input->spec;
    int64_t wanted = bl_cluster_metadata_wanted(spec);
    int64_t known = bl_metadata_version_level(plan->kafka);

    if (wanted && input->known.level > wanted) {
        BL_AUTO_FREE char *is = bl_metadata_version_name(input->known.level);

        bl_cluster_plan_refuse(plan, BL_REFUSED_LOWER,
                               bl_asprintf("metadata.version is %s, and spec.versions.metadata "
                                           "asks for %s: there is no way back",
                                           is, spec->versions.metadata),
                               bl_strdup("Take Hold, or a level that is not lower."));
    }
    if (wanted && wanted != BL_METADATA_HIGHEST &&
        known >= bl_metadata_version_level(WITHOUT_ZOOKEEPER) &&
        wanted < bl_metadata_version_level(LEAST_BEFORE_4))
        bl_cluster_plan_refuse(plan, BL_REFUSED_VERSION,
                               bl_asprintf("metadata.version %s is asked for, and the chart brings "
                                           "Kafka %s, which knows none below 3.3",
                                           spec->versions.metadata, plan->kafka),
                               bl_strdup("Ask for 3.3 or more, or take Hold."));
    if (!wanted || wanted == BL_METADATA_HIGHEST || known < 0 || wanted <= known)
        return;
    bl_cluster_plan_refuse(
        plan, BL_REFUSED_VERSION,
        bl_asprintf("metadata.version %s is asked for, and the chart brings "
                    "Kafka %s, which does not know it",
                    spec->versions.metadata, plan->kafka),
        bl_strdup("Take a chart with a newer Kafka, or ask for a lower level: it "
                  "can be raised later."));
}

/* --- all of it --- */

static void check_expected(const char *what, const char *expected, const char *found,
                           struct bl_cluster_plan *plan)
{
    if (!expected || (found && strcmp(expected, found) == 0))
        return;
    bl_cluster_plan_refuse(plan, BL_REFUSED_VERSION,
                           bl_asprintf("%s %s is asked for, and the chart brings %s", what,
                                       expected, found ? found : "none that can be told"),
                           bl_strdup("Take the chart's version that has it, or set its image."));
}

struct judge {
    const struct bl_cluster_plan_input *input;
    const struct bl_scene *rendered;
    struct bl_cluster_plan *plan;
};

static void judge_step(const struct bl_plan_step *step, void *context)
{
    const struct judge *judge = context;

    refuse_step(step, judge->plan);
    bl_plan_quorum(judge->input, step, judge->plan);
    bl_plan_protocol(judge->input, step, judge->plan);
    bl_plan_durability(step, bl_scene_brokers(judge->rendered, step->wanted), judge->plan);
}

void bl_plan_versions(const struct bl_cluster_plan_input *input, struct bl_cluster_plan *plan)
{
    const char *kafka = input->spec->versions.kafka, *zookeeper = input->spec->versions.zookeeper;
    BL_AUTO(bl_plan_states_release) struct bl_plan_states states;
    const struct bl_scene *rendered;

    bl_plan_states_open(input, &states);
    rendered = states.rendered.scene;
    list_images(&input->rendered->manifest, &plan->images);
    list_images(&input->rendered->hooks, &plan->images);
    find_versions(rendered, kafka, zookeeper, &plan->kafka, &plan->zookeeper);
    find_versions(states.live.scene, held_to_be(plan, input->known.kafka, kafka),
                  held_to_be(plan, input->known.zookeeper, zookeeper), &plan->running.kafka,
                  &plan->running.zookeeper);
    refuse_names(input, plan);
    check_expected("Kafka", kafka, plan->kafka, plan);
    check_expected("ZooKeeper", zookeeper, plan->zookeeper, plan);
    check_metadata(input, plan);
    for (size_t i = 0; i < rendered->workloads.len; i++)
        refuse_zookeeper(&states.rendered, rendered->workloads.items[i],
                         bl_plan_version_of(rendered->workloads.items[i], kafka, zookeeper), plan);
    bl_plan_states_each(&states, judge_step,
                        &(struct judge){.input = input, .rendered = rendered, .plan = plan});
}
