/**
 * Requests to a Kubernetes API server.
 *
 * An answer that is no success becomes an error whose text is the server's message, with its HTTP status
 * (bl_error_status) and a code: 404 NOT_FOUND; 409 CONFLICT; 401 and 403 FORBIDDEN; 429, 5xx and 410
 * UNAVAILABLE; 413 TOO_LARGE; other 4xx INVALID. After a 401 the credentials are fetched anew and the
 * request is made once more. Where the server says Retry-After, we wait as told, within limits, and try
 * again; any other retry is the caller's.
 *
 * One client may be used by any number of threads.
 */
#ifndef BALLAST_KUBE_CLIENT_H
#define BALLAST_KUBE_CLIENT_H

#include "ballast/base/stop.h"
#include "ballast/json/json.h"
#include "ballast/kube/config.h"
#include "ballast/object/resource.h"

struct bl_kube_client;

/** What is 0 or NULL has the default named. */
struct bl_kube_options {
    const struct bl_stop *stop;       /* ends every request and wait at once; borrowed */
    bl_nsec timeout;                  /* of one request; 30 s */
    bl_nsec retry_wait;               /* longest wait that Retry-After may ask for; 10 s */
    unsigned tries;                   /* of one request while the server says Retry-After; 4 */
    bl_nsec backoff_min, backoff_max; /* between tries of a watch; 0.8 s and 30 s */
    /**
     * Whose rights requests go by, as `kubectl --as` has it: "system:serviceaccount:NAMESPACE:NAME". NULL: our own. We need
     * the right to impersonate them. Copied.
     */
    const char *impersonate;
};

/** Takes `config`, on failure too. `options` may be NULL. */
BL_CHECK int bl_kube_client_new(struct bl_kube_config *config,
                                const struct bl_kube_options *options,
                                struct bl_kube_client **ret_client, struct bl_error **err);

/** Which cluster, as a person names it. */
struct bl_kube_target {
    bool in_cluster; /* by the pod's service account; else by a kubeconfig */
    const char *path,
        *context; /* of the kubeconfig; NULL: as kubectl finds it, and its current one */
};

/** A client of it. `options` may be NULL. */
BL_CHECK int bl_kube_client_open(const struct bl_kube_target *target,
                                 const struct bl_kube_options *options,
                                 struct bl_kube_client **ret_client, struct bl_error **err);
/** When no request and no watch runs any more. */
void bl_kube_client_free(struct bl_kube_client *client);
BL_DEFINE_CLEANUP(struct bl_kube_client *, bl_kube_client_cleanup, bl_kube_client_free)

const struct bl_kube_config *bl_kube_client_config(const struct bl_kube_client *client);

/**
 * Appends "/apis/apps/v1/namespaces/kafka/statefulsets/broker/scale", each part escaped. `namespace` NULL
 * or "": cluster-scoped, or all namespaces. `name` NULL: the collection. `subresource` may be NULL.
 */
void bl_kube_path(struct bl_strbuf *path, const struct bl_resource *resource, const char *namespace,
                  const char *name, const char *subresource);
/** Appends "?key=value", or "&key=value" where there is a query already. NULL or "": nothing. */
void bl_kube_path_query(struct bl_strbuf *path, const char *key, const char *value);

/**
 * One request. `content_type` NULL: application/json. `body` and `ret_json` may be NULL. `*ret_json` is
 * for cJSON_Delete().
 */
BL_CHECK int bl_kube_request(struct bl_kube_client *client, const char *method, const char *path,
                             const char *content_type, const cJSON *body, cJSON **ret_json,
                             struct bl_error **err);

/** The usual ones. `ret_object` may be NULL where the answer is not wanted. */
BL_CHECK int bl_kube_get(struct bl_kube_client *client, const struct bl_resource *resource,
                         const char *namespace, const char *name, cJSON **ret_object,
                         struct bl_error **err);
/** As bl_kube_get(), but what is not there is no failure: `*ret_object` stays NULL. */
BL_CHECK int bl_kube_find(struct bl_kube_client *client, const struct bl_resource *resource,
                          const char *namespace, const char *name, cJSON **ret_object,
                          struct bl_error **err);
/** As bl_kube_get(), but one attempt within `at_most`; Retry-After is ignored. */
BL_CHECK int bl_kube_get_once(struct bl_kube_client *client, const struct bl_resource *resource,
                              const char *namespace, const char *name, bl_nsec at_most,
                              cJSON **ret_object, struct bl_error **err);
BL_CHECK int bl_kube_create(struct bl_kube_client *client, const struct bl_resource *resource,
                            const char *namespace, const cJSON *object, cJSON **ret_object,
                            struct bl_error **err);
/** Replaces it. With metadata.resourceVersion: only if nobody changed it since, else CONFLICT. */
BL_CHECK int bl_kube_update(struct bl_kube_client *client, const struct bl_resource *resource,
                            const char *namespace, const cJSON *object, cJSON **ret_object,
                            struct bl_error **err);

enum bl_kube_patch_type {
    BL_KUBE_PATCH_JSON = 1, /* RFC 6902 */
    BL_KUBE_PATCH_MERGE,    /* RFC 7386 */
    BL_KUBE_PATCH_APPLY,    /* server-side apply, as field manager "ballast" */
};

struct bl_kube_patch {
    enum bl_kube_patch_type type;
    const cJSON *body;
    const char *subresource; /* NULL: the object itself; "status", "scale" */
    const char *manager;     /* field manager; NULL: "ballast" */
    bool force;              /* of apply: take fields from other managers */
    bool dry_run;            /* all but storing it: admission and validation too */
};

BL_CHECK int bl_kube_patch(struct bl_kube_client *client, const struct bl_resource *resource,
                           const char *namespace, const char *name,
                           const struct bl_kube_patch *patch, cJSON **ret_object,
                           struct bl_error **err);

/** A kind as the server has it. */
struct bl_kube_kind {
    char *plural; /* owned */
    bool namespaced;
};

/** Asks the server's discovery for the kind of an object; BL_ERR_NOT_FOUND where it does not serve it. */
BL_CHECK int bl_kube_discover(struct bl_kube_client *client, const cJSON *object,
                              struct bl_kube_kind *ret_kind, struct bl_error **err);

struct bl_kube_delete {
    const char *uid, *resource_version; /* preconditions, or NULL; not met: CONFLICT */
    const char *propagation; /* "Foreground", "Background", "Orphan"; NULL: the server's */
};

/** `how` may be NULL. */
BL_CHECK int bl_kube_delete(struct bl_kube_client *client, const struct bl_resource *resource,
                            const char *namespace, const char *name,
                            const struct bl_kube_delete *how, struct bl_error **err);

/** What of a resource: all fields may be NULL. */
struct bl_kube_selection {
    const char *namespace;
    const char *labels; /* labelSelector */
    const char *fields; /* fieldSelector */
    bool metadata_only; /* PartialObjectMetadata instead of whole objects */
};

/** Takes `object`. -1 with `err` set ends the list with that error. */
typedef int (*bl_kube_object_fn)(void *context, cJSON *object, struct bl_error **err);

/**
 * Hands every object to `each`, one after another as they come from the server in small pages, so that
 * memory holds one at a time. apiVersion and kind, which the server leaves out in lists, are filled in.
 * If the list grows too old on the way (410), the error has that status, and some objects were handed over.
 */
BL_CHECK int bl_kube_list(struct bl_kube_client *client, const struct bl_resource *resource,
                          const struct bl_kube_selection *selection, bl_kube_object_fn each,
                          void *context, struct bl_error **err);

#endif
