/*
 * Looks after Kafka clusters. A request for a Namespace asks for all clusters in it; one for a cluster, which has no object
 * of its own, has the namespace and the name that topology.h gives it.
 *
 * Clusters that answer slowly share half of the threads (turns.h). What changes in Kubernetes brings a look forward.
 */
#include "controllers.h"

#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/mem.h"
#include "caches.h"
#include "kafka/turns.h"
#include "look.h"

struct clusters {
    const struct bl_env *env;
    struct bl_look look;
    struct bl_turns *turns; /* of clusters that are slow, or did not answer the last time */
    struct bl_metric *clusters, *pods, *rollouts;
};

/* --- what it remembers, and its metrics --- */

static void add_metrics(struct clusters *clusters, struct bl_metrics *metrics)
{
    static const char *const evictions[] = {"done", "refused", "failed", NULL};
    static const char *const answers[] = {"known", "unknown", NULL};
    /* In the order of enum bl_rollout_phase. */
    static const char *const phases[] = {"idle",  "rolling", "paused",   "blocked",
                                         "stuck", "failed",  "complete", NULL};
    static const char *const conditions[] = {"gate_closed", "not_safe", NULL};

    clusters->clusters =
        bl_metrics_make(metrics, BL_METRIC_GAUGE, "ballast_controller_clusters",
                        "Kafka clusters that are looked after, by whether they answer.",
                        BL_METRIC_LABEL("state", answers), BL_METRIC_NO_LABEL);
    clusters->pods =
        bl_metrics_make(metrics, BL_METRIC_GAUGE, "ballast_controller_pods",
                        "Pods whose readiness gate is closed, or that are not safe to disrupt.",
                        BL_METRIC_LABEL("state", conditions), BL_METRIC_NO_LABEL);
    clusters->rollouts = bl_metrics_make(metrics, BL_METRIC_GAUGE, "ballast_controller_rollouts",
                                         "Kafka clusters by the phase of their rolling upgrade.",
                                         BL_METRIC_LABEL("phase", phases), BL_METRIC_NO_LABEL);
    clusters->look.evictions =
        bl_metrics_make(metrics, BL_METRIC_COUNTER, "ballast_controller_evictions_total",
                        "Evictions that rolling upgrades asked for.",
                        BL_METRIC_LABEL("result", evictions), BL_METRIC_NO_LABEL);
}

static void *make(struct bl_controller *controller, void *environment)
{
    struct clusters *clusters = BL_NEW(struct clusters);

    clusters->env = environment;
    clusters->look.client = bl_controller_client(controller);
    clusters->look.recorder = bl_controller_recorder(controller);
    clusters->look.memories = bl_kafka_memories_new(&clusters->env->options->bootstrap_to);
    clusters->turns = bl_turns_new((unsigned)clusters->env->options->workers);
    add_metrics(clusters, bl_controller_metrics(controller));
    return clusters;
}

static void release(void *context)
{
    struct clusters *clusters = context;

    bl_memories_free(clusters->look.memories);
    bl_turns_free(clusters->turns);
    free(clusters);
}

static void measure(void *context)
{
    struct clusters *clusters = context;
    struct bl_kafka_counts sum;

    bl_kafka_memories_sum(clusters->look.memories, &sum);
    bl_metric_set(clusters->clusters, sum.known, 0, 0, 0);
    bl_metric_set(clusters->clusters, sum.clusters - sum.known, 1, 0, 0);
    bl_metric_set(clusters->pods, sum.closed, 0, 0, 0);
    bl_metric_set(clusters->pods, sum.unsafe, 1, 0, 0);
    for (size_t i = 0; i < BL_ROLLOUT_PHASES; i++)
        bl_metric_set(clusters->rollouts, sum.rollouts[i], i, 0, 0);
}

/* --- a namespace, and a cluster in it --- */

static bool has_pods(const struct bl_kafka *kafka)
{
    for (size_t i = 0; i < kafka->pods.len; i++)
        if (kafka->pods.items[i].pod)
            return true;
    return false;
}

static bool may_wait(const struct bl_kafka_memory *memory)
{
    return !memory->answered || memory->unknown || bl_turns_is_slow(memory->expected);
}

