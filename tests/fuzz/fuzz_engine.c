/*
 * Any manifests, decided by the default policy: no crash, no leak, and the laws that keep a cluster safe.
 * What was edited needs no further edit, and the patch leads from the one to the other.
 */
#include <stdint.h>
#include <stdlib.h>

#include "ballast/base/mem.h"
#include "ballast/object/manifest.h"
#include "ballast/policies/engine.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct bl_policy_set *policies(void)
{
    static struct bl_policy_set set;
    BL_ERROR(err);

    if (!set.len && bl_policy_set_read(&set, BALLAST_SOURCE_POLICIES "/default.yaml", &err) < 0)
        abort();
    return &set;
}

static void check_patches(const struct bl_report *report, const cJSON *const *objects)
{
    for (size_t i = 0; i < report->len; i++) {
        BL_ERROR(err);
        BL_AUTO_JSON cJSON *copy = bl_json_copy(objects[i]);

        if (!report->objects[i].edit.patch)
            continue;
        if (bl_patch_apply(&copy, report->objects[i].edit.patch, &err) < 0 ||
            !bl_json_equal(copy, bl_report_object(report, i)))
            abort();
    }
}

static void check_settled(const struct bl_report *report, const struct bl_engine_options *options)
{
    BL_AUTO(bl_report_cleanup)
    struct bl_report *again = bl_engine_run(policies(), report->edited, report->len, options);

    for (size_t i = 0; i < again->len; i++)
        if (again->objects[i].edit.patch)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BL_ERROR(err);
    BL_AUTO(bl_manifest_release) struct bl_manifest manifest = {0};
    struct bl_engine_options options = {.today = 20000};

    if (size > 65536 ||
        bl_manifest_add(&manifest, "fuzz", bl_strndup((const char *)data, size), size, &err) < 0)
        return 0;

    BL_AUTO_FREE const cJSON **objects = bl_alloc(manifest.objects.len, sizeof(*objects));
    for (size_t i = 0; i < manifest.objects.len; i++)
        objects[i] = manifest.objects.items[i].object;

    BL_AUTO(bl_report_cleanup)
    struct bl_report *report = bl_engine_run(policies(), objects, manifest.objects.len, &options);
    check_patches(report, objects);
    check_settled(report, &options);
    return 0;
}
