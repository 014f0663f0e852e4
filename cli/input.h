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
    struct bl_report *report;
};

/** The default policy, or those of -p: files, folders, or names of bundles. */
BL_CHECK int cli_read_policies(const struct bl_texts *policies, struct bl_policy_set *set,
                               struct bl_error **err);
/** Reads files and folders; standard input where none is named and it is no terminal. */
BL_CHECK int cli_read_manifests(const struct bl_texts *files, struct bl_manifest *manifest,
                                struct bl_error **err);
/** Fails where a key stands twice in a workload that would be judged: which one counts matters there. */
BL_CHECK int cli_refuse_doubts(struct bl_manifest *manifest, struct bl_error **err);
/** Both, and the report. */
BL_CHECK int cli_load(const struct cli_source *source, struct cli_input *input,
                      struct bl_error **err);
/** Runs the engine on what was read. `namespace` may be NULL. */
BL_CHECK int cli_decide(struct cli_input *input, const char *namespace, bl_day today,
                        struct bl_error **err);
void cli_input_release(struct cli_input *input);

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
