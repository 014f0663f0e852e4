/** What `ballast-webhook` was told on its command line. */
#ifndef BALLAST_WEBHOOK_OPTIONS_H
#define BALLAST_WEBHOOK_OPTIONS_H

#include "ballast/base/clock.h"
#include "ballast/base/program.h"

/** Texts are borrowed from argv. */
struct bl_options {
    bool certs; /* `ballast-webhook certs`: make or renew certificates and end */

    const char *listen, *metrics_listen;
    const char *tls_cert, *tls_key;
    const char *client_ca, *client_name;
    struct bl_texts policies, admins;
    const char *kubeconfig, *context;
    bool in_cluster, config_maps, insecure_http;
    int64_t threads, max_connections;
    bl_nsec drain, reload, overlap;
    char *lease_namespace; /* of the controller's Lease; NULL: nobody looks */
    const char *lease_name;
    enum bl_log_format log_format;
    enum bl_log_level log_level;

    /* Certificates of our own. */
    const char *certs_dir;      /* a folder that holds them */
    const char *certs_secret;   /* "NAMESPACE/NAME" */
    const char *webhook_config; /* whose caBundle is kept: both configurations of this name */
    struct bl_texts dns_names;
};

/** Fills `options`. Returns -1 to go on, or the exit status after help or a usage error was printed. */
int bl_options_parse(int argc, char **argv, struct bl_options *options);
void bl_options_release(struct bl_options *options);
/** Prints the error and its hint; returns BL_EXIT_USAGE or BL_EXIT_FAILED by its kind. */
int bl_options_fail(const struct bl_error *err);

#endif
