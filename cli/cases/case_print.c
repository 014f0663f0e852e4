#include "ballast/base/mem.h"
#include "case.h"

/*
 * A case as data, for programs that try it elsewhere: on a real API server, with another version. What was
 * read comes out as it was decided on, so that nobody has to read YAML, fixtures and changes again.
 */

static cJSON *policies_of(const struct cli_case *test)
{
    cJSON *list = bl_json_new_array();
    const cJSON *rules = bl_json_get(test->root, "rules"), *policy;

    if (rules) {
        cJSON *own = cli_case_rules_policy(rules);

        bl_json_push(list, own);
    }
    cJSON_ArrayForEach(policy, bl_json_get(test->root, "policies")) {
        BL_AUTO_FREE char *path =
            cJSON_IsString(policy) ? cli_case_policy_path(test, policy->valuestring) : NULL;

        bl_json_push(list, path ? bl_json_new_string(path) : bl_json_copy(policy));
    }
    if (!list->child)
        bl_json_push(list, bl_json_new_string("default"));
    return list;
}

static cJSON *patches_of(const struct bl_report *report)
{
    cJSON *list = bl_json_new_array();

    for (size_t i = 0; i < report->len; i++)
        bl_json_push(list, report->objects[i].edit.patch
                               ? bl_json_copy(report->objects[i].edit.patch)
                               : bl_json_new_array());
    return list;
}

static cJSON *findings_of(const struct bl_report *report)
{
    cJSON *list = bl_json_new_array();

    for (size_t i = 0; i < report->findings.len; i++) {
        const struct bl_finding *finding = &report->findings.items[i];
        cJSON *entry = bl_json_push(list, bl_json_new_object());

        bl_json_add_string(entry, "rule", bl_rule_key(finding->rule));
        bl_json_add_string(entry, "severity", bl_severity_name(finding->severity));
        bl_json_add_int(entry, "object", (int64_t)finding->object);
        bl_json_add_int(entry, "subject", (int64_t)finding->subject);
        bl_json_add_bool(entry, "mended", finding->mended);
        bl_json_add_string(entry, "path", finding->path);
        bl_json_add_string(entry, "message", finding->message);
    }
    return list;
}

void cli_case_print(const struct cli_case *test, struct bl_strbuf *out)
{
    BL_AUTO_JSON cJSON *json = bl_json_new_object();
    cJSON *objects;

    bl_json_add_string(json, "name", test->name);
    bl_json_add_string(json, "file", test->file);
    bl_json_add_int(json, "line", test->line);
    bl_json_add_int(json, "day", test->today);
    bl_json_add_bool(json, "refused", test->refusal != NULL);
    bl_json_add_bool(json, "newCluster", test->input.new_cluster);
    bl_json_add_bool(json, "against", test->input.before > 0);
    bl_json_add(json, "policies", policies_of(test));
    objects = bl_json_add_array(json, "objects");
    for (size_t i = 0; i < test->input.manifest.objects.len; i++)
        bl_json_push(objects, bl_json_copy(test->input.manifest.objects.items[i].object));
    if (test->input.report) {
        bl_json_add(json, "patches", patches_of(test->input.report));
        bl_json_add(json, "findings", findings_of(test->input.report));
    }
    bl_json_write(out, json);
    bl_strbuf_addc(out, '\n');
}
