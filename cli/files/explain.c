#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "cli.h"
#include "findings.h"

struct options {
    struct cli_source source;
    int format; /* enum cli_format */
};

static const struct bl_option own_options[] = {
    CLI_OUTPUT_OPTION(struct options, format, cli_formats, CLI_TEXT),
    {0},
};
static const struct bl_option_group own = {.options = own_options};

static const struct bl_option_place groups[] = {
    CLI_SOURCE_PLACES(struct options, source),
    {&own, 0},
    {0},
};

static const struct bl_command command = {
    .name = "ballast explain",
    .usage = "ballast explain [OPTION…] [FILE|FOLDER|-]…",
    .description =
        "Shows how workloads were recognised, with the signals that decided, which cluster they "
        "belong\n"
        "to, which port is for whom, and for each rule the policy that decided it and the result.",
    .groups = groups,
    .examples = "  ballast explain manifests/\n"
                "  helm template my-kafka CHART | ballast explain -o json\n",
    .after = CLI_EXIT_CODES "ballast-explain, man ballast-policy\n",
    .takes_arguments = true,
    .takes_paths = true,
};

static cJSON *ports_json(const struct bl_workload *workload)
{
    cJSON *list = bl_json_new_array();

    for (size_t i = 0; workload && workload->role && i < workload->ports.len; i++) {
        const struct bl_port *port = &workload->ports.items[i];
        cJSON *json = bl_json_push(list, bl_json_new_object());

        bl_json_add_int(json, "port", port->number);
        bl_json_add_string(json, "name", port->name);
        bl_json_add_string(json, "purpose", bl_purpose_name(port->purpose));
    }
    return list;
}

static cJSON *signals_json(const struct bl_workload *workload)
{
    cJSON *list = bl_json_new_array();

    for (size_t i = 0; workload && i < workload->signals.len; i++)
        bl_json_push(list, bl_json_new_string(workload->signals.items[i]));
    return list;
}

static cJSON *rules_json(const struct bl_object_report *report)
{
    cJSON *list = bl_json_new_array();

    for (size_t i = 0; i < report->results.len; i++) {
        const struct bl_result *result = &report->results.items[i];
        cJSON *json = bl_json_push(list, bl_json_new_object());

        bl_json_add_string(json, "rule", bl_rule_key(result->rule));
        bl_json_add_string(json, "policy", bl_policy_name(result->policy));
        bl_json_add_string(json, "action", bl_action_name(result->action));
        bl_json_add_string(json, "result", bl_outcome_name(result->outcome));
        bl_json_add_string(json, "message", result->message);
    }
    return list;
}

static void add_text_or_null(cJSON *json, const char *key, const char *text)
{
    bl_json_add(json, key, text ? bl_json_new_string(text) : cJSON_CreateNull());
}

static void add_recognition(cJSON *json, const struct bl_workload *workload)
{
    bool known = workload && workload->role;

    bl_json_add_string(json, "role", bl_role_name(known ? workload->role : BL_ROLE_NONE));
    add_text_or_null(json, "container", known ? workload->container_name : NULL);
    add_text_or_null(json, "distribution", known ? workload->distribution : NULL);
    add_text_or_null(json, "version", known ? workload->version : NULL);
    bl_json_add_string(json, "confidence",
                       bl_confidence_name(known ? workload->confidence : BL_CONFIDENCE_NONE));
    add_text_or_null(json, "cluster", known ? workload->cluster : NULL);
    add_text_or_null(json, "owner", known ? workload->owner : NULL);
    bl_json_add(json, "ports", ports_json(workload));
    bl_json_add(json, "signals", signals_json(workload));
}

static cJSON *explain_json(const struct cli_input *input)
{
    cJSON *list = bl_json_new_array();

    for (size_t i = 0; i < input->report->len; i++) {
        struct bl_place place =
            bl_manifest_place(&input->manifest, &input->manifest.objects.items[i], "");
        cJSON *json = bl_json_push(list, bl_json_new_object());

        bl_json_add_string(json, "file", place.file);
        bl_json_add_int(json, "line", place.line);
        bl_json_add(json, "object", cli_object_json(input->objects[i]));
        add_recognition(json, input->report->objects[i].workload);
        bl_json_add(json, "rules", rules_json(&input->report->objects[i]));
    }
    return list;
}

