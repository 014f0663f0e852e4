/** Options that several verbs have. */
#ifndef BALLAST_CLI_OPTIONS_H
#define BALLAST_CLI_OPTIONS_H

#include "ballast/base/options.h"

/** What is read: policies, manifests, and the namespace of objects that name none. */
struct cli_source {
    struct bl_texts policies, files;
    const char *namespace; /* or NULL */
};

void cli_source_release(struct cli_source *source);

/* Each fills a struct cli_source. */
extern const struct bl_option_group cli_policy_options;    /* -p */
extern const struct bl_option_group cli_file_options;      /* -f, as the arguments */
extern const struct bl_option_group cli_namespace_options; /* -n */

/** What most -o take, and others take more behind. */
enum cli_format {
    CLI_TEXT = 1,
    CLI_JSON,
};

/** -o with the verb's words for its int `member`; the first word stands for `first_`. */
#define CLI_OUTPUT_OPTION(struct_, member, words_, first_)                          \
    {                                                                               \
        .letter = 'o', .name = "output", .value = "FORMAT", .type = BL_OPTION_WORD, \
        .offset = offsetof(struct_, member), .words = (words_), .first = (first_),  \
    }

/** What every verb has that reads policies and manifests into its struct cli_source `member`. */
#define CLI_SOURCE_PLACES(struct_, member)                \
    {&cli_policy_options, offsetof(struct_, member)},     \
        {&cli_file_options, offsetof(struct_, member)},   \
    {                                                     \
        &cli_namespace_options, offsetof(struct_, member) \
    }

/** "text", "json". */
extern const char *const cli_formats[];

#endif
