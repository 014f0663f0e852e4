/* When Kafka's own topics get the replicas that they lack, and when a person has to. */
#include "kafka/raiser.h"

#include <fnmatch.h>

#include "unit.h"

#define MIB ((int64_t)1 << 20)

static const struct {
    const char *why;
    int raise;
    size_t partitions, total, moving, leaderless, foreign;
    int32_t factor;
    bool whole, measured;
    struct bl_raise_sizes sizes;
    enum bl_raise_step step;
    const char *message;
} rows[] = {
    {"the policy wants none",
     BL_RAISE_NEVER,
     50,
     50,
     0,
     0,
     0,
     3,
     true,
     false,
     {0},
     BL_RAISE_NOTHING,
     NULL},
    {"nothing is missing",
     BL_RAISE_INTERNAL,
     0,
     50,
     0,
     0,
     0,
     3,
     true,
     false,
     {0},
     BL_RAISE_NOTHING,
     NULL},
    {"there is one broker",
     BL_RAISE_INTERNAL,
     50,
     50,
     0,
     0,
     0,
     1,
     true,
     false,
     {0},
     BL_RAISE_NOTHING,
     NULL},
    {"somebody reassigns others",
     BL_RAISE_INTERNAL,
     50,
     50,
     0,
     0,
     2,
     3,
     true,
     false,
     {0},
     BL_RAISE_WAIT,
     "*once 2 other partitions*"},
    {"a pod is away",
     BL_RAISE_INTERNAL,
     50,
     50,
     0,
     0,
     0,
     3,
     false,
     false,
     {0},
     BL_RAISE_WAIT,
     "*once all brokers are ready"},
    {"the size is not known yet",
     BL_RAISE_INTERNAL,
     50,
     50,
     0,
     0,
     0,
     3,
     true,
     false,
     {0},
     BL_RAISE_MEASURE,
     "*0 of 50*"},
    {"the size cannot be known",
     BL_RAISE_INTERNAL,
     50,
     50,
     0,
     0,
     0,
     3,
     true,
     true,
     {false, 0, 0},
     BL_RAISE_REFUSE,
     "*could not be asked"},
    {"it is large",
     BL_RAISE_INTERNAL,
     50,
     50,
     0,
     0,
     0,
     3,
     true,
     true,
     {true, 2000 * MIB, 9000 * MIB},
     BL_RAISE_REFUSE,
     "*hold 2000 MiB*more than the 1024*"},
    {"no room",
     BL_RAISE_INTERNAL,
     50,
     50,
     0,
     0,
     0,
     3,
     true,
     true,
     {true, 600 * MIB, 1000 * MIB},
     BL_RAISE_REFUSE,
     "*no room*"},
    {"room is not known",
     BL_RAISE_INTERNAL,
     50,
     50,
     0,
     0,
     0,
     3,
     true,
     true,
     {true, 1, -1},
     BL_RAISE_REFUSE,
     "*before Kafka 3.3*"},
    {"go on",
     BL_RAISE_INTERNAL,
     30,
     50,
     8,
     0,
     0,
     3,
     true,
     true,
     {true, 1, 1000 * MIB},
     BL_RAISE_ADD,
     "*12 of 50 partitions have 3"},
    {"the last ones",
     BL_RAISE_INTERNAL,
     0,
     50,
     4,
     0,
     0,
     3,
     true,
     false,
     {0},
     BL_RAISE_WAIT,
     "*46 of 50*"},
};

START_TEST(decisions)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        const struct bl_gate_settings settings = {.raise = rows[i].raise, .raise_at_most = 1024};
        struct bl_raise_plan plan = {.total = rows[i].total,
                                     .moving = rows[i].moving,
                                     .leaderless = rows[i].leaderless,
                                     .foreign = rows[i].foreign,
                                     .factor = rows[i].factor};
        BL_AUTO(bl_raise_decision_release) struct bl_raise_decision decision = {0};

        plan.partitions.len = rows[i].partitions;
        bl_raise_decide(&settings, &plan, rows[i].whole, rows[i].measured ? &rows[i].sizes : NULL,
                        &decision);
        BL_WHY(decision.step == rows[i].step, rows[i].why);
        ck_assert_msg(!decision.message == !rows[i].message &&
                          (!rows[i].message || fnmatch(rows[i].message, decision.message, 0) == 0),
                      "%s: %s", rows[i].why, decision.message ? decision.message : "nothing");
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("controller/raiser");
    TCase *tests = tcase_create("raiser");

    tcase_add_test(tests, decisions);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
