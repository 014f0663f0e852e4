#include "ballast/serve/server.h"

#include <assert.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "door.h"
#include "listen.h"
#include "serve.h"

#define DEFAULT_THREADS 2
#define DEFAULT_CONNECTIONS 1024
#define DEFAULT_BODY ((size_t)7 << 20)
#define DEFAULT_BODIES ((size_t)24 << 20)
#define DEFAULT_PATIENCE (3 * BL_NSEC_S)
#define DEFAULT_REQUEST_TIMEOUT (10 * BL_NSEC_S)
#define DEFAULT_IDLE_TIMEOUT (120 * BL_NSEC_S)
/* Of a body, at first; it grows as more comes. */
#define FIRST_BLOCK ((size_t)4 << 10)
/* Bytes a second that a body has to come at, once patience is over. */
#define RATE_MIN ((bl_nsec)256 << 10)
/* For the head of a request, and pieces of its body. */
#define CONNECTION_MEMORY ((size_t)16 << 10)
/* The limit of connections is ours; the library's is never met. */
#define SPARE_PLACES 64
/* TLS 1.3 and 1.2, ciphers that authenticate, and of them first what costs least where there is AES in hardware. */
#define PRIORITIES                                                                                \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:"           \
    "+CHACHA20-POLY1305:-MAC-ALL:+AEAD:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-GROUP-ALL:+GROUP-X25519:" \
    "+GROUP-SECP256R1:+GROUP-SECP384R1:%SERVER_PRECEDENCE"

struct bl_server {
    struct bl_server_options options;
    struct MHD_Daemon *daemons[BL_THREADS_MAX]; /* a thread each */
    struct bl_connections *connections;
    struct bl_door *door;
    int port;
    atomic_bool draining;
    atomic_int_least64_t in_flight;
};

/* From a request's first line to its answer. */
struct exchange {
    struct MHD_Connection *peer;
    struct bl_connection *connection;
    bl_nsec arrived;
    bool begun;      /* its headers were read */
    size_t promised; /* bytes of its body; 0: it does not say */
    char *body;
    size_t len, room; /* a NUL has its place behind the room */
};

/* It may hold a Secret, which is not to be found in memory afterwards. */
static void drop_body(struct exchange *exchange)
{
    if (exchange->body)
        explicit_bzero(exchange->body, exchange->len);
    free(exchange->body);
}

