#include "ballast/backup/body.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/backup/rehearsal.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/google/resource.h"

static cJSON *add_labels(cJSON *body, const char *namespace)
{
    cJSON *labels = bl_json_add_object(body, "labels");

    bl_json_add_string(labels, BL_BACKUP_LABEL_NAMESPACE, namespace);
    return labels;
}

static void add_number(cJSON *object, const char *key, int64_t value)
{
    if (value >= 0)
        bl_json_add_int(object, key, value);
}

static void add_applications(cJSON *config, const char *namespace,
                             const struct bl_strings *applications)
{
    cJSON *names =
        bl_json_add_array(bl_json_add_object(config, "selectedApplications"), "namespacedNames");

    for (size_t i = 0; i < applications->len; i++) {
        cJSON *name = bl_json_push(names, bl_json_new_object());

        bl_json_add_string(name, "namespace", namespace);
        bl_json_add_string(name, "name", applications->items[i]);
    }
}

/* --- the plan --- */

static void add_config(cJSON *body, const struct bl_backup_plan_spec *spec,
                       const struct bl_backup_place *place)
{
    cJSON *config = bl_json_add_object(body, "backupConfig");

    bl_json_add_bool(config, "includeSecrets", spec->include_secrets);
    bl_json_add_bool(config, "includeVolumeData", spec->include_volume_data);
    bl_json_add_bool(config, "permissiveMode", spec->permissive);
    if (spec->kms_key)
        bl_json_add_string(bl_json_add_object(config, "encryptionKey"), "gcpKmsEncryptionKey",
                           spec->kms_key);
    add_applications(config, place->namespace,
                     spec->applications.len ? &spec->applications : place->applications);
}

/* A schedule of Ballast's is none of the service's. */
static void add_schedule(cJSON *body, const struct bl_backup_schedule *schedule)
{
    cJSON *out, *rpo;

    if (schedule->by != BL_SCHEDULER_SERVICE || (!schedule->cron && !schedule->rpo_minutes))
        return;
    out = bl_json_add_object(body, "backupSchedule");
    bl_json_add_bool(out, "paused", schedule->paused);
    if (schedule->cron) {
        bl_json_add_string(out, "cronSchedule", schedule->cron);
        return;
    }
    rpo = bl_json_add_object(out, "rpoConfig");
    bl_json_add_int(rpo, "targetRpoMinutes", schedule->rpo_minutes);
    if (schedule->exclusion_windows)
        bl_json_add(rpo, "exclusionWindows", bl_json_copy(schedule->exclusion_windows));
}

static void add_retention(cJSON *body, const struct bl_backup_plan_spec *spec)
{
    cJSON *retention;

    if (spec->retention.retain_days < 0 && spec->retention.lock_days < 0)
        return;
    retention = bl_json_add_object(body, "retentionPolicy");
    add_number(retention, "backupRetainDays", spec->retention.retain_days);
    add_number(retention, "backupDeleteLockDays", spec->retention.lock_days);
    if (spec->retention.locked)
        bl_json_add_bool(retention, "locked", true);
}

cJSON *bl_backup_plan_body(const struct bl_backup_plan_spec *spec,
                           const struct bl_backup_place *place)
{
    cJSON *body = bl_json_new_object();

    bl_json_add_string(body, "cluster", place->cluster);
    (void)add_labels(body, place->namespace);
    add_config(body, spec, place);
    add_schedule(body, &spec->schedule);
    add_retention(body, spec);
    bl_json_add_bool(body, "deactivated", spec->deactivated);
    return body;
}

/* --- what differs --- */

/* Which paths Ballast writes. Those that are not `always` its own are left alone where the spec does not give them. */
static const struct {
    const char *part, *member;
    bool always;
} paths[] = {
    {"labels", BL_BACKUP_LABEL_NAMESPACE, false},
    {"backupConfig", "allNamespaces", true},
    {"backupConfig", "selectedNamespaces", true},
    {"backupConfig", "selectedNamespaceLabels", true},
    {"backupConfig", "selectedApplications", true},
    {"backupConfig", "includeSecrets", true},
    {"backupConfig", "includeVolumeData", true},
    {"backupConfig", "permissiveMode", true},
    {"backupConfig", "encryptionKey", false},
    {"backupSchedule", "cronSchedule", true},
    {"backupSchedule", "rpoConfig", true},
    {"backupSchedule", "paused", true},
    {"retentionPolicy", "backupRetainDays", false},
    {"retentionPolicy", "backupDeleteLockDays", false},
    {"retentionPolicy", "locked", false},
    {"deactivated", NULL, true},
};

