#include "caches.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/pack.h"
#include "ballast/object/selector.h"
#include "ballast/policies/review.h"
#include "ballast/workload/uses.h"
#include "conditions.h"
#include "release.h"

enum cache {
    CACHE_POLICIES,
    CACHE_NAMESPACES,
    CACHE_STATEFUL_SETS,
    CACHE_DEPLOYMENTS,
    CACHE_BUDGETS,
    CACHE_NETWORK_POLICIES,
    CACHE_SERVICES,
    CACHE_REPORTS,
    CACHE_PODS,
    CACHE_CONFIG_MAPS, /* only where asked for */
    CACHE_COUNT,
};

/* All that is kept of a pod, as one text. */
#define FOLDED "pod"

struct bl_caches {
    struct bl_caches_options options;
    struct bl_cache_set *set;
};

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
    static const char *const container[] = {"name", "ready", "restartCount", "state", NULL};

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
    static const char *const annotations[] = {BL_ANNOTATION_HOLD, NULL};
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

static bool same_members(const cJSON *a, const cJSON *b, const char *const *but)
{
    const cJSON *member;

    cJSON_ArrayForEach(member, a) {
        if (!bl_text_in(member->string, but) &&
            !bl_json_equal(member, bl_json_get(b, member->string)))
            return false;
    }
    return bl_json_len(a) == bl_json_len(b);
}

static bool only_differs(const cJSON *before, const cJSON *after, const char *const *but)
{
    static const char *const version[] = {"resourceVersion", NULL};

    return same_members(bl_json_get(before, "metadata"), bl_json_get(after, "metadata"), version) &&
           same_members(before, after, but);
}

/* Of a StatefulSet's status companions see nothing, and rollouts do. */
static void changed(const cJSON *before, const cJSON *after, void *context)
{
    static const char *const metadata[] = {"metadata", NULL}, *const status[] = {"metadata",
                                                                                 "status", NULL};
    struct bl_caches *caches = context;
    struct bl_ref ref = bl_object_ref(after ? after : before);
    const char *namespace = *ref.namespace ? ref.namespace : ref.name;

    if (before && after && only_differs(before, after, metadata))
        return;
    bl_workqueue_add(caches->options.clusters, namespace);
    if (!before || !after || !only_differs(before, after, status))
        bl_workqueue_add(caches->options.queue, namespace);
}

static void pod_changed(const cJSON *before, const cJSON *after, void *context)
{
    struct bl_caches *caches = context;

    bl_workqueue_add(caches->options.clusters, bl_object_ref(after ? after : before).namespace);
    if (!before && bl_pod_is_held(after))
        bl_workqueue_add(caches->options.queue, bl_object_ref(after).namespace);
}

/* Its status is written after it is known whether it holds. */
static void policy_changed(const cJSON *before, const cJSON *after, void *context)
{
    struct bl_caches *caches = context;
    BL_AUTO_FREE char *key = bl_asprintf("/%s", bl_object_ref(after ? after : before).name);

    if (bl_sources_policy_changed(caches->options.sources, before, after))
        bl_caches_enqueue(caches);
    bl_workqueue_add(caches->options.queue, key);
}

/* Pods are those of workloads that are managed. */
static const struct bl_cache_spec specs[CACHE_COUNT] = {
    [CACHE_POLICIES] = {.kind = &bl_kind_kafka_policy, .changed = policy_changed},
    [CACHE_NAMESPACES] = {.kind = &bl_kind_namespace,
                          .selection.metadata_only = true,
                          .keep = keep_namespace,
                          .changed = changed},
    [CACHE_STATEFUL_SETS] = {.kind = &bl_kind_stateful_set, .keep = keep_set, .changed = changed},
    [CACHE_DEPLOYMENTS] = {.kind = &bl_kind_deployment, .keep = keep_workload, .changed = changed},
    [CACHE_BUDGETS] = {.kind = &bl_kind_disruption_budget, .keep = keep, .changed = changed},
    [CACHE_NETWORK_POLICIES] = {.kind = &bl_kind_network_policy, .keep = keep, .changed = changed},
    [CACHE_SERVICES] = {.kind = &bl_kind_service, .keep = keep, .changed = changed},
    [CACHE_REPORTS] = {.kind = &bl_kind_policy_report,
                       .selection.labels = BL_LABEL_COMPANION,
                       .keep = keep_report,
                       .changed = changed},
    [CACHE_PODS] = {.kind = &bl_kind_pod,
                    .selection.labels = BL_LABEL_ROLE,
                    .keep = keep_pod,
                    .changed = pod_changed},
    [CACHE_CONFIG_MAPS] = {.kind = &bl_kind_config_map, .keep = keep, .changed = changed},
};