static void tell(struct bl_server *server, enum bl_serve_event event)
{
    if (server->options.event)
        server->options.event(event, server->options.context);
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

static void on_connection(void *cls, struct MHD_Connection *peer, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct bl_server *server = cls;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        int fd = MHD_get_connection_info(peer, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        struct bl_connection *connection = bl_connections_enter(server->connections, fd);

        assert(connection);
        if (server->options.tls)
            bl_tls_prepare(connection, session_of(peer));
        *context = connection;
        return;
    }
    bl_connections_remove(*context);
    *context = NULL;
}

/* What it returns becomes the context of the request. */
static void *on_first_line(void *cls, const char *uri BL_UNUSED, struct MHD_Connection *peer)
{
    struct bl_server *server = cls;
    struct exchange *exchange = BL_NEW(struct exchange);

    exchange->peer = peer;
    exchange->connection = connection_of(peer);
    exchange->arrived = bl_clock_now(&bl_clock_real);
    bl_connections_set(exchange->connection, BL_STAGE_SENDING, server->options.patience);
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
    bl_connections_let_go(exchange->connection);
    bl_connections_set(exchange->connection, BL_STAGE_IDLE, server->options.idle_timeout);
    atomic_fetch_sub(&server->in_flight, 1);
    drop_body(exchange);
    free(exchange);
    *context = NULL;
}

static enum MHD_Result answer(struct bl_server *server, struct exchange *exchange,
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
    bl_connections_note(exchange->connection, response->proves);
    bl_connections_set(exchange->connection, BL_STAGE_ANSWERING, server->options.request_timeout);
    (void)MHD_add_response_header(out, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (response->retry_after) {
        BL_AUTO_FREE char *seconds = bl_asprintf("%d", response->retry_after);

        (void)MHD_add_response_header(out, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    if (atomic_load(&server->draining))
        (void)MHD_add_response_header(out, MHD_HTTP_HEADER_CONNECTION, "close");
    result = MHD_queue_response(exchange->peer,
                                response->status ? (unsigned)response->status : MHD_HTTP_OK, out);
    MHD_destroy_response(out);
    return result;
}

static enum MHD_Result refuse(struct bl_server *server, struct exchange *exchange, int status,
                              enum bl_serve_event event, const char *text)
{
    struct bl_response response = {.status = status,
                                   .body = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED),
                                   .retry_after = status == MHD_HTTP_TOO_MANY_REQUESTS};

    tell(server, event);
    bl_strbuf_addf(&response.body, "%s\n", text);
    return answer(server, exchange, &response);
}

static bool is_trusted(struct bl_server *server, struct exchange *exchange)
{
    struct bl_connection *connection = exchange->connection;

    if (connection->trusted < 0)
        connection->trusted = server->options.tls &&
                              bl_tls_peer_trusted(server->options.tls, session_of(exchange->peer));
    return connection->trusted;
}

static struct bl_request request_of(struct bl_server *server, struct exchange *exchange,
                                    const char *method, const char *path)
{
    return (struct bl_request){
        .method = method,
        .path = path,
        .content_type = MHD_lookup_connection_value(exchange->peer, MHD_HEADER_KIND,
                                                    MHD_HTTP_HEADER_CONTENT_TYPE),
        .body = exchange->body,
        .len = exchange->len,
        .arrived = exchange->arrived,
        .trusted = is_trusted(server, exchange),
        .handle = exchange->peer,
    };
}

/* --- a body --- */

struct framing {
    unsigned lengths, encodings;
    const char *length, *encoding;
};

static enum MHD_Result note_header(void *cls, enum MHD_ValueKind kind BL_UNUSED, const char *name,
                                   const char *value)
{
    struct framing *framing = cls;

    if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
        framing->lengths++;
        framing->length = value;
    } else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
        framing->encodings++;
        framing->encoding = value;
    }
    return MHD_YES;
}

/* What two readers could take for two things (RFC 9112, 6.3). */
static bool is_unclear(const struct framing *framing)
{
    return framing->lengths + framing->encodings > 1 ||
           (framing->encodings &&
            (!framing->encoding || strcasecmp(framing->encoding, "chunked") != 0));
}

static bool read_length(const struct framing *framing, size_t max, size_t *ret_len)
{
    int64_t len = 0;

    if (framing->length && (!bl_text_to_int(framing->length, strlen(framing->length), &len) ||
                            len < 0 || (size_t)len > max))
        return false;
    *ret_len = (size_t)len;
    return true;
}

static void move_body(struct exchange *exchange, size_t room)
{
    char *body = bl_alloc(room + 1, 1);

    if (exchange->len)
        memcpy(body, exchange->body, exchange->len);
    drop_body(exchange);
    exchange->body = body;
    exchange->room = room;
}

/* Makes room for so much more: twice what there was, and no more than was promised. */
static bool grow(struct bl_server *server, struct exchange *exchange, size_t more)
{
    size_t needed = exchange->len + more, room = exchange->room ? exchange->room : FIRST_BLOCK;
    size_t most = exchange->promised ? exchange->promised : server->options.max_body;

    if (needed > most)
        return false;
    while (room < needed)
        room *= 2;
    if (room > most)
        room = most;
    if (!bl_connections_hold(exchange->connection, room - exchange->room))
        return false;
    move_body(exchange, room);
    return true;
}

/* Before anything of the body is taken. */
static enum MHD_Result begin(struct bl_server *server, struct exchange *exchange,
                             const char *method, const char *path)
{
    struct bl_request request = request_of(server, exchange, method, path);
    struct bl_response response = {.body = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED)};
    struct framing framing = {0};

    exchange->begun = true;
    if (request.trusted)
        bl_connections_note(exchange->connection, true);
    (void)MHD_get_connection_values(exchange->peer, MHD_HEADER_KIND, note_header, &framing);
    if (is_unclear(&framing))
        return refuse(server, exchange, MHD_HTTP_BAD_REQUEST, BL_SERVE_UNCLEAR,
                      "say once how long the body is");
    if (server->options.admit &&
        !server->options.admit(&request, &response, server->options.context))
        return answer(server, exchange, &response);
    if (!read_length(&framing, server->options.max_body, &exchange->promised))
        return refuse(server, exchange, MHD_HTTP_CONTENT_TOO_LARGE, BL_SERVE_TOO_BIG,
                      "the body is too large");
    if (!grow(server, exchange, 0))
        return refuse(server, exchange, MHD_HTTP_TOO_MANY_REQUESTS, BL_SERVE_SHED,
                      "too many requests are under way, try again in a second");
    return MHD_YES;
}

/* Patience, and a second for each so many bytes that have come; all within the time of a request. */
static void allow(const struct bl_server *server, const struct exchange *exchange)
{
    bl_nsec earned = server->options.patience + (bl_nsec)exchange->len * BL_NSEC_S / RATE_MIN;

    if (earned > server->options.request_timeout)
        earned = server->options.request_timeout;
    bl_connections_allow(exchange->connection, exchange->arrived + earned);
}

/* Nothing can be answered while a body is being read, so one that there is no room for ends the connection. */
static enum MHD_Result take(struct bl_server *server, struct exchange *exchange, const char *data,
                            size_t *len)
{
    if (*len > exchange->room - exchange->len && !grow(server, exchange, *len)) {
        tell(server, BL_SERVE_TOO_BIG);
        return MHD_NO;
    }
    memcpy(exchange->body + exchange->len, data, *len);
    exchange->len += *len;
    *len = 0;
    allow(server, exchange);
    return MHD_YES;
}

