/**
 * HTTP requests to one server, over TLS or not.
 *
 * A thin layer on libcurl: connections are kept and used again, nothing waits without a limit, nothing is
 * read without a limit, and a stop signal ends a request at once. Redirects are not followed. One client
 * may be used by any number of threads; each request runs on the thread that makes it.
 *
 * Errors are BL_ERR_UNAVAILABLE where the server could not be reached, did not prove who it is, or went
 * away in the middle; an HTTP status of any kind is no error here.
 */
#ifndef BALLAST_HTTP_CLIENT_H
#define BALLAST_HTTP_CLIENT_H

#include "ballast/base/clock.h"
#include "ballast/base/stop.h"
#include "ballast/base/strbuf.h"

/** Who the server must be. A file is read anew for each connection. */
struct bl_http_trust {
    const char *ca_file;     /* PEM; NULL: see ca_pem */
    const char *ca_pem;      /* NULL too: what the system trusts */
    const char *server_name; /* the name in its certificate, and SNI; NULL: the URL's host */
    bool insecure;           /* whoever it is */
};

struct bl_http_config {
    const char *url;   /* "https://host:port" or with a path, which request paths are put behind */
    const char *proxy; /* NULL: what HTTPS_PROXY and NO_PROXY say; "": none */
    const char *user_agent;
    struct bl_http_trust trust;
    bool
        abroad; /* no address of this machine's own or of its link is connected to, whatever the name says */
    bl_nsec connect_timeout; /* 0: 10 s; TLS included */
    bl_nsec timeout;         /* of a whole request; 0: 30 s */
};

struct bl_http_client;

/** Copies what `config` points to. Connects to nothing yet. */
BL_CHECK int bl_http_client_new(const struct bl_http_config *config,
                                struct bl_http_client **ret_client, struct bl_error **err);
/** When no request runs any more. */
void bl_http_client_free(struct bl_http_client *client);
BL_DEFINE_CLEANUP(struct bl_http_client *, bl_http_client_cleanup, bl_http_client_free)

/** All borrowed. Only method and path are needed. */
struct bl_http_request {
    const char *method;
    const char *path;           /* from '/' on, query included, escaped */
    const char *const *headers; /* "Name: value", NULL-terminated */
    const char *body;           /* NULL: none */
    size_t body_len;
    /** The client's certificate and key, PEM. A connection serves one certificate only. */
    const char *certificate, *key;
    bl_nsec timeout; /* of all of it; 0: the client's. Of a stream: 0: none */
    /** Of a stream: longest time without a byte; NULL: 60 s. Whoever takes the pieces may change it. */
    const bl_nsec *idle;
    const struct bl_stop *stop;
    const struct bl_stop *also; /* ends it too; NULL: nothing else does */
};

struct bl_http_response {
    int status;
    bl_nsec retry_after; /* Retry-After in seconds (RFC 9110, 10.2.3), made nanoseconds; -1: none */
    char *challenge; /* WWW-Authenticate of a 401 (RFC 9110, 11.6.1); NULL: there is none. Owned */
    struct bl_strbuf body; /* its limit is the most that is read */
};

#define BL_HTTP_RESPONSE_INIT(limit)                     \
    {                                                    \
        .retry_after = -1, .body = BL_STRBUF_INIT(limit) \
    }
/** Wipes the body, which may be a Secret. */
void bl_http_response_release(struct bl_http_response *response);

/** On failure the status says whether an answer had begun; 0: no. Release `response` all the same. */
BL_CHECK int bl_http_send(struct bl_http_client *client, const struct bl_http_request *request,
                          struct bl_http_response *response, struct bl_error **err);

/** Takes a piece of the body. -1 with `err` set ends the request with that error. */
typedef int (*bl_http_piece_fn)(void *context, const char *data, size_t len, struct bl_error **err);

/**
 * As bl_http_send, but the body of a 2xx goes to `piece` as it comes; that of any other status is in
 * `response`. 0: the server ended the body in an orderly way.
 */
BL_CHECK int bl_http_stream(struct bl_http_client *client, const struct bl_http_request *request,
                            bl_http_piece_fn piece, void *context,
                            struct bl_http_response *response, struct bl_error **err);

#endif
