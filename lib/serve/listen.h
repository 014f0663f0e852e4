/** Sockets that listen. */
#ifndef BALLAST_SERVE_LISTEN_H
#define BALLAST_SERVE_LISTEN_H

#include "ballast/base/error.h"

/** "ADDRESS:PORT"; see struct bl_server_options. */
BL_CHECK int bl_listen(const char *address, int *ret_fd, struct bl_error **err);
/** The port that a socket is bound to. */
int bl_listen_port(int fd);

#endif
