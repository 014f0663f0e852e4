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

const char *const bl_cluster_resources[] = {
    "kafkapolicies",        "namespaces",      "nodes",    "statefulsets", "deployments", "pods",
    "poddisruptionbudgets", "networkpolicies", "services", "leases",       "configmaps",  NULL};

/* The answer to an eviction waits for this, and a thread with it. */
#define NODE_AT_MOST BL_NSEC_S

/* Pods are those of workloads that are managed; of namespaces and nodes only the head matters. */
static const struct bl_watch_spec specs[CACHE_COUNT] = {
    [CACHE_POLICIES] = {.resource = &bl_kind_kafka_policy.resource},
    [CACHE_NAMESPACES] = {.resource = &bl_kind_namespace.resource, .selection.metadata_only = true},
    [CACHE_NODES] = {.resource = &bl_kind_node.resource, .selection.metadata_only = true},
    [CACHE_STATEFUL_SETS] = {.resource = &bl_kind_stateful_set.resource},
    [CACHE_DEPLOYMENTS] = {.resource = &bl_kind_deployment.resource},
    [CACHE_PODS] = {.resource = &bl_kind_pod.resource, .selection.labels = BL_LABEL_ROLE},
    [CACHE_BUDGETS] = {.resource = &bl_kind_disruption_budget.resource},
    [CACHE_NETWORK_POLICIES] = {.resource = &bl_kind_network_policy.resource},
    [CACHE_SERVICES] = {.resource = &bl_kind_service.resource},
    [CACHE_LEASES] = {.resource = &bl_kind_lease.resource},
    [CACHE_CONFIG_MAPS] = {.resource = &bl_kind_config_map.resource},
};

struct bl_cluster {
    struct bl_kube_client *client;
    struct bl_policies *policies;
    struct bl_telemetry *telemetry;
    struct bl_informers *informers;
    struct bl_store *stores[CACHE_COUNT]; /* NULL: not asked for */
    size_t indexes[CACHE_COUNT];          /* among the informers */
    _Atomic(bl_nsec) beat; /* when the Lease was seen to change last; 0: it is nobody's */
    struct {
        char **items;
        size_t len, cap;
    } refused; /* names of policies whose newest version is broken; of the thread that watches them */
};

static bool keep_workload(cJSON *object, void *context BL_UNUSED)
{
    bl_json_cut(object, "status");
    return bl_review_matters(object);
}

