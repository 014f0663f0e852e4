#include "ballast/serve/server.h"

#include <microhttpd.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "listen.h"
#include "serve.h"

#define DEFAULT_THREADS 2
#define DEFAULT_CONNECTIONS 256
#define DEFAULT_BODY ((size_t)7 << 20)
#define DEFAULT_BODIES ((size_t)64 << 20)
#define DEFAULT_REQUEST_TIMEOUT (10 * BL_NSEC_S)
#define DEFAULT_IDLE_TIMEOUT (120 * BL_NSEC_S)
/* TLS 1.3 and 1.2, ciphers that authenticate, and of them first what costs least where there is AES in hardware. */
#define PRIORITIES                                                                                \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:"           \
    "+CHACHA20-POLY1305:-MAC-ALL:+AEAD:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-GROUP-ALL:+GROUP-X25519:" \
    "+GROUP-SECP256R1:+GROUP-SECP384R1:%SERVER_PRECEDENCE"

struct bl_server {
    struct bl_server_options options;
    struct MHD_Daemon *daemon;
    struct bl_watchdog *watchdog;
    int port;
    atomic_bool draining;
    atomic_size_t bodies; /* bytes that requests under way may hold */
    atomic_int_least64_t in_flight, connections;
};

/* From a request's first line to its answer. */
struct exchange {
    struct bl_connection *connection;
    bl_nsec arrived;
    bool begun; /* its headers were read */
    char *body;
    size_t len, room; /* room is what was reserved; a NUL has its place behind it */
};

static void tell(struct bl_server *server, enum bl_serve_event event)
{
    if (server->options.event)
        server->options.event(event, server->options.context);
}

static void tell_late(void *context)
{
    tell(context, BL_SERVE_LATE);
}

static gnutls_session_t session_of(struct MHD_Connection *peer)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(peer, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    return info ? info->tls_session : NULL;
}

