/* Which leaders are moved off a broker, as the text that is kept, and that text read again. */
#include "moves.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "unit.h"

/* "1: 1 2 3 / 1 2" is a partition with leader 1, replicas 1 to 3 and ISR 1, 2; '*' at the end: it is reassigned. */
static void add_partition(struct bl_topic *topic, const char *text)
{
    struct bl_partition *partition = BL_PUSH(&topic->partitions);
    struct bl_broker_ids *ids = &partition->replicas;
    char *at;

    partition->id = (int32_t)topic->partitions.len - 1;
    partition->leader = (int32_t)strtol(text, &at, 10);
    partition->moving = strchr(text, '*') != NULL;
    for (at++; *at && *at != '*'; at++) {
        if (*at == '/')
            ids = &partition->isr;
        else if (*at != ' ')
            *BL_PUSH(ids) = *at - '0';
    }
}

static struct bl_topic *add_topic(struct bl_cluster *cluster, const char *name)
{
    struct bl_topic *topic = BL_PUSH(&cluster->topics);

    topic->name = bl_strdup(name);
    return topic;
}

static void add_brokers(struct bl_cluster *cluster, int32_t count)
{
    for (int32_t id = 1; id <= count; id++)
        BL_PUSH(&cluster->brokers)->id = id;
}

static const struct {
    const char *why, *partitions[5], *moves;
    size_t count;
} plans[] = {
    {"the next in sync leads", {"1: 1 2 3 / 1 2 3"}, "orders:1@1=0", 1},
    {"or the one after it", {"1: 1 2 3 / 1 3"}, "orders:1@2=0", 1},
    {"nobody else is in sync", {"1: 1 2 3 / 1"}, "", 0},
    {"the other is in sync and down", {"1: 1 4 / 1 4"}, "", 0},
    {"its only replica", {"1: 1 / 1"}, "", 0},
    {"it leads nothing", {"2: 1 2 3 / 1 2 3"}, "", 0},
    {"it is preferred, and does not lead", {"3: 1 2 3 / 1 2 3", "1: 1 2 / 1 2"}, "orders:1@1=1", 1},
    {"an election is enough", {"1: 2 1 3 / 1 2 3"}, "", 0},
    {"the preferred one is not in sync", {"1: 2 1 3 / 1 3"}, "orders:2@2=0", 1},
    {"the preferred one is down", {"1: 4 1 3 / 1 3 4"}, "orders:4@2=0", 1},
    {"it is being reassigned", {"1: 1 2 3 / 1 2 3 *"}, "", 0},
    {"ranges",
     {"1: 1 2 / 1 2", "1: 1 2 / 1 2", "2: 2 1 / 1 2", "1: 1 2 / 1 2"},
     "orders:1@1=0-1,3",
     3},
    {"groups",
     {"1: 1 2 3 / 1 2", "1: 1 2 3 / 1 3", "1: 1 2 3 / 1 2", "1: 1 2 3 / 1 3", "1: 1 2 3 / 1 3"},
     "orders:1@1=0,2:1@2=1,3-4",
     5},
};

START_TEST(planned)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(plans); i++) {
        BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
        BL_AUTO(bl_strbuf_release) struct bl_strbuf moves = BL_STRBUF_INIT(4096);
        struct bl_topic *topic = add_topic(&cluster, "orders");

        add_brokers(&cluster, 3);
        for (size_t p = 0; p < BL_ARRAY_LEN(plans[i].partitions) && plans[i].partitions[p]; p++)
            add_partition(topic, plans[i].partitions[p]);
        BL_WHY(bl_moves_plan(&cluster, 1, &moves) == plans[i].count, plans[i].why);
        ck_assert_msg(strcmp(moves.text, plans[i].moves) == 0, "%s: %s", plans[i].why, moves.text);
    }
}
END_TEST

