#include "status.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "cli.h"

/* A look takes milliseconds; who does not answer for so long is not going to. */
#define LOOK_AT_MOST (10 * BL_NSEC_S)
#define WATCH_EVERY_MS 2000

static int compare_ids(const void *a, const void *b)
{
    int32_t one = *(const int32_t *)a, other = *(const int32_t *)b;

    return (one > other) - (one < other);
}

static void add_id(struct bl_broker_ids *ids, int32_t id)
{
    if (!bl_broker_ids_has(ids, id))
        *BL_PUSH(ids) = id;
}

/* Brokers that are down are known by their replicas alone. */
static void find_brokers(const struct bl_cluster *cluster, struct bl_broker_ids *ids)
{
    for (size_t i = 0; i < cluster->brokers.len; i++)
        add_id(ids, cluster->brokers.items[i].id);
    for (size_t t = 0; t < cluster->topics.len; t++)
        for (size_t p = 0; p < cluster->topics.items[t].partitions.len; p++) {
            const struct bl_broker_ids *replicas =
                &cluster->topics.items[t].partitions.items[p].replicas;

            for (size_t r = 0; r < replicas->len; r++)
                add_id(ids, replicas->items[r]);
        }
    if (ids->len)
        qsort(ids->items, ids->len, sizeof(*ids->items), compare_ids);
}

static void judge_partition(struct cli_status *status, const struct bl_topic *topic,
                            const struct bl_partition *partition)
{
    const struct cli_flaw flaw = {topic, partition,
                                  bl_partition_in_sync(&status->cluster, partition)};

    status->partitions++;
    if (partition->leader < 0)
        *BL_PUSH(&status->offline) = flaw;
    if ((int64_t)flaw.in_sync < topic->min_isr)
        *BL_PUSH(&status->below_min) = flaw;
    if (flaw.in_sync < partition->replicas.len)
        *BL_PUSH(&status->under_replicated) = flaw;
    if (partition->moving)
        *BL_PUSH(&status->reassigned) = flaw;
}

static const char *rack_of(const struct cli_status *status, const struct bl_verdict *verdict)
{
    const struct bl_broker *broker = bl_cluster_broker(&status->cluster, verdict->broker);

    return broker && broker->rack ? broker->rack : "";
}

static int compare_verdicts(const void *a, const void *b, void *status)
{
    const struct bl_verdict *one = a, *other = b;
    const char *rack = rack_of(status, one), *other_rack = rack_of(status, other);
    /* What is down has no rack, and comes last. */
    int order = !*rack == !*other_rack ? strcmp(rack, other_rack) : *rack ? -1 : 1;

    return order ? order : (one->broker > other->broker) - (one->broker < other->broker);
}

struct bl_voter_verdict cli_status_voter(const struct cli_status *status,
                                         const struct bl_verdict *verdict)
{
    struct bl_voter_verdict voter;

    bl_gate_judge_voter(&status->cluster, verdict->broker, &voter);
    return voter;
}

bool cli_status_may_go(const struct cli_status *status, const struct bl_verdict *verdict)
{
    return bl_verdict_is_safe(verdict) && cli_status_voter(status, verdict).safe;
}

void cli_status_judge(struct cli_status *status)
{
    struct bl_broker_ids ids = {0};

    find_brokers(&status->cluster, &ids);
    for (size_t i = 0; i < ids.len; i++)
        bl_gate_judge(&status->cluster, ids.items[i], NULL, BL_PUSH(&status->verdicts));
    free(ids.items);
    if (status->verdicts.len)
        qsort_r(status->verdicts.items, status->verdicts.len, sizeof(struct bl_verdict),
                compare_verdicts, status);
    for (size_t i = 0; i < status->cluster.quorum.voters.len; i++)
        bl_gate_judge_voter(&status->cluster, status->cluster.quorum.voters.items[i].id,
                            BL_PUSH(&status->voters));
    for (size_t t = 0; t < status->cluster.topics.len; t++) {
        const struct bl_topic *topic = &status->cluster.topics.items[t];

        for (size_t p = 0; p < topic->partitions.len; p++)
            judge_partition(status, topic, &topic->partitions.items[p]);
    }
}

