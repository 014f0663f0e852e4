/**
 * Credential plugins: a program that a kubeconfig names, which prints an ExecCredential
 * (client.authentication.k8s.io/v1 and v1beta1).
 *
 * It is started without a shell, has a limit on time and output, and its standard error is ours, so that
 * what it says to people reaches them.
 */
#ifndef BALLAST_KUBE_EXEC_H
#define BALLAST_KUBE_EXEC_H

#include "ballast/base/clock.h"
#include "ballast/base/stop.h"
#include "ballast/json/decode.h"

/** Largest ExecCredential. */
#define EXEC_OUTPUT_MAX ((size_t)1 << 20)

enum bl_exec_interactive {
    EXEC_IF_AVAILABLE = 0, /* it may ask if standard input is a terminal */
    EXEC_NEVER,
    EXEC_ALWAYS, /* it cannot do without */
};

struct bl_exec_plugin {
    char *command;
    struct bl_strings args;
    cJSON *env; /* array of {name, value}, added to our own; or NULL */
    char *api_version;
    char *install_hint; /* or NULL */
    int interactive;    /* enum bl_exec_interactive */
    cJSON *cluster;     /* what it is told of the cluster, or NULL */
    bl_nsec timeout;    /* 0: a minute */
};

void bl_exec_plugin_free(struct bl_exec_plugin *plugin);

struct bl_exec_answer {
    struct bl_strbuf token;
    struct bl_strbuf certificate, key; /* PEM */
    bl_nsec expires;                   /* wall; 0: never */
};

#define EXEC_ANSWER_INIT                                                                          \
    {                                                                                             \
        .token = BL_STRBUF_INIT(EXEC_OUTPUT_MAX), .certificate = BL_STRBUF_INIT(EXEC_OUTPUT_MAX), \
        .key = BL_STRBUF_INIT(EXEC_OUTPUT_MAX)                                                    \
    }
void bl_exec_answer_release(struct bl_exec_answer *answer);

BL_CHECK int bl_exec_plugin_run(const struct bl_exec_plugin *plugin, const struct bl_stop *stop,
                                struct bl_exec_answer *answer, struct bl_error **err);

/** Reads what a plugin printed. */
BL_CHECK int bl_exec_answer_read(const char *text, size_t len, const char *api_version,
                                 struct bl_exec_answer *answer, struct bl_error **err);

#endif
