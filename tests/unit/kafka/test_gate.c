/* The gate at its borders. Clusters are written as text: "1 2 3 | 2 | 1: 1 2 3 / 1 2" has the running
 * brokers 1 to 3, min.insync.replicas 2, and a partition with leader 1, replicas 1 to 3 and ISR 1, 2. */
#include "ballast/kafka/gate.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/kafka/raise.h"
#include "unit.h"

/* Reads numbers up to something else, and past that. */
static const char *read_ids(const char *at, struct bl_broker_ids *ids)
{
    for (char *end;; at = end) {
        long id = strtol(at, &end, 10);

        if (end == at)
            break;
        *BL_PUSH(ids) = (int32_t)id;
    }
    at += strspn(at, " ");
    return *at ? at + 1 : at;
}

static void add_partition(struct bl_topic *topic, const char *text)
{
    struct bl_partition *partition = BL_PUSH(&topic->partitions);
    char *rest;

    partition->id = (int32_t)topic->partitions.len - 1;
    partition->leader = (int32_t)strtol(text, &rest, 10);
    read_ids(read_ids(rest + 1, &partition->replicas), &partition->isr);
}

static void add_topic(struct bl_cluster *cluster, const char *name, int32_t min_isr)
{
    struct bl_topic *topic = BL_PUSH(&cluster->topics);

    topic->name = bl_strdup(name);
    topic->min_isr = min_isr;
}

static void read_cluster(const char *text, struct bl_cluster *cluster)
{
    struct bl_broker_ids ids = {0}, min = {0};

    text = read_ids(read_ids(text, &ids), &min);
    for (size_t i = 0; i < ids.len; i++)
        BL_PUSH(&cluster->brokers)->id = ids.items[i];
    add_topic(cluster, "orders", min.items[0]);
    add_partition(&cluster->topics.items[0], text);
    free(ids.items);
    free(min.items);
}

static const struct {
    const char *why, *cluster;
    int32_t broker;
    enum bl_gate_reason reason; /* 0: may go */
} rows[] = {
    {"all in sync", "1 2 3 | 2 | 1: 1 2 3 / 1 2 3", 1, 0},
    {"a follower of it", "1 2 3 | 2 | 1: 1 2 3 / 1 2 3", 3, 0},
    {"the ISR's order means nothing", "1 2 3 | 2 | 3: 3 2 1 / 3 1 2", 1, 0},
    {"no replica of it here", "1 2 3 4 | 2 | 1: 1 2 3 / 1 2", 4, 0},
    {"as many in sync as are needed", "1 2 3 | 2 | 1: 1 2 3 / 1 2", 1, BL_GATE_AT_MIN},
    {"the follower is needed as much", "1 2 3 | 2 | 1: 1 2 3 / 1 2", 2, BL_GATE_AT_MIN},
    {"out of the ISR already: it takes nothing away", "1 2 3 | 2 | 1: 1 2 3 / 1 2", 3, 0},
    {"fewer than needed: the leader", "1 2 3 | 2 | 1: 1 2 3 / 1", 1, BL_GATE_BELOW_MIN},
    {"fewer than needed: who catches up is waited for", "1 2 3 | 2 | 1: 1 2 3 / 1", 2,
     BL_GATE_BELOW_MIN},
    {"one left of three and one needed", "1 2 3 | 1 | 1: 1 2 3 / 1", 1, BL_GATE_AT_MIN},
    {"two left of three and one needed", "1 2 3 | 1 | 1: 1 2 3 / 1 2", 1, 0},
    {"replication factor 1", "1 2 3 | 1 | 1: 1 / 1", 1, BL_GATE_NO_SPARE},
    {"replication factor 1 elsewhere", "1 2 3 | 1 | 1: 1 / 1", 2, 0},
    {"replication factor 1, two needed", "1 2 3 | 2 | 1: 1 / 1", 1, BL_GATE_NO_SPARE},
    {"replication factor 2, two needed", "1 2 3 | 2 | 1: 1 2 / 1 2", 2, BL_GATE_NO_SPARE},
    {"replication factor 2, two needed, one behind", "1 2 3 | 2 | 1: 1 2 / 1", 2,
     BL_GATE_BELOW_MIN},
    {"replication factor 2, one needed", "1 2 3 | 1 | 1: 1 2 / 1 2", 2, 0},
    {"replication factor 3, three needed", "1 2 3 | 3 | 1: 1 2 3 / 1 2 3", 2, BL_GATE_NO_SPARE},
    {"more needed than there are replicas", "1 2 3 | 4 | 1: 1 2 3 / 1 2 3", 2, BL_GATE_NO_SPARE},
    {"none needed is one needed", "1 2 3 | 0 | 1: 1 / 1", 1, BL_GATE_NO_SPARE},
    {"offline, the last in sync is down", "1 3 | 2 | -1: 1 2 3 / 2", 1, BL_GATE_NO_LEADER},
    {"offline, and it has the data", "1 2 3 | 1 | -1: 1 2 3 / 1", 1, BL_GATE_NO_LEADER},
    {"an election is under way", "1 2 3 | 2 | -1: 1 2 3 / 1 2 3", 2, BL_GATE_NO_LEADER},
    {"offline elsewhere", "1 2 3 4 | 2 | -1: 1 2 3 / 1", 4, 0},
    {"the dead one is still in the ISR", "1 2 | 2 | 1: 1 2 3 / 1 2 3", 1, BL_GATE_AT_MIN},
    {"two dead ones are still in the ISR", "1 | 2 | 1: 1 2 3 / 1 2 3", 1, BL_GATE_BELOW_MIN},
    {"five replicas, one dead", "1 2 3 4 | 3 | 1: 1 2 3 4 5 / 1 2 3 4 5", 1, 0},
};

