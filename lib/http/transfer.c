#include <inttypes.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "ballast/base/address.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "client.h"

#define STREAM_IDLE (60 * BL_NSEC_S)
/* The longest that a request sleeps, for no reason but to be safe. */
#define LONGEST_POLL (60 * BL_NSEC_S)
/* As good as for ever, and does not overflow. libcurl 8 tells no more itself. */
#define RETRY_AFTER_MAX_S ((curl_off_t)6 * 3600)

/* One request under way. */
struct transfer {
    const struct bl_http_client *client;
    const struct bl_http_request *request;
    struct bl_http_response *response;
    struct bl_error **err;
    bl_http_piece_fn piece; /* NULL: no stream */
    void *context;
    CURL *easy;
    struct curl_slist *headers, *connect_to;
    bl_nsec heard; /* when the last byte came */
    char reason[CURL_ERROR_SIZE];
};

/*
 * Told to leave signals alone, curl leaves SIGPIPE too, which OpenSSL's writes raise. It is blocked on this
 * thread meanwhile, and one that came is taken.
 */
struct pipe_guard {
    sigset_t pipe, before;
    bool pending;
};

static void guard_begin(struct pipe_guard *guard)
{
    sigset_t pending;

    sigemptyset(&guard->pipe);
    sigaddset(&guard->pipe, SIGPIPE);
    sigemptyset(&pending);
    (void)sigpending(&pending);
    guard->pending = sigismember(&pending, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &guard->pipe, &guard->before);
}

static void guard_end(struct pipe_guard *guard)
{
    static const struct timespec at_once = {0};

    if (!guard->pending)
        (void)sigtimedwait(&guard->pipe, NULL, &at_once);
    (void)pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}

static int status_of(CURL *easy)
{
    long status = 0;

    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t len = size * count;

    transfer->heard = bl_clock_now(&bl_clock_real);
    if (transfer->piece && status_of(transfer->easy) / 100 == 2)
        return transfer->piece(transfer->context, data, len, transfer->err) < 0
                   ? CURL_WRITEFUNC_ERROR
                   : len;
    bl_strbuf_add(&transfer->response->body, data, len);
    return transfer->response->body.overflowed ? CURL_WRITEFUNC_ERROR : len;
}

static void add(struct curl_slist **list, const char *text)
{
    struct curl_slist *longer = curl_slist_append(*list, text);

    if (!longer)
        abort();
    *list = longer;
}

/* Options have the types that curl wants; that one fails means that memory is missing. */
#define SET(easy, option, value)                                     \
    do {                                                             \
        if (curl_easy_setopt((easy), (option), (value)) != CURLE_OK) \
            abort();                                                 \
    } while (0)

static void set_blob(CURL *easy, CURLoption option, const char *text)
{
    struct curl_blob blob = {.len = strlen(text), .flags = CURL_BLOB_NOCOPY};

    /* curl takes a pointer to what it may change, and does not change it. */
    blob.data = (void *)(uintptr_t)text;
    SET(easy, option, &blob);
}

/* OpenSSL keeps the last record that it decrypted, for as long as the connection is idle. */
static CURLcode cleanse(CURL *easy BL_UNUSED, void *context, void *data BL_UNUSED)
{
    (void)SSL_CTX_set_options(context, SSL_OP_CLEANSE_PLAINTEXT);
    return CURLE_OK;
}

