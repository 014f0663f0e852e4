/* What is said of a rolling upgrade, and what an order writes. */
#include "live/rollout.h"

#include "set_help.h"

#define STATUS(phase, revision)                                                           \
    ",'annotations':{'ballast.dev/rollout-status':'{\\'phase\\':\\'" phase                \
    "\\',\\'message\\':\\'waiting until kafka-1 is in "                                   \
    "sync\\',\\'act\\':\\'wait\\',\\'pod\\':\\'kafka-1\\',"                               \
    "\\'done\\':1,\\'total\\':3,\\'revision\\':\\'" revision                              \
    "\\',\\'startedAt\\':\\'1970-01-01T00:00:01Z\\',\\'changedAt\\':\\'1970-01-01T00:04:" \
    "25Z\\'}'}"
#define ANNOTATED(name, value) ",'annotations':{'" name "':'" value "'}"
#define NEW(name) POD(name, "kafka-new", "", READY "," IS("ballast.dev/in-sync", "True") "," SAFE)
#define OLD(name) POD(name, "kafka-old", "", READY "," UNSAFE("kafka-1 is not ready"))

/* One look, and what it was made of. */
struct seen {
    cJSON *set;
    struct cli_objects pods, nodes;
    struct bl_workload *workload;
    struct cli_rollout rollout;
};

static void look(struct seen *seen, const char *set, const char *const *pods)
{
    *seen = (struct seen){.set = help_json(set)};
    for (; pods && *pods; pods++)
        help_add(&seen->pods, *pods);
    help_add(&seen->nodes, "{'kind':'Node','metadata':{'name':'node-a','labels':{"
                           "'topology.kubernetes.io/zone':'zone-a'}}}");
    seen->workload = bl_workload_recognise(seen->set, NULL, false);
    cli_rollout_read(seen->workload, &seen->pods, &seen->nodes, &seen->rollout);
}

static void seen_release(struct seen *seen)
{
    cli_rollout_release(&seen->rollout);
    bl_workload_free(seen->workload);
    cli_objects_release(&seen->pods);
    cli_objects_release(&seen->nodes);
    cJSON_Delete(seen->set);
}

static const char *const mixed[] = {NEW("kafka-0"), OLD("kafka-1"), OLD("kafka-2"), NULL};
static const char *const all_new[] = {NEW("kafka-0"), NEW("kafka-1"), NEW("kafka-2"), NULL};

static const struct {
    const char *why, *set;
    const char *const *pods;
    const char *phase, *says;
    enum cli_rollout_end end;
    size_t done;
} rows[] = {
    {"under way", SET(STATUS("Rolling", "kafka-new"), "OnDelete", "", ""), mixed, "Rolling",
     "waiting until kafka-1 is in sync", CLI_ROLLOUT_GOES_ON, 1},
    {"noted of a revision before", SET(STATUS("Complete", "kafka-old"), "OnDelete", "", ""), mixed,
     "Pending", "2 pods are of an older template", CLI_ROLLOUT_GOES_ON, 1},
    {"over", SET(STATUS("Complete", "kafka-new"), "OnDelete", "", ""), all_new, "Complete",
     "waiting", CLI_ROLLOUT_DONE, 3},
    {"taken back", SET(STATUS("RolledBack", "kafka-new"), "OnDelete", "", ""), all_new,
     "RolledBack", "waiting", CLI_ROLLOUT_FAILED, 3},
    {"failed", SET(STATUS("Failed", "kafka-new"), "OnDelete", "", ""), mixed, "Failed", "waiting",
     CLI_ROLLOUT_FAILED, 1},
    {"paused goes on", SET(STATUS("Paused", "kafka-new"), "OnDelete", "", ""), mixed, "Paused",
     "waiting", CLI_ROLLOUT_GOES_ON, 1},
    {"nothing was ever rolled", SET("", "OnDelete", "", ""), all_new, "Idle", "newest",
     CLI_ROLLOUT_DONE, 3},
    {"not ours", SET("", "RollingUpdate", "", ""), mixed, "Unmanaged", "the rule rollout",
     CLI_ROLLOUT_DONE, 1},
    {"pods that are not there", SET("", "OnDelete", "", ""), NULL, "Idle", "newest",
     CLI_ROLLOUT_DONE, 0},
};

START_TEST(test_read)
{
    BL_AUTO(seen_release) struct seen seen;
    const struct cli_rollout *rollout = &seen.rollout;
    const char *why = rows[_i].why;

    look(&seen, rows[_i].set, rows[_i].pods);
    ck_assert_msg(strcmp(rollout->phase, rows[_i].phase) == 0, "%s: %s", why, rollout->phase);
    BL_WHY(strstr(rollout->message, rows[_i].says), why);
    BL_WHY(cli_rollout_end(rollout) == rows[_i].end, why);
    BL_WHY(rollout->done == rows[_i].done, why);
    BL_WHY(rollout->total == 3, why);
}
END_TEST

