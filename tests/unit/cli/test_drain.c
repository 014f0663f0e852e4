/* May the pods of a node go now? Each row is a pod, its budget, and who says what. */
#include "live/drain.h"

#include "set_help.h"

#define BUDGET(name, spec, allowed, healthy, needed)                                            \
    "{'apiVersion':'policy/v1','kind':'PodDisruptionBudget','metadata':{'name':'" name          \
    "','namespace':'k','generation':1},'spec':{'selector':{'matchLabels':{'app':'kafka'}}" spec \
    "},'status':{'observedGeneration':1,'disruptionsAllowed':" allowed                          \
    ",'currentHealthy':" healthy ",'desiredHealthy':" needed ",'expectedPods':3}}"
#define ALLOWS BUDGET("b", "", "1", "3", "2")
#define TIGHT BUDGET("b", "", "0", "2", "2")
#define ZERO BUDGET("b", "", "0", "3", "3")
#define HELD ",'annotations':{'ballast.dev/hold':'copying'}"
#define GOING ",'deletionTimestamp':'2026-01-01T00:00:00Z'"
#define ONLY "orders-0 has its only replica here"

static const struct {
    const char *why, *pod, *budgets[2];
    struct cli_life life;
    enum cli_drain_answer answer;
    const char *says;
} rows[] = {
    {"safe, and the budget allows it",
     POD("kafka-0", "r", "", READY "," SAFE),
     {ALLOWS, NULL},
     {BL_CONTROLLER_ALIVE, 0},
     CLI_DRAIN_NOW,
     "in sync elsewhere"},
    {"safe without a budget",
     POD("kafka-0", "r", "", READY "," SAFE),
     {NULL, NULL},
     {BL_CONTROLLER_UNKNOWN, 0},
     CLI_DRAIN_NOW,
     "in sync elsewhere"},
    {"not safe",
     POD("kafka-0", "r", "", READY "," UNSAFE("kafka-1 is not ready")),
     {ALLOWS, NULL},
     {BL_CONTROLLER_ALIVE, 0},
     CLI_DRAIN_WAIT,
     "kafka-1 is not ready"},
    {"never safe",
     POD("kafka-0", "r", "", READY "," UNSAFE_FOR("NoSpare", ONLY)),
     {ALLOWS, NULL},
     {BL_CONTROLLER_ALIVE, 0},
     CLI_DRAIN_NEVER,
     ONLY},
    {"history",
     POD("kafka-0", "r", "", READY "," UNSAFE("x")),
     {ALLOWS, NULL},
     {BL_CONTROLLER_AWAY, 95},
     CLI_DRAIN_UNKNOWN,
     "for 95 s; the budget would let it go"},
    {"nobody says",
     POD("kafka-0", "r", "", READY),
     {NULL, NULL},
     {BL_CONTROLLER_UNKNOWN, 0},
     CLI_DRAIN_UNKNOWN,
     "no budget selects it"},
    {"held",
     POD("kafka-0", "r", HELD, READY "," SAFE),
     {ALLOWS, NULL},
     {BL_CONTROLLER_ALIVE, 0},
     CLI_DRAIN_NEVER,
     "copying"},
    {"the budget is used up",
     POD("kafka-0", "r", "", READY "," SAFE),
     {TIGHT, NULL},
     {BL_CONTROLLER_ALIVE, 0},
     CLI_DRAIN_WAIT,
     "2 of 3 are healthy and 2 have to be"},
    {"a budget of zero",
     POD("kafka-0", "r", "", READY "," SAFE),
     {ZERO, NULL},
     {BL_CONTROLLER_ALIVE, 0},
     CLI_DRAIN_NEVER,
     "none may ever go"},
    {"two budgets",
     POD("kafka-0", "r", "", READY "," SAFE),
     {ALLOWS, ALLOWS},
     {BL_CONTROLLER_ALIVE, 0},
     CLI_DRAIN_NEVER,
     "2 budgets"},
    {"not ready, and enough others are",
     POD("kafka-0", "r", "", IS("Ready", "False") "," SAFE),
     {TIGHT, NULL},
     {BL_CONTROLLER_ALIVE, 0},
     CLI_DRAIN_NOW,
     "in sync elsewhere"},
    {"on its way",
     POD("kafka-0", "r", GOING, READY "," UNSAFE("x")),
     {TIGHT, NULL},
     {BL_CONTROLLER_ALIVE, 0},
     CLI_DRAIN_NOW,
     "going down already"},
};