static struct bl_connection *connection_of(struct MHD_Connection *peer)
{
    return MHD_get_connection_info(peer, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static void open_connection(struct bl_server *server, struct MHD_Connection *peer, void **context)
{
    struct bl_connection *connection = BL_NEW(struct bl_connection);

    connection->fd = MHD_get_connection_info(peer, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    connection->trusted = -1;
    bl_watchdog_add(server->watchdog, connection,
                    bl_clock_now(&bl_clock_real) + server->options.request_timeout);
    atomic_fetch_add(&server->connections, 1);
    if (server->options.tls)
        bl_tls_prepare(server->options.tls, session_of(peer));
    *context = connection;
}

static void on_connection(void *cls, struct MHD_Connection *peer, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct bl_server *server = cls;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        open_connection(server, peer, context);
        return;
    }
    bl_watchdog_remove(server->watchdog, *context);
    atomic_fetch_sub(&server->connections, 1);
    free(*context);
    *context = NULL;
}

/* What it returns becomes the context of the request. */
static void *on_first_line(void *cls, const char *uri BL_UNUSED, struct MHD_Connection *peer)
{
    struct bl_server *server = cls;
    struct exchange *exchange = BL_NEW(struct exchange);

    exchange->connection = connection_of(peer);
    exchange->arrived = bl_clock_now(&bl_clock_real);
    bl_watchdog_set(server->watchdog, exchange->connection,
                    exchange->arrived + server->options.request_timeout);
    atomic_fetch_add(&server->in_flight, 1);
    return exchange;
}

static void on_completed(void *cls, struct MHD_Connection *peer BL_UNUSED, void **context,
                         enum MHD_RequestTerminationCode why BL_UNUSED)
{
    struct bl_server *server = cls;
    struct exchange *exchange = *context;

    if (!exchange)
        return;
    bl_watchdog_set(server->watchdog, exchange->connection,
                    bl_clock_now(&bl_clock_real) + server->options.idle_timeout);
    atomic_fetch_sub(&server->bodies, exchange->room);
    atomic_fetch_sub(&server->in_flight, 1);
    free(exchange->body);
    free(exchange);
    *context = NULL;
}

static enum MHD_Result answer(struct bl_server *server, struct MHD_Connection *peer,
                              struct bl_response *response)
{
    const char *type =
        response->content_type ? response->content_type : "text/plain; charset=utf-8";
    size_t len = response->body.len;
    struct MHD_Response *out = MHD_create_response_from_buffer(len, bl_strbuf_take(&response->body),
                                                               MHD_RESPMEM_MUST_FREE);
    enum MHD_Result result;

    if (!out)
        abort();
    (void)MHD_add_response_header(out, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (response->retry_after) {
        BL_AUTO_FREE char *seconds = bl_asprintf("%d", response->retry_after);

        (void)MHD_add_response_header(out, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    if (atomic_load(&server->draining))
        (void)MHD_add_response_header(out, MHD_HTTP_HEADER_CONNECTION, "close");
    result =
        MHD_queue_response(peer, response->status ? (unsigned)response->status : MHD_HTTP_OK, out);
    MHD_destroy_response(out);
    return result;
}

static enum MHD_Result refuse(struct bl_server *server, struct MHD_Connection *peer, int status,
                              const char *text)
{
    struct bl_response response = {.status = status,
                                   .body = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED),
                                   .retry_after = status == MHD_HTTP_TOO_MANY_REQUESTS};

    tell(server, status == MHD_HTTP_TOO_MANY_REQUESTS ? BL_SERVE_SHED : BL_SERVE_TOO_BIG);
    bl_strbuf_addf(&response.body, "%s\n", text);
    return answer(server, peer, &response);
}

/* Reserves room for the body before it is read; false: there is too much under way. */
static bool reserve(struct bl_server *server, struct exchange *exchange, size_t more)
{
    size_t before = atomic_fetch_add(&server->bodies, more);

    if (before + more > server->options.max_bodies) {
        atomic_fetch_sub(&server->bodies, more);
        return false;
    }
    exchange->room += more;
    return true;
}

/* A body of unknown length gets room as it comes. */
static enum MHD_Result begin(struct bl_server *server, struct exchange *exchange,
                             struct MHD_Connection *peer)
{
    const char *header =
        MHD_lookup_connection_value(peer, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
    int64_t len = 0;

    exchange->begun = true;
    if (header && (!bl_text_to_int(header, strlen(header), &len) || len < 0 ||
                   (size_t)len > server->options.max_body))
        return refuse(server, peer, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too large");
    if (!reserve(server, exchange, (size_t)len))
        return refuse(server, peer, MHD_HTTP_TOO_MANY_REQUESTS,
                      "too many requests are under way, try again in a second");
    exchange->body = bl_alloc(exchange->room + 1, 1);
    return MHD_YES;
}

static bool grow_body(struct bl_server *server, struct exchange *exchange, size_t more)
{
    size_t doubled = exchange->room > more ? exchange->room : more;
    char *body;

    if (exchange->len + more > server->options.max_body || !reserve(server, exchange, doubled))
        return false;
    body = bl_alloc(exchange->room + 1, 1);
    memcpy(body, exchange->body, exchange->len);
    free(exchange->body);
    exchange->body = body;
    return true;
}

/* Nothing can be answered while a body is being read, so one that grows too large ends the connection. */
static enum MHD_Result take(struct bl_server *server, struct exchange *exchange, const char *data,
                            size_t *len)
{
    size_t left = exchange->room - exchange->len;

    if (*len > left && !grow_body(server, exchange, *len - left)) {
        tell(server, BL_SERVE_TOO_BIG);
        return MHD_NO;
    }
    memcpy(exchange->body + exchange->len, data, *len);
    exchange->len += *len;
    *len = 0;
    return MHD_YES;
}

static bool is_trusted(struct bl_server *server, struct exchange *exchange,
                       struct MHD_Connection *peer)
{
    struct bl_connection *connection = exchange->connection;

    if (connection->trusted < 0)
        connection->trusted =
            server->options.tls && bl_tls_peer_trusted(server->options.tls, session_of(peer));
    return connection->trusted;
}

static enum MHD_Result serve(struct bl_server *server, struct exchange *exchange,
                             struct MHD_Connection *peer, const char *method, const char *path)
{
    struct bl_response response = {.body = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED)};
    struct bl_request request = {
        .method = method,
        .path = path,
        .content_type =
            MHD_lookup_connection_value(peer, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE),
        .body = exchange->body,
        .len = exchange->len,
        .arrived = exchange->arrived,
        .trusted = is_trusted(server, exchange, peer),
        .handle = peer,
    };

    server->options.serve(&request, &response, server->options.context);
    return answer(server, peer, &response);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *peer, const char *path,
                                  const char *method, const char *version BL_UNUSED,
                                  const char *data, size_t *len, void **context)
{
    struct bl_server *server = cls;
    struct exchange *exchange = *context;

    if (!exchange->begun)
        return begin(server, exchange, peer);
    if (*len)
        return take(server, exchange, data, len);
    return serve(server, exchange, peer, method, path);
}

const char *bl_request_query(const struct bl_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->handle, MHD_GET_ARGUMENT_KIND, name);
}

static void fill_defaults(struct bl_server_options *options)
{
    if (!options->threads)
        options->threads = DEFAULT_THREADS;
    if (!options->max_connections)
        options->max_connections = DEFAULT_CONNECTIONS;
    if (!options->max_body)
        options->max_body = DEFAULT_BODY;
    if (!options->max_bodies)
        options->max_bodies = DEFAULT_BODIES;
    if (!options->request_timeout)
        options->request_timeout = DEFAULT_REQUEST_TIMEOUT;
    if (!options->idle_timeout)
        options->idle_timeout = DEFAULT_IDLE_TIMEOUT;
}

/* The daemon owns the socket once it runs. */
static struct MHD_Daemon *start_daemon(struct bl_server *server, int fd)
{
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITIES},
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(intptr_t)bl_tls_retrieve},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    /* By poll(): its epoll loop spins for as long as a peer has sent half of a handshake (docs/adr/0007). */
    unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC;

    if (server->options.tls)
        flags |= MHD_USE_TLS;
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
                            MHD_OPTION_THREAD_POOL_SIZE, server->options.threads,
                            MHD_OPTION_CONNECTION_LIMIT, server->options.max_connections,
                            MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_NOTIFY_CONNECTION,
                            on_connection, server, MHD_OPTION_URI_LOG_CALLBACK, on_first_line,
                            server, MHD_OPTION_NOTIFY_COMPLETED, on_completed, server,
                            MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY,
                            server->options.tls ? tls : none, MHD_OPTION_END);
}

int bl_server_start(const struct bl_server_options *options, struct bl_server **ret_server,
                    struct bl_error **err)
{
    BL_AUTO(bl_server_cleanup) struct bl_server *server = BL_NEW(struct bl_server);
    int fd = -1;

    server->options = *options;
    fill_defaults(&server->options);
    if (bl_watchdog_start(tell_late, server, &server->watchdog, err) < 0 ||
        bl_listen(options->listen, &fd, err) < 0)
        return -1;
    server->port = bl_listen_port(fd);
    server->daemon = start_daemon(server, fd);
    if (!server->daemon) {
        (void)close(fd);
        return bl_fail(err, BL_ERR_IO, "could not start the server on %s", options->listen);
    }
    *ret_server = BL_STEAL(server);
    return 0;
}

int bl_server_port(const struct bl_server *server)
{
    return server->port;
}

void bl_server_drain(struct bl_server *server)
{
    atomic_store(&server->draining, true);
}

int64_t bl_server_in_flight(const struct bl_server *server)
{
    return atomic_load(&server->in_flight);
}

int64_t bl_server_connections(const struct bl_server *server)
{
    return atomic_load(&server->connections);
}

void bl_server_stop(struct bl_server *server)
{
    if (!server)
        return;
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    bl_watchdog_stop(server->watchdog);
    free(server);
}
