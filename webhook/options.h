/** What `ballast-webhook` was told on its command line. */
#ifndef BALLAST_WEBHOOK_OPTIONS_H
#define BALLAST_WEBHOOK_OPTIONS_H

#include "ballast/daemon/daemon.h"
#include "ballast/runtime/scope.h"

/** Texts are borrowed from argv. */
struct bl_webhook_options {
    bool certs; /* `ballast-webhook certs`: make or renew certificates and end */
    bool keep;  /* …: and go on doing so */

    struct bl_daemon_options daemon;
    const char *listen;
    const char *tls_cert, *tls_key;
    const char *client_ca, *client_name;
    struct bl_scope_options scope; /* as the API server is told by the configurations */
    struct bl_texts admins;
    bool insecure_http;
    int64_t threads, max_connections;
    bl_nsec drain, reload, overlap;
    struct bl_namespaced lease; /* the controller's; not given: nobody looks */

    /* Certificates of our own. */
    const char *certs_dir;      /* a folder that holds them */
    const char *certs_secret;   /* "NAMESPACE/NAME" */
    const char *certs_from;     /* "NAMESPACE/NAME" of a Secret that somebody else keeps */
    const char *certs_to;       /* "NAMESPACE/NAME" of the Secret that others read */
    const char *webhook_config; /* whose caBundle is kept: both configurations of this name */
    struct bl_texts dns_names;
};

extern const struct bl_command bl_webhook_command;

/** Fills `options`. Returns -1 to go on, or the exit status after help or a usage error was printed. */
int bl_webhook_options_parse(int argc, char **argv, struct bl_webhook_options *options);
void bl_webhook_options_release(struct bl_webhook_options *options);

#endif
