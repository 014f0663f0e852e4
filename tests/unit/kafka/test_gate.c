/* The gate at its borders. */
#include "gate_help.h"

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
    tcase_add_test(tests, caught_up_after_a_start);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