START_TEST(partitions)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
        struct bl_verdict verdict;

        read_cluster(rows[i].cluster, &cluster);
        bl_gate_judge(&cluster, rows[i].broker, NULL, &verdict);
        BL_WHY(verdict.running, rows[i].why);
        BL_WHY(bl_verdict_is_safe(&verdict) == !rows[i].reason, rows[i].why);
        BL_WHY(verdict.blocking == verdict.named_len, rows[i].why);
        if (rows[i].reason)
            BL_WHY(verdict.named[0].reason == rows[i].reason, rows[i].why);
    }
}
END_TEST

/* A broker that holds nothing is asked about among them. */
START_TEST(all_at_once_gives_the_same_answers)
{
    static const int32_t brokers[] = {0, 1, 2, 3, 4, 9};

    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
        struct bl_gate_answer answers[BL_ARRAY_LEN(brokers)];

        read_cluster(rows[i].cluster, &cluster);
        bl_gate_judge_all(&cluster, brokers, BL_ARRAY_LEN(brokers), NULL, answers);
        for (size_t b = 0; b < BL_ARRAY_LEN(brokers); b++) {
            struct bl_verdict verdict;
            struct bl_gate_lag lag;

            bl_gate_judge(&cluster, brokers[b], NULL, &verdict);
            BL_WHY(bl_gate_in_sync(&cluster, brokers[b], &lag) ==
                       bl_gate_lag_is_over(&answers[b].lag),
                   rows[i].why);
            BL_WHY(bl_verdict_is_safe(&verdict) == bl_verdict_is_safe(&answers[b].verdict),
                   rows[i].why);
            BL_WHY(verdict.replicas == answers[b].verdict.replicas &&
                       verdict.in_sync == answers[b].verdict.in_sync &&
                       verdict.leads == answers[b].verdict.leads &&
                       verdict.blocking == answers[b].verdict.blocking,
                   rows[i].why);
            BL_WHY(lag.missing == answers[b].lag.missing, rows[i].why);
        }
        BL_WHY(answers[5].verdict.replicas == 0, rows[i].why);
    }
}
END_TEST

START_TEST(a_broker_that_is_down)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    struct bl_verdict verdict;

    read_cluster("1 2 | 2 | 1: 1 2 3 / 1 2 3", &cluster);
    bl_gate_judge(&cluster, 3, NULL, &verdict);
    ck_assert(!verdict.running && !bl_verdict_is_safe(&verdict));
    ck_assert_uint_eq(verdict.replicas, 1);
    ck_assert_uint_eq(verdict.in_sync, 0);
    ck_assert_uint_eq(verdict.blocking, 0);
}
END_TEST

