/** Sockets with deadlines, for Kafka's protocol and for ZooKeeper's words. */
#ifndef BALLAST_KAFKA_SOCKET_H
#define BALLAST_KAFKA_SOCKET_H

#include <sys/socket.h>

#include "ballast/base/clock.h"
#include "ballast/base/strbuf.h"

/** "HOST:PORT", an address of IPv6 in brackets. */
BL_CHECK int bl_address_split(const char *address, struct bl_strbuf *host, int *ret_port,
                              struct bl_error **err);

/** Milliseconds from now to the deadline, at most `most`; 0 once it has passed. */
int bl_deadline_left(bl_nsec deadline, int most);

/**
 * A non-blocking socket that is connected, or a reason why there is none: BL_ERR_UNAVAILABLE. Names are
 * looked up within the deadline as well.
 */
BL_CHECK int bl_socket_connect(const char *host, int port, bl_nsec deadline, int *ret_fd,
                               struct bl_error **err);
/** Is it an address that bl_reach_restrict() keeps this process from? */
bool bl_reach_forbids(const struct sockaddr *address);
/** Waits until the socket can be read (POLLIN) or written; -1 once the deadline has passed. */
BL_CHECK int bl_socket_wait(int fd, short events, bl_nsec deadline, struct bl_error **err);

#endif
