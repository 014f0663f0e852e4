#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kafka/observer.h"

/* How long one of several addresses of a name may take, so that a dead one leaves time for the others. */
#define ADDRESS_MS 3000

int bl_deadline_left(bl_nsec deadline, int most)
{
    bl_nsec left = (deadline - bl_clock_now(&bl_clock_real)) / BL_NSEC_MS;

    if (left <= 0)
        return 0;
    return left < most ? (int)left : most;
}

int bl_address_split(const char *address, struct bl_strbuf *host, int *ret_port,
                     struct bl_error **err)
{
    const char *colon = strrchr(address, ':');
    size_t len = colon ? (size_t)(colon - address) : 0;
    bool bracketed = len > 2 && address[0] == '[' && address[len - 1] == ']';
    int64_t port;

    if (!len || !bl_text_to_int(colon + 1, strlen(colon + 1), &port) || port < 1 || port > 65535)
        return bl_fail(err, BL_ERR_INVALID, "\"%s\" is not HOST:PORT", address);
    bl_strbuf_add(host, address + bracketed, len - (bracketed ? 2 : 0));
    *ret_port = (int)port;
    return 0;
}

/* A look-up that goes on after we gave up writes into this, so it is on the heap and may be left behind. */
struct lookup {
    struct gaicb request;
    struct addrinfo hints;
    char *host, *port;
};

static void lookup_free(struct lookup *lookup)
{
    if (lookup->request.ar_result)
        freeaddrinfo(lookup->request.ar_result);
    free(lookup->host);
    free(lookup->port);
    free(lookup);
}

static struct lookup *lookup_new(const char *host, int port)
{
    struct lookup *lookup = BL_NEW(struct lookup);

    lookup->host = bl_strdup(host);
    lookup->port = bl_asprintf("%d", port);
    lookup->hints.ai_socktype = SOCK_STREAM;
    lookup->request.ar_name = lookup->host;
    lookup->request.ar_service = lookup->port;
    lookup->request.ar_request = &lookup->hints;
    return lookup;
}

static void wait_for_lookup(struct lookup *lookup, bl_nsec deadline)
{
    const struct gaicb *const list[] = {&lookup->request};

    while (gai_error(&lookup->request) == EAI_INPROGRESS) {
        int left = bl_deadline_left(deadline, INT32_MAX);
        struct timespec at_most = {left / 1000, left % 1000 * 1000000L};

        if (!left)
            return;
        (void)gai_suspend(list, 1, &at_most);
    }
}

/* An address, as pods have it, needs nobody to be asked and no thread. */
static bool is_address(const char *host, int port, struct addrinfo **ret_found)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    BL_AUTO_FREE char *service = bl_asprintf("%d", port);

    return getaddrinfo(host, service, &hints, ret_found) == 0;
}

static int resolve(const char *host, int port, bl_nsec deadline, struct addrinfo **ret_found,
                   struct bl_error **err)
{
    if (is_address(host, port, ret_found))
        return 0;

    struct lookup *lookup = lookup_new(host, port);
    struct gaicb *list[] = {&lookup->request};
    int code = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL);

    if (!code) {
        wait_for_lookup(lookup, deadline);
        code = gai_error(&lookup->request);
    }
    if (code == EAI_INPROGRESS) {
        /* What cannot be called off is lost: some hundred bytes. */
        if (gai_cancel(&lookup->request) != EAI_NOTCANCELED)
            lookup_free(lookup);
        return bl_fail(err, BL_ERR_UNAVAILABLE, "could not look \"%s\" up in time", host);
    }
    if (!code)
        *ret_found = BL_STEAL(lookup->request.ar_result);
    lookup_free(lookup);
    if (code)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "could not look \"%s\" up: %s", host,
                       gai_strerror(code));
    return 0;
}

int bl_socket_wait(int fd, short events, bl_nsec deadline, struct bl_error **err)
{
    struct pollfd entry = {.fd = fd, .events = events};

    for (;;) {
        int left = bl_deadline_left(deadline, INT32_MAX);
        int count = left ? poll(&entry, 1, left) : 0;

        if (count > 0)
            return 0;
        if (count < 0 && errno != EINTR)
            return bl_fail_errno(err, "poll");
        if (!left)
            return bl_fail(err, BL_ERR_UNAVAILABLE, "no answer in time");
    }
}

static int finish_connect(int fd, bl_nsec deadline, struct bl_error **err)
{
    int why = 0;
    socklen_t len = sizeof(why);

    if (bl_socket_wait(fd, POLLOUT, deadline, err) < 0)
        return -1;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len) < 0)
        why = errno;
    if (why)
        return bl_fail(err, BL_ERR_UNAVAILABLE, "%s", strerror(why));
    return 0;
}

static int connect_to(const struct addrinfo *address, bl_nsec deadline, int *ret_fd,
                      struct bl_error **err)
{
    if (bl_reach_forbids(address->ai_addr))
        return bl_fail(err, BL_ERR_UNAVAILABLE, "its address is this machine's own");

    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;

    if (fd < 0)
        return bl_fail_errno(err, "socket");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    if (connect(fd, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS) {
        bl_fail(err, BL_ERR_UNAVAILABLE, "%s", strerror(errno));
        close(fd);
        return -1;
    }
    if (finish_connect(fd, deadline, err) < 0) {
        close(fd);
        return -1;
    }
    *ret_fd = fd;
    return 0;
}

/* The first address that answers; of those that do not, the last one's reason is told. */
static int connect_any(const struct addrinfo *found, bl_nsec deadline, int *ret_fd,
                       struct bl_error **err)
{
    for (const struct addrinfo *at = found; at; at = at->ai_next) {
        bl_nsec until = bl_clock_now(&bl_clock_real) + ADDRESS_MS * BL_NSEC_MS;
        BL_ERROR(why);

        if (connect_to(at, at->ai_next && until < deadline ? until : deadline, ret_fd, &why) == 0)
            return 0;
        if (!at->ai_next)
            *err = BL_STEAL(why);
    }
    return -1;
}

int bl_socket_connect(const char *host, int port, bl_nsec deadline, int *ret_fd,
                      struct bl_error **err)
{
    struct addrinfo *found = NULL;
    int rc;

    if (resolve(host, port, deadline, &found, err) < 0)
        return -1;
    rc = connect_any(found, deadline, ret_fd, err);
    freeaddrinfo(found);
    return rc < 0 ? bl_wrap(err, "could not connect to %s:%d", host, port) : 0;
}

int bl_bootstrap_reach(const char *bootstrap, bl_nsec at_most, struct bl_error **err)
{
    bl_nsec deadline = bl_clock_now(&bl_clock_real) + at_most;
    BL_ERROR(why);

    for (const char *at = bootstrap; *at;) {
        size_t len = strcspn(at, ",");
        BL_AUTO_FREE char *address = bl_strndup(at, len);
        BL_AUTO(bl_strbuf_release) struct bl_strbuf host = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
        int port = 0, fd = -1;

        bl_error_free(BL_STEAL(why));
        if (bl_address_split(address, &host, &port, &why) == 0 &&
            bl_socket_connect(host.text, port, deadline, &fd, &why) == 0) {
            close(fd);
            return 0;
        }
        at += len + (at[len] == ',');
    }
    return bl_fail(err, BL_ERR_UNAVAILABLE, "no broker can be reached: %s",
                   why ? bl_error_text(why) : "none is named");
}