START_TEST(a_blocker_is_told_in_full)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    struct bl_verdict verdict;

    read_cluster("1 2 3 | 2 | 1: 1 2 3 / 1 2", &cluster);
    add_partition(&cluster.topics.items[0], "2: 1 2 3 / 1 2 3");
    bl_gate_judge(&cluster, 1, NULL, &verdict);
    ck_assert_uint_eq(verdict.replicas, 2);
    ck_assert_uint_eq(verdict.leads, 1);
    ck_assert_uint_eq(verdict.in_sync, 2);
    ck_assert_uint_eq(verdict.blocking, 1);
    ck_assert_str_eq(verdict.named[0].topic, "orders");
    ck_assert_int_eq(verdict.named[0].partition, 0);
    ck_assert_uint_eq(verdict.named[0].replicas, 3);
    ck_assert_uint_eq(verdict.named[0].in_sync, 2);
    ck_assert_int_eq(verdict.named[0].min_isr, 2);
    ck_assert_str_eq(bl_gate_reason_name(verdict.named[0].reason), "at-min");
}
END_TEST

/* 1,000 partitions of one topic, and others after it. */
START_TEST(every_topic_is_named_while_there_is_room)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    struct bl_verdict verdict;

    read_cluster("1 2 3 | 1 | 1: 1 / 1", &cluster);
    for (size_t i = 1; i < 1000; i++)
        add_partition(&cluster.topics.items[0], "1: 1 / 1");
    for (size_t topic = 1; topic < 2 * (size_t)BL_GATE_MAX_NAMED; topic++) {
        BL_AUTO_FREE char *name = bl_asprintf("topic-%02zu", topic);

        add_topic(&cluster, name, 1);
        add_partition(&cluster.topics.items[topic], "1: 1 / 1");
        add_partition(&cluster.topics.items[topic], "1: 1 / 1");
    }
    bl_gate_judge(&cluster, 1, NULL, &verdict);
    ck_assert_uint_eq(verdict.blocking, 1000 + 2 * (2 * BL_GATE_MAX_NAMED - 1));
    ck_assert_uint_eq(verdict.named_len, BL_GATE_MAX_NAMED);
    for (size_t i = 0; i < BL_GATE_MAX_NAMED; i++) {
        ck_assert_str_eq(verdict.named[i].topic, cluster.topics.items[i].name);
        ck_assert_int_eq(verdict.named[i].partition, 0);
    }
}
END_TEST

START_TEST(no_topics_no_objection)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    struct bl_verdict verdict;

    BL_PUSH(&cluster.brokers)->id = 7;
    bl_gate_judge(&cluster, 7, NULL, &verdict);
    ck_assert(bl_verdict_is_safe(&verdict));
}
END_TEST

static const struct {
    const char *why, *cluster;
    int32_t broker, reserve;
    bool accept;
    enum bl_gate_reason reason; /* 0: may go */
    size_t accepted;
} policies[] = {
    {"RF 3, one needed, two kept by the reserve", "1 2 3 | 1 | 1: 1 2 3 / 1 2 3", 1, 1, false, 0,
     0},
    {"and one is behind", "1 2 3 | 1 | 1: 1 2 3 / 1 2", 1, 1, false, BL_GATE_AT_MIN, 0},
    {"without the reserve it may", "1 2 3 | 1 | 1: 1 2 3 / 1 2", 1, 0, false, 0, 0},
    {"RF 3, two needed: there is no room for a reserve", "1 2 3 | 2 | 1: 1 2 3 / 1 2 3", 1, 1,
     false, 0, 0},
    {"a reserve beyond all replicas", "1 2 3 | 1 | 1: 1 2 3 / 1 2 3", 1, INT32_MAX, false, 0, 0},
    {"less than no reserve", "1 2 3 | 1 | 1: 1 2 3 / 1 2", 1, -1, false, 0, 0},
    {"RF 5, two needed, reserve 1, one behind", "1 2 3 4 5 | 2 | 1: 1 2 3 4 5 / 1 2 3 4", 1, 1,
     false, 0, 0},
    {"two behind", "1 2 3 4 5 | 2 | 1: 1 2 3 4 5 / 1 2 3", 1, 1, false, BL_GATE_AT_MIN, 0},
    {"fewer than min and reserve, and not in sync here", "1 2 3 | 1 | 1: 1 2 3 / 1", 3, 1, false,
     BL_GATE_BELOW_MIN, 0},
    {"RF 1 is accepted", "1 2 3 | 1 | 1: 1 / 1", 1, 0, true, 0, 1},
    {"RF 1 with a reserve is accepted", "1 2 3 | 1 | 1: 1 / 1", 1, 2, true, 0, 1},
    {"RF = min ISR is accepted", "1 2 3 | 2 | 1: 1 2 / 1 2", 1, 0, true, 0, 1},
    {"RF < min ISR is accepted", "1 2 3 | 3 | 1: 1 2 / 1 2", 1, 0, true, 0, 1},
    {"but while one is behind it is waited for", "1 2 3 | 2 | 1: 1 2 / 1", 1, 0, true,
     BL_GATE_BELOW_MIN, 0},
    {"offline is never accepted", "1 2 3 | 1 | -1: 1 / 1", 1, 0, true, BL_GATE_NO_LEADER, 0},
    {"what could wait is not accepted", "1 2 3 | 2 | 1: 1 2 3 / 1 2", 1, 0, true, BL_GATE_AT_MIN,
     0},
};