START_TEST(test_answers)
{
    BL_AUTO(cli_objects_release) struct cli_objects pods = {0}, sets = {0}, budgets = {0};
    BL_AUTO(cli_drain_release) struct cli_drain drain = {0};
    const struct cli_drain_facts facts = {&pods, &sets, &budgets, rows[_i].life};
    const char *why = rows[_i].why;

    help_add(&pods, rows[_i].pod);
    help_add(&budgets, rows[_i].budgets[0]);
    help_add(&budgets, rows[_i].budgets[1]);
    cli_drain_judge("node-a", &facts, &drain);
    BL_WHY(drain.pods.len == 1, why);
    ck_assert_msg(drain.answer == rows[_i].answer, "%s: %s: %s", why,
                  cli_drain_answer_name(drain.answer), drain.pods.items[0].why);
    ck_assert_msg(strstr(drain.pods.items[0].why, rows[_i].says), "%s: %s", why,
                  drain.pods.items[0].why);
}
END_TEST

START_TEST(test_held_by_its_set)
{
    BL_AUTO(cli_objects_release) struct cli_objects pods = {0}, sets = {0}, budgets = {0};
    BL_AUTO(cli_drain_release) struct cli_drain drain = {0};
    const struct cli_drain_facts facts = {&pods, &sets, &budgets, {BL_CONTROLLER_ALIVE, 0}};

    help_add(&pods, POD("kafka-0", "r", "", READY "," SAFE));
    help_add(&sets, SET(HELD, "OnDelete", "", ""));
    cli_drain_judge("node-a", &facts, &drain);
    ck_assert_int_eq(drain.answer, CLI_DRAIN_NEVER);
}
END_TEST

START_TEST(test_nothing_there)
{
    BL_AUTO(cli_objects_release) struct cli_objects pods = {0}, sets = {0}, budgets = {0};
    BL_AUTO(cli_drain_release) struct cli_drain drain = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    const struct cli_drain_facts facts = {&pods, &sets, &budgets, {BL_CONTROLLER_ALIVE, 0}};

    help_add(&pods, "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'web','namespace':'k'},"
                    "'spec':{'containers':[{'name':'web','image':'nginx'}]}}");
    cli_drain_judge("node-a", &facts, &drain);
    cli_drain_text(&drain, &text);
    ck_assert_int_eq(drain.answer, CLI_DRAIN_NOW);
    ck_assert_str_eq(text.text, "node-a: no pod of Kafka or ZooKeeper is on it\n");
}
END_TEST

START_TEST(test_life)
{
    BL_AUTO_JSON cJSON *lease = help_json("{'spec':{'renewTime':'1970-01-01T00:01:00.000000Z'}}");

    ck_assert_int_eq(cli_life_of(NULL, 60).life, BL_CONTROLLER_UNKNOWN);
    ck_assert_int_eq(cli_life_of(lease, 90).life, BL_CONTROLLER_ALIVE);
    ck_assert_int_eq(cli_life_of(lease, 91).life, BL_CONTROLLER_AWAY);
    ck_assert_int_eq(cli_life_of(lease, 91).silent, 31);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("drain");
    TCase *tc = tcase_create("answers");

    tcase_add_loop_test(tc, test_answers, 0, BL_ARRAY_LEN(rows));
    tcase_add_test(tc, test_held_by_its_set);
    tcase_add_test(tc, test_nothing_there);
    tcase_add_test(tc, test_life);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
