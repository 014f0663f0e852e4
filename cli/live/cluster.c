#include <string.h>

#include "ballast/base/text.h"
#include "cli.h"
#include "cluster_verb.h"
#include "print.h"

struct options {
    struct bl_texts words; /* the action, and a name */
    struct cli_source source;
    const char *namespace, *helm, *charts, *against;
    struct cli_view view;
    struct bl_kube_target cluster;
};

static const char *const actions[] = {"plan", "status", NULL};

static const char *const against_words[] = {"none", NULL};

static const struct bl_option own_options[] = {
    {.letter = 'f',
     .name = "filename",
     .value = "PATH",
     .type = BL_OPTION_TEXTS,
     .offset = offsetof(struct options, source.files),
     .is_path = true,
     .help = "with plan: file or folder with KafkaClusters; \"-\" is standard input"},
    {.letter = 'n',
     .name = "namespace",
     .value = "NAME",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct options, namespace),
     .help = "namespace; the context's where not given"},
    {.name = "helm",
     .value = "PROGRAM",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct options, helm),
     .is_path = true,
     .help = "Helm 4, which renders charts for plan (helm)"},
    {.name = "charts",
     .value = "FOLDER",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct options, charts),
     .is_path = true,
     .help = "where bundled charts lie"},
    {.name = "against",
     .value = "PATH",
     .type = BL_OPTION_TEXT,
     .offset = offsetof(struct options, against),
     .words = against_words,
     .is_path = true,
     .help = "with plan: ask no cluster; compare with KafkaClusters and objects of this file, or "
             "with \"none\""},
    {0},
};
static const struct bl_option_group own = {.options = own_options};

static const struct bl_option_place groups[] = {
    {&own, 0},
    {&cli_policy_options, offsetof(struct options, source)},
    {&cli_view_options, offsetof(struct options, view)},
    {&cli_cluster_options, offsetof(struct options, cluster)},
    {0},
};

static const struct bl_command command = {
    .name = "ballast cluster",
    .usage = "ballast cluster plan [OPTION…] -f PATH\n"
             "       ballast cluster status [OPTION…] [NAME]",
    .description =
        "plan says what the controller would do for a KafkaCluster in a file: what changes, or why "
        "it is refused,\n"
        "and the digest by which it is approved. The file need not be applied yet, and nothing is "
        "changed; it goes\n"
        "by your own rights, and charts may come from anywhere. With --against it asks no cluster, "
        "as for a pull\n"
        "request: the former version of the file is what is there. status says how KafkaClusters of a "
        "namespace are;\n"
        "with -w it goes on until they are ready, or need a person.",
    .groups = groups,
    .examples = "  ballast cluster plan -f kafka.yaml\n"
                "  ballast cluster plan -f kafka.yaml -o json | jq -r '.clusters[].digest'\n"
                "  git show main:kafka.yaml | ballast cluster plan -f kafka.yaml --against -\n"
                "  ballast cluster status kafka -n kafka -w\n",
    .after = CLI_EXIT_CODES "ballast-cluster\n",
    .takes_arguments = true,
    .words = actions,
};

static int check(const struct options *options)
{
    const struct bl_texts *words = &options->words;
    bool is_plan;

    if (!words->len || !bl_text_in(words->items[0], actions))
        return bl_command_usage(&command, "say what: plan or status");
    is_plan = strcmp(words->items[0], "plan") == 0;
    if (is_plan && !options->source.files.len)
        return bl_command_usage(&command, "name what is to be planned by -f");
    if (is_plan && words->len > 1)
        return bl_command_usage(&command,
                                "plan takes no name: all KafkaClusters of -f are planned");
    if (is_plan && bl_text_eq(options->against, "-") &&
        bl_text_in("-", options->source.files.items))
        return bl_command_usage(&command, "standard input is read once: by -f or by --against");
    if (is_plan && (options->view.watch || options->view.lease))
        return bl_command_usage(&command, "-w and --controller-lease are for status");
    if (!is_plan && (options->source.files.len || options->source.policies.len || options->helm ||
                     options->charts || options->against))
        return bl_command_usage(&command, "-f, -p, --helm, --charts and --against are for plan");
    if (words->len > 2)
        return bl_command_usage(&command, "it takes one name, or none for all");
    return CLI_OK;
}

static int plan(const struct options *options)
{
    const struct cli_cluster_plan_question question = {
        .source = &options->source,
        .cluster = &options->cluster,
        .helm = options->helm ? options->helm : "helm",
        .charts = options->charts,
        .against = options->against,
        .namespace = options->namespace,
        .format = options->view.format ? options->view.format : CLI_TEXT};

    return cli_cluster_plan(&question);
}

static int status(const struct options *options)
{
    BL_ERROR(err);
    BL_AUTO(bl_kube_client_cleanup) struct bl_kube_client *client = NULL;
    struct cli_cluster_status_question question = {.view = options->view};

    if (cli_connect(&options->cluster, &client, &err) < 0)
        return cli_fail(err);
    question.client = client;
    question.namespace = cli_namespace(options->namespace, client);
    question.name = options->words.len == 2 ? options->words.items[1] : NULL;
    if (!question.view.format)
        question.view.format = CLI_TEXT;
    return cli_cluster_status(&question);
}

static void options_release(struct options *options)
{
    bl_texts_release(&options->words);
    cli_source_release(&options->source);
}

static int run(int argc, char **argv)
{
    BL_AUTO(options_release) struct options options = {0};
    int rc = bl_command_parse(&command, argc, argv, &options, &options.words);

    if (rc >= 0)
        return rc;
    rc = check(&options);
    if (rc != CLI_OK)
        return rc;
    return strcmp(options.words.items[0], "plan") == 0 ? plan(&options) : status(&options);
}

const struct cli_verb cli_cluster = {
    &command, "plan what a KafkaCluster changes, and look at those that there are", run};
