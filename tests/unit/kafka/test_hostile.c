/* Brokers that answer hugely, endlessly or not at all, and an honest cluster beside each of them. */
#include <stdio.h>
#include <string.h>

#include "ballast/base/strbuf.h"
#include "ballast/kafka/observer.h"
#include "fake_cluster.h"
#include "unit.h"

/* What a look may add to the memory of the program at its highest. */
#define MOST_KB (40L << 10)
#define AT_MOST (60 * BL_NSEC_S)
#define MANY_BROKERS 9999

/* A partition without replicas has 22 bytes, one with three in sync 46. */
#define BARE "0000 00000000 00000001 00000000 00000000 00000000"
#define PARTITION                                                \
    "0000 00000000 00000001 00000003 00000001 00000002 00000003" \
    "00000003 00000001 00000002 00000003 00000000"
#define NO_BROKERS "00000000 00000000 0002 'id' 00000001"
#define VOTER "00000001 0000000000000064 0000000000000000 000000000000a7d0 00"
#define QUORUM "0000 02 13 '__cluster_metadata' 02 00000000 0000 00000001 00000005 0000000000000064"

static const struct {
    const char *why;
    struct fake_lie lie;
    const char *message; /* NULL: it is looked at */
} lies[] = {
    {"26 MB: a million partitions",
     {FAKE_TOPICS, NO_BROKERS "00000001 0000 0001 'a' 00 000f4240", BARE, 1000000, NULL, 0, 0},
     "bytes of an answer, at most 4194304"},
    {"90,000 honest partitions",
     {FAKE_TOPICS, NO_BROKERS "00000001 0000 0006 'orders' 00 00015f90", PARTITION, 90000, NULL, 0,
      0},
     NULL},
    {"as many partitions as fit",
     {FAKE_TOPICS, NO_BROKERS "00000001 0000 0006 'orders' 00 0002e630", BARE, 190000, NULL, 0, 0},
     NULL},
    {"20,001 topics",
     {FAKE_TOPICS, NO_BROKERS "00004e21", "0000 0001 'a' 00 00000000", 20001, NULL, 0, 0},
     "too large to look after: 20001 topics, at most 20000"},
    {"a partition with 101 replicas",
     {FAKE_TOPICS, NO_BROKERS "00000001 0000 0001 'a' 00 00000001 0000 00000000 00000001 00000065",
      "00000001", 101, "00000000 00000000", 0, 0},
     "too large to look after: 101 replicas of a partition, at most 100"},
    {"fewer topics than none",
     {FAKE_TOPICS, NO_BROKERS "fffffffe", NULL, 0, NULL, 0, 0},
     "cut short or malformed"},
    {"more topics than bytes",
     {FAKE_TOPICS, NO_BROKERS "7fffffff", NULL, 0, NULL, 0, 0},
     "cut short or malformed"},
    {"librdkafka is sent 16 MB",
     {FAKE_CLIENT, "00000000 00000001 00000001 0009", "'a'", 16 << 20, NULL, 0, 0},
     "too large to look after: a broker's answer has more than 1048576 bytes"},
    {"150,000 voters",
     {FAKE_QUORUM, QUORUM "f19309", VOTER, 150000, "01 00 00 00", 0, 0},
     "bytes of an answer, at most 1048576"},
    {"1,001 voters",
     {FAKE_QUORUM, QUORUM "ea07", VOTER, 1001, "01 00 00 00", 0, 0},
     "too large to look after: 1001 voters, at most 1000"},
    {"250,000 reassignments",
     {FAKE_MOVING, "00000000 0000 00 02 02 'a' 91a10f", "00000000 01 01 01 00", 250000, "00 00", 0,
      0},
     "too large to look after: 250000 partitions, at most 200000"},
    {"a hundred thousand calls",
     {FAKE_HELLO, "0000 a18d06", "0003 0000 0005 00", 100000, "00000000 00", 0, 0},
     NULL /* librdkafka refuses by itself; see below */},
    {"a topic without its setting",
     {FAKE_SETTINGS, "00000000 00000001 0000 ffff 02 0006 'orders' 00000000", NULL, 0, NULL, 0, 0},
     "does not tell min.insync.replicas of orders"},
};

static int look(const char *bootstrap, bl_nsec at_most, struct bl_cluster *cluster,
                struct bl_error **err)
{
    BL_AUTO(bl_observer_cleanup) struct bl_observer *observer = NULL;
    const struct bl_observer_settings settings = {.bootstrap = bootstrap, .at_most = at_most};

    if (bl_observer_new(&settings, &observer, err) < 0)
        return -1;
    return bl_observer_look(observer, cluster, err);
}

/* The most memory that the program ever had. */
static long high_water(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    long kb = 0;

    while (file && fgets(line, sizeof(line), file))
        if (sscanf(line, "VmHWM: %ld", &kb) == 1)
            break;
    if (file)
        (void)fclose(file);
    return kb;
}

static void check_memory(long before, const char *why)
{
    long more = high_water() - before;

#ifndef __SANITIZE_ADDRESS__ /* which keeps what was given back */
    ck_assert_msg(more < MOST_KB, "%s: %ld KiB more", why, more);
#else
    (void)more, (void)why;
#endif
}

