#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "case.h"

static const char *const expect_keys[] = {
    "denied",     "roles",    "clusters", "ports",         "versions", "values", "unchanged",
    "companions", "findings", "results",  "distributions", "error",    NULL};

struct check {
    const struct cli_case *test;
    const cJSON *expect;
    struct bl_strbuf *failures;
};

static void failed(const struct check *check, const cJSON *at, const char *fmt, ...)
    BL_PRINTF(3, 4);

static void failed(const struct check *check, const cJSON *at, const char *fmt, ...)
{
    const struct bl_origin *origin = bl_yaml_doc_origin(check->test->doc, at);
    va_list args;

    bl_strbuf_addf(check->failures, "%s:%u: ", check->test->file,
                   origin ? origin->key_line : check->test->line);
    va_start(args, fmt);
    bl_strbuf_vaddf(check->failures, fmt, args);
    va_end(args);
    bl_strbuf_addc(check->failures, '\n');
}

static char *name_of(const cJSON *object)
{
    struct bl_ref ref = bl_object_ref(object);

    return bl_asprintf("%s/%s", ref.kind, ref.name);
}

/* An object after hardening, or a companion. Objects come first: a companion never has the same name. */
static const cJSON *find_after(const struct cli_input *input, const char *kind_and_name)
{
    long index = cli_case_find(input, kind_and_name);

    if (index >= 0)
        return bl_report_object(input->report, (size_t)index);
    for (size_t i = 0; i < input->report->companions.len; i++) {
        BL_AUTO_FREE char *name = name_of(input->report->companions.items[i].object);

        if (strcmp(name, kind_and_name) == 0)
            return input->report->companions.items[i].object;
    }
    return NULL;
}

static const struct bl_workload *find_workload(const struct check *check, const cJSON *entry)
{
    long index = cli_case_find(&check->test->input, entry->string);
    const struct bl_workload *workload =
        index < 0 ? NULL : check->test->input.report->objects[index].workload;

    if (!workload)
        failed(check, entry, "there is no workload %s", entry->string);
    return workload;
}

static void same_text(const struct check *check, const cJSON *entry, const char *what,
                      const char *text)
{
    const char *wanted = cJSON_IsString(entry) ? entry->valuestring : NULL;

    /* YAML 1.1 reads a bare off as false. */
    if (cJSON_IsFalse(entry))
        wanted = bl_outcome_name(BL_OUTCOME_OFF);

    if (!bl_text_eq(wanted, text))
        failed(check, entry, "%s of %s is %s, not %s", what, entry->string, text ? text : "unknown",
               wanted ? wanted : "unknown");
}

static void check_texts(const struct check *check, const char *key, const char *what,
                        const char *(*get)(const struct bl_workload *workload))
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, bl_json_get(check->expect, key)) {
        const struct bl_workload *workload = find_workload(check, entry);

        if (workload)
            same_text(check, entry, what, get(workload));
    }
}

static const char *get_role(const struct bl_workload *workload)
{
    return bl_role_name(workload->role);
}

static const char *get_cluster(const struct bl_workload *workload)
{
    return workload->cluster;
}

static const char *get_version(const struct bl_workload *workload)
{
    return workload->version;
}

static const char *get_distribution(const struct bl_workload *workload)
{
    return workload->distribution;
}

static void check_ports(const struct check *check)
{
    const cJSON *entry, *wanted;

    cJSON_ArrayForEach(entry, bl_json_get(check->expect, "ports")) {
        const struct bl_workload *workload = find_workload(check, entry);

        BL_JSON_EACH_MEMBER(wanted, entry) {
            const char *purpose = "not known";

            for (size_t i = 0; workload && i < workload->ports.len; i++) {
                BL_AUTO_FREE char *number = bl_asprintf("%d", workload->ports.items[i].number);

                if (strcmp(number, wanted->string) == 0)
                    purpose = bl_purpose_name(workload->ports.items[i].purpose);
            }
            same_text(check, wanted, "the purpose", purpose);
        }
    }
}

static void check_value(const struct check *check, const cJSON *object, const cJSON *wanted)
{
    const cJSON *value = bl_pointer_find(object, wanted->string);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf is = BL_STRBUF_INIT(400);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf should = BL_STRBUF_INIT(400);

    if (cJSON_IsNull(wanted) ? bl_json_is_null(value) : bl_json_equal(value, wanted))
        return;
    if (value)
        bl_json_write(&is, value);
    bl_json_write(&should, wanted);
    failed(check, wanted, "%s is %s, not %s", wanted->string, value ? is.text : "missing",
           should.text);
}

