#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "codec.h"
#include "security.h"
#include "socket.h"

#define CLIENT_ID "ballast"

struct bl_wire {
    char *name; /* HOST:PORT, for messages */
    int fd;
    SSL *ssl; /* NULL: plaintext */
    int32_t correlation;
    bool broken;
    struct bl_wire_offer offer;
};

/* The wire's bytes are TLS's: what it waits for is not always what we do. */
static int wait_tls(struct bl_wire *wire, int rc, const char *what, bl_nsec deadline,
                    struct bl_error **err)
{
    long verified;

    switch (SSL_get_error(wire->ssl, rc)) {
    case SSL_ERROR_WANT_READ:
        return bl_socket_wait(wire->fd, POLLIN, deadline, err);
    case SSL_ERROR_WANT_WRITE:
        return bl_socket_wait(wire->fd, POLLOUT, deadline, err);
    case SSL_ERROR_ZERO_RETURN:
        return bl_fail(err, BL_ERR_UNAVAILABLE, "%s: the broker closed the connection", what);
    case SSL_ERROR_SYSCALL:
        ERR_clear_error();
        return bl_fail(err, BL_ERR_UNAVAILABLE, "%s: %s", what,
                       errno ? strerror(errno) : "the broker closed the connection");
    default:
        verified = SSL_get_verify_result(wire->ssl);
        if (verified == X509_V_OK)
            return bl_wire_fail_tls(err, BL_ERR_FORBIDDEN, what);
        ERR_clear_error();
        return bl_fail(err, BL_ERR_FORBIDDEN, "%s: %s", what,
                       X509_verify_cert_error_string(verified));
    }
}

/* What is left of earlier errors, ours or another user's of OpenSSL, would be taken for this call's. */
static void forget_errors(void)
{
    errno = 0;
    ERR_clear_error();
}

static int wait_plain(struct bl_wire *wire, short events, bl_nsec deadline, struct bl_error **err)
{
    if (errno == EINTR)
        return 0;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return bl_socket_wait(wire->fd, events, deadline, err);
    return bl_fail(err, BL_ERR_UNAVAILABLE, "%s", strerror(errno));
}

