#include "ballast/policies/vap.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "cli.h"

/* The label that the chart's webhook wants of a namespace. */

static bool check_admins(const struct cli_args *args)
{
    for (size_t i = 0; i < args->admins.len; i++) {
        const char *admin = args->admins.items[i];
        const char *colon = strchr(admin, ':');

        if (!colon || !colon[1] ||
            !(bl_text_starts(admin, "user:") || bl_text_starts(admin, "group:"))) {
            (void)cli_usage(&cli_vap, "--admin takes user:NAME or group:NAME");
            return false;
        }
    }
    return true;
}

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

static int run(const struct cli_args *args)
{
    BL_ERROR(err);
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *list = NULL;
    struct cli_list admins = args->admins;
    struct bl_vap_options options = {.today = bl_day_today()};

    if (args->files.len)
        return cli_usage(&cli_vap, "it takes policies only, by -p");
    if (!check_admins(args))
        return CLI_ERROR;
    if (cli_read_policies(args, &set, &err) < 0)
        return cli_fail(err);
    BL_AUTO_FREE const char **names = bl_alloc(admins.len + 1, sizeof(*names));
    if (admins.len)
        memcpy(names, admins.items, admins.len * sizeof(*names));
    options.admins = names;
    if (!args->all_namespaces) {
        options.label = BL_LABEL_ENFORCE;
        options.value = "true";
    }
    list = bl_vap_render(&set, &options);
    if (!defines(&set, list)) {
        (void)fputs("ballast: error: these policies define nothing that can be rendered\n", stderr);
        return CLI_ERROR;
    }
    if (bl_text_eq(args->output, "json"))
        write_json(BL_STEAL(list), &out);
    else
        write_yaml(list, &out);
    return cli_print(&out);
}

const struct cli_verb cli_vap = {
    .name = "vap",
    .arguments = "",
    .summary = "render ValidatingAdmissionPolicies, a net while the webhook is away",
    .description =
        "Prints objects of admissionregistration.k8s.io/v1 that the API server decides by itself: "
        "what CEL can\n"
        "tell from one object of the rules disruptionBudget, networkPolicy, gracefulStop, images, "
        "replicas and\n"
        "storage. They complete nothing. The output names the rules that are not in it, and why.",
    .examples = "  ballast vap -p default | kubectl apply -f -\n"
                "  ballast vap -p policies/ --admin group:ops -o json\n",
    .outputs = "yaml|json",
    .flags = CLI_FLAG_POLICY | CLI_FLAG_OUTPUT | CLI_FLAG_ADMIN | CLI_FLAG_ALL_NAMESPACES,
    .run = run,
};
