/** How the module's own requests are made: bl_kube_call() is under every one. */
#ifndef BALLAST_KUBE_CLIENT_PRIVATE_H
#define BALLAST_KUBE_CLIENT_PRIVATE_H

#include "ballast/http/client.h"
#include "ballast/kube/client.h"
#include "config.h"

/** Largest answer that is kept whole. Lists and watches are not. */
#define KUBE_ANSWER_MAX BL_JSON_MAX_BYTES
/** Largest object in a list or watch; etcd's limit is 1.5 MiB. */
#define KUBE_OBJECT_MAX ((size_t)8 << 20)

struct bl_kube_client {
    struct bl_kube_config *config;
    struct bl_http_client *http;
    struct bl_kube_options options; /* nothing in it is 0 or NULL */
    struct bl_stop *own_stop;       /* where the caller has none */
    char *impersonate;              /* NULL: nobody */
    bl_nsec initial_idle; /* a streaming list that stays silent for this time will not end */
};

/** All borrowed; what is 0 or NULL has the client's default. */
struct bl_kube_call {
    const char *method, *path, *content_type, *accept;
    const struct bl_strbuf *body;
    const struct bl_stop *stop;
    const struct bl_stop *also; /* as in bl_http_request */
    bl_http_piece_fn piece;     /* set: the body of a success goes there */
    void *context;
    bl_nsec timeout; /* of all; of a stream 0 is none */
    unsigned tries;
    const bl_nsec *idle; /* of a stream; may be changed by `piece` while it runs */
};

/** With credentials, and again where that helps. 0 only for a 2xx. */
BL_CHECK int bl_kube_call(struct bl_kube_client *client, const struct bl_kube_call *call,
                          struct bl_http_response *response, struct bl_error **err);

/** The call, and its answer read as JSON. `ret_json` may be NULL. */
BL_CHECK int bl_kube_call_json(struct bl_kube_client *client, const struct bl_kube_call *call,
                               cJSON **ret_json, struct bl_error **err);

/** Makes an error of an answer that is no success; `what` is the request, "GET /api/v1/pods". */
int bl_kube_status_fail(struct bl_error **err, int status, const char *body, size_t len,
                        const char *what);
/** The same of a Status object that came as an event. */
int bl_kube_status_fail_object(struct bl_error **err, const cJSON *status, const char *what);

#endif
