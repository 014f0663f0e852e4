/**
 * What the programs that serve have in common: the options that both take, memory, signals and logs.
 */
#ifndef BALLAST_DAEMON_DAEMON_H
#define BALLAST_DAEMON_DAEMON_H

#include <signal.h>

#include "ballast/base/log.h"
#include "ballast/base/options.h"
#include "ballast/kube/client.h"

/** Texts are borrowed from argv. */
struct bl_daemon_options {
    struct bl_kube_target cluster;
    bool config_maps; /* those with settings of brokers are looked at, too */
    struct bl_texts policies;
    const char *health_listen, *metrics_listen;
    int log_format, log_level; /* enum bl_log_format, enum bl_log_level */
};

#define BL_DAEMON_OPTIONS_INIT                                                          \
    {                                                                                   \
        .health_listen = ":8081", .metrics_listen = ":8080", .log_format = BL_LOG_JSON, \
        .log_level = BL_LOG_INFO                                                        \
    }

/** Groups that fill it; the second is for health, metrics and what is logged. */
extern const struct bl_option_group bl_daemon_cluster_options, bl_daemon_log_options;

/** One line for a group of policy options, which both programs have with others beside it. */
#define BL_DAEMON_POLICIES_OPTION(struct_, member)                                         \
    {                                                                                      \
        .name = "policies", .value = "PATH", .type = BL_OPTION_TEXTS,                      \
        .offset = offsetof(struct_, member.policies),                                      \
        .help = "a file, a folder, or a bundle (default, strict, audit, managed); may be " \
                "repeated; read again when they change or on SIGHUP (default)"             \
    }

/** After parsing: the bundle `default` where no policy was named, and no two ways to the cluster. -1: go on. */
int bl_daemon_options_finish(struct bl_daemon_options *options, const struct bl_command *command);
void bl_daemon_options_release(struct bl_daemon_options *options);
/** Is a cluster named at all? */
bool bl_daemon_has_cluster(const struct bl_daemon_options *options);

/** Before there are threads: how memory is taken, which thread gets signals, and how logs are written. */
void bl_daemon_setup(const struct bl_daemon_options *options, sigset_t *ret_signals);

#endif