void cli_status_release(struct cli_status *status)
{
    bl_cluster_release(&status->cluster);
    cli_status_disks_release(status);
    free(status->verdicts.items);
    free(status->voters.items);
    free(status->reassigned.items);
    free(status->offline.items);
    free(status->below_min.items);
    free(status->under_replicated.items);
    *status = (struct cli_status){0};
}

bool cli_status_is_fine(const struct cli_status *status)
{
    for (size_t i = 0; i < status->verdicts.len; i++)
        if (!cli_status_may_go(status, &status->verdicts.items[i]))
            return false;
    for (size_t i = 0; i < status->voters.len; i++)
        if (!status->voters.items[i].safe)
            return false;
    return !status->offline.len && !status->below_min.len && !status->under_replicated.len;
}

static void render(const struct cli_status *status, const struct cli_args *args,
                   struct bl_strbuf *out)
{
    if (!bl_text_eq(args->output, "json")) {
        if (args->watch && isatty(STDOUT_FILENO))
            bl_strbuf_adds(out, "\033[H\033[2J"); /* from the top of an empty screen */
        cli_status_text(status, out);
        return;
    }

    BL_AUTO_JSON cJSON *json = cli_status_json(status);
    if (args->watch) {
        bl_json_write(out, json);
        bl_strbuf_addc(out, '\n');
    } else {
        bl_json_write_pretty(out, json);
    }
}

/* One look, printed. Returns the exit code. */
static int look(struct bl_observer *observer, const struct cli_args *args,
                enum bl_errcode *ret_failed)
{
    BL_ERROR(err);
    BL_AUTO(cli_status_release) struct cli_status status = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (bl_observer_look(observer, &status.cluster, &err) < 0) {
        *ret_failed = bl_error_code(err);
        return cli_fail(err);
    }
    cli_status_judge(&status);
    cli_status_look_at_disks(observer, &status);
    render(&status, args, &out);
    if (cli_print(&out) != CLI_OK)
        return CLI_ERROR;
    return cli_status_is_fine(&status) ? CLI_OK : CLI_FINDINGS;
}

static int run(const struct cli_args *args)
{
    BL_ERROR(err);
    BL_AUTO(bl_observer_cleanup) struct bl_observer *observer = NULL;
    const struct bl_observer_settings settings = {.bootstrap = args->bootstrap,
                                                  .command_config = args->command_config,
                                                  .at_most = LOOK_AT_MOST};

    if (args->files.len)
        return cli_usage(&cli_status, "it takes no files; name brokers by --bootstrap");
    if (!args->bootstrap)
        return cli_usage(&cli_status, "name a broker: --bootstrap HOST:PORT");
    if (bl_observer_new(&settings, &observer, &err) < 0)
        return cli_fail(err);
    for (;;) {
        enum bl_errcode failed = (enum bl_errcode)0;
        int rc = look(observer, args, &failed);

        /* Brokers that are away are what one watches for. */
        if (!args->watch || (rc == CLI_ERROR && failed != BL_ERR_UNAVAILABLE))
            return rc;
        (void)poll(NULL, 0, WATCH_EVERY_MS); /* an interrupt ends the program */
    }
}

const struct cli_verb cli_status = {
    .name = "status",
    .arguments = "--bootstrap SERVERS",
    .summary = "look at a running cluster: which broker may go down now",
    .description =
        "Asks the brokers, and says of each one whether it may go down now. It may when every "
        "partition\n"
        "that has a replica on it keeps min.insync.replicas without it; if not, the partitions "
        "that block\n"
        "are named. The answers hold for one broker at a time. KRaft controllers may go while the "
        "others that\n"
        "are up to date are a majority; a node that is both needs both answers. It reads only. "
        "ZooKeeper is not\n"
        "looked at, nor topics that the principal may not describe.",
    .examples = "  ballast status --bootstrap localhost:9092\n"
                "  ballast status --bootstrap kafka-0:9093,kafka-1:9093 --command-config "
                "client.properties -w\n"
                "  ballast status --bootstrap localhost:9092 -o json | jq '.brokers[] | "
                "select(.mayGoDown | not)'\n",
    .outputs = "text|json",
    .flags = CLI_FLAG_BOOTSTRAP | CLI_FLAG_COMMAND_CONFIG | CLI_FLAG_OUTPUT | CLI_FLAG_WATCH,
    .run = run,
};
