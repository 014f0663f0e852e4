/** What waits of the module's own go by. */
#ifndef BALLAST_GOOGLE_CLIENT_PRIVATE_H
#define BALLAST_GOOGLE_CLIENT_PRIVATE_H

#include "ballast/google/client.h"
#include "ballast/http/client.h"

struct bl_google_client {
    struct bl_google_tokens *tokens;
    struct bl_http_client *http;
    const struct bl_stop *stop;
    struct bl_stop *own_stop; /* where the caller has none */
    unsigned tries;           /* 0: any number */
    bl_nsec longest;          /* 0: as long as it gets */
    bl_nsec pace;
    void (*again)(const struct bl_error *why);
};

#endif
