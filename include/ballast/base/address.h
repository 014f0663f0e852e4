/** Addresses that mean something else to us than to whoever named them: loopback, link-local, multicast, unspecified. */
#ifndef BALLAST_BASE_ADDRESS_H
#define BALLAST_BASE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/** Is it one of those? Of a family that is neither IPv4 nor IPv6: yes. */
bool bl_address_is_local(const struct sockaddr *address);

#endif
