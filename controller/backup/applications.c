#include "applications.h"

#include <stdlib.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/object.h"

int bl_backup_applications_resource(struct bl_backup_job *job, cJSON **ret_group,
                                    struct bl_resource *ret_resource, struct bl_error **err)
{
    const char *version;

    if (bl_kube_request(job->client, "GET", "/apis/" BL_PROTECTED_GROUP, NULL, NULL, ret_group,
                        err) < 0) {
        bl_wrap(err, "the cluster does not serve " BL_PROTECTED_GROUP);
        return bl_hint(err, "The agent brings it: gcloud container clusters update … "
                            "--update-addons=BackupRestore=ENABLED");
    }
    version = bl_json_string(bl_json_get(*ret_group, "preferredVersion"), "version");
    *ret_resource =
        (struct bl_resource){BL_PROTECTED_GROUP, version ? version : "v1", BL_PROTECTED_PLURAL};
    return 0;
}

static int apply(struct bl_backup_job *job, const struct bl_resource *resource, const cJSON *wanted,
                 struct bl_error **err)
{
    BL_AUTO_JSON cJSON *object = bl_json_copy(wanted);
    BL_AUTO_FREE char *api = bl_asprintf(BL_PROTECTED_GROUP "/%s", resource->version);
    struct bl_kube_patch patch = {
        .type = BL_KUBE_PATCH_APPLY, .body = object, .manager = BL_MANAGER};

    bl_json_add_string(object, "apiVersion", api);
    return bl_kube_patch(job->client, resource, job->ref.namespace, bl_object_ref(object).name,
                         &patch, NULL, err);
}

int bl_backup_applications_apply(struct bl_backup_job *job,
                                 const struct bl_protected_applications *applications,
                                 struct bl_error **err)
{
    BL_AUTO_JSON cJSON *group = NULL;
    struct bl_resource resource = {0};

    if (bl_backup_applications_resource(job, &group, &resource, err) < 0)
        return -1;
    for (size_t i = 0; i < applications->len; i++)
        if (apply(job, &resource, applications->items[i].object, err) < 0)
            return -1;
    return 0;
}

static char *fault_of(const cJSON *application, const struct bl_backup_world *world)
{
    for (size_t i = 0; i < world->topology.clusters.len; i++) {
        const struct bl_kafka *kafka = &world->topology.clusters.items[i];

        for (size_t m = 0; m < kafka->members.len; m++) {
            BL_AUTO(bl_protected_fault_release) struct bl_protected_fault fault = {0};

            if (bl_protected_is_wrong(application, kafka->members.items[m].set, &fault))
                return BL_STEAL(fault.message);
        }
    }
    return NULL;
}

int bl_backup_applications_unready(struct bl_backup_job *job, const struct bl_strings *names,
                                   const struct bl_backup_world *world, char **ret_why,
                                   struct bl_error **err)
{
    BL_AUTO_JSON cJSON *group = NULL;
    struct bl_resource resource = {0};

    *ret_why = NULL;
    if (bl_backup_applications_resource(job, &group, &resource, err) < 0)
        return -1;
    for (size_t i = 0; i < names->len && !*ret_why; i++) {
        BL_AUTO_JSON cJSON *object = NULL;
        const cJSON *ready;

        if (bl_kube_find(job->client, &resource, job->ref.namespace, names->items[i], &object,
                         err) < 0)
            return -1;
        ready = bl_json_at(object, "status", "readyToBackup", NULL);
        if (!object)
            *ret_why = bl_asprintf("there is no ProtectedApplication \"%s\"", names->items[i]);
        else if (cJSON_IsFalse(ready))
            *ret_why = bl_asprintf("ProtectedApplication \"%s\" is not ready, as the agent says",
                                   names->items[i]);
        else
            *ret_why = fault_of(object, world);
    }
    return 0;
}