static void set_trust(const struct transfer *transfer)
{
    const struct bl_http_client *client = transfer->client;
    CURL *easy = transfer->easy;

    SET(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    /* Not known to a curl without OpenSSL. */
    (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, cleanse);
    SET(easy, CURLOPT_SSL_VERIFYPEER, client->insecure ? 0L : 1L);
    SET(easy, CURLOPT_SSL_VERIFYHOST, client->insecure ? 0L : 2L);
    /* The file may change; a connection is made rarely enough to read it each time. */
    SET(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
    /* Without this, what the system trusts is trusted as well. */
    if (client->ca_file || client->ca_pem)
        SET(easy, CURLOPT_CAPATH, NULL);
    if (client->ca_file)
        SET(easy, CURLOPT_CAINFO, client->ca_file);
    else if (client->ca_pem)
        set_blob(easy, CURLOPT_CAINFO_BLOB, client->ca_pem);
    if (transfer->request->certificate && transfer->request->key) {
        set_blob(easy, CURLOPT_SSLCERT_BLOB, transfer->request->certificate);
        set_blob(easy, CURLOPT_SSLKEY_BLOB, transfer->request->key);
    }
}

/* A name may lead anywhere, and so may what a name leads to a second time. */
static curl_socket_t open_abroad(void *context BL_UNUSED, curlsocktype purpose BL_UNUSED,
                                 struct curl_sockaddr *address)
{
    if (bl_address_is_local(&address->addr))
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static void set_route(struct transfer *transfer)
{
    const struct bl_http_client *client = transfer->client;
    CURL *easy = transfer->easy;

    SET(easy, CURLOPT_PROTOCOLS_STR, "https,http");
    /* A session has one request at a time, so HTTP/2 would bring only its buffers. */
    SET(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(easy, CURLOPT_NOSIGNAL, 1L);
    /* Without it a request that is ended waits for its DNS look-up. */
    SET(easy, CURLOPT_QUICK_EXIT, 1L);
    SET(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    SET(easy, CURLOPT_TCP_KEEPIDLE, 30L);
    SET(easy, CURLOPT_TCP_KEEPINTVL, 10L);
    if (client->abroad)
        (void)curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_abroad);
    if (client->connect_to) {
        add(&transfer->connect_to, client->connect_to);
        SET(easy, CURLOPT_CONNECT_TO, transfer->connect_to);
        add(&transfer->headers, client->host);
    }
    if (client->proxy) {
        SET(easy, CURLOPT_PROXY, client->proxy);
        SET(easy, CURLOPT_NOPROXY, "");
    } else if (client->local) {
        SET(easy, CURLOPT_PROXY, "");
    }
}

static void set_message(struct transfer *transfer)
{
    const struct bl_http_request *request = transfer->request;
    BL_AUTO_FREE char *url = bl_asprintf("%s%s", transfer->client->url, request->path);
    CURL *easy = transfer->easy;

    SET(easy, CURLOPT_URL, url);
    SET(easy, CURLOPT_PATH_AS_IS, 1L);
    if (transfer->client->user_agent)
        SET(easy, CURLOPT_USERAGENT, transfer->client->user_agent);
    for (size_t i = 0; request->headers && request->headers[i]; i++)
        add(&transfer->headers, request->headers[i]);
    if (request->body) {
        SET(easy, CURLOPT_POSTFIELDS, request->body);
        SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
        /* A server that does not know "Expect" costs a second. */
        add(&transfer->headers, "Expect:");
    }
    /* Its answer has the length of a body that does not come. */
    if (strcmp(request->method, "HEAD") == 0)
        SET(easy, CURLOPT_NOBODY, 1L);
    else
        SET(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (transfer->headers)
        SET(easy, CURLOPT_HTTPHEADER, transfer->headers);
}

static void set_limits(struct transfer *transfer)
{
    bl_nsec timeout = transfer->request->timeout;
    CURL *easy = transfer->easy;

    if (!timeout && !transfer->piece)
        timeout = transfer->client->timeout;
    SET(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(transfer->client->connect_timeout / BL_NSEC_MS));
    SET(easy, CURLOPT_TIMEOUT_MS, (long)(timeout / BL_NSEC_MS));
    SET(easy, CURLOPT_ERRORBUFFER, transfer->reason);
    SET(easy, CURLOPT_WRITEFUNCTION, on_body);
    SET(easy, CURLOPT_WRITEDATA, transfer);
}

/* Waits for what curl waits for, or the stop, or until the stream was silent for too long. */
static int wait_for_more(const struct transfer *transfer, CURLM *multi)
{
    const struct bl_stop *stops[] = {transfer->request->stop, transfer->request->also};
    struct curl_waitfd fds[BL_ARRAY_LEN(stops)];
    unsigned count = 0;
    bl_nsec idle = transfer->request->idle ? *transfer->request->idle : STREAM_IDLE;
    bl_nsec left = LONGEST_POLL;

    for (size_t i = 0; i < BL_ARRAY_LEN(stops); i++) {
        if (!stops[i])
            continue;
        if (bl_stop_raised(stops[i]))
            return bl_fail(transfer->err, BL_ERR_UNAVAILABLE, "the request was ended: we are %s",
                           i ? "beginning anew" : "stopping");
        fds[count++] = (struct curl_waitfd){.fd = bl_stop_fd(stops[i]), .events = CURL_WAIT_POLLIN};
    }
    if (transfer->piece) {
        left = transfer->heard + idle - bl_clock_now(&bl_clock_real);
        if (left <= 0)
            return bl_fail(transfer->err, BL_ERR_UNAVAILABLE, "%s said nothing for %" PRId64 " ms",
                           transfer->client->origin, idle / BL_NSEC_MS);
    }
    if (left > LONGEST_POLL)
        left = LONGEST_POLL;
    (void)curl_multi_poll(multi, fds, count, (int)(left / BL_NSEC_MS) + 1, NULL);
    return 0;
}

static int fail_result(const struct transfer *transfer, CURLcode result)
{
    const char *origin = transfer->client->origin;
    const char *reason = *transfer->reason ? transfer->reason : curl_easy_strerror(result);

    if (transfer->response->body.overflowed)
        return bl_strbuf_check(&transfer->response->body, "the server's answer", transfer->err);
    bl_fail(transfer->err, BL_ERR_UNAVAILABLE, "could not talk to %s: %s", origin, reason);
    switch (result) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return bl_hint(transfer->err, "The certificate authority must be the one that signed the "
                                      "server's certificate, and the name one of those in it.");
    case CURLE_SSL_CERTPROBLEM:
        return bl_hint(transfer->err, "The client's certificate and key must belong together.");
    default:
        return -1;
    }
}

static CURLcode result_of(CURLM *multi)
{
    int left;

    for (const CURLMsg *message; (message = curl_multi_info_read(multi, &left));)
        if (message->msg == CURLMSG_DONE)
            return message->data.result;
    return CURLE_FAILED_INIT;
}

static int run(const struct transfer *transfer, CURLM *multi)
{
    int running = 1;

    for (;;) {
        CURLMcode rc = curl_multi_perform(multi, &running);

        /* `piece` may have set an error of its own, which says more than curl's. */
        if (*transfer->err)
            return -1;
        if (rc != CURLM_OK)
            return bl_fail(transfer->err, BL_ERR_INTERNAL, "%s", curl_multi_strerror(rc));
        if (!running)
            break;
        if (wait_for_more(transfer, multi) < 0)
            return -1;
    }

    CURLcode result = result_of(multi);
    return result == CURLE_OK ? 0 : fail_result(transfer, result);
}

static void read_head(const struct transfer *transfer)
{
    struct bl_http_response *response = transfer->response;
    struct curl_header *header;
    curl_off_t seconds = 0;

    response->status = status_of(transfer->easy);
    response->retry_after = -1;
    free(response->challenge);
    response->challenge = NULL;
    if (response->status == 401 && curl_easy_header(transfer->easy, "WWW-Authenticate", 0,
                                                    CURLH_HEADER, -1, &header) == CURLHE_OK)
        response->challenge = bl_strdup(header->value);
    if (curl_easy_header(transfer->easy, "Retry-After", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return;
    (void)curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &seconds);
    response->retry_after =
        (bl_nsec)(seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S) * BL_NSEC_S;
}

int bl_http_stream(struct bl_http_client *client, const struct bl_http_request *request,
                   bl_http_piece_fn piece, void *context, struct bl_http_response *response,
                   struct bl_error **err)
{
    struct session *session = bl_http_session_take(client);
    struct pipe_guard guard;
    struct transfer transfer = {.client = client,
                                .request = request,
                                .response = response,
                                .err = err,
                                .piece = piece,
                                .context = context,
                                .easy = curl_easy_init(),
                                .heard = bl_clock_now(&bl_clock_real)};
    int rc;

    /* curl says no only where memory is missing. */
    if (!transfer.easy)
        abort();
    bl_strbuf_reset(&response->body);
    guard_begin(&guard);
    set_trust(&transfer);
    set_route(&transfer);
    set_message(&transfer);
    set_limits(&transfer);
    (void)curl_multi_add_handle(session->multi, transfer.easy);
    rc = run(&transfer, session->multi);
    read_head(&transfer);
    (void)curl_multi_remove_handle(session->multi, transfer.easy);
    /* With the buffers that hold what was last sent and received. */
    curl_easy_cleanup(transfer.easy);
    bl_http_session_return(client, session);
    guard_end(&guard);
    curl_slist_free_all(transfer.headers);
    curl_slist_free_all(transfer.connect_to);
    return rc;
}

int bl_http_send(struct bl_http_client *client, const struct bl_http_request *request,
                 struct bl_http_response *response, struct bl_error **err)
{
    return bl_http_stream(client, request, NULL, NULL, response, err);
}
