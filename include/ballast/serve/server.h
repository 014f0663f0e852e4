/**
 * An HTTP/1.1 server for short answers: a number of threads, each with its own connections.
 *
 * A request runs from start to end on its connection's thread, so the function that answers must not wait
 * for anything. What a peer may take is bounded before it is taken: the body's size, the bytes of all
 * bodies together (beyond it requests are shed with 429 and Retry-After, which the API server's client
 * heeds), connections, the time for a handshake, for a request and between two of them. The last is longer
 * than the 90 seconds for which Go's client keeps a connection, because it does not repeat a POST that was
 * lost to a connection closed under it.
 *
 * Nobody is turned away at the door. When nine tenths of the connections are there, or of the memory for
 * bodies is held, who has not shown what he is for is given up first (lib/serve/pressure.h).
 */
#ifndef BALLAST_SERVE_SERVER_H
#define BALLAST_SERVE_SERVER_H

#include "ballast/base/strbuf.h"
#include "ballast/serve/tls.h"

/** Strings are borrowed while the request is answered. */
struct bl_request {
    const char *method, *path;
    const char *content_type; /* NULL where there is none */
    char *body;               /* NUL-terminated; may hold NULs; whoever serves it may write to it */
    size_t len;
    bl_nsec arrived; /* monotonic: when its first line was read */
    bool trusted;    /* the peer has shown a client certificate that we trust */
    void *handle;
};

/** A parameter of the query ("timeout"), or NULL. */
const char *bl_request_query(const struct bl_request *request, const char *name);

struct bl_response {
    int status;               /* 200 where not set */
    const char *content_type; /* borrowed for ever; "text/plain; charset=utf-8" where not set */
    struct bl_strbuf body;
    int retry_after; /* seconds; 0: no such header */
    bool proves;     /* the request was what we are here for: its connection is given up last */
};

typedef void (*bl_serve_fn)(const struct bl_request *request, struct bl_response *response,
                            void *context);
/** Asked before the body is taken, which `request` has none of yet. False: `response` answers it. */
typedef bool (*bl_admit_fn)(const struct bl_request *request, struct bl_response *response,
                            void *context);

/** Why a request got no answer of the handler's. */
enum bl_serve_event {
    BL_SERVE_SHED,     /* 429: too much under way */
    BL_SERVE_TOO_BIG,  /* 413 */
    BL_SERVE_LATE,     /* cut off: the request or the handshake took too long */
    BL_SERVE_GIVEN_UP, /* ended under pressure, in favour of others */
    BL_SERVE_UNCLEAR,  /* 400: nobody can tell where its body ends */
    BL_SERVE_EVENT_COUNT,
};

struct bl_server_options {
    const char *listen; /* "0.0.0.0:8443", "[::1]:8443", ":8443" for all addresses; port 0: any */
    struct bl_tls *tls; /* borrowed; NULL: no TLS */
    bl_serve_fn serve;
    bl_admit_fn admit; /* NULL: everything is */
    void *context;
    /** Called for what never reaches `serve`; may be NULL. From any thread. */
    void (*event)(enum bl_serve_event event, void *context);
    unsigned threads;            /* 0: 2; 64 at most */
    unsigned max_connections;    /* 0: 1024; a quarter of RLIMIT_NOFILE at most */
    size_t max_body, max_bodies; /* of one request; of all together. 0: 7 MiB; 24 MiB */
    bl_nsec patience;            /* with a handshake, and with a body that does not come. 0: 3 s */
    bl_nsec request_timeout, idle_timeout; /* 0: 10 s; 120 s */
};

struct bl_server;

BL_CHECK int bl_server_start(const struct bl_server_options *options, struct bl_server **ret_server,
                             struct bl_error **err);
/** The port that it listens on. */
int bl_server_port(const struct bl_server *server);
/** From now on every answer ends its connection, so that peers go elsewhere; none is refused. */
void bl_server_drain(struct bl_server *server);
/** Requests whose first line was read and that are not answered yet. */
int64_t bl_server_in_flight(const struct bl_server *server);
int64_t bl_server_connections(const struct bl_server *server);
/** Ends all connections and threads. NULL is fine. */
void bl_server_stop(struct bl_server *server);
BL_DEFINE_CLEANUP(struct bl_server *, bl_server_cleanup, bl_server_stop)

#endif
