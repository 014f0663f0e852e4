/** What `ballast-controller` was told on its command line. */
#ifndef BALLAST_CONTROLLER_OPTIONS_H
#define BALLAST_CONTROLLER_OPTIONS_H

#include <cjson/cJSON.h>

#include "ballast/base/program.h"

/** Texts are borrowed from argv. */
struct bl_options {
    struct bl_texts policies, namespaces_left_out;
    cJSON *namespace_selector; /* a LabelSelector; NULL: every namespace */
    const char *kubeconfig, *context;
    bool in_cluster, config_maps;
    const char *metrics_listen;
    char *lease_namespace; /* NULL: it leads alone */
    const char *lease_name;
    int64_t workers;
    enum bl_log_format log_format;
    enum bl_log_level log_level;
};

/** Fills `options`. Returns -1 to go on, or the exit status after help or a usage error was printed. */
int bl_options_parse(int argc, char **argv, struct bl_options *options);
void bl_options_release(struct bl_options *options);
/** Prints the error and its hint; returns BL_EXIT_USAGE or BL_EXIT_FAILED by its kind. */
int bl_options_fail(const struct bl_error *err);

#endif
