/* How many replicas a proof's topic has to have, and where they lie. */
#include "verify.h"

#include <stdlib.h>

#include "ballast/base/mem.h"
#include "unit.h"

static void add_broker(struct bl_cluster *cluster, int32_t id, const char *rack)
{
    *BL_PUSH(&cluster->brokers) =
        (struct bl_broker){.id = id, .host = bl_strdup("h"), .rack = rack ? bl_strdup(rack) : NULL};
}

static const struct {
    const char *why;
    size_t seen;
    int asked;
    int64_t known;
    int replicas;
} counts[] = {
    {"three of many", 5, 0, 0, 3},         {"as many as there are", 2, 0, 0, 2},
    {"one is away", 2, 0, 3, 3},           {"two are", 1, 0, 3, 3},
    {"there is one", 1, 0, 1, 1},          {"more are there than anybody knew", 3, 0, 1, 3},
    {"so many are asked for", 1, 2, 0, 2},
};

START_TEST(members_count_whoever_answers)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(counts); i++) {
        BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
        struct bl_verify_settings settings = {.replicas = counts[i].asked,
                                              .brokers = counts[i].known};

        for (size_t k = 0; k < counts[i].seen; k++)
            add_broker(&cluster, (int32_t)k, NULL);
        BL_WHY(bl_verify_replicas(&settings, &cluster) == counts[i].replicas, counts[i].why);
    }
}
END_TEST

static const struct {
    const char *why;
    const char *racks[4];
    int32_t replicas[3];
    int32_t of, spread;
    bool good;
} places[] = {
    {"each in its rack", {"a", "b", "c"}, {0, 1, 2}, 3, 3, true},
    {"two in one", {"a", "b", "c", "a"}, {0, 1, 3}, 3, 2, false},
    {"two racks for three", {"a", "b", "a"}, {0, 1, 2}, 2, 2, true},
    {"all in one of two", {"a", "a", "a", "b"}, {0, 1, 2}, 2, 1, false},
    {"there is one", {"a", "a", "a"}, {0, 1, 2}, 1, 1, true},
    {"one does not say", {"a", NULL, "c"}, {0, 1, 2}, 0, 0, true},
};

START_TEST(replicas_lie_in_all_racks)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(places); i++) {
        BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
        struct bl_verify_result result = {.replicas = 3};
        struct bl_topic *topic = BL_PUSH(&cluster.topics);
        struct bl_partition *partition;

        *topic = (struct bl_topic){.name = bl_strdup("t")};
        partition = BL_PUSH(&topic->partitions);
        *partition = (struct bl_partition){0};
        for (size_t k = 0; k < BL_ARRAY_LEN(places[i].replicas); k++)
            *BL_PUSH(&partition->replicas) = places[i].replicas[k];
        for (int32_t k = 0; k < 4; k++)
            if (places[i].racks[k] || k < 3)
                add_broker(&cluster, k, places[i].racks[k]);
        bl_verify_racks(&cluster, topic, &result);
        BL_WHY(result.racks == places[i].of && result.spread == places[i].spread, places[i].why);
        BL_WHY(bl_verify_is_spread(&result) == places[i].good, places[i].why);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verify_place");
    TCase *tests = tcase_create("verify_place");

    tcase_add_test(tests, members_count_whoever_answers);
    tcase_add_test(tests, replicas_lie_in_all_racks);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
