#include "listen.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"

#define BACKLOG 512

/* "host:port", "[host]:port" or ":port". */
static int split(const char *address, char **ret_host, char **ret_port, struct bl_error **err)
{
    const char *colon = strrchr(address, ':');
    size_t len = colon ? (size_t)(colon - address) : 0;
    int64_t port;

    if (!colon || !bl_text_to_int(colon + 1, strlen(colon + 1), &port) || port < 0 ||
        port > 65535) {
        bl_fail(err, BL_ERR_INVALID, "\"%s\" is not an address to listen on", address);
        return bl_hint(err, "Write ADDRESS:PORT, [IPv6]:PORT, or :PORT for all addresses.");
    }
    if (len >= 2 && address[0] == '[' && address[len - 1] == ']')
        *ret_host = bl_strndup(address + 1, len - 2);
    else
        *ret_host = bl_strndup(address, len);
    *ret_port = bl_strdup(colon + 1);
    return 0;
}

static int open_socket(const struct addrinfo *info, bool all)
{
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1,
        off = 0;

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (info->ai_family == AF_INET6 && all)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

int bl_listen(const char *address, int *ret_fd, struct bl_error **err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
    BL_AUTO_FREE char *host = NULL;
    BL_AUTO_FREE char *port = NULL;
    struct addrinfo *found = NULL;
    int rc, fd = -1;

    if (split(address, &host, &port, err) < 0)
        return -1;
    rc = getaddrinfo(host && *host ? host : NULL, port, &hints, &found);
    if (rc != 0)
        return bl_fail(err, BL_ERR_INVALID, "\"%s\" is not an address to listen on: %s", address,
                       gai_strerror(rc));
    /* Where IPv6 is there, its socket takes IPv4 too. */
    for (int family = AF_INET6; fd < 0 && family; family = family == AF_INET6 ? AF_INET : 0)
        for (const struct addrinfo *at = found; at && fd < 0; at = at->ai_next)
            if (at->ai_family == family)
                fd = open_socket(at, !host || !*host);
    freeaddrinfo(found);
    if (fd < 0)
        return bl_fail_errno(err, "could not listen on %s", address);
    *ret_fd = fd;
    return 0;
}

int bl_listen_port(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    char port[8];
    int64_t number = 0;

    if (getsockname(fd, (struct sockaddr *)&address, &len) == 0 &&
        getnameinfo((struct sockaddr *)&address, len, NULL, 0, port, sizeof(port),
                    NI_NUMERICSERV | NI_NUMERICHOST) == 0)
        (void)bl_text_to_int(port, strlen(port), &number);
    return (int)number;
}
