#include "findings.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/json/pointer.h"

struct bl_place cli_finding_place(const struct cli_input *input, const struct bl_finding *finding)
{
    const struct bl_item *item = &input->manifest.objects.items[finding->object];
    const cJSON *text = finding->property ? bl_pointer_find(item->object, finding->path) : NULL;
    size_t line;

    if (text && cJSON_IsString(text) &&
        bl_properties_line(text->valuestring, finding->property, &line))
        return bl_manifest_line_place(&input->manifest, item, finding->path, line);
    return bl_manifest_place(&input->manifest, item, finding->path);
}

const char *cli_finding_hint(const struct bl_finding *finding)
{
    if (finding->hint)
        return finding->hint;
    return finding->mended ? "ballast harden adds it; in the cluster Ballast does." : "";
}

size_t cli_findings_count(const struct cli_input *input, enum bl_severity severity, bool mended)
{
    size_t count = 0;

    for (size_t i = 0; i < input->report->findings.len; i++) {
        const struct bl_finding *finding = &input->report->findings.items[i];

        count += finding->severity == severity && (mended || !finding->mended);
    }
    return count;
}

cJSON *cli_object_json(const cJSON *object)
{
    struct bl_ref ref = bl_object_ref(object);
    cJSON *json = bl_json_new_object();

    bl_json_add_string(json, "apiVersion", ref.api_version);
    bl_json_add_string(json, "kind", ref.kind);
    bl_json_add_string(json, "namespace", ref.namespace);
    bl_json_add_string(json, "name", ref.name);
    return json;
}

static cJSON *finding_json(const struct cli_input *input, const struct bl_finding *finding)
{
    struct bl_place place = cli_finding_place(input, finding);
    cJSON *json = bl_json_new_object();

    bl_json_add_string(json, "file", place.file);
    bl_json_add_int(json, "line", place.line);
    bl_json_add_int(json, "column", place.column);
    bl_json_add_string(json, "rule", bl_rule_key(finding->rule));
    bl_json_add_string(json, "severity", bl_severity_name(finding->severity));
    bl_json_add_string(json, "action", bl_action_name(finding->action));
    bl_json_add_string(json, "policy", bl_policy_name(finding->policy));
    bl_json_add(json, "object", cli_object_json(input->objects[finding->object]));
    bl_json_add_string(json, "path", finding->path);
    bl_json_add_string(json, "message", finding->message);
    bl_json_add_string(json, "hint", cli_finding_hint(finding));
    bl_json_add_bool(json, "mended", finding->mended);
    return json;
}

cJSON *cli_findings_json(const struct cli_input *input)
{
    cJSON *list = bl_json_new_array();

    for (size_t i = 0; i < input->report->findings.len; i++)
        bl_json_push(list, finding_json(input, &input->report->findings.items[i]));
    return list;
}

static cJSON *sarif_rules(void)
{
    cJSON *rules = bl_json_new_array();

    for (int i = 0; i < BL_RULE_COUNT; i++) {
        cJSON *rule = bl_json_push(rules, bl_json_new_object());

        bl_json_add_string(rule, "id", bl_rule_key((enum bl_rule_id)i));
        bl_json_add_string(rule, "name", bl_rule_key((enum bl_rule_id)i));
        bl_json_add_string(bl_json_add_object(rule, "shortDescription"), "text",
                           bl_rule_summary((enum bl_rule_id)i));
    }
    return rules;
}

static cJSON *sarif_location(struct bl_place place)
{
    cJSON *location = bl_json_new_object();
    cJSON *physical = bl_json_add_object(location, "physicalLocation");
    cJSON *region;

    bl_json_add_string(bl_json_add_object(physical, "artifactLocation"), "uri", place.file);
    region = bl_json_add_object(physical, "region");
    bl_json_add_int(region, "startLine", place.line);
    bl_json_add_int(region, "startColumn", place.column);
    return location;
}

static cJSON *sarif_result(const struct cli_input *input, const struct bl_finding *finding)
{
    static const char *const levels[] = {"none", "note", "warning", "error"};
    cJSON *result = bl_json_new_object();
    const char *hint = cli_finding_hint(finding);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_strbuf_addf(&text, "%s%s%s", finding->message, *hint ? ". " : "", hint);
    bl_json_add_string(result, "ruleId", bl_rule_key(finding->rule));
    bl_json_add_int(result, "ruleIndex", (int64_t)finding->rule);
    bl_json_add_string(result, "level", levels[finding->severity]);
    bl_json_add_string(bl_json_add_object(result, "message"), "text", text.text);
    bl_json_push(bl_json_add_array(result, "locations"),
                 sarif_location(cli_finding_place(input, finding)));
    return result;
}

