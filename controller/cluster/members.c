/* The pods of a cluster one by one, for people and their tools: where each is, what it runs, and whether it is in sync. */
#include <inttypes.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/image.h"
#include "ballast/object/object.h"
#include "plan.h"

/* A status has its limit; the whole is in status.progress. */
#define MEMBERS_MAX 64

static bool is_true(const cJSON *pod, const char *type)
{
    return bl_text_eq(bl_json_string(bl_object_condition(pod, type), "status"), "True");
}

/* Of the container that the chart puts first: what others add beside it comes behind. */
static void add_image(const cJSON *pod, cJSON *member)
{
    const cJSON *container = bl_json_at(pod, "spec", "containers", NULL);
    const char *image = bl_json_string(container ? container->child : NULL, "image");
    BL_AUTO_FREE char *tag = image ? bl_image_tag(image) : NULL;

    if (tag)
        bl_json_add_string(member, "image", tag);
}

static void add_pod(const cJSON *set, const cJSON *pod, cJSON *member)
{
    const char *zone = bl_object_annotation(pod, BL_ANNOTATION_ZONE);

    bl_json_add_string(member, "name", bl_object_ref(pod).name);
    if (zone)
        bl_json_add_string(member, "zone", zone);
    add_image(pod, member);
    bl_json_add_bool(member, "updated", bl_pod_revision(set, pod) == BL_POD_REVISION_NEWEST);
    bl_json_add_bool(member, "ready", is_true(pod, "Ready"));
    if (bl_object_condition(pod, BL_CONDITION_IN_SYNC))
        bl_json_add_bool(member, "inSync", is_true(pod, BL_CONDITION_IN_SYNC));
}

void bl_cluster_members_add(const cJSON *set, const struct bl_set_pods *pods, cJSON *members)
{
    for (size_t i = 0; i < pods->len && bl_json_len(members) < MEMBERS_MAX; i++) {
        BL_AUTO_FREE char *missing =
            bl_asprintf("%s-%" PRId64, bl_object_ref(set).name, pods->items[i].ordinal);
        cJSON *member = bl_json_push(members, bl_json_new_object());

        if (pods->items[i].pod)
            add_pod(set, pods->items[i].pod, member);
        else
            bl_json_add_string(member, "name", missing);
    }
}