START_TEST(options)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(policies); i++) {
        BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
        const struct bl_gate_options wanted = {policies[i].reserve, policies[i].accept};
        struct bl_verdict verdict;

        read_cluster(policies[i].cluster, &cluster);
        bl_gate_judge(&cluster, policies[i].broker, &wanted, &verdict);
        BL_WHY(bl_verdict_is_safe(&verdict) == !policies[i].reason, policies[i].why);
        BL_WHY(verdict.accepted == policies[i].accepted, policies[i].why);
        if (policies[i].reason)
            BL_WHY(verdict.named[0].reason == policies[i].reason, policies[i].why);
    }
}
END_TEST

START_TEST(internal_topics_count_as_others_do)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    struct bl_verdict verdict;

    read_cluster("1 2 3 | 2 | 1: 1 2 3 / 1 2", &cluster);
    free(cluster.topics.items[0].name);
    cluster.topics.items[0].name = bl_strdup("__consumer_offsets");
    bl_gate_judge(&cluster, 1, NULL, &verdict);
    ck_assert_uint_eq(verdict.blocking, 1);
    ck_assert_str_eq(verdict.named[0].topic, "__consumer_offsets");
}
END_TEST

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

static const struct {
    const char *why, *cluster;
    int32_t broker;
    size_t missing;
    bool in_sync;
    const char *text;
} lags[] = {
    {"all in sync", "1 2 3 | 2 | 1: 1 2 3 / 1 2 3", 3, 0, true, "no replica of 1 lags behind"},
    {"it catches up", "1 2 3 | 2 | 1: 1 2 3 / 1 2", 3, 1, false,
     "1 of 1 replicas not in sync yet: orders-0"},
    {"another one catches up", "1 2 3 | 2 | 1: 1 2 3 / 1 2", 2, 0, true,
     "no replica of 1 lags behind"},
    {"nobody leads, so waiting cannot help", "1 2 3 | 2 | -1: 1 2 3 / 2", 3, 0, true,
     "no replica of 1 lags behind"},
    {"nothing on it", "1 2 3 4 | 2 | 1: 1 2 3 / 1 2", 4, 0, true, "no replica of 0 lags behind"},
    {"it is down, and still listed", "1 2 | 2 | 1: 1 2 3 / 1 2 3", 3, 0, false,
     "broker 3 does not answer"},
};

START_TEST(caught_up_after_a_start)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(lags); i++) {
        BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
        BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(4096);
        struct bl_gate_lag lag;

        read_cluster(lags[i].cluster, &cluster);
        BL_WHY(bl_gate_in_sync(&cluster, lags[i].broker, &lag) == lags[i].in_sync, lags[i].why);
        BL_WHY(lag.missing == lags[i].missing, lags[i].why);
        bl_gate_lag_explain(&lag, &out);
        ck_assert_str_eq(out.text, lags[i].text);
    }
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