static int look_after(const struct clusters *clusters, const struct bl_kafka *kafka,
                      struct bl_reconcile_result *result, struct bl_error **err)
{
    struct bl_kafka_memory *memory = bl_memories_find(clusters->look.memories, kafka->name);
    struct bl_look look = clusters->look;
    bool in_turn = may_wait(memory);
    bl_nsec begin = bl_clock_now(&bl_clock_real);
    bool busy = false;
    int rc;

    if (in_turn && !bl_turns_take(clusters->turns, kafka->name)) {
        bl_reconcile_again(result, LOOK_SOON / 4);
        return 0;
    }
    look.copying = bl_caches_copying(clusters->env, kafka->members.items[0].ref.namespace);
    rc = bl_look_at(&look, memory, kafka, &busy, err);
    if (in_turn)
        bl_turns_give(clusters->turns, kafka->name);
    if (rc == 0)
        bl_reconcile_again(result,
                           bl_look_pause(memory, busy, bl_clock_now(&bl_clock_real) - begin));
    return rc;
}

/* Names are "NAMESPACE/NAME". */
static void enqueue_all(struct bl_controller *controller, const char *namespace,
                        const struct bl_topology *topology)
{
    for (size_t i = 0; i < topology->clusters.len; i++)
        bl_controller_enqueue(controller,
                              &(struct bl_reconcile_request){
                                  namespace, strchr(topology->clusters.items[i].name, '/') + 1});
}

static int look_at(struct bl_controller *controller, const struct bl_reconcile_request *request,
                   const struct bl_topology *topology, struct bl_reconcile_result *result,
                   struct bl_error **err)
{
    const struct clusters *clusters = bl_controller_context(controller);
    BL_AUTO_FREE char *name = bl_asprintf("%s/%s", request->namespace, request->name);
    const struct bl_kafka *kafka = bl_topology_find(topology, name);

    if (kafka && has_pods(kafka))
        return look_after(clusters, kafka, result, err);
    bl_memories_forget(clusters->look.memories, name);
    return 0;
}

static int reconcile(struct bl_controller *controller, const struct bl_reconcile_request *request,
                     struct bl_reconcile_result *ret_result, struct bl_error **err)
{
    const struct clusters *clusters = bl_controller_context(controller);
    const struct bl_env *env = clusters->env;
    const char *namespace = *request->namespace ? request->namespace : request->name;
    bool within = bl_caches_place(env, namespace) == BL_SCOPE_WITHIN;
    BL_AUTO(bl_snapshot_cleanup)
    struct bl_snapshot *snapshot = bl_policies_get(bl_sources_policies(env->sources));
    BL_AUTO(bl_namespace_view_release) struct bl_namespace_view view = {0};
    BL_AUTO(bl_namespace_view_release) struct bl_namespace_view pods = {0};
    BL_AUTO(bl_topology_release) struct bl_topology topology = {0};

    if (within && !bl_caches_complete(env, namespace)) {
        bl_reconcile_again(ret_result, COMPLETE_WITHIN);
        return 0;
    }
    bl_caches_view(env, namespace, &view);
    bl_caches_pods(env, namespace, &pods);
    if (view.namespace && within)
        bl_topology_read(&(struct bl_topology_input){.set = bl_snapshot_policies(snapshot),
                                                     .namespace = namespace,
                                                     .objects = view.items,
                                                     .objects_len = view.len,
                                                     .pods = pods.items,
                                                     .pods_len = pods.len,
                                                     .today = bl_day_today()},
                         &topology);
    /* The companions' controller says so; what was written on its pods stays as it is. */
    if (topology.too_large)
        return 0;
    if (*request->namespace)
        return look_at(controller, request, &topology, ret_result, err);
    enqueue_all(controller, namespace, &topology);
    return 0;
}

/* --- what it watches --- */

static const struct bl_controller_watch watches[] = {
    {.kind = &bl_kind_namespace, .map = bl_map_self},
    {.kind = &bl_kind_stateful_set, .map = bl_map_namespace},
    {.kind = &bl_kind_deployment, .map = bl_map_namespace},
    {.kind = &bl_kind_service, .map = bl_map_namespace},
    {.kind = &bl_kind_config_map, .map = bl_map_namespace},
    {.kind = &bl_kind_pod, .map = bl_map_namespace},
    {0},
};

const struct bl_controller_spec bl_kafka_controller = {
    .name = "kafka",
    .watches = watches,
    .backoff_min = BL_NSEC_S,
    .make = make,
    .free = release,
    .reconcile = reconcile,
    .measure = measure,
};
