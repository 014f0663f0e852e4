/**
 * Requests to one of Google's APIs over REST, with JSON.
 *
 * Tries again go by Google's own rule for its clients: only reads, only where the service is unavailable, after 1 s and then
 * 1.3 times as long each time, within the deadline. Whatever else can be tried again is its caller's to try, so that nothing
 * is done twice. Where the service says how long to wait, that is in the error (bl_error_retry_after()), and nobody sleeps.
 * After a 401 the token is fetched anew, and the request made once more.
 *
 * Errors are as ballast/google/status.h has them. One client may be used by any number of threads.
 */
#ifndef BALLAST_GOOGLE_CLIENT_H
#define BALLAST_GOOGLE_CLIENT_H

#include "ballast/google/status.h"
#include "ballast/google/token.h"
#include "ballast/json/json.h"

/** The service's own; an option of ours may name another, for Private Google Access and for tests. */
#define BL_GOOGLE_GKE_BACKUP "https://gkebackup.googleapis.com"
#define BL_GOOGLE_CONTAINER "https://container.googleapis.com"

struct bl_google_client;

/** What is 0 or NULL has the default named. */
struct bl_google_options {
    const char *endpoint;       /* needed; https, or a loopback address. It gets our token */
    const char *ca_file;        /* PEM; what the system trusts */
    const struct bl_stop *stop; /* ends every request and wait at once; borrowed */
    unsigned tries;             /* of a read; as many as its deadline has room for */
    bl_nsec longest;            /* between two looks of bl_google_poll(); 3 minutes */
    bl_nsec pace;               /* what one second between tries and polls is, for tests */
    void (*again)(
        const struct bl_error *why); /* a read is tried anew, for people; NULL: nobody is told */
};

/** Borrows `tokens`, which several clients may share. Asks nobody yet. */
BL_CHECK int bl_google_client_new(struct bl_google_tokens *tokens,
                                  const struct bl_google_options *options,
                                  struct bl_google_client **ret_client, struct bl_error **err);
/** When no request runs any more. */
void bl_google_client_free(struct bl_google_client *client);
BL_DEFINE_CLEANUP(struct bl_google_client *, bl_google_client_cleanup, bl_google_client_free)

/** All borrowed. */
struct bl_google_request {
    const char *method;
    const char *path;  /* behind the endpoint, from '/' on: version, escaped, with its query */
    const cJSON *body; /* NULL: none */
    bl_nsec timeout;   /* of all tries together; 0: 60 s */
};

/** `*ret_json` is for cJSON_Delete(); `ret_json` may be NULL. */
BL_CHECK int bl_google_send(struct bl_google_client *client,
                            const struct bl_google_request *request, cJSON **ret_json,
                            struct bl_error **err);

#endif
