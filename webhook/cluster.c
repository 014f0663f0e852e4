#include "cluster.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/api/pod.h"
#include "ballast/backup/spec.h"
#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/object/helm_release.h"
#include "ballast/policies/review.h"
#include "nodes.h"

enum cache {
    CACHE_POLICIES,
    CACHE_NAMESPACES,
    CACHE_NODES,
    CACHE_STATEFUL_SETS,
    CACHE_DEPLOYMENTS,
    CACHE_PODS,
    CACHE_BUDGETS,
    CACHE_NETWORK_POLICIES,
    CACHE_PLUGIN_POLICIES,
    CACHE_PLUGIN_POLICIES_LAST = CACHE_PLUGIN_POLICIES + BL_PLUGIN_CACHES - 1,
    CACHE_SERVICES,
    CACHE_CLAIMS,
    CACHE_RESTORES,
    CACHE_LEASES, /* these two only where asked for */
    CACHE_CONFIG_MAPS,
    CACHE_COUNT,
};

struct bl_cluster_cache {
    struct bl_cache_metrics metrics;
    struct bl_node_asker nodes;
    struct bl_sources *sources;
    struct bl_cache_set *set;
    struct bl_scope scope;
    bool watches_lease;
    _Atomic(bl_nsec) beat; /* when the Lease was seen to change last; 0: it is nobody's */
};
BL_DEFINE_CLEANUP(struct bl_cluster_cache *, cluster_cleanup, bl_cluster_cache_stop)

static bool keep_spec(cJSON *object, void *context BL_UNUSED)
{
    bl_review_trim(object);
    bl_json_cut(object, "status");
    return bl_review_matters(object);
}

/* Of each volume no more than the claim that it is. */
static void keep_claims(cJSON *volumes)
{
    static const char *const claim[] = {"name", "persistentVolumeClaim", NULL};

    for (cJSON *volume = volumes ? volumes->child : NULL, *next; volume; volume = next) {
        next = volume->next;
        if (bl_json_get(volume, "persistentVolumeClaim"))
            bl_json_keep_only(volume, claim);
        else
            bl_json_free(cJSON_DetachItemViaPointer(volumes, volume));
    }
}

/* An eviction asks for conditions and annotations, a binding for the role, a claim's deletion for who uses it. */
static bool keep_pod(cJSON *object, void *context BL_UNUSED)
{
    static const char *const status[] = {"phase", "conditions", NULL};
    static const char *const spec[] = {"nodeName", "volumes", NULL};

    bl_json_keep_only(bl_json_get(object, "status"), status);
    bl_json_keep_only(bl_json_get(object, "spec"), spec);
    keep_claims(bl_json_at(object, "spec", "volumes", NULL));
    return true;
}

static bool keep_head(cJSON *object, const char *kind, const char *const *metadata)
{
    static const char *const head[] = {"apiVersion", "kind", "metadata", NULL};

    bl_json_keep_only(object, head);
    bl_json_keep_only(bl_json_get(object, "metadata"), metadata);
    bl_object_set_kind(object, "v1", kind);
    return true;
}

static const char *const labelled[] = {"name", "labels", "deletionTimestamp", NULL};

static bool keep_namespace(cJSON *object, void *context BL_UNUSED)
{
    return keep_head(object, "Namespace", labelled);
}

static bool keep_node(cJSON *object, void *context BL_UNUSED)
{
    return keep_head(object, "Node", labelled);
}

/* Whether one of that name is there is all that is asked. */
static bool keep_claim(cJSON *object, void *context BL_UNUSED)
{
    static const char *const named[] = {"name", "namespace", NULL};

    return keep_head(object, "PersistentVolumeClaim", named);
}