static void check_values(const struct check *check)
{
    const cJSON *entry, *wanted;

    BL_JSON_EACH_MEMBER(entry, bl_json_get(check->expect, "values")) {
        const cJSON *object = find_after(&check->test->input, entry->string);

        if (!object)
            failed(check, entry, "there is no %s after hardening", entry->string);
        cJSON_ArrayForEach(wanted, entry) {
            if (object)
                check_value(check, object, wanted);
        }
    }
}

static void check_unchanged(const struct check *check)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, bl_json_get(check->expect, "unchanged")) {
        const char *name = cJSON_IsString(entry) ? entry->valuestring : "";
        long index = cli_case_find(&check->test->input, name);
        BL_AUTO(bl_strbuf_release) struct bl_strbuf patch = BL_STRBUF_INIT(2000);

        if (index < 0) {
            failed(check, entry, "there is no %s", name);
        } else if (check->test->input.report->objects[index].edit.patch) {
            bl_json_write(&patch, check->test->input.report->objects[index].edit.patch);
            failed(check, entry, "%s was changed: %s", name, patch.text);
        }
    }
}

static bool listed(const cJSON *list, const char *name)
{
    const cJSON *entry;

    cJSON_ArrayForEach(entry, list) {
        if (cJSON_IsString(entry) && strcmp(entry->valuestring, name) == 0)
            return true;
    }
    return false;
}

static void check_companions(const struct check *check)
{
    const cJSON *list = bl_json_get(check->expect, "companions"), *entry;
    const struct bl_report *report = check->test->input.report;

    cJSON_ArrayForEach(entry, list) {
        bool found = false;

        for (size_t i = 0; i < report->companions.len; i++) {
            BL_AUTO_FREE char *name = name_of(report->companions.items[i].object);

            found |= bl_text_eq(name, entry->valuestring);
        }
        if (!found)
            failed(check, entry, "no %s was added",
                   cJSON_IsString(entry) ? entry->valuestring : "such object");
    }
    for (size_t i = 0; list && i < report->companions.len; i++) {
        BL_AUTO_FREE char *name = name_of(report->companions.items[i].object);

        if (!listed(list, name))
            failed(check, list, "%s was added and should not have been", name);
    }
}

/* Does a finding fit what the case says of it? What it leaves out fits anything. */
static bool fits(const struct check *check, const struct bl_finding *finding, const cJSON *wanted)
{
    BL_AUTO_FREE char *object = name_of(check->test->input.objects[finding->object]);
    const char *rule = bl_json_string(wanted, "rule"), *name = bl_json_string(wanted, "object");
    const char *severity = bl_json_string(wanted, "severity"),
               *path = bl_json_string(wanted, "path");
    const char *message = bl_json_string(wanted, "message"), *hint = bl_json_string(wanted, "hint");

    return (!rule || strcmp(rule, bl_rule_key(finding->rule)) == 0) &&
           (!severity || strcmp(severity, bl_severity_name(finding->severity)) == 0) &&
           (!name || strcmp(name, object) == 0) && (!path || strcmp(path, finding->path) == 0) &&
           (!message || strstr(finding->message, message)) &&
           (!hint || (finding->hint && strstr(finding->hint, hint))) &&
           finding->mended == bl_json_bool(wanted, "mended", false);
}

static bool fits_any(const struct check *check, const struct bl_finding *finding, const cJSON *list)
{
    const cJSON *wanted;

    cJSON_ArrayForEach(wanted, list) {
        if (fits(check, finding, wanted))
            return true;
    }
    return false;
}

/* Exactly these; what an edit or a companion mends is listed only where the case says mended: true. */
static void check_findings(const struct check *check)
{
    const cJSON *list = bl_json_get(check->expect, "findings"), *wanted;
    const struct bl_report *report = check->test->input.report;

    cJSON_ArrayForEach(wanted, list) {
        bool found = false;

        for (size_t i = 0; i < report->findings.len; i++)
            found |= fits(check, &report->findings.items[i], wanted);
        if (!found)
            failed(check, wanted, "this finding was not made");
    }
    for (size_t i = 0; list && i < report->findings.len; i++) {
        const struct bl_finding *finding = &report->findings.items[i];

        if (!finding->mended && !fits_any(check, finding, list))
            failed(check, list, "a finding that was not expected: %s: %s: %s (%s)",
                   bl_severity_name(finding->severity), bl_rule_key(finding->rule),
                   finding->message, finding->path);
    }
}