static void add_ports(struct bl_strbuf *out, const struct bl_workload *workload)
{
    for (size_t i = 0; i < workload->ports.len; i++) {
        const struct bl_port *port = &workload->ports.items[i];

        bl_strbuf_addf(out, "%s%d %s%s", i ? ", " : "  ports       ", port->number,
                       bl_purpose_name(port->purpose),
                       port->inter_broker && port->purpose != BL_PURPOSE_INTER_BROKER
                           ? " and inter-broker"
                           : "");
    }
    if (workload->ports.len)
        bl_strbuf_addc(out, '\n');
}

static void add_results(struct bl_strbuf *out, const struct bl_object_report *report)
{
    for (size_t i = 0; i < report->results.len; i++) {
        const struct bl_result *result = &report->results.items[i];

        bl_strbuf_addf(out, "  %-17s %-8s %s, policy %s%s%s\n", bl_rule_key(result->rule),
                       bl_outcome_name(result->outcome), bl_action_name(result->action),
                       bl_policy_name(result->policy), *result->message ? "\n      " : "",
                       result->message);
    }
}

static const char *role_in_words(enum bl_role role)
{
    static const char *const words[] = {
        [BL_ROLE_NONE] = "neither Kafka nor ZooKeeper",
        [BL_ROLE_BROKER] = "a broker",
        [BL_ROLE_CONTROLLER] = "a controller",
        [BL_ROLE_COMBINED] = "a broker and controller in one",
        [BL_ROLE_ZOOKEEPER] = "ZooKeeper",
    };

    return words[role];
}

static void add_workload(const struct cli_input *input, size_t i, struct bl_strbuf *out)
{
    const struct bl_object_report *report = &input->report->objects[i];
    const struct bl_workload *workload = report->workload;
    struct bl_place place =
        bl_manifest_place(&input->manifest, &input->manifest.objects.items[i], "");

    bl_strbuf_addf(out, "%s:%u: %s \"%s\" is %s", place.file, place.line, workload->ref.kind,
                   workload->ref.name, role_in_words(workload->role));
    bl_strbuf_addf(out, " (%s%s%s, %s confidence)\n", workload->distribution,
                   workload->version ? " " : "", workload->version ? workload->version : "",
                   bl_confidence_name(workload->confidence));
    if (workload->cluster)
        bl_strbuf_addf(out, "  cluster     %s\n", workload->cluster);
    bl_strbuf_addf(out, "  container   %s\n", workload->container_name);
    add_ports(out, workload);
    for (size_t s = 0; s < workload->signals.len; s++)
        bl_strbuf_addf(out, "  %s %s\n", s ? "           " : "signals    ",
                       workload->signals.items[s]);
    if (workload->owner_kind)
        bl_strbuf_addf(out, "  It belongs to a %s and is judged there.\n", workload->owner_kind);
    add_results(out, report);
    bl_strbuf_addc(out, '\n');
}

static void explain_text(const struct cli_input *input, struct bl_strbuf *out)
{
    size_t others = 0, unmanaged = cli_notes(input);

    for (size_t i = 0; i < input->report->len; i++) {
        const struct bl_workload *workload = input->report->objects[i].workload;

        if (workload && workload->role)
            add_workload(input, i, out);
        else if (!workload || !workload->opted_out)
            others++;
        if (workload && workload->opted_out)
            bl_strbuf_addf(out, "%s \"%s\" is left alone: its label %s says none\n\n",
                           workload->ref.kind, workload->ref.name, BL_LABEL_ROLE);
    }
    others -= unmanaged;
    bl_strbuf_addf(out, "%zu other %s neither Kafka nor ZooKeeper.\n", others,
                   bl_text_plural((int64_t)others, "object runs", "objects run"));
}

static int explain(const struct options *options)
{
    BL_ERROR(err);
    BL_AUTO(cli_input_release) struct cli_input input = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *json = NULL;

    if (cli_load(&options->source, &input, &err) < 0)
        return cli_fail(err);
    bool faulty = cli_tell_faults(&input);
    int rc;
    if (options->format == CLI_TEXT) {
        explain_text(&input, &out);
        rc = cli_show(&out);
    } else {
        json = explain_json(&input);
        bl_json_write_pretty(&out, json);
        rc = cli_print(&out);
    }
    return faulty ? CLI_ERROR : rc;
}

static void options_release(struct options *options)
{
    cli_source_release(&options->source);
}

static int run(int argc, char **argv)
{
    BL_AUTO(options_release) struct options options = {.format = CLI_TEXT};
    int rc = bl_command_parse(&command, argc, argv, &options, &options.source.files);

    return rc < 0 ? explain(&options) : rc;
}

const struct cli_verb cli_explain = {
    &command, "say what each object is, and which rule of which policy did what", run};