cJSON *cli_findings_sarif(const struct cli_input *input)
{
    cJSON *sarif = bl_json_new_object(), *run, *driver, *results;

    bl_json_add_string(sarif, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    bl_json_add_string(sarif, "version", "2.1.0");
    run = bl_json_push(bl_json_add_array(sarif, "runs"), bl_json_new_object());
    driver = bl_json_add_object(bl_json_add_object(run, "tool"), "driver");
    bl_json_add_string(driver, "name", "ballast");
    bl_json_add_string(driver, "version", BALLAST_VERSION);
    bl_json_add(driver, "rules", sarif_rules());
    results = bl_json_add_array(run, "results");
    for (size_t i = 0; i < input->report->findings.len; i++)
        bl_json_push(results, sarif_result(input, &input->report->findings.items[i]));
    return sarif;
}

static void add_xml(struct bl_strbuf *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&':
            bl_strbuf_adds(out, "&amp;");
            break;
        case '<':
            bl_strbuf_adds(out, "&lt;");
            break;
        case '>':
            bl_strbuf_adds(out, "&gt;");
            break;
        case '"':
            bl_strbuf_adds(out, "&quot;");
            break;
        default:
            /* XML 1.0 has no place for other control characters. */
            bl_strbuf_addc(
                out, (unsigned char)*text < 0x20 && *text != '\n' && *text != '\t' ? ' ' : *text);
        }
    }
}

/* What is only reported fails no build. */
static bool fails(enum bl_outcome outcome)
{
    return outcome == BL_OUTCOME_CHANGED || outcome == BL_OUTCOME_WARNED ||
           outcome == BL_OUTCOME_DENIED;
}

/* A case for each rule on each workload; what would be changed, warned of or denied fails it. */
static void add_case(const struct cli_input *input, size_t object, const struct bl_result *result,
                     struct bl_strbuf *out)
{
    struct bl_ref ref = bl_object_ref(input->objects[object]);
    struct bl_place place =
        bl_manifest_place(&input->manifest, &input->manifest.objects.items[object], "");
    bool clean = !fails(result->outcome);

    bl_strbuf_adds(out, "  <testcase classname=\"");
    add_xml(out, ref.kind);
    bl_strbuf_adds(out, "/");
    add_xml(out, ref.name);
    bl_strbuf_addf(out, "\" name=\"%s\" file=\"", bl_rule_key(result->rule));
    add_xml(out, place.file);
    bl_strbuf_addf(out, "\" line=\"%u\"", place.line);
    if (clean) {
        bl_strbuf_adds(out, "/>\n");
        return;
    }
    bl_strbuf_addf(out, ">\n    <failure type=\"%s\" message=\"", bl_outcome_name(result->outcome));
    add_xml(out, result->message);
    bl_strbuf_adds(out, "\"/>\n  </testcase>\n");
}

static size_t count_cases(const struct cli_input *input, bool failures)
{
    size_t count = 0;

    for (size_t i = 0; i < input->report->len; i++)
        for (size_t r = 0; r < input->report->objects[i].results.len; r++) {
            enum bl_outcome outcome = input->report->objects[i].results.items[r].outcome;

            count += failures ? fails(outcome) : outcome != BL_OUTCOME_OFF;
        }
    return count;
}

void cli_findings_junit(const struct cli_input *input, struct bl_strbuf *out)
{
    bl_strbuf_addf(out,
                   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                   "<testsuite name=\"ballast lint\" tests=\"%zu\" failures=\"%zu\">\n",
                   count_cases(input, false), count_cases(input, true));
    for (size_t i = 0; i < input->report->len; i++)
        for (size_t r = 0; r < input->report->objects[i].results.len; r++)
            if (input->report->objects[i].results.items[r].outcome != BL_OUTCOME_OFF)
                add_case(input, i, &input->report->objects[i].results.items[r], out);
    bl_strbuf_adds(out, "</testsuite>\n");
}
