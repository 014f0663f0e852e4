#include "caches.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/backup/rehearsal.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/pack.h"
#include "ballast/policies/review.h"
#include "ballast/workload/uses.h"
#include "companions/scheduling_gate.h"

enum cache {
    CACHE_POLICIES,
    CACHE_NAMESPACES,
    CACHE_STATEFUL_SETS,
    CACHE_DEPLOYMENTS,
    CACHE_BUDGETS,
    CACHE_NETWORK_POLICIES,
    CACHE_PLUGIN_POLICIES,
    CACHE_PLUGIN_POLICIES_LAST = CACHE_PLUGIN_POLICIES + BL_PLUGIN_CACHES - 1,
    CACHE_SERVICES,
    CACHE_REPORTS,
    CACHE_PODS,
    CACHE_BACKUPS,
    CACHE_RESTORES,
    CACHE_CONFIG_MAPS, /* only where asked for */
    CACHE_COUNT,
};

/* All that is kept of a pod, as one text. */
#define FOLDED "pod"

static bool keep(cJSON *object, void *context BL_UNUSED)
{
    bl_review_trim(object);
    bl_json_cut(object, "status");
    return bl_review_matters(object);
}

/* Of what is no Kafka, whom it calls: no network policy closes a port to it. */
static bool keep_workload(cJSON *object, void *context BL_UNUSED)
{
    bl_review_trim(object);
    bl_json_cut(object, "status");
    return bl_review_matters(object) || bl_uses_keep_only(object);
}

/* All of ours, which the rules do not look at. */
static bool keep_report(cJSON *object, void *context BL_UNUSED)
{
    bl_review_trim(object);
    bl_json_fold(object, "results");
    return true;
}

/* Which revision its pods shall have. Companions look at none of it. */
static bool keep_set(cJSON *object, void *context BL_UNUSED)
{
    static const char *const status[] = {"updateRevision", "observedGeneration", NULL};

    bl_review_trim(object);
    bl_json_keep_only(bl_json_get(object, "status"), status);
    return bl_review_matters(object) || bl_uses_keep_only(object);
}

static void keep_of_each(cJSON *array, const char *const *keys)
{
    cJSON *item;

    cJSON_ArrayForEach(item, array) {
        bl_json_keep_only(item, keys);
    }
}

static void keep_conditions(cJSON *conditions)
{
    static const char *const types[] = {"Ready",           "ContainersReady",    "PodScheduled",
                                        BL_CONDITION_SAFE, BL_CONDITION_IN_SYNC, NULL};
    static const char *const keys[] = {"type", "status", "reason", "message", "lastTransitionTime",
                                       NULL};
    cJSON *condition = conditions ? conditions->child : NULL, *next;

    for (; condition; condition = next) {
        next = condition->next;
        if (bl_text_in(bl_json_string(condition, "type"), types))
            bl_json_keep_only(condition, keys);
        else
            bl_json_free(cJSON_DetachItemViaPointer(conditions, condition));
    }
}

/* Pods are many, and a kubelet says more of each than anybody here reads. */
static void keep_pod_status(cJSON *status)
{
    static const char *const keys[] = {
        "phase", "podIP", "conditions", "containerStatuses", "initContainerStatuses", NULL};
    static const char *const container[] = {"name",         "ready", "started",
                                            "restartCount", "state", NULL};

    bl_json_keep_only(status, keys);
    keep_conditions(bl_json_get(status, "conditions"));
    keep_of_each(bl_json_get(status, "containerStatuses"), container);
    keep_of_each(bl_json_get(status, "initContainerStatuses"), container);
}

/* Pods are read when their cluster is looked at, and are more than all else. Whether one is held is asked at once. */
static void fold_pod(cJSON *pod)
{
    static const char *const head[] = {"metadata", "spec", NULL};
    static const char *const names[] = {"name", "namespace", NULL};
    static const char *const gates[] = {"schedulingGates", NULL};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_json_write(&text, pod);
    bl_json_keep_only(pod, head);
    bl_json_keep_only(bl_json_get(pod, "metadata"), names);
    bl_json_keep_only(bl_json_get(pod, "spec"), gates);
    bl_json_add_string(pod, FOLDED, text.text);
}

static bool keep_pod(cJSON *object, void *context BL_UNUSED)
{
    static const char *const keys[] = {"name",
                                       "namespace",
                                       "uid",
                                       "labels",
                                       "annotations",
                                       "deletionTimestamp",
                                       "ownerReferences",
                                       "creationTimestamp",
                                       NULL};
    static const char *const annotations[] = {BL_ANNOTATION_HOLD, BL_ANNOTATION_PROBE, NULL};
    static const char *const owner[] = {"kind", "name", "uid", "controller", NULL};
    static const char *const spec[] = {"nodeName", "readinessGates", "schedulingGates", NULL};
    cJSON *metadata = bl_json_get(object, "metadata");

    bl_json_keep_only(metadata, keys);
    bl_json_keep_only(bl_json_get(metadata, "annotations"), annotations);
    keep_of_each(bl_json_get(metadata, "ownerReferences"), owner);
    bl_json_keep_only(bl_json_get(object, "spec"), spec);
    keep_pod_status(bl_json_get(object, "status"));
    fold_pod(object);
    return true;
}

static bool keep_namespace(cJSON *object, void *context BL_UNUSED)
{
    bl_review_trim(object);
    bl_object_set_kind(object, "v1", "Namespace");
    return true;
}

/* What a policy says holds from now on, for every namespace. */
static void policy_changed(const cJSON *before, const cJSON *after, void *context)
{
    struct bl_env *env = context;

    if (bl_sources_policy_changed(env->sources, before, after))
        bl_manager_resync(env->manager);
}