/* "1: 1 2 3 / 1 2" has leader 1, voters 1 to 3, and 1 and 2 are up to date. */
static const struct {
    const char *why, *quorum;
    int32_t node;
    bool safe, voter;
    enum bl_voter_reason reason;
} quorums[] = {
    {"a follower of three", "1: 1 2 3 / 1 2 3", 2, true, true, 0},
    {"a follower of three, another is behind", "1: 1 2 3 / 1 2", 2, false, true, BL_VOTER_BEHIND},
    {"three of four others", "1: 1 2 3 4 5 / 1 2 3 4 5", 1, true, true, 0},
    {"three of five are the majority", "1: 1 2 3 4 5 / 1 2 3 4", 2, true, true, 0},
    {"two of five are none", "1: 1 2 3 4 5 / 1 2 3", 2, false, true, BL_VOTER_BEHIND},
    {"who is behind himself takes nothing away", "1: 1 2 3 4 5 / 1 2 3", 5, true, true, 0},
    {"four voters need three", "1: 1 2 3 4 / 1 2 3 4", 1, true, true, 0},
    {"four voters, one behind", "1: 1 2 3 4 / 1 2 3", 1, false, true, BL_VOTER_BEHIND},
    {"the only one", "1: 1 / 1", 1, true, true, BL_VOTER_ALONE},
    {"two: the leader, the other is up to date", "1: 1 2 / 1 2", 1, true, true, 0},
    {"two: the leader, the other is behind", "1: 1 2 / 1", 1, false, true, BL_VOTER_BEHIND},
    {"two: the follower", "1: 1 2 / 1", 2, true, true, 0},
    {"no leader", "-1: 1 2 3 / 1 2 3", 1, false, true, BL_VOTER_NO_LEADER},
    {"no leader, and the only one", "-1: 1 / 1", 1, false, true, BL_VOTER_NO_LEADER},
    {"a broker only", "1: 1 2 3 / 1", 4, true, false, 0},
};

static void read_quorum(const char *text, struct bl_cluster *cluster)
{
    struct bl_broker_ids voters = {0}, ready = {0};
    char *rest;

    cluster->kraft = cluster->quorum.known = true;
    cluster->quorum.leader = (int32_t)strtol(text, &rest, 10);
    read_ids(read_ids(rest + 1, &voters), &ready);
    for (size_t i = 0; i < voters.len; i++)
        *BL_PUSH(&cluster->quorum.voters) = (struct bl_voter){
            .id = voters.items[i], .caught_up = bl_broker_ids_has(&ready, voters.items[i])};
    free(voters.items);
    free(ready.items);
}

START_TEST(voters)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(quorums); i++) {
        BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
        BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(4096);
        struct bl_voter_verdict verdict;

        read_quorum(quorums[i].quorum, &cluster);
        bl_gate_judge_voter(&cluster, quorums[i].node, &verdict);
        BL_WHY(verdict.safe == quorums[i].safe, quorums[i].why);
        BL_WHY(verdict.voter == quorums[i].voter, quorums[i].why);
        BL_WHY(verdict.reason == quorums[i].reason, quorums[i].why);
        bl_voter_verdict_explain(&verdict, &out);
        BL_WHY(out.len, quorums[i].why);
    }
}
END_TEST

START_TEST(a_quorum_that_is_not_known)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {.kraft = true};
    struct bl_voter_verdict verdict;

    bl_gate_judge_voter(&cluster, 1, &verdict);
    ck_assert(!verdict.safe);
    ck_assert_int_eq((int)verdict.reason, BL_VOTER_UNKNOWN);
    cluster.kraft = false;
    bl_gate_judge_voter(&cluster, 1, &verdict);
    ck_assert(verdict.safe && !verdict.voter);
}
END_TEST

/* The node is a broker that may go, and a controller that may not. */
START_TEST(a_combined_node_needs_both)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    struct bl_voter_verdict voter;
    struct bl_verdict verdict;

    read_cluster("1 2 3 | 2 | 1: 1 2 3 / 1 2 3", &cluster);
    read_quorum("1: 1 2 3 / 1 3", &cluster);
    bl_gate_judge(&cluster, 1, NULL, &verdict);
    bl_gate_judge_voter(&cluster, 1, &voter);
    ck_assert(bl_verdict_is_safe(&verdict));
    ck_assert(!voter.safe);
    ck_assert_uint_eq(voter.ready, 1);
    ck_assert_uint_eq(voter.needed, 2);
    ck_assert_str_eq(bl_voter_reason_name(voter.reason), "behind");
}
END_TEST

