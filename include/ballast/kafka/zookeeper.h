/**
 * Looks at a ZooKeeper ensemble, by the four-letter words of its servers.
 *
 * `srvr` is answered by every server unless someone took it off the list; `mntr` only where it was put
 * there (4lw.commands.whitelist), and what it would say stays unknown otherwise. A server that lost its
 * quorum still accepts connections and says that it does not serve: an open port means nothing.
 */
#ifndef BALLAST_KAFKA_ZOOKEEPER_H
#define BALLAST_KAFKA_ZOOKEEPER_H

#include <stdint.h>

#include "ballast/base/clock.h"
#include "ballast/base/error.h"

enum bl_zookeeper_mode {
    BL_ZOOKEEPER_AWAY = 1,    /* it does not answer */
    BL_ZOOKEEPER_UNKNOWN,     /* it answers, and does not say what it is: srvr is not allowed */
    BL_ZOOKEEPER_NOT_SERVING, /* it runs without a quorum */
    BL_ZOOKEEPER_LEADER,
    BL_ZOOKEEPER_FOLLOWER,
    BL_ZOOKEEPER_OBSERVER,   /* it serves, and has no vote */
    BL_ZOOKEEPER_STANDALONE, /* it is no member of an ensemble */
};

struct bl_zookeeper_server {
    char *address; /* as it was given */
    enum bl_zookeeper_mode mode;
    char *version;       /* "3.8.0", or NULL */
    int64_t zxid;        /* of the last transaction; -1: unknown */
    int64_t outstanding; /* requests that wait; -1: unknown */
    int64_t synced;      /* the leader's followers that are in sync, by mntr; -1: unknown */
    char *why;           /* of one that is away, why; or NULL */
};

struct bl_zookeeper_servers {
    struct bl_zookeeper_server *items; /* in the order of the addresses */
    size_t len, cap;
};

/**
 * Asks all servers at once. Each address is HOST:PORT. A server that does not answer in time is away, which
 * is no error, and neither is one that says more than 64 KiB; BL_ERR_INVALID for an address that is none,
 * BL_ERR_TOO_LARGE for more than a hundred. Released with bl_zookeeper_servers_release().
 */
BL_CHECK int bl_zookeeper_look(const char *const *addresses, size_t len, bl_nsec at_most,
                               struct bl_zookeeper_servers *ret_servers, struct bl_error **err);
void bl_zookeeper_servers_release(struct bl_zookeeper_servers *servers);

/** A word: "not serving". */
const char *bl_zookeeper_mode_name(enum bl_zookeeper_mode mode);

#endif
