/** /healthz, /readyz and /metrics of a program, on a listener and a thread of their own. */
#ifndef BALLAST_DAEMON_PROBES_H
#define BALLAST_DAEMON_PROBES_H

#include "ballast/serve/server.h"

struct bl_probes {
    /** NULL where it is ready, else why not; for free(). */
    char *(*unready)(void *context);
    /** Appends all metrics, brought up to date. */
    void (*render)(void *context, struct bl_strbuf *out);
    void *context;
};

/** Answers a request for one of the two health paths, by 405 where it is no GET; false: it is for another path. */
bool bl_probes_health(const struct bl_probes *probes, const struct bl_request *request,
                      struct bl_response *response);
/** `probes` are borrowed. */
BL_CHECK int bl_probes_start(const struct bl_probes *probes, const char *listen,
                             struct bl_server **ret_server, struct bl_error **err);

/** Answers with a status and a line of text. */
void bl_response_say(struct bl_response *response, int status, const char *text);

#endif