/* What does not fit is left out whole, so that the text can always be read. */
/* It is first to come back, so that it pays for what is new; the broker's own shutdown moves it. */
START_TEST(the_canary_stays)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf moves = BL_STRBUF_INIT(4096);

    add_brokers(&cluster, 3);
    add_partition(add_topic(&cluster, "ballast-canary"), "1: 1 2 / 1 2");
    add_partition(add_topic(&cluster, "orders"), "1: 1 2 / 1 2");
    ck_assert_uint_eq(bl_moves_plan(&cluster, 1, &moves), 1);
    ck_assert_str_eq(moves.text, "orders:1@1=0");
}
END_TEST

START_TEST(no_more_than_fits)
{
    static const char whole[] = "a:1@1=0;bb:1@1=0;c:1@1=0";

    for (size_t max = 0; max <= sizeof(whole); max++) {
        BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
        BL_AUTO(bl_strbuf_release) struct bl_strbuf moves = BL_STRBUF_INIT(max);
        BL_AUTO(bl_moves_release) struct bl_moves parsed = {0};
        size_t count;
        BL_ERROR(err);

        add_brokers(&cluster, 2);
        add_partition(add_topic(&cluster, "a"), "1: 1 2 / 1 2");
        add_partition(add_topic(&cluster, "bb"), "1: 1 2 / 1 2");
        add_partition(add_topic(&cluster, "c"), "1: 1 2 / 1 2");
        count = bl_moves_plan(&cluster, 1, &moves);
        ck_assert(!moves.overflowed);
        ck_assert_int_eq(bl_moves_parse(moves.text, &parsed, &err), 0);
        ck_assert_uint_eq(parsed.len, count);
        if (max >= sizeof(whole) - 1)
            ck_assert_str_eq(moves.text, whole);
    }
}
END_TEST

START_TEST(read_again)
{
    BL_AUTO(bl_moves_release) struct bl_moves moves = {0};
    BL_ERROR(err);

    ck_assert_int_eq(bl_moves_parse("orders:1@2=0-2,7:3@1=9;a.b_c-d:0@1=4", &moves, &err), 0);
    ck_assert_uint_eq(moves.len, 6);
    ck_assert_str_eq(moves.items[0].topic, "orders");
    ck_assert_int_eq(moves.items[2].partition, 2);
    ck_assert_int_eq(moves.items[3].partition, 7);
    ck_assert_uint_eq(moves.items[3].index, 2);
    ck_assert_int_eq(moves.items[4].first, 3);
    ck_assert_str_eq(moves.items[5].topic, "a.b_c-d");
    ck_assert_int_eq(moves.items[5].first, 0);
}
END_TEST

START_TEST(texts_that_are_none)
{
    static const char *const bad[] = {
        ";",
        "orders",
        "orders:",
        "orders:1",
        "orders:1@",
        "orders:1@0=0",
        "orders:1@1=",
        "orders:1@1=x",
        "orders:1@1=0-",
        "orders:1@1=2-2",
        "orders:1@1=2-1",
        "orders:1@1=0,",
        "orders:1@1=0;",
        ":1@1=0",
        "orders:-1@1=0",
        "orders:1@1=-1",
        "orders:1@1=0 ",
        "orders:1@1=0-1000001",
        "orders:4294967296@1=0",
        "a:1@1=0-999999;b:1@1=0-999999",
    };

    for (size_t i = 0; i < BL_ARRAY_LEN(bad); i++) {
        BL_AUTO(bl_moves_release) struct bl_moves moves = {0};
        BL_ERROR(err);

        BL_WHY(bl_moves_parse(bad[i], &moves, &err) == -1, bad[i]);
        BL_WHY(bl_error_code(err) == BL_ERR_INVALID, bad[i]);
        BL_WHY(!moves.len, bad[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/moves");
    TCase *tests = tcase_create("moves");

    tcase_add_test(tests, planned);
    tcase_add_test(tests, the_canary_stays);
    tcase_add_test(tests, no_more_than_fits);
    tcase_add_test(tests, read_again);
    tcase_add_test(tests, texts_that_are_none);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
