/* What the gate says to people: what stands in the way, and what they can do where no waiting helps. */
#include "ballast/kafka/raise.h"
#include "gate_help.h"

static const struct {
    const char *cluster;
    int32_t broker;
    size_t times;
    const char *text;
} sentences[] = {
    {"1 2 3 | 2 | 1: 1 2 3 / 1 2", 1, 5,
     "orders-0 has 2 of 3 replicas in sync and needs 2; 4 more partitions"},
    {"1 2 3 | 2 | 1: 1 2 3 / 1 2", 1, 2,
     "orders-0 has 2 of 3 replicas in sync and needs 2; 1 more partition"},
    {"1 2 3 | 2 | 1: 1 2 3 / 1 2", 1, 1, "orders-0 has 2 of 3 replicas in sync and needs 2"},
    {"1 2 3 | 2 | 1: 1 2 3 / 1", 1, 1, "orders-0 has 1 of 3 replicas in sync and needs 2"},
    {"1 2 3 | 1 | -1: 1 2 3 / 1", 1, 1, "orders-0 has no leader"},
    {"1 2 3 | 1 | 1: 1 / 1", 1, 1, "orders-0 has its only replica here"},
    {"1 2 3 | 1 | 1: 1 / 1", 1, 17,
     "orders-0 has its only replica here; without a spare: orders: 17 partitions"},
    {"1 2 3 | 2 | 1: 1 2 / 1 2", 1, 1,
     "orders-0 has 2 replicas and needs 2 in sync, so none may go"},
    {"1 2 3 | 2 | 1: 1 2 3 / 1 2 3", 1, 2, "all 2 partitions on it keep enough replicas in sync"},
    {"1 2 | 2 | 1: 1 2 3 / 1 2 3", 3, 1, "broker 3 does not answer"},
};

START_TEST(said_in_a_sentence)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(sentences); i++) {
        BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
        BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(4096);
        struct bl_verdict verdict;

        read_cluster(sentences[i].cluster, &cluster);
        for (size_t more = 1; more < sentences[i].times; more++)
            add_partition(&cluster.topics.items[0], strrchr(sentences[i].cluster, '|') + 2);
        bl_gate_judge(&cluster, sentences[i].broker, NULL, &verdict);
        bl_verdict_explain(&verdict, &out);
        ck_assert_str_eq(out.text, sentences[i].text);
    }
}
END_TEST

static const struct {
    const char *why;
    struct {
        const char *name;
        int32_t min_isr;
        size_t replicas, partitions;
    } topics[6];
    size_t brokers;
    const char *sentence, *way_out;
} thin[] = {
    {"one topic",
     {{"orders", 1, 1, 2}},
     3,
     "orders-0 has its only replica here; without a spare: orders: 2 partitions",
     "give the topics more replicas: ballast topics raise --topic orders --bootstrap k:1"},
    {"Kafka's own",
     {{"__consumer_offsets", 1, 1, 50}, {"__transaction_state", 1, 1, 50}},
     3,
     "__consumer_offsets-0 has its only replica here; without a spare: __consumer_offsets: 50 "
     "partitions, __transaction_state: 50",
     "give the topics more replicas: ballast topics raise --internal --bootstrap k:1"},
    {"one that only looks like it, and both kinds at once",
     {{"__consumer_offsets", 1, 1, 17}, {"__mine", 1, 1, 1}, {"orders", 2, 2, 2}},
     3,
     "__consumer_offsets-0 has its only replica here; without a spare: __consumer_offsets: 17 "
     "partitions, __mine: 1, orders: 2",
     "give the topics more replicas: ballast topics raise --internal --topic __mine --topic orders "
     "--bootstrap k:1"},
    {"more than people read",
     {{"a", 1, 1, 1}, {"b", 1, 1, 1}, {"c", 1, 1, 1}, {"d", 1, 1, 2}, {"e", 1, 1, 3}},
     3,
     "a-0 has its only replica here; without a spare: a: 1 partition, b: 1, c: 1, 5 of 2 other "
     "topics",
     "give the topics more replicas: ballast topics raise --topic a --topic b --topic c --bootstrap "
     "k:1"},
    {"more replicas than three are nobody's wish: all are needed",
     {{"orders", 3, 3, 1}},
     3,
     "orders-0 has 3 replicas and needs 3 in sync, so none may go",
     "lower min.insync.replicas of orders to 2"},
    {"both: what is needed, and what there is",
     {{"orders", 3, 1, 1}, {"payments", 3, 3, 1}},
     3,
     "orders-0 has its only replica here; without a spare: orders: 1 partition, payments: 1",
     "lower min.insync.replicas of orders to 2, of payments to 2 and give the topics more "
     "replicas: ballast topics raise --topic orders --bootstrap k:1"},
    {"two brokers hold two",
     {{"orders", 1, 1, 1}, {"payments", 2, 2, 1}},
     2,
     "orders-0 has its only replica here; without a spare: orders: 1 partition, payments: 1",
     "lower min.insync.replicas of payments to 1 and give the topics more replicas: ballast topics "
     "raise --topic orders --bootstrap k:1"},
    {"one broker", {{"orders", 1, 1, 1}}, 1, "orders-0 has its only replica here", "add a broker"},
};

