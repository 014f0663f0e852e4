/** The webhook's metrics. Labels are from fixed lists; none names an object, a namespace or a user. */
#ifndef BALLAST_WEBHOOK_TELEMETRY_H
#define BALLAST_WEBHOOK_TELEMETRY_H

#include "ballast/base/clock.h"
#include "ballast/daemon/metrics.h"
#include "ballast/policies/review.h"

enum bl_path {
    BL_PATH_MUTATE,
    BL_PATH_VALIDATE,
    BL_PATH_OTHER,
};

struct bl_webhook_telemetry {
    struct bl_metrics *metrics; /* owned */
    struct bl_metric *requests, *duration, *decisions, *answers, *too_large, *repeated;
    struct bl_metric *in_flight, *connections, *refused;
    struct bl_metric *certificate_expiry;
    struct bl_source_metrics sources;
};

/** Registers all of them. */
void bl_webhook_telemetry_init(struct bl_webhook_telemetry *telemetry);
void bl_webhook_telemetry_release(struct bl_webhook_telemetry *telemetry);

void bl_webhook_telemetry_request(struct bl_webhook_telemetry *telemetry, enum bl_path path,
                                  int status, bl_nsec duration);
void bl_webhook_telemetry_decision(struct bl_webhook_telemetry *telemetry, enum bl_path path,
                                   const struct bl_review_summary *summary);

/** Appends all, those of the process (memory, CPU, descriptors) too. */
void bl_webhook_telemetry_render(const struct bl_webhook_telemetry *telemetry,
                                 struct bl_strbuf *out);

#endif