static enum MHD_Result serve(struct bl_server *server, struct exchange *exchange,
                             const char *method, const char *path)
{
    struct bl_response response = {.body = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED)};
    struct bl_request request;

    exchange->body[exchange->len] = '\0';
    request = request_of(server, exchange, method, path);
    bl_connections_set(exchange->connection, BL_STAGE_WORKING, server->options.request_timeout);
    server->options.serve(&request, &response, server->options.context);
    return answer(server, exchange, &response);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *peer BL_UNUSED,
                                  const char *path, const char *method,
                                  const char *version BL_UNUSED, const char *data, size_t *len,
                                  void **context)
{
    struct bl_server *server = cls;
    struct exchange *exchange = *context;

    if (!exchange->begun)
        return begin(server, exchange, method, path);
    if (*len)
        return take(server, exchange, data, len);
    return serve(server, exchange, method, path);
}

const char *bl_request_query(const struct bl_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->handle, MHD_GET_ARGUMENT_KIND, name);
}

/* A quarter of the descriptors that there may be: twice as many wait outside, and everything else needs some, too. */
static unsigned within_descriptors(unsigned connections)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || connections <= limit.rlim_cur / 4)
        return connections;
    return (unsigned)(limit.rlim_cur / 4);
}

static void fill_defaults(struct bl_server_options *options)
{
    if (!options->threads)
        options->threads = DEFAULT_THREADS;
    if (options->threads > BL_THREADS_MAX)
        options->threads = BL_THREADS_MAX;
    if (!options->max_connections)
        options->max_connections = DEFAULT_CONNECTIONS;
    options->max_connections = within_descriptors(options->max_connections);
    if (!options->max_body)
        options->max_body = DEFAULT_BODY;
    if (!options->max_bodies)
        options->max_bodies = DEFAULT_BODIES;
    if (!options->request_timeout)
        options->request_timeout = DEFAULT_REQUEST_TIMEOUT;
    if (!options->patience)
        options->patience = DEFAULT_PATIENCE;
    if (options->patience > options->request_timeout)
        options->patience = options->request_timeout;
    if (!options->idle_timeout)
        options->idle_timeout = DEFAULT_IDLE_TIMEOUT;
}

/* The door has the socket that listens, and bounds how many there are. */
static struct MHD_Daemon *start_daemon(struct bl_server *server)
{
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITIES},
        {MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)(intptr_t)bl_tls_retrieve},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    /* By poll(): its epoll loop spins for as long as a peer has sent half of a handshake (docs/adr/0007). */
    unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET;

    if (server->options.tls)
        flags |= MHD_USE_TLS;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, server, MHD_OPTION_CONNECTION_LIMIT,
        server->options.max_connections * 2 + SPARE_PLACES, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        CONNECTION_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_URI_LOG_CALLBACK, on_first_line, server,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_ARRAY, server->options.tls ? tls : none, MHD_OPTION_END);
}

static bool let_in(struct bl_connection *connection, void *context)
{
    struct bl_server *server = context;

    return MHD_add_connection(server->daemons[connection->thread], connection->fd,
                              (const struct sockaddr *)&connection->address,
                              connection->address_len) == MHD_YES;
}

static int open_door(struct bl_server *server, struct bl_error **err)
{
    int fd = -1;

    if (bl_listen(server->options.listen, &fd, err) < 0)
        return -1;
    server->port = bl_listen_port(fd);
    if (bl_door_open(fd, server->connections, let_in, server, &server->door, err) < 0) {
        (void)close(fd);
        return -1;
    }
    return 0;
}

int bl_server_start(const struct bl_server_options *options, struct bl_server **ret_server,
                    struct bl_error **err)
{
    BL_AUTO(bl_server_cleanup) struct bl_server *server = BL_NEW(struct bl_server);

    server->options = *options;
    fill_defaults(&server->options);
    if (bl_connections_new(&server->options, &server->connections, err) < 0)
        return -1;
    for (unsigned i = 0; i < server->options.threads; i++) {
        server->daemons[i] = start_daemon(server);
        if (!server->daemons[i])
            return bl_fail(err, BL_ERR_IO, "could not start the server on %s", options->listen);
    }
    if (open_door(server, err) < 0)
        return -1;
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
    return (int64_t)bl_connections_count(server->connections);
}

void bl_server_stop(struct bl_server *server)
{
    if (!server)
        return;
    bl_door_close(server->door);
    for (unsigned i = 0; i < server->options.threads; i++)
        if (server->daemons[i])
            MHD_stop_daemon(server->daemons[i]);
    bl_connections_free(server->connections);
    free(server);
}