static void add_path(struct bl_strbuf *mask, const char *part, const char *member)
{
    bl_strbuf_addf(mask, "%s%s", mask->len ? "," : "", part);
    /* A label has no path of its own: https://google.aip.dev/161 has none for the keys of maps. */
    if (member && strcmp(part, "labels") != 0)
        bl_strbuf_addf(mask, ".%s", member);
}

char *bl_backup_plan_mask(const cJSON *wanted, const cJSON *plan)
{
    struct bl_strbuf mask = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    bool schedule = false;

    for (size_t i = 0; i < BL_ARRAY_LEN(paths); i++) {
        const char *part = paths[i].part, *member = paths[i].member;
        const cJSON *ours = bl_json_get(wanted, part), *theirs = bl_json_get(plan, part);

        if (member) {
            ours = bl_json_get(ours, member);
            theirs = bl_json_get(theirs, member);
        }
        if ((!ours && !paths[i].always) || bl_google_same(ours, theirs))
            continue;
        /* One of the two is given, so that both are written. */
        if (bl_text_eq(member, "cronSchedule") || bl_text_eq(member, "rpoConfig")) {
            if (!schedule)
                add_path(&mask, "backupSchedule.cronSchedule,backupSchedule.rpoConfig", NULL);
            schedule = true;
        } else {
            add_path(&mask, part, member);
        }
    }
    return mask.len ? bl_strbuf_take(&mask) : bl_strdup("");
}

cJSON *bl_backup_plan_patch(const cJSON *wanted, const cJSON *plan)
{
    const cJSON *label;
    const char *etag = bl_json_string(plan, "etag");
    cJSON *body = bl_json_copy(wanted), *labels = bl_json_get(body, "labels");

    BL_JSON_EACH_MEMBER(label, bl_json_get(plan, "labels")) {
        if (!bl_json_get(labels, label->string))
            bl_json_add(labels, label->string, bl_json_copy(label));
    }
    /* Immutable, and so in no mask. */
    bl_json_cut(body, "cluster");
    if (etag)
        bl_json_add_string(body, "etag", etag);
    return body;
}

/* --- whose it is --- */

static bool are_within(const cJSON *list, const char *member, const char *namespace)
{
    for (const cJSON *item = list ? list->child : NULL; item; item = item->next)
        if (!bl_text_eq(member ? bl_json_string(item, member) : item->valuestring, namespace))
            return false;
    return list && list->child;
}

char *bl_backup_plan_foreign(const cJSON *plan, const struct bl_backup_place *place)
{
    const cJSON *config = bl_json_get(plan, "backupConfig");
    const char *owner = bl_json_string(bl_json_get(plan, "labels"), BL_BACKUP_LABEL_NAMESPACE);
    const char *cluster = bl_json_string(plan, "cluster");

    if (!bl_text_eq(cluster, place->cluster))
        return bl_asprintf("it backs up %s", cluster ? cluster : "an unknown cluster");
    if (owner && strcmp(owner, place->namespace) != 0)
        return bl_asprintf("its label says that it is of namespace %s", owner);
    if (are_within(bl_json_at(config, "selectedApplications", "namespacedNames", NULL), "namespace",
                   place->namespace) ||
        are_within(bl_json_at(config, "selectedNamespaces", "namespaces", NULL), NULL,
                   place->namespace))
        return NULL;
    return bl_asprintf("it reaches beyond namespace %s", place->namespace);
}

/* gkebackup.v1: a backup has it in its clusterMetadata, all others have it at the top. */
const char *bl_backup_cluster_of(const cJSON *resource)
{
    const char *cluster = bl_json_string(resource, "cluster");

    return cluster ? cluster : bl_json_string(bl_json_get(resource, "clusterMetadata"), "cluster");
}

