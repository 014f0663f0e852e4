/**
 * What the programs that serve share around their main(): the call that is read, memory, signals, exit codes.
 */
#ifndef BALLAST_BASE_PROGRAM_H
#define BALLAST_BASE_PROGRAM_H

#include <getopt.h>
#include <signal.h>

#include "ballast/base/error.h"
#include "ballast/base/log.h"

enum {
    BL_EXIT_OK = 0,
    BL_EXIT_FAILED = 1, /* it ran, and failed */
    BL_EXIT_USAGE = 2,  /* the call or what it names is wrong; nothing was done */
};

struct bl_texts {
    const char **items; /* up to NULL, once ended */
    size_t len, cap;
};

/** Puts NULL behind the last one. */
void bl_texts_end(struct bl_texts *texts);

/** Says on standard error what is wrong with the call of `program`. Returns BL_EXIT_USAGE. */
int bl_program_usage(const char *program, const char *fmt, ...) BL_PRINTF(2, 3);
/** The same of an option that is none of `known`, which end with one that is all zeros. */
int bl_program_unknown(const char *program, const struct option *known, const char *word);
/** Prints the error and its hint; returns BL_EXIT_USAGE or BL_EXIT_FAILED by its kind. */
int bl_program_fail(const char *program, const struct bl_error *err);

/** "NAMESPACE/NAME". */
bool bl_program_is_namespaced(const char *text);
/** Of one that is: the namespace, to be freed, and returns the name, a part of `text`. */
const char *bl_program_split_namespaced(const char *text, char **ret_namespace);
/** False: it is none. */
bool bl_program_read_log_format(const char *text, enum bl_log_format *ret_format);
bool bl_program_read_log_level(const char *text, enum bl_log_level *ret_level);

/** Before there are threads: what was used is given back to the system, and threads share what they have. */
void bl_program_setup_memory(void);
/** All threads leave SIGTERM, SIGINT and SIGHUP to the main one, which waits for them. */
void bl_program_setup_signals(sigset_t *ret_signals);

#endif
