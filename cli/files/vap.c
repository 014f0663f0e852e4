#include "ballast/policies/vap.h"

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "cli.h"
#include "input.h"
#include "print.h"

enum format { YAML = 1, JSON };
static const char *const formats[] = {"yaml", "json", NULL};

struct options {
    struct cli_source source; /* of which the policies alone are taken */
    struct bl_texts admins;
    int format; /* enum format */
    bool all_namespaces;
};

static int read_admin(const char *text, void *place BL_UNUSED, struct bl_error **err)
{
    if ((bl_text_starts(text, "user:") && text[5]) || (bl_text_starts(text, "group:") && text[6]))
        return 0;
    return bl_fail(err, BL_ERR_INVALID, "takes user:NAME or group:NAME");
}

static const struct bl_option own_options[] = {
    CLI_OUTPUT_OPTION(struct options, format, formats, YAML),
    {.name = "admin",
     .value = "user:NAME|group:NAME",
     .type = BL_OPTION_TEXTS,
     .offset = offsetof(struct options, admins),
     .read = read_admin,
     .help = "who may take protection away; may be repeated"},
    {.letter = 'A',
     .name = "all-namespaces",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, all_namespaces),
     .help = "not only those with the label ballast.dev/enforce: \"true\""},
    {0},
};
static const struct bl_option_group own = {.options = own_options};

static const struct bl_option_place groups[] = {
    {&cli_policy_options, offsetof(struct options, source)},
    {&own, 0},
    {0},
};

static const struct bl_command command = {
    .name = "ballast vap",
    .usage = "ballast vap [OPTION…]",
    .description =
        "Prints objects of admissionregistration.k8s.io/v1 that the API server decides by itself: "
        "what CEL can\n"
        "tell from one object of the rules disruptionBudget, networkPolicy, gracefulStop, images, "
        "replicas and\n"
        "storage. They complete nothing. The output names the rules that are not in it, and why.",
    .groups = groups,
    .examples = "  ballast vap -p default | kubectl apply -f -\n"
                "  ballast vap -p policies/ --admin group:ops -o json\n",
    .after = CLI_EXIT_CODES "ballast-vap, man ballast-policy\n",
    .takes_arguments = true,
};

static bool defines(const struct bl_policy_set *set, const cJSON *list)
{
    return set->len > 0 && bl_json_len(list) > 0;
}

/* What the pack does not ask, where people read it. */
static void add_comment(struct bl_strbuf *out)
{
    bl_strbuf_adds(out, "# Rendered by ballast vap; render it again when a policy changes or an "
                        "exception ends.\n# Not in it:\n");
    for (size_t rule = 0; rule < BL_RULE_COUNT; rule++) {
        const char *reason = bl_vap_left_out((enum bl_rule_id)rule);

        if (reason)
            bl_strbuf_addf(out, "#   %s: %s\n", bl_rule_key((enum bl_rule_id)rule), reason);
    }
    bl_strbuf_adds(out, "#   scaling by kubectl scale: a Scale does not show its workload\n");
}

static void write_yaml(const cJSON *list, struct bl_strbuf *out)
{
    const cJSON *object;

    add_comment(out);
    cJSON_ArrayForEach(object, list) {
        bl_strbuf_adds(out, "---\n");
        bl_yaml_write(out, object, 0);
    }
}

static void write_json(cJSON *list, struct bl_strbuf *out)
{
    BL_AUTO_JSON cJSON *root = bl_json_new_object();

    bl_json_add_string(root, "apiVersion", "v1");
    bl_json_add_string(root, "kind", "List");
    bl_json_add(root, "items", list);
    bl_json_write_pretty(out, root);
}

static int vap(const struct options *options)
{
    BL_ERROR(err);
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *list = NULL;
    struct bl_vap_options how = {.today = bl_day_today(), .admins = options->admins.items};

    if (options->source.files.len)
        return bl_command_usage(&command, "it takes policies only, by -p");
    if (cli_read_policies(&options->source.policies, &set, &err) < 0)
        return cli_fail(err);
    if (!options->all_namespaces) {
        how.label = BL_LABEL_ENFORCE;
        how.value = "true";
    }
    list = bl_vap_render(&set, &how);
    if (!defines(&set, list)) {
        cli_say(STDERR_FILENO,
                "ballast: error: these policies define nothing that can be rendered");
        return CLI_ERROR;
    }
    if (options->format == JSON)
        write_json(BL_STEAL(list), &out);
    else
        write_yaml(list, &out);
    return cli_print(&out);
}

static void options_release(struct options *options)
{
    cli_source_release(&options->source);
    bl_texts_release(&options->admins);
}

static int run(int argc, char **argv)
{
    BL_AUTO(options_release) struct options options = {.format = YAML};
    int rc = bl_command_parse(&command, argc, argv, &options, &options.source.files);

    return rc < 0 ? vap(&options) : rc;
}

const struct cli_verb cli_vap = {
    &command, "render ValidatingAdmissionPolicies, a net while the webhook is away", run};
