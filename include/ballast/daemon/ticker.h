/** A thread that does something again and again, at once when it is woken, until it is stopped. */
#ifndef BALLAST_DAEMON_TICKER_H
#define BALLAST_DAEMON_TICKER_H

#include "ballast/base/clock.h"
#include "ballast/base/error.h"

struct bl_ticker;

/** The first time is after `every`; what comes before that is the caller's. */
BL_CHECK int bl_ticker_start(bl_nsec every, void (*tick)(void *context), void *context,
                             struct bl_ticker **ret_ticker, struct bl_error **err);
/** From any thread. */
void bl_ticker_wake(struct bl_ticker *ticker);
/** Waits for a tick that is under way. `ticker` may be NULL. */
void bl_ticker_stop(struct bl_ticker *ticker);

#endif
