/* The gate at its borders. Clusters are written as text: "1 2 3 | 2 | 1: 1 2 3 / 1 2" has the running
 * brokers 1 to 3, min.insync.replicas 2, and a partition with leader 1, replicas 1 to 3 and ISR 1, 2. */
#include "ballast/kafka/gate.h"

#include <string.h>

#include "ballast/base/mem.h"
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

int main(void)
{
    Suite *suite = suite_create("kafka/gate");
    TCase *tests = tcase_create("gate");

    tcase_add_test(tests, partitions);
    tcase_add_test(tests, a_broker_that_is_down);
    tcase_add_test(tests, a_blocker_is_told_in_full);
    tcase_add_test(tests, every_topic_is_named_while_there_is_room);
    tcase_add_test(tests, no_topics_no_objection);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
