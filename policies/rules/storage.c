#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/workload/protected.h"
#include "rule.h"

/*
 * Data that outlives its pod. Replication covers the loss of one broker, not of a rolling upgrade that
 * starts every one of them with an empty disk.
 */

struct params {
    struct bl_rule_params base;
    bool persistent;
};

static const struct params defaults = {.persistent = true};
static const struct bl_field fields[] = {
    BL_RULE_ACTION_FIELD,
    {.name = "persistent",
     .type = BL_FIELD_BOOL,
     .offset = offsetof(struct params, persistent),
     .doc = "Whether data must lie on a persistent volume claim; true where not given."},
    {0},
};
static const struct bl_schema schema = BL_SCHEMA(struct params, fields);

/* Pointer to the volume of that name, or to the container where there is none. */
static char *volume_pointer(const struct bl_workload *workload, const char *name)
{
    const cJSON *volume;
    size_t index = 0;

    cJSON_ArrayForEach(volume, bl_json_at(workload->pod, "spec", "volumes", NULL)) {
        if (bl_text_eq(bl_json_string(volume, "name"), name))
            return bl_asprintf("%s/spec/volumes/%zu", workload->pod_pointer, index);
        index++;
    }
    return bl_strdup(workload->container_pointer);
}

static bool has_claim_template(const struct bl_workload *workload, const char *name)
{
    const cJSON *claim;

    cJSON_ArrayForEach(claim, bl_json_at(workload->object, "spec", "volumeClaimTemplates", NULL)) {
        if (bl_text_eq(bl_json_string(bl_json_get(claim, "metadata"), "name"), name))
            return true;
    }
    return false;
}

/* What the template names is one for all replicas, if they have no folders of their own on it. */
static bool is_shared(const struct bl_workload *workload, const struct bl_data_volume *data)
{
    return *workload->pod_pointer && workload->replicas > 1 && !data->of_pod &&
           !has_claim_template(workload, data->volume);
}

static void check_shared(struct bl_rule_run *run, const struct bl_data_volume *data,
                         const char *what, const char *path)
{
    if (is_shared(run->workload, data))
        bl_run_report(run, BL_FAULT_WRONG, run->object, path,
                      "Use a volumeClaimTemplate, which gives each replica a claim of its own.",
                      "all replicas have their data in %s on the one %s \"%s\"", data->path, what,
                      data->volume);
}

static void check_volume(struct bl_rule_run *run, const struct bl_data_volume *data)
{
    static const char *const hint = "Use a volumeClaimTemplate and mount it there.";
    BL_AUTO_FREE char *path = volume_pointer(run->workload, data->volume);

    switch (data->storage) {
    case BL_STORAGE_EPHEMERAL:
        bl_run_report(run, BL_FAULT_WRONG, run->object, path, hint,
                      "data in %s is on volume \"%s\", which is gone with the pod", data->path,
                      data->volume);
        break;
    case BL_STORAGE_NONE:
        bl_run_report(
            run, data->assumed ? BL_FAULT_NOTE : BL_FAULT_WRONG, run->object, path, hint,
            data->assumed
                ? "the image writes its transaction log to %s, which is on no volume: what "
                  "was acknowledged since the last snapshot is gone with the pod"
                : "data in %s is on no volume: it is gone when the container restarts",
            data->path);
        break;
    case BL_STORAGE_HOST:
        bl_run_report(
            run, BL_FAULT_NOTE, run->object, path, hint,
            "data in %s is on hostPath volume \"%s\": it stays behind when the pod moves%s",
            data->path, data->volume,
            is_shared(run->workload, data) ? ", and replicas on one node share it" : "");
        break;
    case BL_STORAGE_CLAIM:
        check_shared(run, data, "claim of volume", path);
        break;
    case BL_STORAGE_SHARED:
        check_shared(run, data, "volume", path);
        break;
    case BL_STORAGE_UNKNOWN:
        break;
    }
}

