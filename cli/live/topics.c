#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/kafka/raise.h"
#include "brokers.h"
#include "cli.h"
#include "live.h"
#include "print.h"

#define LOOK_EVERY_MS 500

struct options {
    struct bl_texts words; /* the action */
    struct cli_brokers brokers;
    struct bl_texts topics;
    int64_t factor;
    bool internal, dry_run;
};

static const char *const actions[] = {"raise", NULL};

static const struct bl_option own_options[] = {
    CLI_BROKER_OPTIONS(struct options, brokers),
    {.name = "topic",
     .value = "NAME",
     .type = BL_OPTION_TEXTS,
     .offset = offsetof(struct options, topics),
     .help = "this topic; may be given again, and beside --internal"},
    {.name = "internal",
     .type = BL_OPTION_FLAG,
     .offset = offsetof(struct options, internal),
     .help = "Kafka's own topics: offsets of consumers, transactions, share groups"},
    {.name = "replication-factor",
     .value = "N",
     .type = BL_OPTION_COUNT,
     .offset = offsetof(struct options, factor),
     .min = 2,
     .max = 100,
     .help = "replicas that each partition shall have (3), as far as there are brokers"},
    CLI_DRY_RUN_OPTION(struct options, dry_run),
    {0},
};
static const struct bl_option_group own = {.options = own_options};

static const struct bl_option_place groups[] = {
    {&own, 0},
    {0},
};

static const struct bl_command command = {
    .name = "ballast topics",
    .usage = "ballast topics raise [OPTION…] --bootstrap SERVERS --topic NAME…|--internal",
    .description = "Gives topics more replicas, so that a broker may be away: new ones go to racks "
                   "that have none "
                   "of the\n"
                   "partition, then to the broker with the fewest. A few partitions at a time are "
                   "copied; the plan "
                   "is read\n"
                   "off the cluster again and again, so it can be interrupted and begun anew at "
                   "any moment. No "
                   "replica is\n"
                   "taken away, and no partition is touched that somebody else reassigns.",
    .groups = groups,
    .examples = "  ballast topics raise --internal --bootstrap localhost:9092 --dry-run\n"
                "  ballast topics raise --topic orders --replication-factor 3 --bootstrap "
                "kafka-0:9093 --command-config client.properties\n",
    .after = CLI_EXIT_CODES "ballast-topics\n",
    .takes_arguments = true,
    .words = actions,
};

/* --- what it costs --- */

/* The most that one broker holds of the topic, which is about what each new replica takes; -1: not known. */
static int64_t size_of(struct bl_observer *observer, const struct bl_cluster *cluster,
                       const char *topic)
{
    int64_t most = -1;

    for (size_t i = 0; i < cluster->brokers.len; i++) {
        BL_AUTO(bl_log_dirs_release) struct bl_log_dirs dirs = {0};
        BL_ERROR(ignored);
        int64_t bytes;

        if (bl_observer_log_dirs(observer, cluster->brokers.items[i].id, &dirs, &ignored) < 0)
            continue;
        bytes = bl_log_dirs_bytes(&dirs, topic);
        most = bytes > most ? bytes : most;
    }
    return most;
}

static size_t count_of(const struct bl_raise_plan *plan, const char *topic)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->partitions.len; i++)
        count += strcmp(plan->partitions.items[i].topic, topic) == 0;
    return count;
}

static void tell_topic(struct bl_observer *observer, const struct bl_cluster *cluster,
                       const struct bl_raise_plan *plan, const char *topic)
{
    const struct bl_topic *it = bl_cluster_topic(cluster, topic);
    int64_t size = size_of(observer, cluster, topic);
    size_t affected = count_of(plan, topic);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_strbuf_addf(&text, "%s: %zu of %zu partitions %s replicas, up to %d", topic, affected,
                   it->partitions.len, bl_text_plural((int64_t)affected, "gets", "get"),
                   plan->factor);
    if (size >= 0) {
        bl_strbuf_adds(&text, "; the fullest broker holds ");
        cli_add_size(&text, (double)size);
        bl_strbuf_adds(&text, " of it");
    }
    cli_say(STDOUT_FILENO, "%s", text.text);
}

