#include "telemetry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"

static const char *const paths[] = {"mutate", "validate", "other", NULL};
static const char *const codes[] = {"200", "400", "401", "404", "405",   "413", "415",
                                    "429", "500", "503", "504", "other", NULL};
static const char *const actions[] = {"Mutate", "Deny", "Warn", "Audit", "Off", NULL};
static const char *const outcomes[] = {"pass",     "changed", "denied", "warned",
                                       "reported", "exempt",  "off",    NULL};
static const char *const answers[] = {"allowed", "patched", "denied", NULL};
static const char *const reasons[] = {"shed", "too_large", "late", "given_up", "unclear", NULL};
#define KEY(id, file, key, name) key,
static const char *const rules[] = {BL_RULES(KEY) NULL};

static void add_of_reviews(struct bl_webhook_telemetry *telemetry)
{
    struct bl_metric_spec decisions = {
        .name = "ballast_webhook_decisions_total",
        .help = "What each rule decided.",
        .type = BL_METRIC_COUNTER,
        .labels = {{"rule", rules}, {"action", actions}, {"outcome", outcomes}}};

    telemetry->requests =
        bl_metrics_make(telemetry->metrics, BL_METRIC_COUNTER, "ballast_webhook_requests_total",
                        "Answers by path and HTTP status.", BL_METRIC_LABEL("path", paths),
                        BL_METRIC_LABEL("code", codes));
    telemetry->duration = bl_metrics_make(telemetry->metrics, BL_METRIC_HISTOGRAM,
                                          "ballast_webhook_request_duration_seconds",
                                          "From a request's first line to its answer.",
                                          BL_METRIC_LABEL("path", paths), BL_METRIC_NO_LABEL);
    telemetry->answers =
        bl_metrics_make(telemetry->metrics, BL_METRIC_COUNTER, "ballast_webhook_reviews_total",
                        "Admission reviews by what came of them.", BL_METRIC_LABEL("path", paths),
                        BL_METRIC_LABEL("answer", answers));
    telemetry->decisions = bl_metrics_add(telemetry->metrics, &decisions);
    telemetry->too_large =
        bl_metrics_make(telemetry->metrics, BL_METRIC_COUNTER, "ballast_webhook_too_large_total",
                        "Reviews of what is too large to judge.", BL_METRIC_LABEL("path", paths),
                        BL_METRIC_NO_LABEL);
    telemetry->repeated = bl_metrics_make(
        telemetry->metrics, BL_METRIC_COUNTER, "ballast_webhook_repeated_patches_total",
        "Updates that got the same patch for the third time in five minutes, or more often.",
        BL_METRIC_NO_LABEL, BL_METRIC_NO_LABEL);
    telemetry->refused =
        bl_metrics_make(telemetry->metrics, BL_METRIC_COUNTER, "ballast_webhook_refused_total",
                        "Requests and connections that no rule answered: too much under way, too "
                        "large, late, given up for others.",
                        BL_METRIC_LABEL("reason", reasons), BL_METRIC_NO_LABEL);
    telemetry->in_flight = bl_metrics_make(
        telemetry->metrics, BL_METRIC_GAUGE, "ballast_webhook_in_flight_requests",
        "Requests that are not answered yet.", BL_METRIC_NO_LABEL, BL_METRIC_NO_LABEL);
    telemetry->connections =
        bl_metrics_make(telemetry->metrics, BL_METRIC_GAUGE, "ballast_webhook_connections",
                        "Open connections.", BL_METRIC_NO_LABEL, BL_METRIC_NO_LABEL);
    telemetry->certificate_expiry = bl_metrics_make(
        telemetry->metrics, BL_METRIC_GAUGE, "ballast_certificate_expiry_timestamp_seconds",
        "When the serving certificate ends.", BL_METRIC_NO_LABEL, BL_METRIC_NO_LABEL);
}

void bl_webhook_telemetry_init(struct bl_webhook_telemetry *telemetry)
{
    telemetry->metrics = bl_metrics_new();
    add_of_reviews(telemetry);
    bl_source_metrics_add(telemetry->metrics, &telemetry->sources);
}

void bl_webhook_telemetry_release(struct bl_webhook_telemetry *telemetry)
{
    bl_metrics_free(telemetry->metrics);
    *telemetry = (struct bl_webhook_telemetry){0};
}

static size_t code_index(int status)
{
    char text[16];
    size_t at = 0;

    (void)snprintf(text, sizeof(text), "%d", status);
    while (codes[at + 1] && strcmp(codes[at], text) != 0)
        at++;
    return at;
}

void bl_webhook_telemetry_request(struct bl_webhook_telemetry *telemetry, enum bl_path path,
                                  int status, bl_nsec duration)
{
    bl_metric_add(telemetry->requests, 1, path, code_index(status), 0);
    bl_metric_observe(telemetry->duration, duration, path, 0, 0);
}

void bl_webhook_telemetry_decision(struct bl_webhook_telemetry *telemetry, enum bl_path path,
                                   const struct bl_review_summary *summary)
{
    size_t answer = !summary->allowed ? 2 : summary->patched ? 1 : 0;

    bl_metric_add(telemetry->answers, 1, path, answer, 0);
    if (summary->too_large)
        bl_metric_add(telemetry->too_large, 1, path, 0, 0);
    for (size_t rule = 0; rule < BL_RULE_COUNT; rule++)
        if (summary->asked[rule])
            bl_metric_add(telemetry->decisions, 1, rule, summary->action[rule],
                          summary->outcome[rule]);
}

void bl_webhook_telemetry_render(const struct bl_webhook_telemetry *telemetry,
                                 struct bl_strbuf *out)
{
    bl_metrics_render(telemetry->metrics, out);
    bl_metrics_render_process(out, BALLAST_VERSION);
}
