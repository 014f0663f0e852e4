#include "telemetry.h"

static const char *const results[] = {"ok", "failed", NULL};
static const char *const kinds[] = {"poddisruptionbudget", "networkpolicy", "policyreport", NULL};
static const char *const states[] = {"kept", "waiting", "blocked", NULL};
static const char *const verbs[] = {"create", "repair", "withdraw", NULL};
static const char *const evictions[] = {"done", "refused", "failed", NULL};
static const char *const answers[] = {"known", "unknown", NULL};
/* In the order of enum bl_rollout_phase. */
static const char *const phases[] = {"idle",   "rolling",  "paused", "stuck",
                                     "failed", "complete", NULL};
static const char *const conditions[] = {"gate_closed", "not_safe", NULL};
/* As the webhook has them: one dashboard shows both. */
static const char *const sources[] = {"files", "cluster", "certificate", NULL};

static struct bl_metric *add(struct bl_telemetry *telemetry, enum bl_metric_type type,
                             const char *name, const char *help, struct bl_metric_label first,
                             struct bl_metric_label second)
{
    struct bl_metric_spec spec = {
        .name = name, .help = help, .type = type, .labels = {first, second}};

    return bl_metrics_add(telemetry->metrics, &spec);
}

#define LABEL(name, values) ((struct bl_metric_label){name, values})
#define NO_LABEL ((struct bl_metric_label){0})

static void add_of_work(struct bl_telemetry *telemetry)
{
    telemetry->companions = add(telemetry, BL_METRIC_GAUGE, "ballast_controller_companions",
                                "Objects that workloads need beside them, by what became of them.",
                                LABEL("kind", kinds), LABEL("state", states));
    telemetry->writes = add(telemetry, BL_METRIC_COUNTER, "ballast_controller_writes_total",
                            "Companions that were created, repaired and withdrawn.",
                            LABEL("kind", kinds), LABEL("verb", verbs));
    telemetry->reconciles =
        add(telemetry, BL_METRIC_COUNTER, "ballast_controller_reconciles_total",
            "Namespaces that were looked at.", LABEL("result", results), NO_LABEL);
    telemetry->duration =
        add(telemetry, BL_METRIC_HISTOGRAM, "ballast_controller_reconcile_duration_seconds",
            "How long looking at a namespace took, writing included.", NO_LABEL, NO_LABEL);
    telemetry->queue = add(telemetry, BL_METRIC_GAUGE, "ballast_controller_queue_length",
                           "Namespaces that wait to be looked at.", NO_LABEL, NO_LABEL);
    telemetry->leader = add(telemetry, BL_METRIC_GAUGE, "ballast_controller_leader",
                            "1 while this replica leads.", NO_LABEL, NO_LABEL);
    telemetry->events_dropped =
        add(telemetry, BL_METRIC_COUNTER, "ballast_controller_events_dropped_total",
            "Events that could not be written.", NO_LABEL, NO_LABEL);
}

static void add_of_clusters(struct bl_telemetry *telemetry)
{
    telemetry->clusters = add(telemetry, BL_METRIC_GAUGE, "ballast_controller_clusters",
                              "Kafka clusters that are looked after, by whether they answer.",
                              LABEL("state", answers), NO_LABEL);
    telemetry->pods = add(telemetry, BL_METRIC_GAUGE, "ballast_controller_pods",
                          "Pods whose readiness gate is closed, or that are not safe to disrupt.",
                          LABEL("state", conditions), NO_LABEL);
    telemetry->rollouts = add(telemetry, BL_METRIC_GAUGE, "ballast_controller_rollouts",
                              "Kafka clusters by the phase of their rolling upgrade.",
                              LABEL("phase", phases), NO_LABEL);
    telemetry->looks = add(telemetry, BL_METRIC_COUNTER, "ballast_controller_looks_total",
                           "Looks at Kafka clusters.", LABEL("result", results), NO_LABEL);
    telemetry->look_duration =
        add(telemetry, BL_METRIC_HISTOGRAM, "ballast_controller_look_duration_seconds",
            "How long looking at a Kafka cluster took, writing included.", NO_LABEL, NO_LABEL);
    telemetry->evictions =
        add(telemetry, BL_METRIC_COUNTER, "ballast_controller_evictions_total",
            "Evictions that rolling upgrades asked for.", LABEL("result", evictions), NO_LABEL);
}

