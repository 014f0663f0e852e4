#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/api/builtin.h"
#include "ballast/base/mem.h"
#include "cli.h"
#include "drain.h"
#include "print.h"

#define LOOK_EVERY_MS 1000

struct options {
    struct bl_texts nodes;
    struct cli_view view;
    struct bl_kube_target cluster;
};

static const struct bl_option_place groups[] = {
    {&cli_view_options, offsetof(struct options, view)},
    {&cli_cluster_options, offsetof(struct options, cluster)},
    {0},
};

static const struct bl_command command = {
    .name = "ballast drain-check",
    .usage = "ballast drain-check [OPTION…] NODE…",
    .description =
        "Names the pods of Kafka and ZooKeeper on each node, and says of each whether it may be "
        "evicted now: by\n"
        "the condition that Ballast's controller keeps, a hold, and the disruption budget. It "
        "evicts and cordons\n"
        "nothing. With -w it waits until the nodes may be drained; it ends at once where waiting "
        "does not help.",
    .groups = groups,
    .examples = "  ballast drain-check node-a\n"
                "  ballast drain-check node-a -w && kubectl drain node-a --ignore-daemonsets "
                "--delete-emptydir-data\n",
    .after = CLI_EXIT_CODES "ballast-drain-check\n",
    .takes_arguments = true,
};

/* What every node is judged by, read once for all of them. */
struct scene {
    struct cli_objects sets, budgets;
    struct cli_life life;
};

static void scene_release(struct scene *scene)
{
    cli_objects_release(&scene->sets);
    cli_objects_release(&scene->budgets);
}

static int read_scene(struct bl_kube_client *client, const char *lease, struct scene *scene,
                      struct bl_error **err)
{
    const struct bl_kube_selection all = {0};

    if (cli_list(client, &bl_kind_stateful_set.resource, &all, &scene->sets, err) < 0 ||
        cli_list(client, &bl_kind_disruption_budget.resource, &all, &scene->budgets, err) < 0)
        return -1;
    cli_life_read(client, lease, &scene->life);
    return 0;
}

/* A name that is mistyped must not read as a node without Kafka. */
static int check_node(struct bl_kube_client *client, const char *node, struct bl_error **err)
{
    BL_ERROR(failure);

    if (bl_kube_get(client, &bl_kind_node.resource, NULL, node, NULL, &failure) == 0 ||
        bl_error_status(failure) == 403)
        return 0;
    *err = BL_STEAL(failure);
    return -1;
}

static void render(const struct cli_drain *drain, int format, cJSON *list, struct bl_strbuf *out)
{
    if (format == CLI_JSON)
        bl_json_push(list, cli_drain_json(drain));
    else
        cli_drain_text(drain, out);
}

static int judge_node(struct bl_kube_client *client, const struct scene *scene, int format,
                      const char *node, cJSON *list, struct bl_strbuf *out,
                      enum cli_drain_answer *worst, struct bl_error **err)
{
    BL_AUTO(cli_objects_release) struct cli_objects pods = {0};
    BL_AUTO(cli_drain_release) struct cli_drain drain = {0};
    BL_AUTO_FREE char *fields = bl_asprintf("spec.nodeName=%s", node);
    const struct bl_kube_selection selection = {.fields = fields};
    const struct cli_drain_facts facts = {&pods, &scene->sets, &scene->budgets, scene->life};

    if (check_node(client, node, err) < 0 ||
        cli_list(client, &bl_kind_pod.resource, &selection, &pods, err) < 0)
        return -1;
    cli_drain_judge(node, &facts, &drain);
    render(&drain, format, list, out);
    if (drain.answer > *worst)
        *worst = drain.answer;
    return 0;
}

static int look(struct bl_kube_client *client, const struct options *options, struct bl_strbuf *out,
                enum cli_drain_answer *ret_worst, struct bl_error **err)
{
    BL_AUTO(scene_release) struct scene scene = {0};
    BL_AUTO_JSON cJSON *list = bl_json_new_array();
    enum cli_drain_answer worst = CLI_DRAIN_NOW;

    if (read_scene(client, options->view.lease, &scene, err) < 0)
        return -1;
    for (size_t i = 0; i < options->nodes.len; i++)
        if (judge_node(client, &scene, options->view.format, options->nodes.items[i], list, out,
                       &worst, err) < 0)
            return -1;
    if (options->view.format == CLI_JSON)
        cli_add_json(out, list, options->view.watch);
    *ret_worst = worst;
    return 0;
}

/* Returns -1 to look again, or the exit code. */
static int show(struct bl_kube_client *client, const struct options *options,
                struct cli_screen *screen, bool first)
{
    BL_ERROR(err);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    enum cli_drain_answer worst;

    if (look(client, options, &out, &worst, &err) < 0) {
        if (options->view.watch && !first && bl_error_code(err) == BL_ERR_UNAVAILABLE)
            return -1;
        return cli_fail(err);
    }
    if (cli_screen_show(screen, &options->view, &out) != CLI_OK)
        return CLI_ERROR;
    if (worst == CLI_DRAIN_NOW)
        return CLI_OK;
    return options->view.watch && worst != CLI_DRAIN_NEVER ? -1 : CLI_FINDINGS;
}

static int drain_check(const struct options *options)
{
    BL_ERROR(err);
    BL_AUTO(bl_kube_client_cleanup) struct bl_kube_client *client = NULL;
    BL_AUTO(cli_screen_release) struct cli_screen screen = {0};
    int rc;

    if (!options->nodes.len)
        return bl_command_usage(&command, "name a node");
    if (cli_connect(&options->cluster, &client, &err) < 0)
        return cli_fail(err);
    rc = show(client, options, &screen, true);
    while (rc < 0) {
        (void)poll(NULL, 0, LOOK_EVERY_MS); /* an interrupt ends the program */
        rc = show(client, options, &screen, false);
    }
    return rc;
}

static void options_release(struct options *options)
{
    bl_texts_release(&options->nodes);
}

static int run(int argc, char **argv)
{
    BL_AUTO(options_release) struct options options = {.view.format = CLI_TEXT};
    int rc = bl_command_parse(&command, argc, argv, &options, &options.nodes);

    return rc < 0 ? drain_check(&options) : rc;
}

const struct cli_verb cli_drain_check = {
    &command, "say whether nodes may be drained now, and what stands against it", run};
