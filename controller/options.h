/** What `ballast-controller` was told on its command line. */
#ifndef BALLAST_CONTROLLER_OPTIONS_H
#define BALLAST_CONTROLLER_OPTIONS_H

#include "ballast/daemon/daemon.h"
#include "ballast/runtime/scope.h"

/** Texts are borrowed from argv. */
struct bl_controller_options {
    struct bl_daemon_options daemon;
    struct bl_scope_options scope;
    struct bl_namespaced lease; /* not given: it leads alone */
    int64_t workers;
    const char *helm, *charts;   /* the program; the folder of bundled charts */
    struct bl_texts charts_from; /* patterns of URLs */
    struct bl_texts insecure_registries;
    struct {
        bool enabled;
        const char *cluster, *credentials, *url, *container_url; /* NULL: as Google has them */
        struct bl_texts allow; /* NAMESPACE=RESOURCE: what a namespace may reach beyond itself */
        struct bl_texts rehearsals; /* namespaces into which backups may be restored to be judged */
    } backup;
    struct bl_texts bootstrap_to; /* patterns of hosts that people may have asked for brokers */
};

extern const struct bl_command bl_controller_command;

/** Fills `options`. Returns -1 to go on, or the exit status after help or a usage error was printed. */
int bl_controller_options_parse(int argc, char **argv, struct bl_controller_options *options);
void bl_controller_options_release(struct bl_controller_options *options);

#endif