static void check_class(struct bl_rule_run *run, const char *name)
{
    struct bl_world_iter iter = bl_world_walk(run->scene->world, BL_WORLD_STORAGE_CLASS, "");

    for (const struct bl_world_entry *entry; (entry = bl_world_next(&iter));) {
        const char *reclaim = bl_json_string(entry->object, "reclaimPolicy");

        if (strcmp(entry->ref.name, name) != 0 || bl_text_eq(reclaim, "Retain"))
            continue;
        bl_run_report(run, BL_FAULT_NOTE, entry->index, "/reclaimPolicy",
                      "Set reclaimPolicy: Retain.",
                      "StorageClass \"%s\" deletes the disk with the claim (%s)", name,
                      reclaim ? reclaim : "Delete, as nothing is set");
    }
}

static void check_claims(struct bl_rule_run *run)
{
    const cJSON *claim, *spec = bl_json_get(run->workload->object, "spec");

    cJSON_ArrayForEach(claim, bl_json_get(spec, "volumeClaimTemplates")) {
        const char *class = bl_json_string(bl_json_get(claim, "spec"), "storageClassName");

        if (class)
            check_class(run, class);
    }
}

static void check_retention(struct bl_rule_run *run)
{
    static const char *const moments[] = {"whenDeleted", "whenScaled"};
    const cJSON *policy =
        bl_json_at(run->workload->object, "spec", "persistentVolumeClaimRetentionPolicy", NULL);

    for (size_t i = 0; i < BL_ARRAY_LEN(moments); i++)
        if (bl_text_eq(bl_json_string(policy, moments[i]), "Delete"))
            bl_run_report(run, BL_FAULT_WRONG, run->object,
                          "/spec/persistentVolumeClaimRetentionPolicy", "Set it to Retain.",
                          "%s: Delete throws the data away with the %s", moments[i],
                          i ? "pod that is scaled down" : "StatefulSet");
}

static void note_application(struct bl_rule_run *run, size_t application,
                             struct bl_protected_fault *fault)
{
    bl_run_report(run, BL_FAULT_NOTE, application, fault->path, fault->hint, "%s", fault->message);
    bl_protected_fault_release(fault);
}

static void check_misses(struct bl_rule_run *run, const struct bl_world_entry *application,
                         enum bl_world_kind kind)
{
    const struct bl_workload *workload = run->workload;
    struct bl_world_iter iter = bl_world_walk(run->scene->world, kind, workload->ref.namespace);
    struct bl_protected_fault fault;

    for (const struct bl_world_entry *entry; bl_budget_turn() && (entry = bl_world_next(&iter));)
        if (bl_protected_misses(application->object, workload->object, entry->object, &fault))
            note_application(run, application->index, &fault);
}

/* Data that outlives its cluster: a backup that nobody can go on from looks as good as another one. */
static void check_backup(struct bl_rule_run *run)
{
    const struct bl_workload *workload = run->workload;
    struct bl_world_iter iter =
        bl_world_walk(run->scene->world, BL_WORLD_PROTECTED_APPLICATION, workload->ref.namespace);
    struct bl_protected_fault fault;

    if (!bl_object_is(workload->object, "apps", "StatefulSet"))
        return;
    for (const struct bl_world_entry *entry; bl_budget_turn() && (entry = bl_world_next(&iter));) {
        if (!bl_protected_names(entry->object, workload->object))
            continue;
        if (bl_protected_is_wrong(entry->object, workload->object, &fault))
            note_application(run, entry->index, &fault);
        check_misses(run, entry, BL_WORLD_CONFIG_MAP);
        check_misses(run, entry, BL_WORLD_OTHER);
    }
}

static void check(struct bl_rule_run *run)
{
    const struct params *params = run->params;

    if (params->persistent && !run->workload->data.len)
        bl_run_report(run, BL_FAULT_WRONG, run->object, run->workload->container_pointer,
                      "Use a volumeClaimTemplate and mount it where the data lies.",
                      "container \"%s\" mounts no persistent volume claim",
                      run->workload->container_name);
    for (size_t i = 0; params->persistent && i < run->workload->data.len; i++)
        check_volume(run, &run->workload->data.items[i]);
    check_claims(run);
    check_retention(run);
    check_backup(run);
}

const struct bl_rule bl_rule_storage = {
    .summary = "Data lies on persistent volumes that outlive pods and claims.",
    .schema = &schema,
    .defaults = &defaults,
    .roles = BL_MATCH_BROKER | BL_MATCH_CONTROLLER | BL_MATCH_COMBINED | BL_MATCH_ZOOKEEPER,
    .check = check,
};