/* L leader, F follower, O observer, S standalone, N not serving, A away, U unknown. */
static const struct {
    const char *why, *servers;
    size_t index;
    int64_t synced; /* as the leader says */
    bool safe;
    enum bl_voter_reason reason;
} ensembles[] = {
    {"a follower of three", "LFF", 1, -1, true, 0},
    {"the leader of three", "LFF", 0, -1, true, 0},
    {"one is away", "LFA", 1, -1, false, BL_VOTER_BEHIND},
    {"the one that is away", "LFA", 2, -1, true, 0},
    {"one has no quorum", "LFN", 1, -1, false, BL_VOTER_BEHIND},
    {"one does not say", "LFU", 1, -1, false, BL_VOTER_BEHIND},
    {"five, one away", "LFFFA", 1, -1, true, 0},
    {"five, two away", "LFFAA", 1, -1, false, BL_VOTER_BEHIND},
    {"four need three", "LFFF", 3, -1, true, 0},
    {"four, one away", "LFFA", 0, -1, false, BL_VOTER_BEHIND},
    {"two", "LF", 1, -1, false, BL_VOTER_NO_SPARE},
    {"one", "S", 0, -1, true, BL_VOTER_ALONE},
    {"an observer", "LFFO", 3, -1, true, 0},
    {"an observer is no voter", "LFAO", 1, -1, false, BL_VOTER_BEHIND},
    {"nobody leads", "FFF", 0, -1, false, BL_VOTER_NO_LEADER},
    {"all are away", "AAA", 0, -1, false, BL_VOTER_NO_LEADER},
    {"three that do not know of each other", "SSS", 0, -1, false, BL_VOTER_NO_LEADER},
    {"all followers are in sync", "LFF", 1, 2, true, 0},
    {"one follower still syncs", "LFF", 1, 1, false, BL_VOTER_BEHIND},
    {"and may be the one", "LFF", 0, 1, false, BL_VOTER_BEHIND},
};

static enum bl_zookeeper_mode mode_of(char letter)
{
    static const char letters[] = " AUNLFOS";

    return (enum bl_zookeeper_mode)(strchr(letters, letter) - letters);
}

START_TEST(zookeeper)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(ensembles); i++) {
        struct bl_zookeeper_server servers[8] = {0};
        size_t len = strlen(ensembles[i].servers);
        struct bl_voter_verdict verdict;

        for (size_t s = 0; s < len; s++) {
            servers[s].mode = mode_of(ensembles[i].servers[s]);
            servers[s].synced = servers[s].mode == BL_ZOOKEEPER_LEADER ? ensembles[i].synced : -1;
        }
        bl_gate_judge_zookeeper(servers, len, ensembles[i].index, &verdict);
        BL_WHY(verdict.safe == ensembles[i].safe, ensembles[i].why);
        BL_WHY(verdict.reason == ensembles[i].reason, ensembles[i].why);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/gate");
    TCase *tests = tcase_create("gate");

    tcase_add_test(tests, partitions);
    tcase_add_test(tests, all_at_once_gives_the_same_answers);
    tcase_add_test(tests, a_broker_that_is_down);
    tcase_add_test(tests, a_blocker_is_told_in_full);
    tcase_add_test(tests, every_topic_is_named_while_there_is_room);
    tcase_add_test(tests, no_topics_no_objection);
    tcase_add_test(tests, options);
    tcase_add_test(tests, internal_topics_count_as_others_do);
    tcase_add_test(tests, said_in_a_sentence);
    tcase_add_loop_test(tests, what_no_waiting_helps, 0, BL_ARRAY_LEN(thin));
    tcase_add_test(tests, what_no_waiting_helps_comes_first);
    tcase_add_test(tests, a_way_in_is_typed_as_it_stands);
    tcase_add_test(tests, caught_up_after_a_start);
    tcase_add_test(tests, only_the_first_are_named);
    tcase_add_test(tests, voters);
    tcase_add_test(tests, a_quorum_that_is_not_known);
    tcase_add_test(tests, a_combined_node_needs_both);
    tcase_add_test(tests, zookeeper);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
