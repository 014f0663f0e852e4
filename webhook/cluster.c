#include "cluster.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/log.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/policies/review.h"

enum cache {
    CACHE_POLICIES,
    CACHE_NAMESPACES,
    CACHE_NODES,
    CACHE_STATEFUL_SETS,
    CACHE_DEPLOYMENTS,
    CACHE_PODS,
    CACHE_BUDGETS,
    CACHE_NETWORK_POLICIES,
    CACHE_SERVICES,
    CACHE_LEASES, /* these two only where asked for */
    CACHE_CONFIG_MAPS,
    CACHE_COUNT,
};

/* The answer to an eviction waits for this, and a thread with it. */
#define NODE_AT_MOST BL_NSEC_S

struct bl_cluster_cache {
    struct bl_kube_client *client;
    struct bl_sources *sources;
    struct bl_cache_set *set;
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

/* An eviction asks for conditions and annotations, a binding for the role. */
static bool keep_pod(cJSON *object, void *context BL_UNUSED)
{
    static const char *const status[] = {"phase", "conditions", NULL};
    static const char *const spec[] = {"nodeName", NULL};

    bl_json_keep_only(bl_json_get(object, "status"), status);
    bl_json_keep_only(bl_json_get(object, "spec"), spec);
    return true;
}

static bool keep_head(cJSON *object, const char *kind)
{
    static const char *const head[] = {"apiVersion", "kind", "metadata", NULL};
    static const char *const metadata[] = {"name", "labels", "deletionTimestamp", NULL};

    bl_json_keep_only(object, head);
    bl_json_keep_only(bl_json_get(object, "metadata"), metadata);
    bl_object_set_kind(object, "v1", kind);
    return true;
}

static bool keep_namespace(cJSON *object, void *context BL_UNUSED)
{
    return keep_head(object, "Namespace");
}

static bool keep_node(cJSON *object, void *context BL_UNUSED)
{
    return keep_head(object, "Node");
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

/* Pods are those of workloads that are managed; of namespaces and nodes only the head matters. */
static const struct bl_cache_spec specs[CACHE_COUNT] = {
    [CACHE_POLICIES] = {.kind = &bl_kind_kafka_policy, .changed = policy_changed},
    [CACHE_NAMESPACES] = {.kind = &bl_kind_namespace,
                          .selection.metadata_only = true,
                          .keep = keep_namespace},
    [CACHE_NODES] = {.kind = &bl_kind_node, .selection.metadata_only = true, .keep = keep_node},
    [CACHE_STATEFUL_SETS] = {.kind = &bl_kind_stateful_set, .keep = keep_spec},
    [CACHE_DEPLOYMENTS] = {.kind = &bl_kind_deployment, .keep = keep_spec},
    [CACHE_PODS] = {.kind = &bl_kind_pod, .selection.labels = BL_LABEL_ROLE, .keep = keep_pod},
    [CACHE_BUDGETS] = {.kind = &bl_kind_disruption_budget, .keep = keep_spec},
    [CACHE_NETWORK_POLICIES] = {.kind = &bl_kind_network_policy, .keep = keep_spec},
    [CACHE_SERVICES] = {.kind = &bl_kind_service, .keep = keep_spec},
    [CACHE_LEASES] = {.kind = &bl_kind_lease, .changed = lease_changed},
    [CACHE_CONFIG_MAPS] = {.kind = &bl_kind_config_map, .keep = keep_spec},
};

void bl_cluster_cache_names(const char *ret_names[BL_CACHES_MAX + 1])
{
    bl_cache_names(specs, CACHE_COUNT, ret_names);
}

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
    cluster->client = options->client;
    cluster->sources = options->sources;
    cluster->watches_lease = lease->name != NULL;
    if (bl_cache_set_new(options->client, wanted, CACHE_COUNT, options->metrics, cluster,
                         &cluster->set, err) < 0 ||
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
    bl_store_list(bl_cache_set_store(cluster->set, cache), namespace, &view->stored);
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

/* Not to know it means only that two drains may wait for each other. */
static cJSON *ask_for_node(struct bl_cluster_cache *cluster, const char *name)
{
    cJSON *node = NULL;
    BL_ERROR(err);

    if (bl_kube_get_once(cluster->client, &bl_kind_node.resource, NULL, name, NODE_AT_MOST, &node,
                         &err) < 0)
        bl_log_error(BL_LOG_WARN, "node not known", err);
    return node;
}

/* In which order pods leave a node matters where several workloads have some on it. */
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
    view->node = ask_for_node(cluster, bl_pod_node(pod));
    if (!bl_node_is_drained(view->node))
        return;
    for (size_t i = 0; i < neighbours.len; i++)
        add_stored(view, bl_stored_ref(neighbours.items[i]));
    add_all(cluster, CACHE_STATEFUL_SETS, namespace, view);
    add_links(cluster, namespace, view);
}

static void fill_view(struct bl_cluster_cache *cluster, const cJSON *request, const char *namespace,
                      struct bl_cluster_view *view)
{
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
    if (bl_text_eq(subresource, "eviction")) {
        add_eviction(cluster, namespace, name, view);
        return;
    }
    add_all(cluster, CACHE_STATEFUL_SETS, namespace, view);
    if (bl_text_eq(resource, "persistentvolumeclaims"))
        return;
    add_all(cluster, CACHE_DEPLOYMENTS, namespace, view);
    add_all(cluster, CACHE_BUDGETS, namespace, view);
    add_all(cluster, CACHE_NETWORK_POLICIES, namespace, view);
    add_links(cluster, namespace, view);
}

void bl_cluster_cache_view(struct bl_cluster_cache *cluster, const cJSON *request,
                           struct bl_cluster_view *ret_view)
{
    const char *namespace = bl_json_string(request, "namespace");

    if (!cluster || !namespace || !*namespace)
        return;
    fill_view(cluster, request, namespace, ret_view);
    for (size_t i = 0; i < ret_view->stored.len; i++)
        *BL_PUSH(ret_view) = bl_stored_object(ret_view->stored.items[i]);
    if (ret_view->node)
        *BL_PUSH(ret_view) = ret_view->node;
}

void bl_cluster_view_release(struct bl_cluster_view *view)
{
    bl_stored_list_release(&view->stored);
    bl_json_free(view->node);
    free(view->items);
    *view = (struct bl_cluster_view){0};
}