/* The controller takes away what it made in a namespace that it no longer looks after. */
static bool is_companion(const cJSON *object)
{
    return bl_object_label(object, BL_LABEL_COMPANION) != NULL;
}

/* Pods are those of workloads that are managed. */
static const struct bl_cache_spec specs[CACHE_COUNT] = {
    [CACHE_POLICIES] = {.kind = &bl_kind_kafka_policy, .changed = policy_changed},
    [CACHE_NAMESPACES] = {.kind = &bl_kind_namespace,
                          .selection.metadata_only = true,
                          .keep = keep_namespace},
    [CACHE_STATEFUL_SETS] = {.kind = &bl_kind_stateful_set, .keep = keep_set},
    [CACHE_DEPLOYMENTS] = {.kind = &bl_kind_deployment, .keep = keep_workload},
    [CACHE_BUDGETS] = {.kind = &bl_kind_disruption_budget, .outside = is_companion, .keep = keep},
    [CACHE_NETWORK_POLICIES] = {.kind = &bl_kind_network_policy,
                                .outside = is_companion,
                                .keep = keep},
    [CACHE_PLUGIN_POLICIES] = BL_PLUGIN_CACHE_ROWS(keep, NULL),
    [CACHE_SERVICES] = {.kind = &bl_kind_service, .keep = keep},
    [CACHE_REPORTS] = {.kind = &bl_kind_policy_report,
                       .selection.labels = BL_LABEL_COMPANION,
                       .outside = is_companion,
                       .keep = keep_report},
    [CACHE_PODS] = {.kind = &bl_kind_pod,
                    .selection.labels = BL_LABEL_ROLE,
                    .outside = bl_pod_is_held,
                    .keep = keep_pod},
    [CACHE_BACKUPS] = {.kind = &bl_kind_kafka_backup},
    [CACHE_RESTORES] = {.kind = &bl_kind_kafka_restore},
    [CACHE_CONFIG_MAPS] = {.kind = &bl_kind_config_map, .keep = keep},
};

size_t bl_caches_table(bool config_maps, struct bl_cache_spec ret_table[BL_CACHES_MAX])
{
    memcpy(ret_table, specs, sizeof(specs));
    ret_table[CACHE_CONFIG_MAPS].left_out = !config_maps;
    return CACHE_COUNT;
}

bool bl_caches_know_reports(const struct bl_env *env)
{
    return bl_cache_set_knows(bl_manager_caches(env->manager), CACHE_REPORTS);
}

bool bl_caches_lack_policies(const struct bl_env *env)
{
    return bl_cache_set_lacks(bl_manager_caches(env->manager), CACHE_PLUGIN_POLICIES,
                              BL_PLUGIN_CACHES);
}

enum bl_scope_place bl_caches_place(const struct bl_env *env, const char *namespace)
{
    return bl_cache_set_place(bl_manager_caches(env->manager), namespace);
}

bool bl_caches_complete(const struct bl_env *env, const char *namespace)
{
    return bl_cache_set_complete(bl_manager_caches(env->manager), namespace);
}

void bl_caches_view(const struct bl_env *env, const char *namespace,
                    struct bl_namespace_view *ret_view)
{
    struct bl_cache_set *set = bl_manager_caches(env->manager);
    struct bl_stored *own = bl_store_find(bl_cache_set_store(set, CACHE_NAMESPACES), "", namespace);

    if (own)
        *BL_PUSH(&ret_view->stored) = own;
    for (size_t i = CACHE_STATEFUL_SETS; i < CACHE_COUNT; i++)
        if (i != CACHE_PODS && i != CACHE_BACKUPS && i != CACHE_RESTORES)
            bl_cache_set_list(set, i, namespace, &ret_view->stored);
    for (size_t i = 0; i < ret_view->stored.len; i++)
        *BL_PUSH(ret_view) = bl_stored_object(ret_view->stored.items[i]);
    ret_view->namespace = own ? bl_stored_object(own) : NULL;
}

void bl_caches_pods(const struct bl_env *env, const char *namespace,
                    struct bl_namespace_view *ret_view)
{
    BL_AUTO(bl_stored_list_release) struct bl_stored_list list = {0};

    bl_store_list(bl_cache_set_store(bl_manager_caches(env->manager), CACHE_PODS), namespace,
                  &list);
    for (size_t i = 0; i < list.len; i++) {
        cJSON *pod = bl_json_unfold(bl_json_get(bl_stored_object(list.items[i]), FOLDED));

        *BL_PUSH(&ret_view->own) = pod;
        *BL_PUSH(ret_view) = pod;
    }
}

bool bl_caches_copying(const struct bl_env *env, const char *namespace)
{
    return bl_cache_set_any(bl_manager_caches(env->manager), CACHE_BACKUPS, namespace,
                            bl_backup_is_copying);
}

bool bl_caches_restoring(const struct bl_env *env, const char *namespace)
{
    struct bl_cache_set *set = bl_manager_caches(env->manager);

    return bl_cache_set_any(set, CACHE_RESTORES, namespace, bl_restore_is_running) ||
           bl_cache_set_any(set, CACHE_RESTORES, namespace, bl_rehearsal_is_on);
}

void bl_namespace_view_release(struct bl_namespace_view *view)
{
    bl_stored_list_release(&view->stored);
    for (size_t i = 0; i < view->own.len; i++)
        bl_json_free(view->own.items[i]);
    free(view->own.items);
    free(view->items);
    *view = (struct bl_namespace_view){0};
}
