/** What the verbs of the command share. */
#ifndef BALLAST_CLI_CLI_H
#define BALLAST_CLI_CLI_H

#include <stdio.h>

#include "ballast/object/manifest.h"
#include "ballast/policies/engine.h"

/** Exit codes, as kubectl diff and compilers have them. */
enum {
    CLI_OK = 0,
    CLI_FINDINGS = 1, /* something was found, or denied */
    CLI_ERROR = 2,    /* the input or the call is wrong; nothing was done */
};

struct cli_list {
    const char **items;
    size_t len, cap;
};

/** What the user typed. Strings are borrowed from argv. */
struct cli_args {
    struct cli_list policies, files, context, admins, namespaces;
    const char *output;    /* -o */
    const char *namespace; /* -n, the last one */
    const char *fail_on;
    const char *bootstrap, *command_config;
    const char *kubeconfig, *kube_context, *lease;
    const char *message, *label, *webhook_config, *controller;
    bool diff, in_place, quiet, verbose, mutate, validate, all_namespaces, watch;
    bool in_cluster, dry_run, restart;
};

enum cli_flag {
    CLI_FLAG_POLICY = 1 << 0,
    CLI_FLAG_FILENAME = 1 << 1,
    CLI_FLAG_NAMESPACE = 1 << 2,
    CLI_FLAG_OUTPUT = 1 << 3,
    CLI_FLAG_DIFF = 1 << 4,
    CLI_FLAG_IN_PLACE = 1 << 5,
    CLI_FLAG_QUIET = 1 << 6,
    CLI_FLAG_FAIL_ON = 1 << 7,
    CLI_FLAG_KIND = 1 << 8, /* --mutate, --validate */
    CLI_FLAG_CONTEXT = 1 << 9,
    CLI_FLAG_VERBOSE = 1 << 10,
    CLI_FLAG_ADMIN = 1 << 11,
    CLI_FLAG_ALL_NAMESPACES = 1 << 12,
    CLI_FLAG_BOOTSTRAP = 1 << 13,
    CLI_FLAG_COMMAND_CONFIG = 1 << 14,
    CLI_FLAG_WATCH = 1 << 15,
    CLI_FLAG_CLUSTER = 1 << 16, /* --kubeconfig, --context, --in-cluster */
    CLI_FLAG_LOOK_IN = 1 << 17, /* -n and -A of a cluster */
    CLI_FLAG_FOLLOW = 1 << 18,  /* -w that ends by itself */
    CLI_FLAG_LEASE = 1 << 19,
    CLI_FLAG_MESSAGE = 1 << 20,
    CLI_FLAG_DRY_RUN = 1 << 21,
    CLI_FLAG_LEAVE = 1 << 22, /* what ballast leave alone takes */
};

struct cli_verb {
    const char *name, *arguments, *summary;
    const char *description; /* paragraphs for --help */
    const char *examples;
    const char *outputs; /* what -o takes: "text|json" */
    unsigned flags;
    int (*run)(const struct cli_args *args);
};

extern const struct cli_verb cli_harden, cli_lint, cli_explain, cli_test, cli_review, cli_vap,
    cli_status, cli_rollout, cli_drain_check, cli_leave;

/** Fills `args`. Returns -1 to go on, or the exit code after help or a usage error was printed. */
int cli_parse(const struct cli_verb *verb, int argc, char **argv, struct cli_args *args);
void cli_args_release(struct cli_args *args);
/** Is `output` one of the verb's, or not given? Prints the usage error otherwise. */
bool cli_output_known(const struct cli_verb *verb, const struct cli_args *args);

/** Prints "file:line: error: …" or "ballast: error: …" and the hint; returns CLI_ERROR. */
int cli_fail(const struct bl_error *err);
/** Prints a usage error and where to read on; returns CLI_ERROR. */
int cli_usage(const struct cli_verb *verb, const char *fmt, ...) BL_PRINTF(2, 3);
/** Writes to standard output; a reader that went away (EPIPE) or a full disk is an error. */
int cli_print(const struct bl_strbuf *text);

/** Policies, manifests and the decision about them. */
struct cli_input {
    struct bl_policy_set policies;
    struct bl_manifest manifest;
    const cJSON **objects; /* of the manifest, in order */
    struct bl_report *report;
};

/** The default policy, or those of -p: files, folders, or names of bundles. */
BL_CHECK int cli_read_policies(const struct cli_args *args, struct bl_policy_set *set,
                               struct bl_error **err);
/** Reads files and folders; standard input where none is named and it is no terminal. */
BL_CHECK int cli_read_manifests(const struct cli_args *args, struct bl_manifest *manifest,
                                struct bl_error **err);
/** Both, and the report. */
BL_CHECK int cli_load(const struct cli_args *args, struct cli_input *input, struct bl_error **err);
/** Runs the engine on what was read. */
void cli_decide(struct cli_input *input, const char *namespace, bl_day today);
void cli_input_release(struct cli_input *input);

/** Where a finding stands in the files. */
struct bl_place cli_finding_place(const struct cli_input *input, const struct bl_finding *finding);
/** The hint, or for what is mended how to have it mended. */
const char *cli_finding_hint(const struct bl_finding *finding);

/** Findings in each form. As text only those of this severity or graver; mended ones if asked for. */
void cli_findings_text(const struct cli_input *input, enum bl_severity least, bool mended,
                       struct bl_strbuf *out);
cJSON *cli_findings_json(const struct cli_input *input);
cJSON *cli_findings_sarif(const struct cli_input *input);
void cli_findings_junit(const struct cli_input *input, struct bl_strbuf *out);

/** How many findings have this severity; `mended` says whether mended ones count. */
size_t cli_count(const struct cli_input *input, enum bl_severity severity, bool mended);

/** One file's text with the edits made and the companions put in. */
BL_CHECK int cli_hardened_file(const struct cli_input *input, size_t file, struct bl_strbuf *out,
                               struct bl_error **err);
/** The whole stream: all files, in order. */
BL_CHECK int cli_hardened(const struct cli_input *input, struct bl_strbuf *out,
                          struct bl_error **err);

/** {apiVersion, kind, namespace, name} of an object. */
cJSON *cli_object_json(const cJSON *object);

/** Appends a unified diff (three lines of context); nothing where the texts are equal. */
void cli_diff(struct bl_strbuf *out, const char *old_name, const char *new_name,
              const char *old_text, const char *new_text);

/** Is the descriptor a terminal that takes colours? */
bool cli_colours(int fd);

#endif
