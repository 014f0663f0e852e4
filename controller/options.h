/** What `ballast-controller` was told on its command line. */
#ifndef BALLAST_CONTROLLER_OPTIONS_H
#define BALLAST_CONTROLLER_OPTIONS_H

#include <cjson/cJSON.h>

#include "ballast/daemon/daemon.h"

/** Texts are borrowed from argv. */
struct bl_controller_options {
    struct bl_daemon_options daemon;
    struct bl_texts namespaces_left_out;
    cJSON *namespace_selector;  /* a LabelSelector; NULL: every namespace */
    struct bl_namespaced lease; /* not given: it leads alone */
    int64_t workers;
};

extern const struct bl_command bl_controller_command;

/** Fills `options`. Returns -1 to go on, or the exit status after help or a usage error was printed. */
int bl_controller_options_parse(int argc, char **argv, struct bl_controller_options *options);
void bl_controller_options_release(struct bl_controller_options *options);

#endif