/* {StatefulSet/kafka: {zoneSpread: changed}} */
static void check_results(const struct check *check)
{
    const cJSON *entry, *wanted;

    BL_JSON_EACH_MEMBER(entry, bl_json_get(check->expect, "results")) {
        long index = cli_case_find(&check->test->input, entry->string);

        if (index < 0)
            failed(check, entry, "there is no %s", entry->string);
        BL_JSON_EACH_MEMBER(wanted, entry) {
            const char *outcome = "not judged";

            for (size_t i = 0;
                 index >= 0 && i < check->test->input.report->objects[index].results.len; i++) {
                const struct bl_result *result =
                    &check->test->input.report->objects[index].results.items[i];

                if (strcmp(bl_rule_key(result->rule), wanted->string) == 0)
                    outcome = bl_outcome_name(result->outcome);
            }
            same_text(check, wanted, "the result", outcome);
        }
    }
}

/* Denied, or not: a case that does not say expects that nothing is. */
static void check_denied(const struct check *check)
{
    const cJSON *wanted = bl_json_get(check->expect, "denied");
    const struct bl_report *report = check->test->input.report;

    if (bl_report_denied(report) == cJSON_IsTrue(wanted))
        return;
    failed(check, wanted ? wanted : check->expect,
           cJSON_IsTrue(wanted) ? "nothing was denied" : "this was denied:");
    for (size_t i = 0; i < report->findings.len; i++)
        if (report->findings.items[i].severity == BL_SEVERITY_ERROR)
            bl_strbuf_addf(check->failures, "  %s: %s\n",
                           bl_rule_key(report->findings.items[i].rule),
                           report->findings.items[i].message);
}

static void check_refusal(const struct check *check, const cJSON *wanted)
{
    const char *refusal = check->test->refusal;

    if (!refusal)
        failed(check, wanted, "nothing was refused");
    else if (!cJSON_IsString(wanted) || !strstr(refusal, wanted->valuestring))
        failed(check, wanted, "the error says something else: %s", refusal);
}

/* A wrong type would check nothing, and the case would pass whatever comes. */
static int check_types(const struct bl_decode *from, const cJSON *expect, struct bl_error **err)
{
    static const char *const lists[] = {"unchanged", "companions", "findings", NULL};
    static const char *const maps[] = {"roles",         "clusters", "ports",   "versions",
                                       "distributions", "values",   "results", NULL};
    static const char *const keys[] = {"rule",    "object", "severity", "path",
                                       "message", "hint",   "mended",   NULL};
    const cJSON *member, *finding, *key;

    BL_JSON_EACH_MEMBER(member, expect) {
        if (bl_decode_known(from, member, expect_keys, err) < 0)
            return -1;
        if (bl_text_in(member->string, lists) && !cJSON_IsArray(member))
            return bl_decode_fail(from, member, member->string, err, "expected a list");
        if (bl_text_in(member->string, maps) && !cJSON_IsObject(member))
            return bl_decode_fail(from, member, member->string, err, "expected a map");
    }
    cJSON_ArrayForEach(finding, bl_json_get(expect, "findings")) {
        if (!cJSON_IsObject(finding))
            return bl_decode_fail(from, finding, "findings", err, "expected a list of maps");
        cJSON_ArrayForEach(key, finding) {
            if (bl_decode_known(from, key, keys, err) < 0)
                return -1;
        }
    }
    return 0;
}

int cli_case_check(const struct cli_case *test, struct bl_strbuf *failures, struct bl_error **err)
{
    struct check check = {test, bl_json_get(test->root, "expect"), failures};
    struct bl_decode from = {test->file, test->doc, "expect"};

    if (check_types(&from, check.expect, err) < 0)
        return -1;
    if (bl_json_get(check.expect, "error")) {
        check_refusal(&check, bl_json_get(check.expect, "error"));
        return 0;
    }
    check_texts(&check, "roles", "the role", get_role);
    check_texts(&check, "clusters", "the cluster", get_cluster);
    check_texts(&check, "versions", "the version", get_version);
    check_texts(&check, "distributions", "the distribution", get_distribution);
    check_ports(&check);
    check_values(&check);
    check_unchanged(&check);
    check_companions(&check);
    check_findings(&check);
    check_results(&check);
    check_denied(&check);
    return 0;
}
