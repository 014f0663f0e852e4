/**
 * The brokers of one cluster, and our connections to them.
 *
 * A connection is made when it is first needed and kept. Of one that turns out to be dead another is made, once:
 * whatever is asked can be asked twice.
 */
#ifndef BALLAST_KAFKA_PEERS_H
#define BALLAST_KAFKA_PEERS_H

#include "wire/controller.h"
#include "wire/open.h"

struct bl_peer {
    int32_t id;
    char *host;
    int port;
    struct bl_wire *wire; /* or NULL */
    bool fresh;           /* made for what is being asked, so another would be no better */
};

struct bl_peers {
    struct bl_wire_security *security;
    struct bl_peer *items;
    size_t len, cap;
    bool kraft;
    int32_t controller; /* in ZooKeeper mode; -1: not known */
};

/** One call, or several, on one connection; `deadline` is that of the caller, or sooner. */
typedef int (*bl_peer_fn)(struct bl_wire *wire, bl_nsec deadline, void *context,
                          struct bl_error **err);

void bl_peers_release(struct bl_peers *peers);

/** Has the brokers of the cluster as peers from now on; of those that are known, connections are kept. */
void bl_peers_sync(struct bl_peers *peers, const struct bl_cluster *cluster);

/**
 * Fills in racks, the quorum, reassignments and metadata.version, as far as they can be had. Fails with
 * BL_ERR_TOO_LARGE alone: what is past a limit is not the same as what nobody tells.
 */
BL_CHECK int bl_peers_look(struct bl_peers *peers, bl_nsec deadline, struct bl_cluster *cluster,
                           struct bl_error **err);

/** Asks one broker; BL_ERR_NOT_FOUND where the last look did not see it. */
BL_CHECK int bl_peers_ask(struct bl_peers *peers, int32_t id, bl_peer_fn fn, void *context,
                          bl_nsec deadline, struct bl_error **err);

/** Asks one that can be reached. BL_ERR_CONFLICT where there was no look yet. */
BL_CHECK int bl_peers_ask_any(struct bl_peers *peers, bl_peer_fn fn, void *context,
                              bl_nsec deadline, struct bl_error **err);

/** Asks one after another until one tells; what is past a limit, or forbidden, is so with all. */
BL_CHECK int bl_peers_ask_each(struct bl_peers *peers, bl_peer_fn fn, void *context,
                               bl_nsec deadline, struct bl_error **err);

/**
 * Asks the controller: in KRaft by way of any broker. `code` is where `fn` leaves what was answered;
 * BL_WIRE_NOT_CONTROLLER there has it look for the controller again.
 */
BL_CHECK int bl_peers_ask_controller(struct bl_peers *peers, bl_peer_fn fn, void *context,
                                     const int16_t *code, bl_nsec deadline, struct bl_error **err);

/** Partitions that are being reassigned. */
BL_CHECK int bl_peers_list_moving(struct bl_peers *peers, bl_nsec deadline,
                                  struct bl_wire_answer *moving, struct bl_error **err);

#endif
