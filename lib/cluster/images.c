/* Are the images there that a chart's pods run? Asked for before anything changes. */
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/base64.h"
#include "ballast/base/mem.h"
#include "ballast/cluster/registry.h"
#include "ballast/object/object.h"
#include "plan.h"

#define CONFIG ".dockerconfigjson"
/* For all images of a chart together: the reconcile of one cluster must not hold up those of others. */
#define TOGETHER (30 * BL_NSEC_S)
#define ONE (10 * BL_NSEC_S)
#define CONFIG_MAX ((size_t)256 << 10)

/* --- pull secrets --- */

static void add_auths(const cJSON *secret, cJSON *auths)
{
    const char *text = bl_json_string(bl_json_get(secret, "data"), CONFIG);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf config = BL_STRBUF_INIT(CONFIG_MAX);
    BL_AUTO(bl_json_wipe) cJSON *json = NULL;
    const cJSON *entry;
    BL_ERROR(unreadable);

    if (!text || bl_base64_decode(&config, text, strlen(text), &unreadable) < 0 ||
        bl_json_parse(config.text, config.len, &json, &unreadable) < 0)
        return;
    BL_JSON_EACH_MEMBER(entry, bl_json_get(json, "auths")) {
        bl_json_cut(auths, entry->string);
        bl_json_add(auths, entry->string, bl_json_copy(entry));
    }
}

static int read_secret(const struct bl_evaluate_input *input, const char *name, cJSON *auths,
                       struct bl_error **err)
{
    BL_AUTO(bl_json_wipe) cJSON *secret = NULL;

    /* One that is not there the chart may make; its pods say so if not. */
    if (bl_kube_find(input->client, &bl_kind_secret.resource, input->namespace, name, &secret,
                     err) < 0)
        return bl_wrap(err, "Secret \"%s\"", name);
    add_auths(secret, auths);
    return 0;
}

static int read_auths(const struct bl_evaluate_input *input, const struct bl_manifest *manifest,
                      cJSON *auths, struct bl_error **err)
{
    for (size_t i = 0; i < manifest->objects.len; i++) {
        const cJSON *pod = bl_object_any_pod(manifest->objects.items[i].object), *secret;

        cJSON_ArrayForEach(secret, bl_json_at(pod, "spec", "imagePullSecrets", NULL)) {
            const char *name = bl_json_string(secret, "name");

            if (name && read_secret(input, name, auths, err) < 0)
                return -1;
        }
    }
    return 0;
}

/* --- images --- */

static void check(const struct bl_registry *registry, const char *image,
                  struct bl_cluster_plan *plan)
{
    enum bl_image_found found;
    BL_ERROR(failure);

    if (registry->at_most <= 0)
        bl_fail(&failure, BL_ERR_UNAVAILABLE,
                "registries took longer than 30 s for the images before it");
    if (failure || bl_registry_find(registry, image, &found, &failure) < 0)
        bl_cluster_plan_refuse(plan, BL_REFUSED_REGISTRY,
                               bl_asprintf("image \"%s\": %s", image, bl_error_text(failure)),
                               bl_strdup("It is asked again in half a minute. images.check: false "
                                         "leaves it to the nodes."));
    else if (found == BL_IMAGE_MISSING)
        bl_cluster_plan_refuse(
            plan, BL_REFUSED_IMAGE, bl_asprintf("image \"%s\" is not there", image),
            bl_strdup("Its pods would not start. Name one that is, in the values or by images.map; "
                      "Bitnami's older ones have moved to bitnamilegacy."));
    else if (found == BL_IMAGE_DENIED)
        bl_cluster_plan_refuse(
            plan, BL_REFUSED_IMAGE,
            bl_asprintf("image \"%s\" is not there, or not for these pods", image),
            bl_strdup("Name a pull secret that may read it, or an image that is "
                      "there."));
}

int bl_plan_images(const struct bl_evaluate_input *input, struct bl_evaluation *evaluation,
                   struct bl_error **err)
{
    BL_AUTO(bl_json_wipe) cJSON *auths = bl_json_new_object();
    struct bl_registry registry = {
        .insecure = input->insecure_registries, .auths = auths, .stop = input->stop};
    bl_nsec deadline = bl_clock_now(&bl_clock_real) + TOGETHER;

    if (!input->spec->images.check)
        return 0;
    if (read_auths(input, &evaluation->rendered.manifest, auths, err) < 0 ||
        read_auths(input, &evaluation->rendered.hooks, auths, err) < 0)
        return -1;
    for (size_t i = 0; i < evaluation->plan.images.len; i++) {
        bl_nsec left = deadline - bl_clock_now(&bl_clock_real);

        registry.at_most = left < ONE ? left : ONE;
        check(&registry, evaluation->plan.images.items[i], &evaluation->plan);
    }
    return 0;
}