/* Whether it goes on is all that is asked. */
static bool keep_restore(cJSON *object, void *context BL_UNUSED)
{
    static const char *const named[] = {"name", "namespace", "resourceVersion", NULL};
    static const char *const status[] = {"conditions", "restore", NULL};

    bl_json_cut(object, "spec");
    bl_json_keep_only(bl_json_get(object, "metadata"), named);
    bl_json_keep_only(bl_json_get(object, "status"), status);
    return true;
}

static void policy_changed(const cJSON *before, const cJSON *after, void *context)
{
    struct bl_cluster_cache *cluster = context;

    (void)bl_sources_policy_changed(cluster->sources, before, after);
}

/* By the own clock, so that clocks that differ do no harm. Who gives the Lease back goes at once. */
static void lease_changed(const cJSON *before BL_UNUSED, const cJSON *after, void *context)
{
    struct bl_cluster_cache *cluster = context;
    const char *holder = bl_json_string(bl_json_get(after, "spec"), "holderIdentity");

    atomic_store(&cluster->beat, holder && *holder ? bl_clock_now(&bl_clock_real) : 0);
}

static void *derive_kin(const cJSON *object, size_t *ret_bytes)
{
    return bl_kin_new(object, ret_bytes);
}

static void drop_kin(void *kin)
{
    bl_kin_free(kin);
}

#define KIN .derive = derive_kin, .drop = drop_kin

/* Pods are those of workloads that are managed; of namespaces and nodes only the head matters. */
static const struct bl_cache_spec specs[CACHE_COUNT] = {
    [CACHE_POLICIES] = {.kind = &bl_kind_kafka_policy, .changed = policy_changed},
    [CACHE_NAMESPACES] = {.kind = &bl_kind_namespace,
                          .selection.metadata_only = true,
                          .keep = keep_namespace},
    [CACHE_NODES] = {.kind = &bl_kind_node, .selection.metadata_only = true, .keep = keep_node},
    [CACHE_STATEFUL_SETS] = {.kind = &bl_kind_stateful_set, .keep = keep_spec, KIN},
    [CACHE_DEPLOYMENTS] = {.kind = &bl_kind_deployment, .keep = keep_spec, KIN},
    [CACHE_PODS] = {.kind = &bl_kind_pod, .selection.labels = BL_LABEL_ROLE, .keep = keep_pod},
    [CACHE_BUDGETS] = {.kind = &bl_kind_disruption_budget, .keep = keep_spec, KIN},
    [CACHE_NETWORK_POLICIES] = {.kind = &bl_kind_network_policy, .keep = keep_spec, KIN},
    [CACHE_PLUGIN_POLICIES] = BL_PLUGIN_CACHE_ROWS(keep_spec, NULL),
    [CACHE_SERVICES] = {.kind = &bl_kind_service, .keep = keep_spec, KIN},
    [CACHE_CLAIMS] = {.kind = &bl_kind_claim,
                      .selection.metadata_only = true,
                      .optional = true,
                      .keep = keep_claim},
    [CACHE_RESTORES] = {.kind = &bl_kind_kafka_restore, .optional = true, .keep = keep_restore},
    [CACHE_LEASES] = {.kind = &bl_kind_lease, .changed = lease_changed},
    [CACHE_CONFIG_MAPS] = {.kind = &bl_kind_config_map, .keep = keep_spec, KIN},
};

int bl_cluster_cache_start(const struct bl_cluster_cache_options *options,
                           struct bl_cluster_cache **ret_cluster, struct bl_error **err)
{
    BL_AUTO(cluster_cleanup) struct bl_cluster_cache *cluster = BL_NEW(struct bl_cluster_cache);
    const struct bl_namespaced *lease = options->lease;
    BL_AUTO_FREE char *field = bl_asprintf("metadata.name=%s", lease->name ? lease->name : "");
    struct bl_cache_spec wanted[CACHE_COUNT];

