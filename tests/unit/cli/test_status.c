/* What is said of a cluster's brokers: the command that helps where waiting does not. */
#include "live/status.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "unit.h"

/* With its only replica on broker 1. */
static void add_topic(struct bl_cluster *cluster, const char *name)
{
    struct bl_topic *topic = BL_PUSH(&cluster->topics);
    struct bl_partition *partition = BL_PUSH(&topic->partitions);

    topic->name = bl_strdup(name);
    topic->min_isr = 1;
    partition->leader = 1;
    *BL_PUSH(&partition->replicas) = 1;
    *BL_PUSH(&partition->isr) = 1;
}

static const struct {
    const char *why, *topics[4], *hint;
} rows[] = {
    {"Kafka's own", {"__consumer_offsets"}, "ballast topics raise --internal --bootstrap k:1\n"},
    {"what only looks like it",
     {"__mine"},
     "ballast topics raise --topic __mine --bootstrap k:1\n"},
    {"both kinds",
     {"__consumer_offsets", "orders"},
     "ballast topics raise --internal --topic orders --bootstrap k:1\n"},
};

START_TEST(what_no_waiting_helps)
{
    BL_AUTO(cli_status_release) struct cli_status status = {.way_in = "--bootstrap k:1"};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    status.cluster.id = bl_strdup("id");
    for (int32_t i = 1; i <= 3; i++)
        *BL_PUSH(&status.cluster.brokers) =
            (struct bl_broker){.id = i, .host = bl_strdup("k"), .port = i};
    for (size_t i = 0; rows[_i].topics[i]; i++)
        add_topic(&status.cluster, rows[_i].topics[i]);
    cli_status_judge(&status);
    cli_status_text(&status, &out);
    ck_assert_msg(strstr(out.text, rows[_i].hint), "%s: %s", rows[_i].why, out.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli/status");
    TCase *tests = tcase_create("status");

    tcase_add_loop_test(tests, what_no_waiting_helps, 0, BL_ARRAY_LEN(rows));
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
