/**
 * One signal to end, seen by all threads of a program.
 *
 * A thread that waits for something waits for this too: with a deadline in bl_stop_wait(), or beside its own
 * descriptors through bl_stop_fd(), which becomes readable and stays so. Nothing ever sleeps past it.
 */
#ifndef BALLAST_BASE_STOP_H
#define BALLAST_BASE_STOP_H

#include "ballast/base/clock.h"
#include "ballast/base/error.h"

struct bl_stop;

BL_CHECK int bl_stop_new(struct bl_stop **ret_stop, struct bl_error **err);
void bl_stop_free(struct bl_stop *stop);
BL_DEFINE_CLEANUP(struct bl_stop *, bl_stop_cleanup, bl_stop_free)

/** Asks everybody to end. Safe in a signal handler, and more than once. */
void bl_stop_raise(struct bl_stop *stop);
/** As if it had not been raised; for one that asks again and again. Not beside raise() on another thread. */
void bl_stop_lower(struct bl_stop *stop);
bool bl_stop_raised(const struct bl_stop *stop);
/** Readable while raised. Only to be polled. */
int bl_stop_fd(const struct bl_stop *stop);
/** Waits until it is raised, or for `at_most`. True: raised. */
bool bl_stop_wait(const struct bl_stop *stop, bl_nsec at_most);

#endif