    memcpy(wanted, specs, sizeof(wanted));
    wanted[CACHE_LEASES].left_out = !lease->name;
    wanted[CACHE_LEASES].selection.namespace = lease->namespace;
    wanted[CACHE_LEASES].selection.fields = field;
    wanted[CACHE_CONFIG_MAPS].left_out = !options->config_maps;
    cluster->nodes = (struct bl_node_asker){options->client, &bl_clock_real, 0};
    cluster->sources = options->sources;
    cluster->watches_lease = lease->name != NULL;
    cluster->scope = options->scope;
    bl_cache_metrics_add(options->metrics, wanted, CACHE_COUNT, &cluster->metrics);
    struct bl_cache_set_options set = {.client = options->client,
                                       .metrics = &cluster->metrics,
                                       .scope = &cluster->scope,
                                       .context = cluster};
    if (bl_cache_set_new(&set, wanted, CACHE_COUNT, &cluster->set, err) < 0 ||
        bl_cache_set_start(cluster->set, err) < 0)
        return -1;
    *ret_cluster = BL_STEAL(cluster);
    return 0;
}

void bl_cluster_cache_stop(struct bl_cluster_cache *cluster)
{
    if (!cluster)
        return;
    bl_cache_set_free(cluster->set);
    free(cluster);
}

char *bl_cluster_cache_unready(struct bl_cluster_cache *cluster)
{
    return bl_cache_set_unready(cluster->set);
}

void bl_cluster_cache_measure(struct bl_cluster_cache *cluster)
{
    bl_cache_set_measure(cluster->set);
}

enum bl_controller_life bl_cluster_cache_controller(struct bl_cluster_cache *cluster)
{
    bl_nsec beat;

    if (!cluster || !cluster->watches_lease)
        return BL_CONTROLLER_UNKNOWN;
    beat = atomic_load(&cluster->beat);
    return beat && bl_clock_now(&bl_clock_real) - beat < BL_LEASE_AWAY_SECONDS * BL_NSEC_S
               ? BL_CONTROLLER_ALIVE
               : BL_CONTROLLER_AWAY;
}

static void add_stored(struct bl_cluster_view *view, struct bl_stored *stored)
{
    if (stored)
        *BL_PUSH(&view->stored) = stored;
}

static void add_one(struct bl_cluster_cache *cluster, enum cache cache, const char *namespace,
                    const char *name, struct bl_cluster_view *view)
{
    if (name)
        add_stored(view, bl_store_find(bl_cache_set_store(cluster->set, cache), namespace, name));
}

static void add_all(struct bl_cluster_cache *cluster, enum cache cache, const char *namespace,
                    struct bl_cluster_view *view)
{
    bl_cache_set_list(cluster->set, cache, namespace, &view->stored);
}

/* With what made it. The pod lives as long as the view; NULL: it is not known. */
static const cJSON *add_pod(struct bl_cluster_cache *cluster, const char *namespace,
                            const char *name, struct bl_cluster_view *view)
{
    struct bl_stored *pod =
        name ? bl_store_find(bl_cache_set_store(cluster->set, CACHE_PODS), namespace, name) : NULL;
    const cJSON *owner = pod ? bl_object_controller(bl_stored_object(pod)) : NULL;

    add_stored(view, pod);
    if (bl_text_eq(bl_json_string(owner, "kind"), "StatefulSet"))
        add_one(cluster, CACHE_STATEFUL_SETS, namespace, bl_json_string(owner, "name"), view);
    return pod ? bl_stored_object(pod) : NULL;
}

/* By which workloads find each other, beside themselves. */
static void add_links(struct bl_cluster_cache *cluster, const char *namespace,
                      struct bl_cluster_view *view)
{
    add_all(cluster, CACHE_SERVICES, namespace, view);
    if (bl_cache_set_store(cluster->set, CACHE_CONFIG_MAPS))
        add_all(cluster, CACHE_CONFIG_MAPS, namespace, view);
}