char *bl_backup_foreign(const cJSON *resource, const cJSON *parent,
                        const struct bl_backup_place *place)
{
    const char *owner = bl_json_string(bl_json_get(resource, "labels"), BL_BACKUP_LABEL_NAMESPACE);
    const char *cluster = bl_backup_cluster_of(resource);

    if (!cluster)
        cluster = bl_backup_cluster_of(parent);
    if (!bl_text_eq(cluster, place->cluster))
        return bl_asprintf("it is of %s", cluster ? cluster : "an unknown cluster");
    if (!owner)
        return bl_asprintf("no label says that it is of namespace %s", place->namespace);
    return strcmp(owner, place->namespace) == 0
               ? NULL
               : bl_asprintf("its label says that it is of namespace %s", owner);
}

/* --- backups and restores --- */

cJSON *bl_backup_body(const struct bl_backup_spec *spec, const struct bl_backup_place *place,
                      const char *note)
{
    cJSON *body = bl_json_new_object(), *labels = add_labels(body, place->namespace);

    if (note) {
        BL_AUTO_FREE char *value = bl_asprintf("%.*s", BL_BACKUP_LABEL_MAX, note);

        bl_json_add_string(labels, BL_BACKUP_LABEL_NOTE, value);
    }
    if (spec->description)
        bl_json_add_string(body, "description", spec->description);
    add_number(body, "retainDays", spec->retain_days);
    add_number(body, "deleteLockDays", spec->lock_days);
    return body;
}

static void add_scope(cJSON *config, const struct bl_restore_spec *spec)
{
    if (!spec->cluster_scope)
        return;
    bl_json_add(config, "clusterResourceRestoreScope", bl_json_copy(spec->cluster_scope));
    bl_json_add_string(config, "clusterResourceConflictPolicy",
                       bl_restore_conflicts[spec->conflict]);
}

/*
 * What protects a workload, before the workload: else our controller, or another one, finds the workload without it, and makes
 * one of the same name, which the restore then meets. gkebackup.v1, RestoreOrder.
 */
static cJSON *protection_first(void)
{
    static const char *const kinds[][2] = {{"policy", "PodDisruptionBudget"},
                                           {"networking.k8s.io", "NetworkPolicy"}};
    cJSON *order = bl_json_new_object();
    cJSON *list = bl_json_add_array(order, "groupKindDependencies");

    for (size_t i = 0; i < BL_ARRAY_LEN(kinds); i++) {
        cJSON *dependency = bl_json_push(list, bl_json_new_object()), *kind;

        kind = bl_json_add_object(dependency, "satisfying");
        bl_json_add_string(kind, "resourceGroup", kinds[i][0]);
        bl_json_add_string(kind, "resourceKind", kinds[i][1]);
        kind = bl_json_add_object(dependency, "requiring");
        bl_json_add_string(kind, "resourceGroup", "apps");
        bl_json_add_string(kind, "resourceKind", "StatefulSet");
    }
    return order;
}

/* Those of a rehearsal come last: nothing undoes them. */
static void add_rules(cJSON *config, const cJSON *given, const char *rehearsal)
{
    cJSON *rules = given ? bl_json_copy(given) : bl_json_new_array();

    if (rehearsal)
        bl_rehearsal_add_rules(rules, rehearsal);
    if (rules->child)
        bl_json_add(config, "transformationRules", rules);
    else
        bl_json_free(rules);
}

cJSON *bl_restore_plan_body(const struct bl_restore_spec *spec, const char *namespace,
                            const char *plan, const char *cluster, const char *rehearsal)
{
    cJSON *body = bl_json_new_object(), *config;

    bl_json_add_string(body, "backupPlan", plan);
    bl_json_add_string(body, "cluster", cluster);
    (void)add_labels(body, namespace);
    config = bl_json_add_object(body, "restoreConfig");
    if (spec->applications.len)
        add_applications(config, namespace, &spec->applications);
    else
        bl_json_push(
            bl_json_add_array(bl_json_add_object(config, "selectedNamespaces"), "namespaces"),
            bl_json_new_string(namespace));
    bl_json_add_string(config, "namespacedResourceRestoreMode", bl_restore_modes[spec->mode]);
    bl_json_add_string(config, "volumeDataRestorePolicy", bl_restore_volumes[spec->volumes]);
    add_scope(config, spec);
    add_rules(config, spec->rules, rehearsal);
    bl_json_add(config, "restoreOrder",
                spec->order ? bl_json_copy(spec->order) : protection_first());
    return body;
}

cJSON *bl_restore_body(const char *namespace, const char *backup)
{
    cJSON *body = bl_json_new_object();

    bl_json_add_string(body, "backup", backup);
    (void)add_labels(body, namespace);
    return body;
}