static void look_at_honest(const char *why)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    struct fake_cluster honest = {.brokers = 3};
    BL_ERROR(err);

    fake_cluster_start(&honest);
    ck_assert_msg(look(honest.bootstrap, AT_MOST, &cluster, &err) == 0, "%s: %s", why,
                  err ? bl_error_text(err) : "");
    ck_assert_uint_eq(cluster.topics.len, 1);
    fake_cluster_stop(&honest);
}

/* Each in a process of its own, so that what it cost can be told. */
START_TEST(lies_are_refused)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    struct fake_cluster fake = {.brokers = 1, .lie = lies[_i].lie};
    long before = high_water();
    BL_ERROR(err);
    int rc;

    fake_cluster_start(&fake);
    rc = look(fake.bootstrap, lies[_i].lie.question == FAKE_HELLO ? 2 * BL_NSEC_S : AT_MOST,
              &cluster, &err);
    if (lies[_i].message) {
        ck_assert_msg(rc == -1, "%s", lies[_i].why);
        ck_assert_msg(strstr(bl_error_text(err), lies[_i].message), "%s: %s", lies[_i].why,
                      bl_error_text(err));
        ck_assert_uint_eq(cluster.topics.len, 0);
    } else if (lies[_i].lie.question == FAKE_TOPICS) {
        ck_assert_msg(rc == 0, "%s: %s", lies[_i].why, err ? bl_error_text(err) : "");
        ck_assert_uint_eq(cluster.topics.items[0].partitions.len, lies[_i].lie.times);
    } else {
        ck_assert_int_eq(rc, -1);
    }
    check_memory(before, lies[_i].why);
    look_at_honest(lies[_i].why);
    fake_cluster_stop(&fake);
}
END_TEST

/* Each byte comes in time, and the whole never. What was sent is counted, not timed. */
START_TEST(a_trickle_ends_with_the_time)
{
    static const enum fake_question questions[] = {FAKE_TOPICS, FAKE_QUORUM, FAKE_CLIENT};

    for (size_t i = 0; i < BL_ARRAY_LEN(questions); i++) {
        BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
        struct fake_cluster fake = {
            .brokers = 1, .lie = {questions[i], NO_BROKERS, "00", 500000, NULL, .pause_ms = 1}};
        BL_ERROR(err);

        fake_cluster_start(&fake);
        if (look(fake.bootstrap, 2 * BL_NSEC_S, &cluster, &err) == 0) /* others told enough */
            ck_assert(questions[i] == FAKE_QUORUM && !cluster.quorum.known);
        else
            ck_assert_int_eq((int)bl_error_code(err), BL_ERR_UNAVAILABLE);
        ck_assert_uint_lt(atomic_load(&fake.sent), 400000);
        look_at_honest("a trickle");
        fake_cluster_stop(&fake);
    }
}
END_TEST

START_TEST(a_promise_costs_nothing)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    struct fake_cluster fake = {.brokers = 1,
                                .lie = {FAKE_TOPICS, NO_BROKERS, NULL, 0, NULL, 0, 16 << 20}};
    long before = high_water();
    BL_ERROR(err);

    fake_cluster_start(&fake);
    ck_assert_int_eq(look(fake.bootstrap, AT_MOST, &cluster, &err), -1);
    ck_assert_int_eq((int)bl_error_code(err), BL_ERR_TOO_LARGE); /* by its length, at once */
    ck_assert_ptr_nonnull(bl_error_hint(err));
    check_memory(before, "16 MiB promised");
    fake_cluster_stop(&fake);
}
END_TEST

/* Unlike those above each has a number of its own, for each of which librdkafka would start a thread. */
START_TEST(brokers_by_the_thousand)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf head = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
    struct fake_cluster fake = {.brokers = 1};
    long before = high_water();
    BL_ERROR(err);

    bl_strbuf_addf(&head, "00000000 %08x", MANY_BROKERS);
    for (int i = 1; i <= MANY_BROKERS; i++)
        bl_strbuf_addf(&head, "%08x 0005 '%05d' 00000001 ffff", i, i);
    fake.lie = (struct fake_lie){FAKE_BROKERS, head.text, NULL, 0, "ffff 00000001 00000000", 0, 0};
    fake_cluster_start(&fake);
    ck_assert_int_eq(look(fake.bootstrap, AT_MOST, &cluster, &err), -1);
    ck_assert_msg(strstr(bl_error_text(err), "9999 brokers, at most 1000"), "%s",
                  bl_error_text(err));
    check_memory(before, "9,999 brokers");
    look_at_honest("9,999 brokers");
    fake_cluster_stop(&fake);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/hostile");
    TCase *tests = tcase_create("hostile");

    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, lies_are_refused, 0, (int)BL_ARRAY_LEN(lies));
    tcase_add_test(tests, a_trickle_ends_with_the_time);
    tcase_add_test(tests, a_promise_costs_nothing);
    tcase_add_test(tests, brokers_by_the_thousand);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