START_TEST(what_no_waiting_helps)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    BL_AUTO(bl_strbuf_release)
    struct bl_strbuf sentence = BL_STRBUF_INIT(4096), way_out = BL_STRBUF_INIT(4096);
    static const char *const texts[] = {"", "1: 1 / 1", "1: 1 2 / 1 2", "1: 1 2 3 / 1 2 3"};
    struct bl_verdict verdict;

    for (size_t i = 0; i < thin[_i].brokers; i++)
        BL_PUSH(&cluster.brokers)->id = (int32_t)i + 1;
    for (size_t t = 0; t < BL_ARRAY_LEN(thin[_i].topics) && thin[_i].topics[t].name; t++) {
        add_topic(&cluster, thin[_i].topics[t].name, thin[_i].topics[t].min_isr);
        for (size_t p = 0; p < thin[_i].topics[t].partitions; p++)
            add_partition(&cluster.topics.items[t], texts[thin[_i].topics[t].replicas]);
    }
    bl_gate_judge(&cluster, 1, NULL, &verdict);
    bl_verdict_explain(&verdict, &sentence);
    ck_assert_str_eq(sentence.text, thin[_i].sentence);
    bl_gate_way_out(&verdict.thin, cluster.brokers.len, "--bootstrap k:1", &way_out);
    ck_assert_str_eq(way_out.text, thin[_i].way_out);
}
END_TEST

/* What is waited for beside it does not hide it. */
START_TEST(what_no_waiting_helps_comes_first)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(4096);
    struct bl_verdict verdict;

    read_cluster("1 2 3 | 2 | 1: 1 2 3 / 1 2", &cluster);
    add_topic(&cluster, "payments", 1);
    add_partition(&cluster.topics.items[1], "1: 1 / 1");
    bl_gate_judge(&cluster, 1, NULL, &verdict);
    bl_verdict_explain(&verdict, &out);
    ck_assert_str_eq(out.text, "payments-0 has its only replica here; 1 more partition");
}
END_TEST

/* A shell takes it as it was meant, whatever a broker calls its host. */
START_TEST(a_way_in_is_typed_as_it_stands)
{
    BL_AUTO_FREE char *plain = bl_way_in("kafka-0.kafka:9092,[fd00::1]:9092", NULL);
    BL_AUTO_FREE char *odd = bl_way_in("$(reboot)'s:1", "my client.properties");
    struct bl_broker broker = {.host = (char[]){"fd00::1"}, .port = 9092};
    struct bl_cluster cluster = {0};

    ck_assert_str_eq(plain, "--bootstrap kafka-0.kafka:9092,[fd00::1]:9092");
    ck_assert_str_eq(odd,
                     "--bootstrap '$(reboot)'\\''s:1' --command-config 'my client.properties'");
    ck_assert_ptr_null(bl_cluster_bootstrap(&cluster));
    cluster.brokers.items = &broker;
    cluster.brokers.len = 1;
    BL_AUTO_FREE char *address = bl_cluster_bootstrap(&cluster);
    ck_assert_str_eq(address, "[fd00::1]:9092");
}
END_TEST

START_TEST(only_the_first_are_named)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(4096);
    struct bl_gate_lag lag;

    read_cluster("1 2 3 | 2 | 1: 1 2 3 / 1 2", &cluster);
    for (size_t i = 1; i < (size_t)BL_GATE_MAX_NAMED + 2; i++)
        add_partition(&cluster.topics.items[0], "1: 1 2 3 / 1 2");
    ck_assert(!bl_gate_in_sync(&cluster, 3, &lag));
    bl_gate_lag_explain(&lag, &out);
    ck_assert_str_eq(out.text, "10 of 10 replicas not in sync yet: orders-0, orders-1, orders-2, "
                               "orders-3, orders-4, orders-5, orders-6, orders-7 and 2 more");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/gate_explain");
    TCase *tests = tcase_create("explain");

    tcase_add_test(tests, said_in_a_sentence);
    tcase_add_loop_test(tests, what_no_waiting_helps, 0, BL_ARRAY_LEN(thin));
    tcase_add_test(tests, what_no_waiting_helps_comes_first);
    tcase_add_test(tests, a_way_in_is_typed_as_it_stands);
    tcase_add_test(tests, only_the_first_are_named);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