static void tell_plan(struct bl_observer *observer, const struct bl_cluster *cluster,
                      const struct bl_raise_plan *plan)
{
    const char *last = NULL;

    for (size_t i = 0; i < plan->partitions.len; i++) {
        const char *topic = plan->partitions.items[i].topic;

        if (!bl_text_eq(topic, last))
            tell_topic(observer, cluster, plan, topic);
        last = topic;
    }
    if (plan->leaderless)
        cli_say(STDERR_FILENO, "%zu %s no leader, so nothing can be copied: bring the brokers back",
                plan->leaderless,
                bl_text_plural((int64_t)plan->leaderless, "partition has", "partitions have"));
}

/* --- doing it --- */

struct work {
    struct bl_observer *observer;
    struct bl_raise_options options;
    size_t told; /* partitions that were left when it was said last; SIZE_MAX: nothing was said */
};

static int check_topics(const struct bl_raise_options *options, const struct bl_raise_plan *plan,
                        const struct bl_cluster *cluster, struct bl_error **err)
{
    for (size_t i = 0; options->topics && options->topics[i]; i++)
        if (!bl_cluster_topic(cluster, options->topics[i]))
            return bl_fail(err, BL_ERR_NOT_FOUND, "there is no topic \"%s\"", options->topics[i]);
    return plan->total ? 0 : bl_fail(err, BL_ERR_NOT_FOUND, "there is no topic of Kafka's own");
}

/* One look and one step. Returns -1 to go on, or the exit code. */
static int step(struct work *work, bool dry_run)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    BL_AUTO(bl_raise_plan_release) struct bl_raise_plan plan = {0};
    size_t left, room, done;
    BL_ERROR(err);

    if (bl_observer_look(work->observer, &cluster, &err) < 0)
        return cli_fail(err);
    bl_raise_plan(&cluster, &work->options, &plan);
    left = plan.partitions.len + plan.moving;
    done = plan.total - left - plan.leaderless;
    if (check_topics(&work->options, &plan, &cluster, &err) < 0)
        return cli_fail(err);
    if (work->told == SIZE_MAX)
        tell_plan(work->observer, &cluster, &plan);
    if (work->told != left && (left || work->told != SIZE_MAX))
        cli_say(STDOUT_FILENO, "%zu of %zu partitions %s done", done, plan.total,
                bl_text_plural((int64_t)done, "is", "are"));
    else if (!left && !plan.leaderless)
        cli_say(STDOUT_FILENO, "all %zu %s %d %s or more", plan.total,
                bl_text_plural((int64_t)plan.total, "partition has", "partitions have"),
                plan.factor, bl_text_plural(plan.factor, "replica", "replicas"));
    work->told = left;
    if (dry_run || !left)
        return plan.leaderless || plan.factor < work->options.factor ? CLI_FINDINGS : CLI_OK;
    room = plan.moving < BL_RAISE_AT_ONCE ? BL_RAISE_AT_ONCE - plan.moving : 0;
    if (bl_observer_raise(work->observer, &plan, room, &err) < 0)
        return cli_fail(err);
    return -1;
}

static int raise_topics(const struct options *options)
{
    BL_ERROR(err);
    BL_AUTO(bl_observer_cleanup) struct bl_observer *observer = NULL;
    int rc;

    if (cli_observe(&options->brokers, &observer, &err) < 0)
        return cli_fail(err);
    struct work work = {observer,
                        {options->topics.len ? options->topics.items : NULL, options->internal,
                         (int32_t)options->factor},
                        SIZE_MAX};
    while ((rc = step(&work, options->dry_run)) < 0)
        (void)poll(
            NULL, 0,
            LOOK_EVERY_MS); /* an interrupt ends the program; Kafka goes on with what was begun */
    return rc;
}

static int topics(struct options *options)
{
    if (options->words.len != 1 || strcmp(options->words.items[0], "raise") != 0)
        return bl_command_usage(&command, "say what to do: raise");
    if (!options->brokers.bootstrap)
        return bl_command_usage(&command, "name a broker: --bootstrap HOST:PORT");
    if (!options->topics.len && !options->internal)
        return bl_command_usage(&command, "name a --topic, or --internal");
    bl_texts_end(&options->topics);
    return raise_topics(options);
}

static void options_release(struct options *options)
{
    bl_texts_release(&options->words);
    bl_texts_release(&options->topics);
}

static int run(int argc, char **argv)
{
    BL_AUTO(options_release) struct options options = {.factor = BL_RAISE_FACTOR};
    int rc = bl_command_parse(&command, argc, argv, &options, &options.words);

    return rc < 0 ? topics(&options) : rc;
}

const struct cli_verb cli_topics = {&command, "give topics the replicas that they lack", run};
