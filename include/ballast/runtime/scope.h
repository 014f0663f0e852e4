/**
 * Which namespaces a program looks after, and which of those in the cluster these are now.
 *
 * Objects of others are not kept. Labels of namespaces change, so that one may come or go at any time: the book says of
 * each what it is, and since when, so that nobody decides by what was not listed yet.
 */
#ifndef BALLAST_RUNTIME_SCOPE_H
#define BALLAST_RUNTIME_SCOPE_H

#include <stdint.h>

#include "ballast/base/options.h"
#include "ballast/object/object.h"

/** All borrowed. */
struct bl_scope {
    const cJSON *selector;       /* a LabelSelector; NULL: all */
    const char *const *only;     /* names, up to NULL; none: any */
    const char *const *left_out; /* names, up to NULL */
};

/** Is it one of those that it may write in at all? In others it does not even take away what is its own. */
bool bl_scope_reaches(const struct bl_scope *scope, const char *namespace);
bool bl_scope_has(const struct bl_scope *scope, const cJSON *namespace);

/** What `--namespace-selector` and its like fill. Texts are borrowed from argv. */
struct bl_scope_options {
    cJSON *selector;
    struct bl_texts only, left_out;
};
void bl_scope_options_release(struct bl_scope_options *options);
/** The text of an option, or a default; for a `struct bl_scope_options`' selector. */
BL_CHECK int bl_scope_read_selector(const char *text, void *place, struct bl_error **err);
struct bl_scope bl_scope_of(const struct bl_scope_options *options);

/** Rows for a group of options. `all` says what holds where none is given. */
#define BL_SCOPE_OPTION_ROWS(struct_, member, all)                                                 \
    {.name = "namespace-selector",                                                                 \
     .value = "SELECTOR",                                                                          \
     .type = BL_OPTION_READ,                                                                       \
     .offset = offsetof(struct_, member.selector),                                                 \
     .read = bl_scope_read_selector,                                                               \
     .help = "look after namespaces with these labels: KEY=VALUE,… or a LabelSelector in JSON; " \
             "\"\" for all (" all ")"},                                                            \
        {.name = "namespace",                                                                      \
         .value = "NAME",                                                                          \
         .type = BL_OPTION_TEXTS,                                                                  \
         .offset = offsetof(struct_, member.only),                                                 \
         .help = "of these, look after this one alone; may be repeated"},                          \
    {                                                                                              \
        .name = "exclude-namespace", .value = "NAME", .type = BL_OPTION_TEXTS,                     \
        .offset = offsetof(struct_, member.left_out), .help = "never this one; may be repeated"    \
    }

enum bl_scope_place {
    BL_SCOPE_UNKNOWN, /* not heard of: its objects came before it, and are kept */
    BL_SCOPE_WITHIN,
    BL_SCOPE_LEFT, /* reached, and not looked after: what is the program's own may still be there */
    BL_SCOPE_BEYOND,
};

/** May be used by any number of threads. */
struct bl_scope_book;

/** `scope` is borrowed. */
BL_NONNULL struct bl_scope_book *bl_scope_book_new(const struct bl_scope *scope);
void bl_scope_book_free(struct bl_scope_book *book);

/**
 * Notes a namespace as it is now; `namespace` NULL: it is gone. True: what is kept of it is no longer what should be.
 */
bool bl_scope_book_note(struct bl_scope_book *book, const char *name, const cJSON *namespace);
enum bl_scope_place bl_scope_book_place(struct bl_scope_book *book, const char *name);
/** Grows with each namespace that comes back into scope. A list that began by then has all of those until then. */
uint64_t bl_scope_book_time(struct bl_scope_book *book);
/** The time from which on lists have its objects; UINT64_MAX: it is out of scope. */
uint64_t bl_scope_book_since(struct bl_scope_book *book, const char *name);

#endif