void bl_caches_names(const char *ret_names[BL_CACHES_MAX + 1])
{
    bl_cache_names(specs, CACHE_COUNT, ret_names);
}

int bl_caches_start(const struct bl_caches_options *options, struct bl_caches **ret_caches,
                    struct bl_error **err)
{
    BL_AUTO(bl_caches_cleanup) struct bl_caches *caches = BL_NEW(struct bl_caches);
    struct bl_cache_spec wanted[CACHE_COUNT];

    memcpy(wanted, specs, sizeof(wanted));
    wanted[CACHE_CONFIG_MAPS].left_out = !options->config_maps;
    caches->options = *options;
    if (bl_cache_set_new(options->client, wanted, CACHE_COUNT, options->metrics, caches,
                         &caches->set, err) < 0 ||
        bl_cache_set_start(caches->set, err) < 0)
        return -1;
    *ret_caches = BL_STEAL(caches);
    return 0;
}

void bl_caches_stop(struct bl_caches *caches)
{
    if (!caches)
        return;
    bl_cache_set_free(caches->set);
    free(caches);
}

bool bl_caches_synced(struct bl_caches *caches)
{
    return bl_cache_set_synced(caches->set);
}

char *bl_caches_unready(struct bl_caches *caches)
{
    return bl_cache_set_unready(caches->set);
}

bool bl_caches_refuse_policy(struct bl_caches *caches)
{
    return bl_sources_refuse_any(caches->options.sources);
}

char *bl_caches_refusal(struct bl_caches *caches, const char *name)
{
    return bl_sources_refusal(caches->options.sources, name);
}

struct bl_stored *bl_caches_policy(struct bl_caches *caches, const char *name)
{
    return bl_store_find(bl_cache_set_store(caches->set, CACHE_POLICIES), "", name);
}

bool bl_caches_know_reports(struct bl_caches *caches)
{
    return bl_cache_set_knows(caches->set, CACHE_REPORTS);
}

void bl_caches_measure(struct bl_caches *caches)
{
    bl_cache_set_measure(caches->set);
}

void bl_caches_enqueue(struct bl_caches *caches)
{
    BL_AUTO(bl_stored_list_release) struct bl_stored_list list = {0};

    bl_store_list(bl_cache_set_store(caches->set, CACHE_NAMESPACES), NULL, &list);
    for (size_t i = 0; i < list.len; i++) {
        const char *name = bl_object_ref(bl_stored_object(list.items[i])).name;

        bl_workqueue_add(caches->options.queue, name);
        bl_workqueue_add(caches->options.clusters, name);
    }
}

bool bl_scope_has(const struct bl_scope *scope, const cJSON *namespace)
{
    return !bl_text_in(bl_object_ref(namespace).name, scope->left_out) &&
           (!scope->selector || bl_selector_matches(scope->selector, bl_object_labels(namespace)));
}

void bl_caches_view(struct bl_caches *caches, const char *namespace,
                    struct bl_namespace_view *ret_view)
{
    struct bl_stored *own =
        bl_store_find(bl_cache_set_store(caches->set, CACHE_NAMESPACES), "", namespace);

    if (own)
        *BL_PUSH(&ret_view->stored) = own;
    for (size_t i = CACHE_STATEFUL_SETS; i < CACHE_COUNT; i++)
        if (i != CACHE_PODS && bl_cache_set_store(caches->set, i))
            bl_store_list(bl_cache_set_store(caches->set, i), namespace, &ret_view->stored);
    for (size_t i = 0; i < ret_view->stored.len; i++)
        *BL_PUSH(ret_view) = bl_stored_object(ret_view->stored.items[i]);
    ret_view->namespace = own ? bl_stored_object(own) : NULL;
}

void bl_caches_pods(struct bl_caches *caches, const char *namespace,
                    struct bl_namespace_view *ret_view)
{
    BL_AUTO(bl_stored_list_release) struct bl_stored_list list = {0};

    bl_store_list(bl_cache_set_store(caches->set, CACHE_PODS), namespace, &list);
    for (size_t i = 0; i < list.len; i++) {
        cJSON *pod = bl_json_unfold(bl_json_get(bl_stored_object(list.items[i]), FOLDED));

        *BL_PUSH(&ret_view->own) = pod;
        *BL_PUSH(ret_view) = pod;
    }
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