static int send_all(struct bl_wire *wire, const char *text, size_t len, bl_nsec deadline,
                    struct bl_error **err)
{
    while (len) {
        /* The program ignores SIGPIPE, which OpenSSL's writes may raise. */
        forget_errors();
        int most = len < 1 << 20 ? (int)len : 1 << 20;
        ssize_t sent = wire->ssl ? SSL_write(wire->ssl, text, most)
                                 : send(wire->fd, text, (size_t)most, MSG_NOSIGNAL);

        if (sent > 0) {
            text += sent;
            len -= (size_t)sent;
        } else if ((wire->ssl ? wait_tls(wire, (int)sent, "TLS", deadline, err)
                              : wait_plain(wire, POLLOUT, deadline, err)) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Memory grows with what has come, not with what is promised. */
static int receive(struct bl_wire *wire, size_t len, bl_nsec deadline, struct bl_strbuf *out,
                   struct bl_error **err)
{
    char chunk[16384];

    while (len) {
        size_t most = len < sizeof(chunk) ? len : sizeof(chunk);

        if (!bl_deadline_left(deadline, 1)) /* also of one that always has a byte ready */
            return bl_fail(err, BL_ERR_UNAVAILABLE, "no whole answer in time");
        forget_errors();
        ssize_t got =
            wire->ssl ? SSL_read(wire->ssl, chunk, (int)most) : recv(wire->fd, chunk, most, 0);

        if (got > 0) {
            bl_strbuf_add(out, chunk, (size_t)got);
            len -= (size_t)got;
        } else if (!wire->ssl && got == 0) {
            return bl_fail(err, BL_ERR_UNAVAILABLE, "the broker closed the connection");
        } else if ((wire->ssl ? wait_tls(wire, (int)got, "TLS", deadline, err)
                              : wait_plain(wire, POLLIN, deadline, err)) < 0) {
            return -1;
        }
    }
    return 0;
}

static void frame(struct bl_wire *wire, const struct bl_wire_api *api, const struct bl_strbuf *body,
                  struct bl_strbuf *out)
{
    size_t header = 2 + 2 + 4 + 2 + strlen(CLIENT_ID) + api->flexible;

    bl_wire_put_i32(out, (int32_t)(header + body->len));
    bl_wire_put_i16(out, api->key);
    bl_wire_put_i16(out, api->version);
    bl_wire_put_i32(out, ++wire->correlation);
    bl_wire_put_string(out, CLIENT_ID);
    if (api->flexible)
        bl_wire_put_no_tags(out);
    bl_strbuf_add(out, body->text, body->len);
}

/* A TLS server answers what is no TLS with an alert: type 21, version 3.x (RFC 8446, section 5.1). */
static int fail_stranger(int32_t len, struct bl_error **err)
{
    if (len >> 16 == 0x1503) {
        bl_fail(err, BL_ERR_INVALID, "it wants TLS");
        return bl_hint(err, "Set security.protocol to SSL or SASL_SSL in the properties file.");
    }
    bl_fail(err, BL_ERR_TOO_LARGE, "an answer of %d bytes: that is no broker", len);
    return bl_hint(err, "Is this the port of a broker?");
}

static int receive_frame(struct bl_wire *wire, const struct bl_wire_api *api, bl_nsec deadline,
                         struct bl_strbuf *out, struct bl_error **err)
{
    const struct bl_limit limit = BL_LIMIT("bytes of an answer", api->most);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf size = BL_STRBUF_INIT(4);
    struct bl_wire_reader in;
    int32_t len;

    if (receive(wire, 4, deadline, &size, err) < 0)
        return -1;
    in = bl_wire_read(&size);
    len = bl_wire_get_i32(&in);
    if (len < 4 || (size_t)len > BL_WIRE_MAX_BYTES)
        return fail_stranger(len, err);
    if (bl_limit_is_passed(&limit, (size_t)len)) {
        bl_limit_fail(&limit, (size_t)len, err);
        return bl_wrap(err, "%s", api->name);
    }
    return receive(wire, (size_t)len, deadline, out, err);
}

/* Takes the header off: the number of the request, and tags. */
static int open_frame(const struct bl_wire *wire, struct bl_strbuf *answer, bool tags,
                      struct bl_strbuf *response, struct bl_error **err)
{
    struct bl_wire_reader in = bl_wire_read(answer);
    int32_t correlation = bl_wire_get_i32(&in);
    size_t left;

    if (tags)
        bl_wire_skip_tags(&in);
    if (bl_wire_end(&in, "header", err) < 0)
        return -1;
    if (correlation != wire->correlation)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "the answer is to another request");
    left = bl_wire_left(&in);
    memmove(answer->text, in.at, left); /* rather than a second buffer for it */
    bl_strbuf_cut(answer, left);
    bl_strbuf_swap(response, answer);
    return 0;
}

/* The request may hold a password, so it is wiped. */
static int exchange(struct bl_wire *wire, const struct bl_wire_api *api,
                    const struct bl_strbuf *body, bl_nsec deadline, struct bl_strbuf *response,
                    struct bl_error **err)
{
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf request = BL_STRBUF_INIT(BL_WIRE_MAX_REQUEST);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf answer = BL_STRBUF_INIT(api->most);

    frame(wire, api, body, &request);
    if (bl_strbuf_check(body, "the request", err) < 0 ||
        bl_strbuf_check(&request, "the request", err) < 0)
        return -1;
    wire->broken = true;
    if (send_all(wire, request.text, request.len, deadline, err) < 0 ||
        receive_frame(wire, api, deadline, &answer, err) < 0 ||
        open_frame(wire, &answer, api->flexible && !api->old_header, response, err) < 0)
        return bl_wrap(err, "broker %s", wire->name);
    wire->broken = false;
    return 0;
}

int bl_wire_call(struct bl_wire *wire, const struct bl_wire_api *api, const struct bl_strbuf *body,
                 bl_nsec deadline, struct bl_strbuf *response, struct bl_error **err)
{
    /* What it offers is asked for first of all. */
    if (wire->offer.apis.len && !bl_wire_offers(&wire->offer, api->key, api->version))
        return bl_fail(err, BL_ERR_NOT_FOUND, "broker %s does not offer call %d in version %d",
                       wire->name, api->key, api->version);
    return exchange(wire, api, body, deadline, response, err);
}

static int agree_on_tls(struct bl_wire *wire, const struct bl_wire_security *security,
                        const char *host, bl_nsec deadline, struct bl_error **err)
{
    unsigned char address[16];
    bool is_address =
        inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
    X509_VERIFY_PARAM *param;
    int rc;

    wire->ssl = SSL_new(security->tls);
    if (!wire->ssl || SSL_set_fd(wire->ssl, wire->fd) != 1)
        return bl_wire_fail_tls(err, BL_ERR_INTERNAL, "OpenSSL");
    param = SSL_get0_param(wire->ssl);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    rc = security->any_host ? 1
         : is_address       ? X509_VERIFY_PARAM_set1_ip_asc(param, host)
                            : X509_VERIFY_PARAM_set1_host(param, host, 0);
    if (rc == 1 && !is_address)
        rc = (int)SSL_set_tlsext_host_name(wire->ssl, host);
    if (rc != 1)
        return bl_wire_fail_tls(err, BL_ERR_INVALID, "cannot look for the host's name");
    for (;;) {
        forget_errors();
        rc = SSL_connect(wire->ssl);
        if (rc == 1)
            return 0;
        if (wait_tls(wire, rc, "could not agree on TLS", deadline, err) < 0)
            return bl_wrap(err, "broker %s", wire->name);
    }
}

int bl_wire_connect(const struct bl_wire_security *security, const char *host, int port,
                    bl_nsec deadline, struct bl_wire **ret_wire, struct bl_error **err)
{
    BL_AUTO(bl_wire_cleanup) struct bl_wire *wire = BL_NEW(struct bl_wire);

    wire->fd = -1;
    wire->name = bl_asprintf("%s:%d", host, port);
    if (bl_socket_connect(host, port, deadline, &wire->fd, err) < 0)
        return -1;
    if (security->tls && agree_on_tls(wire, security, host, deadline, err) < 0)
        return -1;
    *ret_wire = BL_STEAL(wire);
    return 0;
}

void bl_wire_close(struct bl_wire *wire)
{
    if (!wire)
        return;
    SSL_free(wire->ssl);
    if (wire->fd >= 0)
        close(wire->fd);
    bl_wire_offer_release(&wire->offer);
    free(wire->name);
    free(wire);
}

const char *bl_wire_get_name(const struct bl_wire *wire)
{
    return wire->name;
}

void bl_wire_take_offer(struct bl_wire *wire, struct bl_wire_offer *offer)
{
    bl_wire_offer_release(&wire->offer);
    wire->offer = *offer;
    *offer = (struct bl_wire_offer){0};
}

const struct bl_wire_offer *bl_wire_get_offer(const struct bl_wire *wire)
{
    return &wire->offer;
}

/* Nobody sends what was not asked for: what can be read between calls is the end of the connection. */
bool bl_wire_is_broken(const struct bl_wire *wire)
{
    struct pollfd entry = {.fd = wire->fd, .events = POLLIN};

    return wire->broken || poll(&entry, 1, 0) != 0;
}