/* Pods of other workloads on the node of `pod`. */
static void find_neighbours(struct bl_cluster_cache *cluster, const cJSON *pod,
                            struct bl_stored_list *neighbours)
{
    const char *namespace = bl_object_ref(pod).namespace, *node = bl_pod_node(pod);
    const cJSON *owner = bl_object_controller(pod);
    BL_AUTO(bl_stored_list_release) struct bl_stored_list pods = {0};

    bl_store_list(bl_cache_set_store(cluster->set, CACHE_PODS), namespace, &pods);
    for (size_t i = 0; i < pods.len; i++) {
        const cJSON *other = bl_stored_object(pods.items[i]);

        if (bl_text_eq(bl_pod_node(other), node) &&
            !bl_json_equal(bl_object_controller(other), owner))
            *BL_PUSH(neighbours) = bl_stored_ref(pods.items[i]);
    }
}

/*
 * In which order pods leave a node matters where several workloads have some on it. Not to know the node means only that
 * two drains may wait for each other.
 */
static void add_eviction(struct bl_cluster_cache *cluster, const char *namespace, const char *name,
                         struct bl_cluster_view *view)
{
    BL_AUTO(bl_stored_list_release) struct bl_stored_list neighbours = {0};
    const cJSON *pod = add_pod(cluster, namespace, name, view);

    if (!bl_pod_node(pod))
        return;
    find_neighbours(cluster, pod, &neighbours);
    if (!neighbours.len)
        return;
    view->node = bl_node_ask(&cluster->nodes, bl_pod_node(pod));
    if (!bl_node_is_drained(view->node))
        return;
    for (size_t i = 0; i < neighbours.len; i++)
        add_stored(view, bl_stored_ref(neighbours.items[i]));
    add_all(cluster, CACHE_STATEFUL_SETS, namespace, view);
    add_links(cluster, namespace, view);
}

/* Whose StatefulSet was there before. Where claims cannot be listed nobody knows. */
static void add_claims(struct bl_cluster_cache *cluster, const cJSON *request,
                       const char *namespace, struct bl_cluster_view *view)
{
    const cJSON *set = bl_json_get(request, "object");
    BL_AUTO(bl_stored_list_release) struct bl_stored_list claims = {0};

    if (bl_cache_set_lacks(cluster->set, CACHE_CLAIMS, 1) || !bl_cache_set_synced(cluster->set))
        return;
    bl_store_list(bl_cache_set_store(cluster->set, CACHE_CLAIMS), namespace, &claims);
    for (size_t i = 0; i < claims.len; i++)
        if (bl_set_claims(set, bl_object_ref(bl_stored_object(claims.items[i])).name))
            add_stored(view, bl_stored_ref(claims.items[i]));
    view->sees_claims = true;
}

static bool makes_set(const cJSON *request, const char *resource)
{
    return bl_text_eq(resource, "statefulsets") &&
           bl_text_eq(bl_json_string(request, "operation"), "CREATE");
}

/* All by which members are found and protected. */
static void add_members(struct bl_cluster_cache *cluster, const char *namespace,
                        struct bl_cluster_view *view)
{
    add_all(cluster, CACHE_STATEFUL_SETS, namespace, view);
    add_all(cluster, CACHE_DEPLOYMENTS, namespace, view);
    add_all(cluster, CACHE_BUDGETS, namespace, view);
    for (int i = CACHE_NETWORK_POLICIES; i <= CACHE_PLUGIN_POLICIES_LAST; i++)
        add_all(cluster, (enum cache)i, namespace, view);
    add_links(cluster, namespace, view);
}

static void add_pods(struct bl_cluster_cache *cluster, const char *namespace,
                     struct bl_cluster_view *view)
{
    bl_cache_set_list(cluster->set, CACHE_PODS, namespace, &view->stored_pods);
}

/*
 * A chart may put its objects into a namespace that is not the release's (`namespaceOverride`). They are found by the name
 * that Helm gives them; `stored` is ordered by namespace.
 */
