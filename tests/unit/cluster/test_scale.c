/* Brokers that would go, by what a cluster says that is made up: which they are, and what they hold. */
#include "ballast/cluster/scale.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "unit.h"

#define MOST 8

/* Brokers as "ID=HOST", a partition for each text of replicas; `voters` are ids. */
struct row {
    const char *why;
    struct bl_scale scale;
    const char *brokers[MOST];
    const char *replicas[MOST];  /* a digit each */
    const char *voters;          /* the same */
    const char *ids, *objection; /* NULL: none */
};

static const struct row rows[] = {
    {.why = "nothing lies there",
     .scale = {(char *)"kafka", 0, 3, 2},
     .brokers = {"0=kafka-0.h.k.svc", "1=kafka-1.h.k.svc", "2=kafka-2.h.k.svc"},
     .replicas = {"01", "10"},
     .ids = "broker 2"},
    {.why = "a replica does",
     .scale = {(char *)"kafka", 0, 3, 2},
     .brokers = {"0=kafka-0.h", "1=kafka-1.h", "2=kafka-2"},
     .replicas = {"01", "12"},
     .ids = "broker 2",
     .objection = "and 1 partition has a replica on broker 2: t-1"},
    {.why = "three are named",
     .scale = {(char *)"kafka", 0, 3, 1},
     .brokers = {"0=kafka-0.h", "1=kafka-1.h", "2=kafka-2.h"},
     .replicas = {"1", "2", "1", "2", "1"},
     .ids = "brokers 1 to 2",
     .objection = "and 5 partitions have a replica on brokers 1 to 2: t-0, t-1, t-2 and 2 more"},
    {.why = "ids begin elsewhere",
     .scale = {(char *)"kafka", 0, 3, 2},
     .brokers = {"5=kafka-0.h", "6=kafka-1.h", "7=kafka-2.h"},
     .replicas = {"2", "5"},
     .ids = "broker 7"},
    {.why = "and so do ordinals",
     .scale = {(char *)"kafka", 4, 3, 2},
     .brokers = {"0=kafka-4.h", "1=kafka-5.h", "2=kafka-6.h"},
     .replicas = {"2"},
     .ids = "broker 2",
     .objection = "and 1 partition has a replica on broker 2: t-0"},
    {.why = "one that is down is counted",
     .scale = {(char *)"kafka", 0, 3, 2},
     .brokers = {"5=kafka-0.h", "6=kafka-1.h"},
     .replicas = {"7"},
     .ids = "broker 7",
     .objection = "and 1 partition has a replica on broker 7: t-0"},
    {.why = "another set is another one",
     .scale = {(char *)"a", 0, 2, 1},
     .brokers = {"0=a-0.h", "1=a-1.h", "8=a-b-0.h", "9=b-1.h"},
     .replicas = {"89"},
     .ids = "broker 1"},
    {.why = "ids follow nothing",
     .scale = {(char *)"kafka", 0, 3, 2},
     .brokers = {"4=kafka-0.h", "1=kafka-1.h", "2=kafka-2.h"},
     .ids = "broker 6",
     .objection = "and which brokers those are cannot be told, as their ids do not follow their "
                  "pods"},
    {.why = "hosts say nothing",
     .scale = {(char *)"kafka", 0, 3, 2},
     .brokers = {"1=10.0.0.1", "2=10.0.0.2", "3=10.0.0.3"},
     .replicas = {"1"},
     .voters = "123",
     .ids = "brokers from 2 on"},
    {.why = "and replicas lie on the higher ones",
     .scale = {(char *)"kafka", 0, 3, 2},
     .brokers = {"1=10.0.0.1", "2=10.0.0.2", "3=10.0.0.3"},
     .replicas = {"3"},
     .ids = "brokers from 2 on",
     .objection = "and 1 partition has a replica on brokers from 2 on: t-0"},
    {.why = "one votes",
     .scale = {(char *)"kafka", 0, 3, 2},
     .brokers = {"0=kafka-0.h", "1=kafka-1.h", "2=kafka-2.h"},
     .voters = "012",
     .ids = "broker 2",
     .objection = "and broker 2 would take a voter of the quorum away"},
    {.why = "a host makes no sense",
     .scale = {(char *)"kafka", 0, 3, 2},
     .brokers = {"0=kafka-9223372036854775807.h", "1=kafka--9223372036854775807", "2=kafka-x"},
     .ids = "brokers from 2 on"},
    {.why = "two thousand million are no work",
     .scale = {(char *)"kafka", 0, 2147483647, 2},
     .brokers = {"0=kafka-0.h"},
     .replicas = {"01"},
     .ids = "brokers 2 to 2147483646"},
};

static void make(const struct row *row, struct bl_cluster *facts)
{
    struct bl_topic *topic = BL_PUSH(&facts->topics);

    *topic = (struct bl_topic){.name = bl_strdup("t")};
    for (size_t i = 0; i < MOST && row->brokers[i]; i++)
        *BL_PUSH(&facts->brokers) = (struct bl_broker){.id = row->brokers[i][0] - '0',
                                                       .host = bl_strdup(row->brokers[i] + 2)};
    for (size_t i = 0; i < MOST && row->replicas[i]; i++) {
        struct bl_partition *partition = BL_PUSH(&topic->partitions);

        *partition = (struct bl_partition){.id = (int32_t)i, .leader = -1};
        for (const char *id = row->replicas[i]; *id; id++)
            *BL_PUSH(&partition->replicas) = *id - '0';
    }
    for (const char *id = row->voters; id && *id; id++)
        *BL_PUSH(&facts->quorum.voters) = (struct bl_voter){.id = *id - '0'};
}

START_TEST(what_brokers_hold)
{
    BL_AUTO(bl_cluster_release) struct bl_cluster facts = {0};
    BL_AUTO(bl_scale_held_release) struct bl_scale_held held = {0};
    const struct row *row = &rows[_i];

    make(row, &facts);
    bl_scale_look(&row->scale, &facts, &held);
    BL_AUTO_FREE char *ids = bl_scale_ids(&held);
    BL_AUTO_FREE char *objection = bl_scale_objection(&held);
    ck_assert_msg(strcmp(ids, row->ids) == 0, "%s: %s", row->why, ids);
    ck_assert_msg(row->objection ? objection && strcmp(objection, row->objection) == 0 : !objection,
                  "%s: %s", row->why, objection ? objection : "nothing");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scale");
    TCase *tests = tcase_create("scale");

    tcase_add_loop_test(tests, what_brokers_hold, 0, (int)BL_ARRAY_LEN(rows));
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
