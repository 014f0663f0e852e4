/**
 * The webhook's answers: /mutate and /validate, health, metrics.
 *
 * Each is given by the thread of its connection, without I/O: what there is to know was read before.
 */
#ifndef BALLAST_WEBHOOK_WEBHOOK_H
#define BALLAST_WEBHOOK_WEBHOOK_H

#include <stdatomic.h>

#include "ballast/daemon/probes.h"
#include "ballast/daemon/sources.h"
#include "cluster.h"
#include "fights.h"
#include "telemetry.h"

/** All borrowed but the flags. */
struct bl_webhook {
    struct bl_sources *sources;
    struct bl_webhook_telemetry *telemetry;
    struct bl_fights *fights;
    struct bl_cluster_cache *cluster; /* NULL: no cluster to look at */
    struct bl_tls *tls;               /* NULL: no TLS */
    const char *const *admins;        /* see struct bl_review_facts */
    bool trusted_only;        /* reviews are taken from peers with a trusted certificate alone */
    atomic_bool leaving;      /* not ready any more, still answering */
    struct bl_server *server; /* that answers reviews; for the gauges */
    struct bl_probes probes;  /* of health and metrics */
};

/** Refuses who is no API server with a review, by the first lines alone: a bl_admit_fn with a struct bl_webhook. */
bool bl_webhook_admit(const struct bl_request *request, struct bl_response *response,
                      void *context);
/** /mutate, /validate, /healthz, /readyz: a bl_serve_fn with the same context. */
void bl_webhook_serve(const struct bl_request *request, struct bl_response *response,
                      void *context);
/** Fills `probes`, which are answered by what the rest of it points to. */
void bl_webhook_init_probes(struct bl_webhook *webhook);
/** Counts what the server refused by itself. */
void bl_webhook_event(enum bl_serve_event event, void *context);

#endif
