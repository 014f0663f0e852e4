#include "status.h"

#include <poll.h>

#include "ballast/base/mem.h"
#include "ballast/kafka/raise.h"
#include "brokers.h"
#include "cli.h"
#include "live.h"
#include "print.h"

#define WATCH_EVERY_MS 2000

struct options {
    struct bl_texts arguments; /* it takes none */
    struct cli_brokers brokers;
    int format; /* enum cli_format */
    bool watch;
};

static const struct bl_option own_options[] = {
    CLI_BROKER_OPTIONS(struct options, brokers),
    CLI_OUTPUT_OPTION(struct options, format, cli_formats, CLI_TEXT),
    {.letter = 'w',
     .name = "watch",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, watch),
     .help = "look again every two seconds, until interrupted"},
    {0},
};
static const struct bl_option_group own = {.options = own_options};

static const struct bl_option_place groups[] = {
    {&own, 0},
    {0},
};

static const struct bl_command command = {
    .name = "ballast status",
    .usage = "ballast status [OPTION…] --bootstrap SERVERS",
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
    .groups = groups,
    .examples = "  ballast status --bootstrap localhost:9092\n"
                "  ballast status --bootstrap kafka-0:9093,kafka-1:9093 --command-config "
                "client.properties -w\n"
                "  ballast status --bootstrap localhost:9092 -o json | jq '.brokers[] | "
                "select(.mayGoDown | not)'\n",
    .after = CLI_EXIT_CODES "ballast-status\n",
    .takes_arguments = true,
};

static int print(const struct cli_status *status, const struct options *options)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    if (options->format == CLI_JSON) {
        BL_AUTO_JSON cJSON *json = cli_status_json(status);

        cli_add_json(&out, json, options->watch);
        return cli_print(&out);
    }
    cli_status_text(status, &out);
    return options->watch ? cli_show_anew(&out) : cli_show(&out);
}

/* One look, printed. Returns the exit code. */
static int look(struct bl_observer *observer, const struct options *options,
                enum bl_errcode *ret_failed)
{
    BL_ERROR(err);
    BL_AUTO_FREE char *way_in =
        bl_way_in(options->brokers.bootstrap, options->brokers.command_config);
    BL_AUTO(cli_status_release) struct cli_status status = {.way_in = way_in};

    if (bl_observer_look(observer, &status.cluster, &err) < 0) {
        *ret_failed = bl_error_code(err);
        return cli_fail(err);
    }
    cli_status_judge(&status);
    cli_status_look_at_disks(observer, &status);
    if (print(&status, options) != CLI_OK)
        return CLI_ERROR;
    return cli_status_is_fine(&status) ? CLI_OK : CLI_FINDINGS;
}

static int watch(struct bl_observer *observer, const struct options *options)
{
    for (;;) {
        enum bl_errcode failed = (enum bl_errcode)0;
        int rc = look(observer, options, &failed);

        /* Brokers that are away are what one watches for. */
        if (!options->watch || (rc == CLI_ERROR && failed != BL_ERR_UNAVAILABLE))
            return rc;
        (void)poll(NULL, 0, WATCH_EVERY_MS); /* an interrupt ends the program */
    }
}

static int status(const struct options *options)
{
    BL_ERROR(err);
    BL_AUTO(bl_observer_cleanup) struct bl_observer *observer = NULL;

    if (options->arguments.len)
        return bl_command_usage(&command, "it takes no files; name brokers by --bootstrap");
    if (!options->brokers.bootstrap)
        return bl_command_usage(&command, "name a broker: --bootstrap HOST:PORT");
    if (cli_observe(&options->brokers, &observer, &err) < 0)
        return cli_fail(err);
    return watch(observer, options);
}

static void options_release(struct options *options)
{
    bl_texts_release(&options->arguments);
}

static int run(int argc, char **argv)
{
    BL_AUTO(options_release) struct options options = {.format = CLI_TEXT};
    int rc = bl_command_parse(&command, argc, argv, &options, &options.arguments);

    return rc < 0 ? status(&options) : rc;
}

const struct cli_verb cli_status = {&command,
                                    "look at a running cluster: which broker may go down now", run};
