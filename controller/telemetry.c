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

static void add_of_work(struct bl_controller_telemetry *telemetry)
{
    telemetry->companions =
        bl_metrics_make(telemetry->metrics, BL_METRIC_GAUGE, "ballast_controller_companions",
                        "Objects that workloads need beside them, by what became of them.",
                        BL_METRIC_LABEL("kind", kinds), BL_METRIC_LABEL("state", states));
    telemetry->writes =
        bl_metrics_make(telemetry->metrics, BL_METRIC_COUNTER, "ballast_controller_writes_total",
                        "Companions that were created, repaired and withdrawn.",
                        BL_METRIC_LABEL("kind", kinds), BL_METRIC_LABEL("verb", verbs));
    telemetry->reconciles = bl_metrics_make(
        telemetry->metrics, BL_METRIC_COUNTER, "ballast_controller_reconciles_total",
        "Namespaces that were looked at.", BL_METRIC_LABEL("result", results), BL_METRIC_NO_LABEL);
    telemetry->skipped = bl_metrics_make(
        telemetry->metrics, BL_METRIC_GAUGE, "ballast_controller_namespaces_skipped",
        "Namespaces that nothing is done for, as they are too large to judge.", BL_METRIC_NO_LABEL,
        BL_METRIC_NO_LABEL);
    telemetry->duration = bl_metrics_make(telemetry->metrics, BL_METRIC_HISTOGRAM,
                                          "ballast_controller_reconcile_duration_seconds",
                                          "How long looking at a namespace took, writing included.",
                                          BL_METRIC_NO_LABEL, BL_METRIC_NO_LABEL);
    telemetry->queue = bl_metrics_make(
        telemetry->metrics, BL_METRIC_GAUGE, "ballast_controller_queue_length",
        "Namespaces that wait to be looked at.", BL_METRIC_NO_LABEL, BL_METRIC_NO_LABEL);
    telemetry->leader =
        bl_metrics_make(telemetry->metrics, BL_METRIC_GAUGE, "ballast_controller_leader",
                        "1 while this replica leads.", BL_METRIC_NO_LABEL, BL_METRIC_NO_LABEL);
    telemetry->events_dropped = bl_metrics_make(
        telemetry->metrics, BL_METRIC_COUNTER, "ballast_controller_events_dropped_total",
        "Events that could not be written.", BL_METRIC_NO_LABEL, BL_METRIC_NO_LABEL);
}

static void add_of_clusters(struct bl_controller_telemetry *telemetry)
{
    telemetry->clusters =
        bl_metrics_make(telemetry->metrics, BL_METRIC_GAUGE, "ballast_controller_clusters",
                        "Kafka clusters that are looked after, by whether they answer.",
                        BL_METRIC_LABEL("state", answers), BL_METRIC_NO_LABEL);
    telemetry->pods =
        bl_metrics_make(telemetry->metrics, BL_METRIC_GAUGE, "ballast_controller_pods",
                        "Pods whose readiness gate is closed, or that are not safe to disrupt.",
                        BL_METRIC_LABEL("state", conditions), BL_METRIC_NO_LABEL);
    telemetry->rollouts =
        bl_metrics_make(telemetry->metrics, BL_METRIC_GAUGE, "ballast_controller_rollouts",
                        "Kafka clusters by the phase of their rolling upgrade.",
                        BL_METRIC_LABEL("phase", phases), BL_METRIC_NO_LABEL);
    telemetry->looks = bl_metrics_make(telemetry->metrics, BL_METRIC_COUNTER,
                                       "ballast_controller_looks_total", "Looks at Kafka clusters.",
                                       BL_METRIC_LABEL("result", results), BL_METRIC_NO_LABEL);
    telemetry->look_duration = bl_metrics_make(
        telemetry->metrics, BL_METRIC_HISTOGRAM, "ballast_controller_look_duration_seconds",
        "How long looking at a Kafka cluster took, writing included.", BL_METRIC_NO_LABEL,
        BL_METRIC_NO_LABEL);
    telemetry->evictions =
        bl_metrics_make(telemetry->metrics, BL_METRIC_COUNTER, "ballast_controller_evictions_total",
                        "Evictions that rolling upgrades asked for.",
                        BL_METRIC_LABEL("result", evictions), BL_METRIC_NO_LABEL);
}

void bl_controller_telemetry_init(struct bl_controller_telemetry *telemetry)
{
    telemetry->metrics = bl_metrics_new();
    add_of_work(telemetry);
    add_of_clusters(telemetry);
    bl_source_metrics_add(telemetry->metrics, &telemetry->sources);
}

void bl_controller_telemetry_release(struct bl_controller_telemetry *telemetry)
{
    bl_metrics_free(telemetry->metrics);
    *telemetry = (struct bl_controller_telemetry){0};
}

void bl_controller_telemetry_reconcile(struct bl_controller_telemetry *telemetry, bool ok,
                                       bl_nsec duration)
{
    bl_metric_add(telemetry->reconciles, 1, ok ? 0 : 1, 0, 0);
    bl_metric_observe(telemetry->duration, duration, 0, 0, 0);
}

void bl_controller_telemetry_look(struct bl_controller_telemetry *telemetry, bool ok,
                                  bl_nsec duration)
{
    bl_metric_add(telemetry->looks, 1, ok ? 0 : 1, 0, 0);
    bl_metric_observe(telemetry->look_duration, duration, 0, 0, 0);
}

void bl_controller_telemetry_clusters(struct bl_controller_telemetry *telemetry,
                                      const struct bl_keeper_counts *counts, int64_t unknown)
{
    bl_metric_set(telemetry->clusters, counts->known, 0, 0, 0);
    bl_metric_set(telemetry->clusters, unknown, 1, 0, 0);
    bl_metric_set(telemetry->pods, counts->closed, 0, 0, 0);
    bl_metric_set(telemetry->pods, counts->unsafe, 1, 0, 0);
    for (size_t i = 0; i < BL_ROLLOUT_PHASES; i++)
        bl_metric_set(telemetry->rollouts, counts->rollouts[i], i, 0, 0);
}

void bl_controller_telemetry_render(const struct bl_controller_telemetry *telemetry,
                                    struct bl_strbuf *out)
{
    bl_metrics_render(telemetry->metrics, out);
    bl_metrics_render_process(out, BALLAST_VERSION);
}
