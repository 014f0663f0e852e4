/** What a configuration comes to, wherever it was read. */
#ifndef BALLAST_KUBE_CONFIG_PRIVATE_H
#define BALLAST_KUBE_CONFIG_PRIVATE_H

#include "auth.h"
#include "ballast/kube/config.h"

struct bl_kube_config {
    char *server, *namespace;
    char *ca_file, *ca_pem; /* at most one */
    char *server_name, *proxy;
    bool insecure;
    const struct bl_clock *clock;
    struct bl_auth *auth;
};

BL_NONNULL struct bl_kube_config *bl_config_new(const struct bl_clock *clock);

#endif
