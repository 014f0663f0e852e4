/* Which replicas are added where. */
#include "ballast/kafka/raise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/strbuf.h"
#include "unit.h"

static void add_broker(struct bl_cluster *cluster, int32_t id, const char *rack)
{
    *BL_PUSH(&cluster->brokers) =
        (struct bl_broker){.id = id, .host = bl_strdup("h"), .rack = rack ? bl_strdup(rack) : NULL};
}

static struct bl_topic *add_topic(struct bl_cluster *cluster, const char *name)
{
    struct bl_topic *topic = BL_PUSH(&cluster->topics);

    *topic = (struct bl_topic){.name = bl_strdup(name), .min_isr = 1};
    return topic;
}

/* `replicas` are broker ids of one digit. */
static struct bl_partition *add_partition(struct bl_topic *topic, const char *replicas)
{
    struct bl_partition *partition = BL_PUSH(&topic->partitions);

    *partition = (struct bl_partition){.id = (int32_t)topic->partitions.len - 1,
                                       .leader = replicas[0] - '0'};
    for (; *replicas; replicas++) {
        *BL_PUSH(&partition->replicas) = *replicas - '0';
        *BL_PUSH(&partition->isr) = *replicas - '0';
    }
    return partition;
}

static char *text_of(const struct bl_raise_plan *plan)
{
    struct bl_strbuf text = BL_STRBUF_INIT(4096);

    for (size_t i = 0; i < plan->partitions.len; i++) {
        const struct bl_raised *raised = &plan->partitions.items[i];

        bl_strbuf_addf(&text, "%s%s-%d:", i ? " " : "", raised->topic, raised->partition);
        for (size_t r = 0; r < raised->wanted.len; r++)
            bl_strbuf_addf(&text, "%d", raised->wanted.items[r]);
    }
    return bl_strbuf_take(&text);
}

#define NAMED(topic)      \
    (const char *const[]) \
    {                     \
        topic, NULL       \
    }

static const struct {
    const char *why;
    const char *racks[6]; /* of brokers 1, 2, …; "" : none is known */
    const char
        *topics[4]
               [4]; /* name, then replicas of each partition; '!' before: no leader, '~': moving */
    struct bl_raise_options options;
    const char *plan;
    size_t total, moving, foreign, leaderless;
    int32_t factor;
} rows[] = {
    {"one replica becomes three, in three racks",
     {"a", "b", "c"},
     {{"t", "1"}},
     {NAMED("t"), false, 3},
     "t-0:123",
     1,
     0,
     0,
     0,
     3},
    {"a rack that has none comes first",
     {"a", "a", "b"},
     {{"t", "1"}},
     {NAMED("t"), false, 2},
     "t-0:13",
     1,
     0,
     0,
     0,
     2},
    {"then the broker with the fewest",
     {"", "", ""},
     {{"t", "1"}, {"u", "2"}},
     {NAMED("t"), false, 2},
     "t-0:13",
     1,
     0,
     0,
     0,
     2},
    {"what is planned counts",
     {"", "", ""},
     {{"t", "1", "1"}},
     {NAMED("t"), false, 2},
     "t-0:12 t-1:13",
     2,
     0,
     0,
     0,
     2},
    {"two become three, in their order",
     {"", "", ""},
     {{"t", "31"}},
     {NAMED("t"), false, 3},
     "t-0:312",
     1,
     0,
     0,
     0,
     3},
    {"as far as there are brokers",
     {"", ""},
     {{"t", "1"}},
     {NAMED("t"), false, 3},
     "t-0:12",
     1,
     0,
     0,
     0,
     2},
    {"enough is enough", {"", "", ""}, {{"t", "123"}}, {NAMED("t"), false, 2}, "", 1, 0, 0, 0, 2},
    {"Kafka's own alone",
     {"", "", ""},
     {{"__consumer_offsets", "1"}, {"__mine", "1"}, {"t", "1"}},
     {NULL, true, 2},
     "__consumer_offsets-0:12",
     1,
     0,
     0,
     0,
     2},
    {"one without a leader",
     {"", "", ""},
     {{"t", "!1", "2"}},
     {NAMED("t"), false, 2},
     "t-1:23",
     2,
     0,
     0,
     1,
     2},
    {"one that is moved already",
     {"", "", ""},
     {{"t", "~1", "2"}, {"u", "~1"}},
     {NAMED("t"), false, 2},
     "t-1:23",
     2,
     1,
     1,
     0,
     2},
    {"Kafka's own, and one beside them",
     {"", ""},
     {{"__consumer_offsets", "1"}, {"orders", "1"}, {"payments", "1"}},
     {NAMED("orders"), true, 2},
     "__consumer_offsets-0:12 orders-0:12",
     2,
     0,
     0,
     0,
     2},
    {"no such topic", {"", "", ""}, {{"t", "1"}}, {NAMED("x"), false, 2}, "", 0, 0, 0, 0, 2},
};

START_TEST(plans)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {.id = bl_strdup("c")};
        BL_AUTO(bl_raise_plan_release) struct bl_raise_plan plan = {0};

        for (int32_t b = 0; b < 6 && rows[i].racks[b]; b++)
            add_broker(&cluster, b + 1, *rows[i].racks[b] ? rows[i].racks[b] : NULL);
        for (size_t t = 0; t < 4 && rows[i].topics[t][0]; t++) {
            struct bl_topic *topic = add_topic(&cluster, rows[i].topics[t][0]);

            for (size_t p = 1; p < 4 && rows[i].topics[t][p]; p++) {
                const char *replicas = rows[i].topics[t][p];
                bool dead = *replicas == '!', moving = *replicas == '~';
                struct bl_partition *partition = add_partition(topic, replicas + (dead || moving));

                partition->moving = moving;
                if (dead)
                    partition->leader = -1;
            }
        }
        bl_raise_plan(&cluster, &rows[i].options, &plan);
        BL_AUTO_FREE char *text = text_of(&plan);
        ck_assert_msg(strcmp(text, rows[i].plan) == 0, "%s: %s", rows[i].why, text);
        BL_WHY(plan.total == rows[i].total && plan.moving == rows[i].moving &&
                   plan.foreign == rows[i].foreign && plan.leaderless == rows[i].leaderless &&
                   plan.factor == rows[i].factor,
               rows[i].why);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/raise");
    TCase *tests = tcase_create("raise");

    tcase_add_test(tests, plans);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
