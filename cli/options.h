/** Options that several verbs have. */
#ifndef BALLAST_CLI_OPTIONS_H
#define BALLAST_CLI_OPTIONS_H

#include "ballast/base/options.h"
#include "ballast/kube/client.h"

/** What is read: policies, manifests, and the namespace of objects that name none. */
struct cli_source {
    struct bl_texts policies, files;
    const char *namespace;         /* or NULL */
    struct bl_texts against;       /* what is there before; none: nobody says */
    struct bl_kube_target cluster; /* of --against live */
    bool new_cluster;
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

/** --dry-run of what acts on a cluster, for the verb's bool `member`. */
#define CLI_DRY_RUN_OPTION(struct_, member)                                             \
    {                                                                                   \
        .name = "dry-run", .type = BL_OPTION_FLAG, .offset = offsetof(struct_, member), \
        .help = "say what would be done, and do nothing",                               \
    }

/** The word of --against that is no path. */
#define CLI_AGAINST_LIVE "live"
extern const char *const cli_against_words[];

/** --against of what judges files, for the verb's struct cli_source `member`. */
#define CLI_AGAINST_OPTION(struct_, member)                                                       \
    {                                                                                             \
        .name = "against", .value = "PATH", .type = BL_OPTION_TEXTS,                              \
        .offset = offsetof(struct_, member.against), .words = cli_against_words, .is_path = true, \
        .help =                                                                                   \
            "what is there now, or \"live\": what the cluster has; tell what members that run "   \
            "would lose to what is read; may be repeated",                                        \
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
