#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/image.h"
#include "rule.h"

/*
 * Images from the registry that the team mirrors to, with a version that stays what it is. All of the
 * pod's containers count: an upgrade pulls every one of them.
 */

struct params {
    struct bl_rule_params base;
    char *registry; /* prefix, NULL: images stay where they are */
    bool require_digest;
    struct bl_strings allowed; /* patterns; none: all */
};

static const struct params defaults = {0};
static const struct bl_field fields[] = {
    BL_RULE_ACTION_FIELD,
    {.name = "registry",
     .type = BL_FIELD_STRING,
     .offset = offsetof(struct params, registry),
     .doc = "Registry and path under which all images are mirrored; path, tag and digest stay."},
    {.name = "requireDigest",
     .type = BL_FIELD_BOOL,
     .offset = offsetof(struct params, require_digest),
     .doc = "Whether every image must be named by digest; false where not given."},
    {.name = "allowed",
     .type = BL_FIELD_STRINGS,
     .offset = offsetof(struct params, allowed),
     .doc = "Patterns of images that are allowed; all where not given."},
    {0},
};
static const struct bl_schema schema = BL_SCHEMA(struct params, fields);

static const char *const lists[] = {"initContainers", "containers"};

/* Calls `visit` with each container's image and the pointer to it. */
static void each_image(struct bl_rule_run *run, const cJSON *pod,
                       void (*visit)(struct bl_rule_run *run, const cJSON *container,
                                     const char *pointer))
{
    for (size_t l = 0; l < BL_ARRAY_LEN(lists); l++) {
        size_t len = bl_json_len(bl_json_at(pod, "spec", lists[l], NULL));

        for (size_t i = 0; i < len; i++) {
            const cJSON *container =
                cJSON_GetArrayItem(bl_json_at(pod, "spec", lists[l], NULL), (int)i);
            BL_AUTO_FREE char *pointer =
                bl_asprintf("%s/spec/%s/%zu/image", run->workload->pod_pointer, lists[l], i);

            if (bl_json_string(container, "image"))
                visit(run, container, pointer);
        }
    }
}

static void rebase(struct bl_rule_run *run, const cJSON *container, const char *pointer)
{
    const struct params *params = run->params;
    const char *image = bl_json_string(container, "image");
    BL_AUTO(bl_strbuf_release) struct bl_strbuf mirrored = BL_STRBUF_INIT(4096);

    if (bl_image_under(image, params->registry))
        return;
    bl_image_rebase(&mirrored, image, params->registry);
    bl_run_set(run, pointer, bl_json_new_string(mirrored.text), "image %s is not from %s", image,
               params->registry);
}

static void edit(struct bl_rule_run *run)
{
    const struct params *params = run->params;

    if (params->registry)
        each_image(run, run->workload->pod, rebase);
}

static bool is_allowed(const struct params *params, const char *image)
{
    for (size_t i = 0; i < params->allowed.len; i++)
        if (bl_text_glob(params->allowed.items[i], image))
            return true;
    return !params->allowed.len;
}

static void check_image(struct bl_rule_run *run, const cJSON *container, const char *pointer)
{
    const struct params *params = run->params;
    const char *text = bl_json_string(container, "image");
    const char *name = bl_json_string(container, "name");
    struct bl_image image = bl_image_parse(text);
    bool latest = image.tag_len == 6 && strncmp(image.tag, "latest", 6) == 0;

    name = name ? name : "";
    if (!image.digest_len && (!image.tag_len || latest))
        bl_run_report(run, BL_FAULT_WRONG, run->object, pointer, "Name a version.",
                      "image %s of container \"%s\" has %s: a restart may bring another version",
                      text, name, latest ? "the tag latest" : "no tag");
    if (params->require_digest && !image.digest_len)
        bl_run_report(run, BL_FAULT_WRONG, run->object, pointer, "Add @sha256:… to the image.",
                      "image %s of container \"%s\" is not named by digest", text, name);
    if (!is_allowed(params, text))
        bl_run_report(run, BL_FAULT_WRONG, run->object, pointer,
                      "Use an image that the policy lists under images.allowed.",
                      "image %s of container \"%s\" is not on the list of allowed images", text,
                      name);
    if (params->registry && !bl_image_under(text, params->registry))
        bl_run_report(run, BL_FAULT_MISSING, run->object, pointer, "Mirror the image there.",
                      "image %s of container \"%s\" is not from %s", text, name, params->registry);
}

static void check(struct bl_rule_run *run)
{
    each_image(run, run->workload->pod, check_image);
}

const struct bl_rule bl_rule_images = {
    .summary = "Images come from the team's registry, in a version that stays what it is.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_CONTROLLER | BL_MATCH_COMBINED | BL_MATCH_ZOOKEEPER,
    .mutates = true,
    .edit = edit,
    .check = check,
};
