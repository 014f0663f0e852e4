#include "ballast/base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

static bool is_local4(uint32_t address)
{
    uint32_t top = address >> 24;

    return top == 0 || top == 127 || address >> 16 == 0xa9fe /* 169.254 */ || top >= 224;
}

static bool is_local6(const struct in6_addr *address)
{
    uint32_t last;

    memcpy(&last, &address->s6_addr[12], sizeof(last));
    if (IN6_IS_ADDR_V4MAPPED(address) || IN6_IS_ADDR_V4COMPAT(address))
        return is_local4(ntohl(last));
    return IN6_IS_ADDR_UNSPECIFIED(address) || IN6_IS_ADDR_LOOPBACK(address) ||
           IN6_IS_ADDR_LINKLOCAL(address) || IN6_IS_ADDR_MULTICAST(address);
}

bool bl_address_is_local(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return is_local4(
            ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr));
    return address->sa_family != AF_INET6 ||
           is_local6(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}
