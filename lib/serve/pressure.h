/**
 * Who goes when a server runs out of room: pure decisions over a table of its connections.
 *
 * Whoever has carried a valid review goes after all who have not, and of those first the many of one address, then who
 * has asked for something else, or has not come on for a second. A limit for each address would be simpler, and would refuse an API server that
 * calls from the address of others; here an address counts only under pressure, and only for connections that have
 * carried no review.
 */
#ifndef BALLAST_SERVE_PRESSURE_H
#define BALLAST_SERVE_PRESSURE_H

#include <stdint.h>

#include "ballast/base/clock.h"

enum bl_stage {
    BL_STAGE_SILENT = 1, /* nothing has come yet */
    BL_STAGE_WAITING,    /* its first bytes have come, and wait for their turn */
    BL_STAGE_ENTERING,   /* on its way to the thread that it belongs to */
    BL_STAGE_HANDSHAKE,
    BL_STAGE_IDLE,    /* between requests */
    BL_STAGE_SENDING, /* a request is begun, and not whole */
    BL_STAGE_WORKING, /* it is whole, and being judged */
    BL_STAGE_ANSWERING,
    BL_STAGE_ENDING, /* given up, and not gone yet */
};

/** What is decided by. */
struct bl_guest {
    enum bl_stage stage;
    bool proven;         /* has carried a valid review */
    bool spent;          /* has had an answer to something else */
    uint64_t peer;       /* the address; of IPv6 its network, which one person may have */
    bl_nsec came, moved; /* when it came, and when its stage began */
    size_t held;         /* bytes of its body that have come */
};

enum bl_shortage {
    BL_SHORT_OF_PLACES = 1, /* among who is inside */
    BL_SHORT_OF_MEMORY,     /* among who holds some */
    BL_SHORT_AT_THE_DOOR,   /* among who is there */
};

/** Nobody has let it in yet, and it costs a descriptor. */
bool bl_guest_is_outside(const struct bl_guest *guest);

/** What decides beside the table. */
struct bl_pressure {
    unsigned share; /* how many unproven connections an address may have */
    bl_nsec now;
};

/** Whom to give up, or NULL where everybody has to stay. */
struct bl_guest *bl_pressure_pick(struct bl_guest *const *guests, size_t len,
                                  const struct bl_pressure *pressure, enum bl_shortage shortage);

/**
 * Whose handshake comes next of those that wait: the newest, or the oldest. In turn, nobody waits for a flood that came
 * after him, nor for one that came before.
 */
struct bl_guest *bl_pressure_next(struct bl_guest *const *guests, size_t len,
                                  const struct bl_pressure *pressure, bool newest);

/** How many may be there before somebody has to go: nine tenths. */
size_t bl_pressure_mark(size_t limit);

/**
 * May a guest hold `more` bytes, where all together hold `held` of `limit`? Large bodies of who is not proven leave a
 * quarter to others.
 */
bool bl_pressure_admits(const struct bl_guest *guest, size_t more, size_t held, size_t limit);

#endif
