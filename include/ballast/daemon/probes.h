/**
 * /healthz and /readyz of a program on one listener, /metrics on another, each with a thread of its own: whoever keeps
 * the metrics busy does not get the program restarted.
 */
#ifndef BALLAST_DAEMON_PROBES_H
#define BALLAST_DAEMON_PROBES_H

#include "ballast/daemon/daemon.h"
#include "ballast/serve/server.h"

struct bl_probes {
    /** NULL where it is ready, else why not; for free(). */
    char *(*unready)(void *context);
    /** Appends all metrics, brought up to date. NULL: there are none, and nobody listens for them. */
    void (*render)(void *context, struct bl_strbuf *out);
    void *context;
};

struct bl_probe_servers {
    struct bl_server *health, *metrics;
};

/** Is it one of the two health paths? */
bool bl_probes_is_health(const char *path);
/** Answers one of them. */
void bl_probes_health(const struct bl_probes *probes, const struct bl_request *request,
                      struct bl_response *response);
/** Answers by 405 what does not ask, as GET and HEAD do; false: `response` has the answer. */
bool bl_probes_asks(const struct bl_request *request, struct bl_response *response);

/** `probes` are borrowed. */
BL_CHECK int bl_probes_start(const struct bl_probes *probes,
                             const struct bl_daemon_options *options,
                             struct bl_probe_servers *ret_servers, struct bl_error **err);
void bl_probes_stop(struct bl_probe_servers *servers);

/** Answers with a status and a line of text. */
void bl_response_say(struct bl_response *response, int status, const char *text);

#endif