static void add_of_sources(struct bl_telemetry *telemetry, const char *const *resources)
{
    telemetry->policies = add(telemetry, BL_METRIC_GAUGE, "ballast_policies",
                              "Policies that hold now.", NO_LABEL, NO_LABEL);
    telemetry->reloads = add(telemetry, BL_METRIC_COUNTER, "ballast_reloads_total",
                             "Changes of policies that were tried.", LABEL("source", sources),
                             LABEL("result", results));
    telemetry->reload_failed =
        add(telemetry, BL_METRIC_GAUGE, "ballast_last_reload_failed",
            "1 while the newest version of a source is broken and an older one holds.",
            LABEL("source", sources), NO_LABEL);
    telemetry->cache_objects =
        add(telemetry, BL_METRIC_GAUGE, "ballast_cache_objects", "Objects kept of the cluster.",
            LABEL("resource", resources), NO_LABEL);
    telemetry->cache_synced =
        add(telemetry, BL_METRIC_GAUGE, "ballast_cache_synced",
            "1 once all objects of a kind were seen.", LABEL("resource", resources), NO_LABEL);
    telemetry->cache_failures =
        add(telemetry, BL_METRIC_COUNTER, "ballast_cache_failures_total",
            "Lists and watches that failed.", LABEL("resource", resources), NO_LABEL);
}

void bl_telemetry_init(struct bl_telemetry *telemetry, const char *const *resources)
{
    telemetry->metrics = bl_metrics_new();
    add_of_work(telemetry);
    add_of_clusters(telemetry);
    add_of_sources(telemetry, resources);
}

void bl_telemetry_release(struct bl_telemetry *telemetry)
{
    bl_metrics_free(telemetry->metrics);
    *telemetry = (struct bl_telemetry){0};
}

void bl_telemetry_reconcile(struct bl_telemetry *telemetry, bool ok, bl_nsec duration)
{
    bl_metric_add(telemetry->reconciles, 1, ok ? 0 : 1, 0, 0);
    bl_metric_observe(telemetry->duration, duration, 0, 0, 0);
}

void bl_telemetry_look(struct bl_telemetry *telemetry, bool ok, bl_nsec duration)
{
    bl_metric_add(telemetry->looks, 1, ok ? 0 : 1, 0, 0);
    bl_metric_observe(telemetry->look_duration, duration, 0, 0, 0);
}

void bl_telemetry_clusters(struct bl_telemetry *telemetry, const struct bl_keeper_counts *counts,
                           int64_t unknown)
{
    bl_metric_set(telemetry->clusters, counts->known, 0, 0, 0);
    bl_metric_set(telemetry->clusters, unknown, 1, 0, 0);
    bl_metric_set(telemetry->pods, counts->closed, 0, 0, 0);
    bl_metric_set(telemetry->pods, counts->unsafe, 1, 0, 0);
    for (size_t i = 0; i < BL_ROLLOUT_PHASES; i++)
        bl_metric_set(telemetry->rollouts, counts->rollouts[i], i, 0, 0);
}

void bl_telemetry_reload(struct bl_telemetry *telemetry, enum bl_reload_source source, bool ok,
                         bool broken)
{
    bl_metric_add(telemetry->reloads, 1, source, ok ? 0 : 1, 0);
    bl_metric_set(telemetry->reload_failed, broken, source, 0, 0);
}

void bl_telemetry_render(const struct bl_telemetry *telemetry, struct bl_strbuf *out)
{
    bl_metrics_render(telemetry->metrics, out);
    bl_metrics_render_process(out, BALLAST_VERSION);
}
