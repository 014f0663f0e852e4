/**
 * Command lines read by tables: one table serves the parser, --help, completions and what is said of a mistake.
 *
 * Options are written as kubectl takes them: short and long, before or after the arguments, "--name=value" or
 * "--name value", letters together, and "--" before an argument that begins with a dash. A program, or a verb
 * of one, is a struct bl_command: groups of options, each of which fills a part of the caller's struct, so that
 * a group can be used by several commands.
 */
#ifndef BALLAST_BASE_OPTIONS_H
#define BALLAST_BASE_OPTIONS_H

#include <stddef.h>

#include "ballast/base/clock.h"
#include "ballast/base/error.h"
#include "ballast/base/strbuf.h"

enum {
    BL_EXIT_OK = 0,
    BL_EXIT_FAILED = 1, /* it ran, and failed; or something was found */
    BL_EXIT_USAGE = 2,  /* the call or what it names is wrong; nothing was done */
};

struct bl_texts {
    const char **items; /* borrowed from argv; up to NULL, once ended */
    size_t len, cap;
};

/** Puts NULL behind the last one. */
void bl_texts_end(struct bl_texts *texts);
void bl_texts_release(struct bl_texts *texts);

enum bl_option_type {
    BL_OPTION_FLAG = 1, /* bool: given */
    BL_OPTION_TEXT,     /* const char *, borrowed: the last one given */
    BL_OPTION_TEXTS,    /* struct bl_texts: all of them, in order */
    BL_OPTION_COUNT,    /* int64_t, min..max */
    BL_OPTION_DURATION, /* bl_nsec: "500ms", "10s", "2m", "1h"; with min 1 it is not zero */
    BL_OPTION_WORD,     /* int: first + the index in words */
    BL_OPTION_READ,     /* whatever `read` makes of it */
};

struct bl_option {
    char letter;       /* 0: none */
    const char *name;  /* without its dashes */
    const char *value; /* what --help calls the value: "FILE"; NULL: it takes none */
    enum bl_option_type type;
    size_t offset; /* in the struct that the group fills */
    int64_t min, max;
    const char *const *words; /* WORD, and what completion offers: up to NULL */
    int first;
    bool is_path; /* of a file or a folder, as completion offers them */
    /** READ, and a further look at TEXT and TEXTS: fails with what the option takes ("takes NAMESPACE/NAME"). */
    int (*read)(const char *text, void *place, struct bl_error **err);
    const char *help; /* NULL, WORD: the words */
};

struct bl_option_group {
    const char *heading; /* in --help; NULL: "Options". Neighbours of one heading stand as one */
    const struct bl_option *options; /* up to one without a name */
    const char *note;                /* below them, or NULL */
};

/** A group, and where in the command's struct the struct lies that it fills. */
struct bl_option_place {
    const struct bl_option_group *group;
    size_t offset;
};

struct bl_command {
    const char *name;                     /* as it is called: "ballast lint" */
    const char *usage;                    /* lines after "Usage: ", which begin with the name */
    const char *description;              /* paragraphs */
    const struct bl_option_place *groups; /* up to one without a group */
    const char *examples;                 /* lines */
    const char *after;                    /* exit codes, where to read on */
    bool takes_arguments;
    const char *const *words; /* what completion offers as the first argument: up to NULL */
    bool takes_paths;         /* arguments are paths, as completion offers them */
};

/**
 * Fills `into`, which holds the defaults. `ret_arguments` gets what is no option; NULL where none is taken.
 * Returns -1 to go on, or the exit status after help, the version or a usage error was printed.
 */
int bl_command_parse(const struct bl_command *command, int argc, char **argv, void *into,
                     struct bl_texts *ret_arguments);

/** Says on standard error what is wrong with the call. Returns BL_EXIT_USAGE. */
int bl_command_usage(const struct bl_command *command, const char *fmt, ...) BL_PRINTF(2, 3);
/** Prints the error and its hint; returns BL_EXIT_USAGE or BL_EXIT_FAILED by its kind. */
int bl_command_fail(const struct bl_command *command, const struct bl_error *err);
/** As --help prints it. */
void bl_command_help(const struct bl_command *command, struct bl_strbuf *out);
/** "text, json or sarif": words up to NULL. */
void bl_words_add(struct bl_strbuf *out, const char *const *words);

/** A name in a namespace, both owned. */
struct bl_namespaced {
    char *namespace; /* NULL: not given */
    char *name;
};

/** Is it "NAMESPACE/NAME"? */
bool bl_namespaced_valid(const char *text);
/** Of a text that is valid. */
void bl_namespaced_split(const char *text, struct bl_namespaced *ret_namespaced);
void bl_namespaced_release(struct bl_namespaced *namespaced);

/** A `read` into a struct bl_namespaced, or for TEXT just the look at it. */
int bl_option_read_namespaced(const char *text, void *place, struct bl_error **err);

#endif
