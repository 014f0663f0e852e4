#include "ballast/daemon/daemon.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "ballast/base/mem.h"

/* 65,536 connections are the most that may be asked for, and more may wait outside. */
#define DESCRIPTORS 300000

static const char *const formats[] = {"logfmt", "json", NULL};
static const char *const levels[] = {"debug", "info", "warn", "error", NULL};

static const struct bl_option cluster_options[] = {
    {.name = "kubeconfig",
     .value = "FILE",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_daemon_options, cluster.path),
     .help = "how to reach it"},
    {.name = "context",
     .value = "NAME",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_daemon_options, cluster.context),
     .help = "of the kubeconfig"},
    {.name = "in-cluster",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct bl_daemon_options, cluster.in_cluster),
     .help = "by the pod's service account"},
    {.name = "config-maps",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct bl_daemon_options, config_maps),
     .help = "look at ConfigMaps with settings of brokers too"},
    {0},
};
const struct bl_option_group bl_daemon_cluster_options = {.heading = "The cluster",
                                                          .options = cluster_options};

static const struct bl_option log_options[] = {
    {.name = "health-listen",
     .value = "ADDRESS:PORT",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_daemon_options, health_listen),
     .help = "for /healthz and /readyz, without TLS (:8081)"},
    {.name = "metrics-listen",
     .value = "ADDRESS:PORT",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct bl_daemon_options, metrics_listen),
     .help = "for /metrics, without TLS (:8080)"},
    {.name = "log-format",
     .value = "FORMAT",
     .type = BL_OPTION_WORD,
     .offset = offsetof(struct bl_daemon_options, log_format),
     .words = formats,
     .first = BL_LOG_LOGFMT,
     .help = "json or logfmt (json)"},
    {.name = "log-level",
     .value = "LEVEL",
     .type = BL_OPTION_WORD,
     .offset = offsetof(struct bl_daemon_options, log_level),
     .words = levels,
     .first = BL_LOG_DEBUG,
     .help = "debug, info, warn or error (info)"},
    {0},
};
const struct bl_option_group bl_daemon_log_options = {.heading = "Health, metrics and logs",
                                                      .options = log_options};

int bl_daemon_options_finish(struct bl_daemon_options *options, const struct bl_command *command)
{
    if (!options->policies.len) {
        *BL_PUSH(&options->policies) = "default";
        bl_texts_end(&options->policies);
    }
    if (options->cluster.in_cluster && options->cluster.path)
        return bl_command_usage(command, "--in-cluster and --kubeconfig exclude each other");
    return -1;
}

void bl_daemon_options_release(struct bl_daemon_options *options)
{
    free(options->policies.items);
    options->policies = (struct bl_texts){0};
}

bool bl_daemon_has_cluster(const struct bl_daemon_options *options)
{
    return options->cluster.in_cluster || options->cluster.path;
}

/*
 * What was used is given back to the system, and threads share what they have. Fast bins would be merged again at
 * each allocation of a kilobyte or more, of which a decision makes many.
 */
static void setup_memory(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, 128 << 10);
    (void)mallopt(M_TRIM_THRESHOLD, 256 << 10);
    (void)mallopt(M_ARENA_MAX, 2);
    (void)mallopt(M_MXFAST, 0);
}

/* A core would hold keys and passwords. */
static void forbid_cores(void)
{
    const struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0);
}

/* All threads leave these signals to the main one, which waits for them. */
static void setup_signals(sigset_t *ret_signals)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(ret_signals);
    (void)sigaddset(ret_signals, SIGTERM);
    (void)sigaddset(ret_signals, SIGINT);
    (void)sigaddset(ret_signals, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, ret_signals, NULL);
}

/* Each connection takes a descriptor, and a shell or a container may have allowed no more than 1024. */
static void setup_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= DESCRIPTORS)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

void bl_daemon_setup(const struct bl_daemon_options *options, sigset_t *ret_signals)
{
    setup_memory();
    forbid_cores();
    setup_descriptors();
    setup_signals(ret_signals);
    bl_log_setup((enum bl_log_format)options->log_format, (enum bl_log_level)options->log_level);
}
