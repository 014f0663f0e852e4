/** What a report found, in each form that it is printed in. */
#ifndef BALLAST_CLI_FILES_FINDINGS_H
#define BALLAST_CLI_FILES_FINDINGS_H

#include "input.h"
#include "print.h"

/** Where a finding stands in the files. */
struct bl_place cli_finding_place(const struct cli_input *input, const struct bl_finding *finding);
/** The hint, or for what is mended how to have it mended. */
const char *cli_finding_hint(const struct bl_finding *finding);

struct cli_findings_shown {
    enum bl_severity least; /* these and graver ones */
    bool mended;            /* also what an edit or a companion takes care of */
    bool all;               /* each on its own, instead of by rule and workload */
};

void cli_findings_text(const struct cli_input *input, const struct cli_findings_shown *shown,
                       struct bl_strbuf *out, struct cli_marks *marks);
cJSON *cli_findings_json(const struct cli_input *input);
cJSON *cli_findings_sarif(const struct cli_input *input);
void cli_findings_junit(const struct cli_input *input, struct bl_strbuf *out);

/** How many findings have this severity, however they are shown; `mended` says whether mended ones count. */
size_t cli_findings_count(const struct cli_input *input, enum bl_severity severity, bool mended);

/**
 * Tells on standard error what is not judged: Kafka in kinds that are not looked at, documents and files that were passed
 * over. Returns how many objects of such kinds there are.
 */
size_t cli_notes(const struct cli_input *input);

/** Prints what of the input could not be judged, as errors. False: there is nothing. */
bool cli_tell_faults(const struct cli_input *input);

/** {apiVersion, kind, namespace, name} of an object. */
cJSON *cli_object_json(const cJSON *object);

#endif
