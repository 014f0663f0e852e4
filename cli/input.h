/** Policies and manifests, the decision about them, and the text that it makes of them: files/, for cases/ too. */
#ifndef BALLAST_CLI_INPUT_H
#define BALLAST_CLI_INPUT_H

#include "ballast/object/manifest.h"
#include "ballast/policies/engine.h"
#include "options.h"

struct cli_input {
    struct bl_policy_set policies;
    struct bl_manifest manifest;
    const cJSON **objects; /* of the manifest, in order */
    size_t before; /* the first object of --against, behind all that is judged; 0: there is none */
    size_t before_files; /* and its first file */
    char *namespace;     /* of objects that name none, where a cluster says it; NULL */
    bool live;           /* and it is what a cluster has, of which what nobody takes away stays */
    bool new_cluster;    /* what is read is made new: its settings are completed */
    struct bl_report *report;
};

/** The default policy, or those of -p: files, folders, or names of bundles. */
BL_CHECK int cli_read_policies(const struct bl_texts *policies, struct bl_policy_set *set,
                               struct bl_error **err);
/** Reads files and folders; standard input where none is named and it is no terminal. */
BL_CHECK int cli_read_manifests(const struct bl_texts *files, struct bl_manifest *manifest,
                                struct bl_error **err);
/**
 * Adds to the manifest's faults: a key that stands twice in what is Kafka's, because it matters there which one counts,
 * and Kafka without a name.
 */
void cli_find_faults(struct cli_input *input);
/** Fails where the document is in doubt: of a key that stands twice one would be lost. */
BL_CHECK int cli_refuse_doubt(const struct bl_document *document, struct bl_error **err);
/** Reads an object of one of Ballast's own kinds into `into`; it may be called twice. */
typedef int cli_own_reader(const struct bl_decode *from, const cJSON *object, void *into,
                           struct bl_error **err);
/** The same for an object of a manifest. Errors name file and line. */
BL_CHECK int cli_own_read(const struct bl_manifest *manifest, const struct bl_item *item,
                          cli_own_reader *read, void *into, struct bl_error **err);
/** Both, the faults, and the report about the rest. */
BL_CHECK int cli_load(const struct cli_source *source, struct cli_input *input,
                      struct bl_error **err);
/** Runs the engine on what was read. `namespace` may be NULL. */
BL_CHECK int cli_decide(struct cli_input *input, const char *namespace, bl_day today,
                        struct bl_error **err);
/** For each object: how many brokers its cluster has, if all of it is made new. For free(). */
BL_NONNULL int64_t *cli_new_brokers(const cJSON *const *objects, size_t len,
                                    const struct bl_engine_options *options);
void cli_input_release(struct cli_input *input);

/** How many files are judged: the first ones of the manifest. */
size_t cli_files(const struct cli_input *input);
/** One file's text with the edits made and the companions put in. */
BL_CHECK int cli_hardened_file(const struct cli_input *input, size_t file, struct bl_strbuf *out,
                               struct bl_error **err);
/** The whole stream: all files, in order. */
BL_CHECK int cli_hardened(const struct cli_input *input, struct bl_strbuf *out,
                          struct bl_error **err);

/** Appends a unified diff (three lines of context); nothing where the texts are equal. */
void cli_diff(struct bl_strbuf *out, const char *old_name, const char *new_name,
              const char *old_text, const char *new_text);

#endif
