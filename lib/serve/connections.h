/**
 * The connections of a server: what each is at, for how long that may take, and what they hold together.
 *
 * Everybody is given up at some time: by an absolute deadline, as the library's time-outs begin anew with each byte, or
 * under pressure, by pressure.h. What the library has is shut down, and its thread sees it end and cleans up; what waits
 * at the door yet is closed, which only the door's thread may do.
 */
#ifndef BALLAST_SERVE_CONNECTIONS_H
#define BALLAST_SERVE_CONNECTIONS_H

#include <sys/socket.h>

#include "ballast/serve/server.h"
#include "pressure.h"

#define BL_THREADS_MAX 64

struct bl_connections;

struct bl_connection {
    struct bl_guest guest; /* first: the table is one of these */
    struct bl_connections *table;
    const struct bl_server_options *options;
    size_t place; /* in the table */
    int fd;
    unsigned thread; /* that it belongs to, once it entered */
    bl_nsec deadline;
    struct sockaddr_storage address;
    socklen_t address_len;
    int trusted; /* of its own thread; -1: not looked at yet */
};

/** `options` are borrowed, and have their defaults. */
BL_CHECK int bl_connections_new(const struct bl_server_options *options,
                                struct bl_connections **ret_table, struct bl_error **err);
/** Closes what waits at the door; all others have been removed. NULL is fine. */
void bl_connections_free(struct bl_connections *table);
/** Readable when a handshake is over while others wait. */
int bl_connections_wake_fd(const struct bl_connections *table);
size_t bl_connections_count(struct bl_connections *table);
/** Does anybody wait for a turn? */
bool bl_connections_waiting(struct bl_connections *table);

/** --- by the door --- */

/** A silent one, just accepted. Makes room for it outside, by giving up others. */
struct bl_connection *bl_connections_add(struct bl_connections *table, int fd,
                                         const struct sockaddr_storage *address, socklen_t len);
/** Its first bytes have come. */
void bl_connections_spoke(struct bl_connection *connection);
/** Whose turn it is to enter, and into which thread; NULL: nobody's. Makes room for it, by giving up others. */
struct bl_connection *bl_connections_next(struct bl_connections *table);
/** Gives up what is late. */
void bl_connections_end_late(struct bl_connections *table);
/** Gives up one, as there are no more descriptors. */
void bl_connections_give_up_one(struct bl_connections *table);

/** --- by the thread that it belongs to --- */

/** It has arrived; NULL: we do not know it. */
struct bl_connection *bl_connections_enter(struct bl_connections *table, int fd);
/** What it is at from now on, and how long that may take. */
void bl_connections_set(struct bl_connection *connection, enum bl_stage stage, bl_nsec at_most);
/** The stage goes on until then. */
void bl_connections_allow(struct bl_connection *connection, bl_nsec until);
/** It was answered; `proves`: a valid review, or it has shown a certificate that we trust. */
void bl_connections_note(struct bl_connection *connection, bool proves);
/** Bytes of a body; false: there is no room for them. */
bool bl_connections_hold(struct bl_connection *connection, size_t more);
/** Gives back all of them. */
void bl_connections_let_go(struct bl_connection *connection);
/** It is gone, or was never let in. Frees it. */
void bl_connections_remove(struct bl_connection *connection);

#endif