static bool keep_spec(cJSON *object, void *context BL_UNUSED)
{
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

static void forget_refused(struct bl_cluster *cluster, const char *name)
{
    for (size_t i = 0; i < cluster->refused.len; i++) {
        if (strcmp(cluster->refused.items[i], name) != 0)
            continue;
        free(cluster->refused.items[i]);
        cluster->refused.items[i] = cluster->refused.items[--cluster->refused.len];
        return;
    }
}

static void policy_changed(const cJSON *before, const cJSON *after, void *context)
{
    struct bl_cluster *cluster = context;
    const char *name = bl_object_ref(after ? after : before).name;
    BL_ERROR(err);
    int rc;

    /* What the controller says of it in its status changes nothing. */
    if (before && after && bl_json_equal(bl_json_get(before, "spec"), bl_json_get(after, "spec")))
        return;
    rc = after ? bl_policies_upsert(cluster->policies, after, &err)
               : bl_policies_remove(cluster->policies, name, &err);
    forget_refused(cluster, name);
    if (rc < 0)
        *BL_PUSH(&cluster->refused) = bl_strdup(name);
    bl_source_metrics_reload(&cluster->telemetry->sources, BL_SOURCE_CLUSTER, rc == 0,
                             cluster->refused.len > 0);
    if (rc < 0)
        bl_log_error(BL_LOG_ERROR, "policy not replaced", err);
    else
        BL_LOG(BL_LOG_INFO, "policies replaced", BL_LOG_TEXT("source", "cluster"),
               BL_LOG_TEXT("name", name));
}

/* By the own clock, so that clocks that differ do no harm. Who gives the Lease back goes at once. */
static void lease_changed(const cJSON *before BL_UNUSED, const cJSON *after, void *context)
{
    struct bl_cluster *cluster = context;
    const char *holder = bl_json_string(bl_json_get(after, "spec"), "holderIdentity");

    atomic_store(&cluster->beat, holder && *holder ? bl_clock_now(&bl_clock_real) : 0);
}

static void add_caches(struct bl_cluster *cluster, const struct bl_cluster_settings *settings)
{
    BL_AUTO_FREE char *lease =
        bl_asprintf("metadata.name=%s", settings->lease_name ? settings->lease_name : "");
    struct bl_store_options options[CACHE_COUNT] = {
        [CACHE_POLICIES].changed = policy_changed,
        [CACHE_NAMESPACES].keep = keep_namespace,
        [CACHE_NODES].keep = keep_node,
        [CACHE_STATEFUL_SETS].keep = keep_workload,
        [CACHE_DEPLOYMENTS].keep = keep_workload,
        [CACHE_PODS].keep = keep_pod,
        [CACHE_BUDGETS].keep = keep_spec,
        [CACHE_NETWORK_POLICIES].keep = keep_spec,
        [CACHE_SERVICES].keep = keep_spec,
        [CACHE_LEASES].changed = lease_changed,
        [CACHE_CONFIG_MAPS].keep = keep_spec,
    };

    for (size_t i = 0; i < CACHE_COUNT; i++) {
        struct bl_watch_spec spec = specs[i];

        if ((i == CACHE_LEASES && !settings->lease_name) ||
            (i == CACHE_CONFIG_MAPS && !settings->config_maps))
            continue;
        if (i == CACHE_LEASES) {
            spec.selection.namespace = settings->lease_namespace;
            spec.selection.fields = lease;
        }
        options[i].context = cluster;
        cluster->indexes[i] = bl_informers_len(cluster->informers);
        cluster->stores[i] = bl_informers_add(cluster->informers, &spec, &options[i]);
    }
}
BL_DEFINE_CLEANUP(struct bl_cluster *, cluster_cleanup, bl_cluster_stop)

int bl_cluster_start(const struct bl_cluster_settings *settings, struct bl_cluster **ret_cluster,
                     struct bl_error **err)
{
    BL_AUTO(cluster_cleanup) struct bl_cluster *cluster = BL_NEW(struct bl_cluster);

    cluster->client = settings->client;
    cluster->policies = settings->policies;
    cluster->telemetry = settings->telemetry;
    if (bl_informers_new(settings->client, &cluster->informers, err) < 0)
        return -1;
    add_caches(cluster, settings);
    if (bl_informers_start(cluster->informers, err) < 0)
        return -1;
    *ret_cluster = BL_STEAL(cluster);
    return 0;
}

void bl_cluster_stop(struct bl_cluster *cluster)
{
    if (!cluster)
        return;
    bl_informers_free(cluster->informers);
    for (size_t i = 0; i < cluster->refused.len; i++)
        free(cluster->refused.items[i]);
    free(cluster->refused.items);
    free(cluster);
}

char *bl_cluster_unready(struct bl_cluster *cluster)
{
    if (bl_informers_synced(cluster->informers))
        return NULL;
    for (size_t i = 0; i < CACHE_COUNT; i++) {
        struct bl_watch_status status;

        if (!cluster->stores[i])
            continue;
        bl_informers_status(cluster->informers, cluster->indexes[i], &status);
        if (!status.synced && !status.missing)
            return bl_asprintf("the cache of %s is not filled yet%s%s", bl_cluster_resources[i],
                               *status.error ? ": " : "", status.error);
    }
    return NULL;
}

void bl_cluster_measure(struct bl_cluster *cluster)
{
    for (size_t i = 0; i < CACHE_COUNT; i++) {
        struct bl_cache_measures measures;

        if (!cluster->stores[i])
            continue;
        bl_informers_measure(cluster->informers, cluster->indexes[i], &measures);
        bl_source_metrics_cache(&cluster->telemetry->sources, i, &measures);
    }
}

enum bl_controller_life bl_cluster_controller(struct bl_cluster *cluster)
{
    bl_nsec beat;

    if (!cluster || !cluster->stores[CACHE_LEASES])
        return BL_CONTROLLER_UNKNOWN;
    beat = atomic_load(&cluster->beat);
    return beat && bl_clock_now(&bl_clock_real) - beat < BL_LEASE_AWAY_SECONDS * BL_NSEC_S
               ? BL_CONTROLLER_ALIVE
               : BL_CONTROLLER_AWAY;
}

static void add_stored(struct bl_view *view, struct bl_stored *stored)
{
    if (stored)
        *BL_PUSH(&view->stored) = stored;
}

static void add_one(struct bl_cluster *cluster, enum cache cache, const char *namespace,
                    const char *name, struct bl_view *view)
{
    if (name)
        add_stored(view, bl_store_find(cluster->stores[cache], namespace, name));
}

static void add_all(struct bl_cluster *cluster, enum cache cache, const char *namespace,
                    struct bl_view *view)
{
    bl_store_list(cluster->stores[cache], namespace, &view->stored);
}

/* With what made it. The pod lives as long as the view; NULL: it is not known. */
static const cJSON *add_pod(struct bl_cluster *cluster, const char *namespace, const char *name,
                            struct bl_view *view)
{
    struct bl_stored *pod =
        name ? bl_store_find(cluster->stores[CACHE_PODS], namespace, name) : NULL;
    const cJSON *owner = pod ? bl_object_controller(bl_stored_object(pod)) : NULL;

    add_stored(view, pod);
    if (bl_text_eq(bl_json_string(owner, "kind"), "StatefulSet"))
        add_one(cluster, CACHE_STATEFUL_SETS, namespace, bl_json_string(owner, "name"), view);
    return pod ? bl_stored_object(pod) : NULL;
}

/* By which workloads find each other, beside themselves. */
static void add_links(struct bl_cluster *cluster, const char *namespace, struct bl_view *view)
{
    add_all(cluster, CACHE_SERVICES, namespace, view);
    if (cluster->stores[CACHE_CONFIG_MAPS])
        add_all(cluster, CACHE_CONFIG_MAPS, namespace, view);
}

/* Pods of other workloads on the node of `pod`. */
static void find_neighbours(struct bl_cluster *cluster, const cJSON *pod,
                            struct bl_stored_list *neighbours)
{
    const char *namespace = bl_object_ref(pod).namespace, *node = bl_pod_node(pod);
    const cJSON *owner = bl_object_controller(pod);
    BL_AUTO(bl_stored_list_release) struct bl_stored_list pods = {0};

    bl_store_list(cluster->stores[CACHE_PODS], namespace, &pods);
    for (size_t i = 0; i < pods.len; i++) {
        const cJSON *other = bl_stored_object(pods.items[i]);

        if (bl_text_eq(bl_pod_node(other), node) &&
            !bl_json_equal(bl_object_controller(other), owner))
            *BL_PUSH(neighbours) = bl_stored_ref(pods.items[i]);
    }
}

/* Not to know it means only that two drains may wait for each other. */
static cJSON *ask_for_node(struct bl_cluster *cluster, const char *name)
{
    cJSON *node = NULL;
    BL_ERROR(err);

    if (bl_kube_get_once(cluster->client, specs[CACHE_NODES].resource, NULL, name, NODE_AT_MOST,
                         &node, &err) < 0)
        bl_log_error(BL_LOG_WARN, "node not known", err);
    return node;
}

/* In which order pods leave a node matters where several workloads have some on it. */
static void add_eviction(struct bl_cluster *cluster, const char *namespace, const char *name,
                         struct bl_view *view)
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

static void fill_view(struct bl_cluster *cluster, const cJSON *request, const char *namespace,
                      struct bl_view *view)
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

void bl_cluster_view(struct bl_cluster *cluster, const cJSON *request, struct bl_view *ret_view)
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

void bl_view_release(struct bl_view *view)
{
    bl_stored_list_release(&view->stored);
    bl_json_free(view->node);
    free(view->items);
    *view = (struct bl_view){0};
}
