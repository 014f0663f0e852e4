/**
 * A golden case: manifests and policies in, what should come of them.
 *
 * Cases are YAML, written to be read: see docs/policies.md, man ballast-test and tests/golden.
 */
#ifndef BALLAST_CLI_CASES_CASE_H
#define BALLAST_CLI_CASES_CASE_H

#include "input.h"

struct cli_case {
    const char *file;              /* borrowed */
    const struct bl_yaml_doc *doc; /* borrowed, with the tree */
    const cJSON *root;
    const char *name;
    unsigned line;
    bl_day today;
    char *refusal; /* the error that policies or input gave; NULL where they were read */
    struct cli_input input;
};

/** Reads the case's policies and input. A refusal by either is kept in the case, not an error. */
BL_CHECK int cli_case_open(struct cli_case *test, const char *file, const struct bl_yaml_doc *doc,
                           struct bl_error **err);
void cli_case_release(struct cli_case *test);

/** Appends a line for each expectation that is not met. */
BL_CHECK int cli_case_check(const struct cli_case *test, struct bl_strbuf *failures,
                            struct bl_error **err);

/**
 * What must hold of every case, whatever it expects: hardening twice is hardening once, the order of
 * documents does not matter, a review's patch gives what harden prints, strangers stay untouched, and a
 * denial says what to do.
 */
BL_CHECK int cli_case_laws(const struct cli_case *test, struct bl_strbuf *failures,
                           struct bl_error **err);

/** Appends the case as one line of JSON: policies, objects, patches and findings. */
void cli_case_print(const struct cli_case *test, struct bl_strbuf *out);
/** The policy that `rules` of a case stands for. */
cJSON *cli_case_rules_policy(const cJSON *rules);
/** What a name among `policies` of a case stands for: a bundle, or a path beside the case's file. */
char *cli_case_policy_path(const struct cli_case *test, const char *name);

/** "StatefulSet/kafka": the object's index in the report, or -1. */
long cli_case_find(const struct cli_input *input, const char *kind_and_name);

#endif