START_TEST(test_stale)
{
    BL_AUTO(seen_release) struct seen seen;

    look(&seen,
         "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'kafka','namespace':'k',"
         "'generation':3" STATUS("Complete",
                                 "kafka-new") "},'spec':{'updateStrategy':{'type':'OnDelete'}},'"
                                              "status':{'observedGeneration':2,"
                                              "'updateRevision':'kafka-new'}}",
         all_new);
    ck_assert_str_eq(seen.rollout.phase, "Pending");
    ck_assert_int_eq(cli_rollout_end(&seen.rollout), CLI_ROLLOUT_GOES_ON);
}
END_TEST

START_TEST(test_text)
{
    BL_AUTO(seen_release) struct seen seen;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf line = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    look(&seen, SET(STATUS("Rolling", "kafka-new"), "OnDelete", "", ""), mixed);
    cli_rollout_text(&seen.rollout, 300, &text);
    ck_assert_str_eq(
        text.text,
        "k/kafka  broker  Rolling  1 of 3 pods new and ready\n"
        "  waiting until kafka-1 is in sync, for 35 s; begun 4 min ago\n"
        "  POD      REVISION  READY  IN SYNC  NODE    ZONE    MAY GO DOWN NOW\n"
        "  kafka-0  new       yes    yes      node-a  zone-a  yes\n"
        "  kafka-1  old       yes    no       node-a  zone-a  no: kafka-1 is not ready\n"
        "  kafka-2  old       yes    no       node-a  zone-a  no: kafka-1 is not ready\n");
    cli_rollout_line(&seen.rollout, &line);
    ck_assert_str_eq(line.text, "k/kafka: Rolling, 1 of 3: waiting until kafka-1 is in sync\n");
}
END_TEST

enum order { PAUSE, RESUME, ABORT };

static const struct {
    const char *why, *set;
    const char *const *pods;
    enum order order;
    const char *patch; /* NULL: nothing */
    bool refused;
    const char *says;
} orders[] = {
    {"pause", SET("", "OnDelete", "", ""), mixed, PAUSE,
     "{'metadata':{'annotations':{'ballast.dev/rollout-paused':'later'}}}", false,
     "paused: no pod"},
    {"pause again", SET(ANNOTATED("ballast.dev/rollout-paused", "later"), "OnDelete", "", ""),
     mixed, PAUSE, NULL, false, "already"},
    {"pause what is not ours", SET("", "RollingUpdate", "", ""), mixed, PAUSE, NULL, true,
     "not rolled by Ballast"},
    {"resume", SET(ANNOTATED("ballast.dev/rollout-paused", ""), "OnDelete", "", ""), mixed, RESUME,
     "{'metadata':{'annotations':{'ballast.dev/rollout-paused':null}}}", false, "2 pods"},
    {"resume what failed",
     SET(ANNOTATED("ballast.dev/rollout-failed-revision", "kafka-new"), "OnDelete", "", ""), mixed,
     RESUME, "{'metadata':{'annotations':{'ballast.dev/rollout-failed-revision':null}}}", false,
     "tried again"},
    {"resume nothing", SET("", "OnDelete", "", ""), mixed, RESUME, NULL, false,
     "nothing to resume"},
    {"abort", SET("", "OnDelete", "", ""), mixed, ABORT,
     "{'metadata':{'annotations':{'ballast.dev/rollout-abort-revision':'kafka-new'}}}", false,
     "is restored"},
    {"abort again",
     SET(ANNOTATED("ballast.dev/rollout-abort-revision", "kafka-new"), "OnDelete", "", ""), mixed,
     ABORT, NULL, false, "already"},
    {"abort what is over", SET("", "OnDelete", "", ""), all_new, ABORT, NULL, true,
     "no upgrade under way"},
};

START_TEST(test_orders)
{
    BL_AUTO(seen_release) struct seen seen;
    BL_AUTO(cli_order_release) struct cli_order order = {0};
    const char *why = orders[_i].why;

    look(&seen, orders[_i].set, orders[_i].pods);
    if (orders[_i].order == PAUSE)
        cli_rollout_pause(&seen.rollout, "later", &order);
    else if (orders[_i].order == RESUME)
        cli_rollout_resume(&seen.rollout, &order);
    else
        cli_rollout_abort(&seen.rollout, &order);

    BL_AUTO_FREE char *patch = order.patch ? help_text(order.patch) : bl_strdup("");
    ck_assert_msg(strcmp(patch, orders[_i].patch ? orders[_i].patch : "") == 0, "%s: %s", why,
                  patch);
    BL_WHY(order.refused == orders[_i].refused, why);
    ck_assert_msg(strstr(order.text, orders[_i].says), "%s: %s", why, order.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rollout");
    TCase *tc = tcase_create("view");

    tcase_add_loop_test(tc, test_read, 0, BL_ARRAY_LEN(rows));
    tcase_add_test(tc, test_stale);
    tcase_add_test(tc, test_text);
    tcase_add_loop_test(tc, test_orders, 0, BL_ARRAY_LEN(orders));
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