static void add_release(struct bl_cluster_cache *cluster, const char *release,
                        const char *namespace, struct bl_cluster_view *view)
{
    BL_AUTO(bl_stored_list_release) struct bl_stored_list sets = {0};
    const char *last = namespace;

    bl_store_list(bl_cache_set_store(cluster->set, CACHE_STATEFUL_SETS), NULL, &sets);
    for (size_t i = 0; i < sets.len; i++) {
        const cJSON *set = bl_stored_object(sets.items[i]);
        const char *its = bl_object_ref(set).namespace;

        if (strcmp(its, namespace) == 0 || strcmp(its, last) == 0 ||
            !bl_text_eq(bl_object_annotation(set, BL_HELM_NAME), release) ||
            !bl_text_eq(bl_object_annotation(set, BL_HELM_NAMESPACE), namespace))
            continue;
        add_members(cluster, its, view);
        add_pods(cluster, its, view);
        last = its;
    }
}

static void fill_view(struct bl_cluster_cache *cluster, const cJSON *request, const char *namespace,
                      struct bl_cluster_view *view)
{
    const cJSON *object = bl_json_get(request, "object");
    enum bl_helm_status status;

    const char *subresource = bl_json_string(request, "subResource");
    const char *resource = bl_json_string(bl_json_get(request, "resource"), "resource");
    const char *name = bl_json_string(request, "name");

    add_one(cluster, CACHE_NAMESPACES, "", namespace, view);
    if (bl_text_eq(subresource, "binding")) {
        const cJSON *target = bl_json_at(request, "object", "target", NULL);

        add_one(cluster, CACHE_NODES, "", bl_json_string(target, "name"), view);
        (void)add_pod(cluster, namespace, name, view);
        return;
    }
    if (bl_text_eq(subresource, "status"))
        return;
    if (bl_text_eq(subresource, "eviction")) {
        add_eviction(cluster, namespace, name, view);
        return;
    }
    if (bl_text_eq(resource, "persistentvolumeclaims")) {
        add_all(cluster, CACHE_STATEFUL_SETS, namespace, view);
        add_all(cluster, CACHE_PODS, namespace, view);
        return;
    }
    if (makes_set(request, resource))
        add_claims(cluster, request, namespace, view);
    add_members(cluster, namespace, view);
    if (bl_helm_is_release(object, &status))
        add_release(cluster, bl_object_label(object, "name"), namespace, view);
    else if (!bl_text_eq(resource, "services"))
        return;
    add_pods(cluster, namespace, view);
}

void bl_cluster_cache_view(struct bl_cluster_cache *cluster, const cJSON *request,
                           struct bl_cluster_view *ret_view)
{
    const char *namespace = bl_json_string(request, "namespace");

    if (!cluster || !namespace || !*namespace)
        return;
    ret_view->restoring =
        bl_cache_set_any(cluster->set, CACHE_RESTORES, namespace, bl_restore_is_running);
    ret_view->complete = bl_cache_set_complete(cluster->set, namespace);
    fill_view(cluster, request, namespace, ret_view);
    ret_view->kin = bl_alloc(ret_view->stored.len + 1, sizeof(*ret_view->kin));
    for (size_t i = 0; i < ret_view->stored.len; i++) {
        ret_view->kin[i] = bl_stored_derived(ret_view->stored.items[i]);
        *BL_PUSH(ret_view) = bl_stored_object(ret_view->stored.items[i]);
    }
    if (ret_view->node)
        *BL_PUSH(ret_view) = ret_view->node;
    for (size_t i = 0; i < ret_view->stored_pods.len; i++)
        *BL_PUSH(&ret_view->pods) = bl_stored_object(ret_view->stored_pods.items[i]);
}

void bl_cluster_view_release(struct bl_cluster_view *view)
{
    bl_stored_list_release(&view->stored);
    bl_stored_list_release(&view->stored_pods);
    free(view->pods.items);
    bl_json_free(view->node);
    free(view->kin);
    free(view->items);
    *view = (struct bl_cluster_view){0};
}
