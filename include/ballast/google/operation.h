/**
 * Work that goes on after the request was answered (AIP-151).
 *
 * A controller asks once and comes back after bl_google_poll_wait(); the command waits. An operation that is done says that
 * the resource exists, which is not yet that a backup or a restore is over: that is judged by the resource's state.
 */
#ifndef BALLAST_GOOGLE_OPERATION_H
#define BALLAST_GOOGLE_OPERATION_H

#include "ballast/google/client.h"

enum bl_google_operation_state {
    BL_GOOGLE_OPERATION_RUNNING = 1,
    BL_GOOGLE_OPERATION_DONE,
    BL_GOOGLE_OPERATION_FAILED,
};

struct bl_google_operation {
    enum bl_google_operation_state state;
    struct bl_error *error; /* of one that failed; owned */
};
void bl_google_operation_release(struct bl_google_operation *operation);

/** Asks once. That an operation failed is no failure of this. Its record may be gone (NOT_FOUND) after some weeks. */
BL_CHECK int bl_google_operation_get(struct bl_google_client *client, const char *name,
                                     struct bl_google_operation *ret_operation,
                                     struct bl_error **err);

/** Between two looks, after so many of them: 1 s, 2 s and then 1.4 times as long each time, up to 3 minutes. */
bl_nsec bl_google_poll_wait(unsigned looks);

/** Looks once. Sets `*ret_over` where there is nothing to wait for any more. */
typedef int (*bl_google_look_fn)(void *context, bool *ret_over, struct bl_error **err);

/**
 * Looks until it is over, for `at_most` (0: 30 minutes), or until the client's stop. A look that fails as BL_ERR_UNAVAILABLE is
 * made again after the same wait, or the one that the service asks for.
 */
BL_CHECK int bl_google_poll(struct bl_google_client *client, bl_google_look_fn look, void *context,
                            bl_nsec at_most, struct bl_error **err);

/** Told of each look, for a person who waits. */
typedef void (*bl_google_progress_fn)(void *context, unsigned looks);

/** Until it is done, as bl_google_poll(). One that failed is a failure. `progress` may be NULL. */
BL_CHECK int bl_google_operation_wait(struct bl_google_client *client, const char *name,
                                      bl_google_progress_fn progress, void *context,
                                      struct bl_error **err);

#endif
