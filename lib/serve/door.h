/** The thread that lets connections in: nobody is sent away, and nobody comes in who has nothing to say. */
#ifndef BALLAST_SERVE_DOOR_H
#define BALLAST_SERVE_DOOR_H

#include "connections.h"

struct bl_door;

/** Lets one in, to its thread, which has its descriptor from then on. False: it is closed, and shall be forgotten. */
typedef bool (*bl_let_in_fn)(struct bl_connection *connection, void *context);

/** Takes `listen_fd` over, on success. All else is borrowed. */
BL_CHECK int bl_door_open(int listen_fd, struct bl_connections *table, bl_let_in_fn let_in,
                          void *context, struct bl_door **ret_door, struct bl_error **err);
/** Nobody comes in any more when it returns. NULL is fine. */
void bl_door_close(struct bl_door *door);

#endif
