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
    struct cli_objects pods, nodes, services;
    struct bl_workload *workload;
    struct cli_rollout rollout;
};

/* `services` NULL: they may not be seen. */
static void look_with(struct seen *seen, const char *set, const char *const *pods,
                      const char *const *services)
{
    *seen = (struct seen){.set = help_json(set)};
    for (; pods && *pods; pods++)
        help_add(&seen->pods, *pods);
    help_add(&seen->nodes, "{'kind':'Node','metadata':{'name':'node-a','labels':{"
                           "'topology.kubernetes.io/zone':'zone-a'}}}");
    seen->workload = bl_workload_recognise(seen->set, NULL, false);
    for (const char *const *service = services; service && *service; service++)
        help_add(&seen->services, *service);
    cli_rollout_read(seen->workload, &seen->pods, &seen->nodes, services ? &seen->services : NULL,
                     &seen->rollout);
}

static void look(struct seen *seen, const char *set, const char *const *pods)
{
    look_with(seen, set, pods, NULL);
}

static void seen_release(struct seen *seen)
{
    cli_rollout_release(&seen->rollout);
    bl_workload_free(seen->workload);
    cli_objects_release(&seen->pods);
    cli_objects_release(&seen->nodes);
    cli_objects_release(&seen->services);
    cJSON_Delete(seen->set);
}

static const char *const mixed[] = {NEW("kafka-0"), OLD("kafka-1"), OLD("kafka-2"), NULL};
#define NEVER                                                                               \
    UNSAFE_FOR("NoSpare",                                                                   \
               "orders-0 has its only replica here; waiting does not change that: give it " \
               "more")
static const char *const thin[] = {
    POD("kafka-0", "kafka-new", "", READY "," IS("ballast.dev/in-sync", "True") "," NEVER),
    POD("kafka-1", "kafka-new", "", READY "," IS("ballast.dev/in-sync", "True") "," NEVER),
    NEW("kafka-2"), NULL};
static const char *const two_new[] = {NEW("kafka-0"), NEW("kafka-1"), NULL};
static const char *const all_new[] = {NEW("kafka-0"), NEW("kafka-1"), NEW("kafka-2"), NULL};

#define COUNTED(updated, ready, current) \
    ",'updatedReplicas':" updated ",'readyReplicas':" ready ",'currentRevision':'" current "'"
#define ALL_COUNTED COUNTED("3", "3", "kafka-old")
#define ROLLED_BY_KUBERNETES COUNTED("3", "3", "kafka-new")
#define PARTITION "RollingUpdate','rollingUpdate':{'partition':2},'x':'"

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
    {"over", SET(STATUS("Complete", "kafka-new"), "OnDelete", "", ALL_COUNTED), all_new, "Complete",
     "waiting", CLI_ROLLOUT_DONE, 3},
    {"over, and not counted yet", SET(STATUS("Complete", "kafka-new"), "OnDelete", "", ""), all_new,
     "Complete", "waiting", CLI_ROLLOUT_GOES_ON, 3},
    {"blocked", SET(STATUS("Blocked", "kafka-new"), "OnDelete", "", ""), mixed, "Blocked",
     "waiting", CLI_ROLLOUT_BLOCKED, 1},
    {"stuck goes on", SET(STATUS("Stuck", "kafka-new"), "OnDelete", "", ""), mixed, "Stuck",
     "waiting", CLI_ROLLOUT_GOES_ON, 1},
    {"taken back", SET(STATUS("RolledBack", "kafka-new"), "OnDelete", "", ""), all_new,
     "RolledBack", "waiting", CLI_ROLLOUT_FAILED, 3},
    {"failed", SET(STATUS("Failed", "kafka-new"), "OnDelete", "", ""), mixed, "Failed", "waiting",
     CLI_ROLLOUT_FAILED, 1},
    {"paused goes on", SET(STATUS("Paused", "kafka-new"), "OnDelete", "", ""), mixed, "Paused",
     "waiting", CLI_ROLLOUT_GOES_ON, 1},
    {"nothing was ever rolled", SET("", "OnDelete", "", ALL_COUNTED), all_new, "Idle", "newest",
     CLI_ROLLOUT_DONE, 3},
    {"not ours, under way", SET("", "RollingUpdate", "", ROLLED_BY_KUBERNETES), mixed, "Unmanaged",
     "the rule rollout", CLI_ROLLOUT_GOES_ON, 1},
    {"not ours, a pod is away", SET("", "RollingUpdate", "", ROLLED_BY_KUBERNETES), two_new,
     "Unmanaged", "the rule rollout", CLI_ROLLOUT_GOES_ON, 2},
    {"not ours, fewer are counted as new",
     SET("", "RollingUpdate", "", COUNTED("2", "3", "kafka-new")), all_new, "Unmanaged",
     "the rule rollout", CLI_ROLLOUT_GOES_ON, 3},
    {"not ours, fewer are counted as ready",
     SET("", "RollingUpdate", "", COUNTED("3", "2", "kafka-new")), all_new, "Unmanaged",
     "the rule rollout", CLI_ROLLOUT_GOES_ON, 3},
    {"not ours, the revision before is the current one",
     SET("", "RollingUpdate", "", COUNTED("3", "3", "kafka-old")), all_new, "Unmanaged",
     "the rule rollout", CLI_ROLLOUT_GOES_ON, 3},
    {"not ours, and over", SET("", "RollingUpdate", "", ROLLED_BY_KUBERNETES), all_new, "Unmanaged",
     "the rule rollout", CLI_ROLLOUT_DONE, 3},
    {"not ours, and its author keeps pods back", SET("", PARTITION, "", ROLLED_BY_KUBERNETES),
     mixed, "Unmanaged", "1 pod is of the older template for good", CLI_ROLLOUT_BLOCKED, 1},
    {"pods that are not there", SET("", "OnDelete", "", ""), NULL, "Disturbed", "kafka-0 is away",
     CLI_ROLLOUT_GOES_ON, 0},
    {"over, and one is gone since", SET(STATUS("Complete", "kafka-new"), "OnDelete", "", ""),
     two_new, "Disturbed", "kafka-2 is away", CLI_ROLLOUT_GOES_ON, 2},
    {"another comes first", SET(STATUS("Waiting", "kafka-new"), "OnDelete", "", ""), mixed,
     "Waiting", "waiting", CLI_ROLLOUT_GOES_ON, 1},
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

/* Its pods advertise themselves by a Service of this name. */
#define FOUND_BY(name)                                                                                            \
    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'kafka','namespace':'k',"                    \
    "'generation':2" STATUS(                                                                                      \
        "Complete",                                                                                               \
        "kafka-new") "},'spec':{'replicas':3,'serviceName':'" name                                                \
                     "','updateStrategy':{'type':'OnDelete'},'template':{'metadata':{'labels':{'app':'kafka'}},'" \
                     "spec':{'containers':[{'name':'kafka','image':'apache/kafka:3.9.1','command':["              \
                     "'kafka-server-start.sh'],'env':[{'name':'KAFKA_ADVERTISED_LISTENERS','value':"              \
                     "'P://$(POD_NAME)." name                                                                     \
                     ":9092'}]}]}}},'status':{'observedGeneration':2,'updateRevision':'kafka-new'" ALL_COUNTED    \
                     "}}"
#define SERVICE(name, namespace, selector)                          \
    "{'apiVersion':'v1','kind':'Service','metadata':{'name':'" name \
    "','namespace':'" namespace "'},'spec':{" selector "}}"
#define OF_KAFKA "'selector':{'app':'kafka'}"
#define OF_NOBODY "'selector':{'app':'kafka','new':'yes'}"

static const struct {
    const char *why;
    const char *services[3];
    const char *says; /* NULL: it is complete */
} ways[] = {
    {"found", {SERVICE("h", "k", OF_KAFKA), SERVICE("kafka", "k", OF_KAFKA)}, NULL},
    {"no names", {SERVICE("kafka", "k", OF_KAFKA)}, "Service \"h\", which gives its pods"},
    {"those of another namespace", {SERVICE("h", "other", OF_KAFKA)}, "Service \"h\", which gives"},
    {"names that are nobody's", {SERVICE("h", "k", OF_NOBODY)}, "Service \"h\" selects none"},
    {"one of its own making", {SERVICE("h", "k", OF_KAFKA), SERVICE("own", "k", "'x':1")}, NULL},
    {"somebody else's",
     {SERVICE("h", "k", OF_KAFKA), SERVICE("web", "k", "'selector':{'app':'web'}")},
     NULL},
};

START_TEST(test_unreachable)
{
    BL_AUTO(seen_release) struct seen seen;

    look_with(&seen, FOUND_BY("h"), all_new, ways[_i].services);
    ck_assert_msg(ways[_i].says ? strstr(seen.rollout.message, ways[_i].says) != NULL
                                : strcmp(seen.rollout.phase, "Complete") == 0,
                  "%s: %s, %s", ways[_i].why, seen.rollout.phase, seen.rollout.message);
    BL_WHY(cli_rollout_end(&seen.rollout) ==
               (ways[_i].says ? CLI_ROLLOUT_GOES_ON : CLI_ROLLOUT_DONE),
           ways[_i].why);
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

/* Told before an upgrade or a drain is held up by it, once, and not where the phase says so. */
START_TEST(test_never)
{
    BL_AUTO(seen_release) struct seen seen;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    look(&seen, SET("", "OnDelete", "", ""), thin);
    cli_rollout_text(&seen.rollout, 300, &text);
    ck_assert_str_eq(
        text.text,
        "k/kafka  broker  Idle  3 of 3 pods new and ready\n"
        "  all pods are of the newest template\n"
        "  no upgrade or drain gets past kafka-0: orders-0 has its only replica here; waiting does "
        "not change that: give it more\n"
        "  POD      REVISION  READY  IN SYNC  NODE    ZONE    MAY GO DOWN NOW\n"
        "  kafka-0  new       yes    yes      node-a  zone-a  no, and waiting does not help\n"
        "  kafka-1  new       yes    yes      node-a  zone-a  no, and waiting does not help\n"
        "  kafka-2  new       yes    yes      node-a  zone-a  yes\n");
}
END_TEST

START_TEST(test_stuck_goes_on)
{
    BL_AUTO(seen_release) struct seen seen;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_release) struct bl_strbuf line = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    look(&seen, SET(STATUS("Stuck", "kafka-new"), "OnDelete", "", ""), mixed);
    cli_rollout_text(&seen.rollout, 300, &text);
    ck_assert_msg(strstr(text.text, "it goes on waiting"), "%s", text.text);
    cli_rollout_line(&seen.rollout, &line);
    ck_assert_str_eq(line.text, "k/kafka: Stuck, 1 of 3: waiting until kafka-1 is in sync (nothing "
                                "moves; it goes on waiting)\n");
}
END_TEST

/* What the controller says of a pod before holds no longer: text and JSON say so alike. */
START_TEST(test_pending_pod)
{
    static const char *const pods[] = {
        "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'kafka-0','namespace':'k','labels':{"
        "'app':'kafka','controller-revision-hash':'kafka-new'},'ownerReferences':[{'kind':"
        "'StatefulSet','name':'kafka','controller':true}]},'spec':{'nodeName':'node-a'},'status':{"
        "'phase':'Pending','conditions':[" SAFE "]}}",
        NULL};
    BL_AUTO(seen_release) struct seen seen;
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    look(&seen, SET("", "OnDelete", "", ""), pods);
    BL_AUTO_JSON cJSON *json = cli_rollout_json(&seen.rollout);
    const cJSON *pod = cJSON_GetArrayItem(bl_json_get(json, "pods"), 0);

    cli_rollout_text(&seen.rollout, 300, &text);
    ck_assert_msg(strstr(text.text, "zone-a  it does not run\n"), "%s", text.text);
    ck_assert_str_eq(bl_json_string(pod, "safeToDisrupt"), "Unknown");
    ck_assert_str_eq(bl_json_string(pod, "reason"), "it does not run");
}
END_TEST

/* --- several that are waited for --- */

#define OVER                    \
    {                           \
        "Complete", NULL, false \
    }
#define END(phase)         \
    {                      \
        phase, NULL, false \
    }

static const struct {
    const char *why;
    struct {
        const char *phase, *cluster;
        bool other; /* than was asked for */
    } sets[3];
    enum cli_rollout_end end, at_once;
    bool bad;
} several[] = {
    {"none", {{0}}, CLI_ROLLOUT_DONE, CLI_ROLLOUT_DONE, false},
    {"all are over", {OVER, OVER}, CLI_ROLLOUT_DONE, CLI_ROLLOUT_DONE, false},
    {"one goes on", {OVER, END("Rolling")}, CLI_ROLLOUT_GOES_ON, CLI_ROLLOUT_GOES_ON, false},
    {"one is paused", {OVER, END("Paused")}, CLI_ROLLOUT_GOES_ON, CLI_ROLLOUT_GOES_ON, false},
    {"one is stuck", {END("Stuck"), OVER}, CLI_ROLLOUT_GOES_ON, CLI_ROLLOUT_GOES_ON, true},
    {"a pod is away", {END("Disturbed"), OVER}, CLI_ROLLOUT_GOES_ON, CLI_ROLLOUT_GOES_ON, false},
    {"one has failed, before it was asked for",
     {END("Failed"), OVER},
     CLI_ROLLOUT_FAILED,
     CLI_ROLLOUT_FAILED,
     true},
    {"one was taken back", {END("RolledBack")}, CLI_ROLLOUT_FAILED, CLI_ROLLOUT_FAILED, true},
    {"one is blocked", {OVER, END("Blocked")}, CLI_ROLLOUT_BLOCKED, CLI_ROLLOUT_BLOCKED, true},
    {"one is blocked, another one goes on",
     {END("Blocked"), END("Rolling")},
     CLI_ROLLOUT_GOES_ON,
     CLI_ROLLOUT_BLOCKED,
     true},
    {"one waits for one that goes on",
     {{"Waiting", "k/kafka", false}, {"Rolling", "k/kafka", false}},
     CLI_ROLLOUT_GOES_ON,
     CLI_ROLLOUT_GOES_ON,
     false},
    {"one waits for one that is blocked",
     {{"Waiting", "k/kafka", false}, {"Blocked", "k/kafka", false}},
     CLI_ROLLOUT_BLOCKED,
     CLI_ROLLOUT_BLOCKED,
     true},
    {"one waits for one that has failed and was not asked for",
     {{"Waiting", "k/kafka", false}, {"Failed", "k/kafka", true}},
     CLI_ROLLOUT_FAILED,
     CLI_ROLLOUT_FAILED,
     true},
    {"one waits, and nobody knows that it is for the one that has failed",
     {{"Waiting", "k/kafka", false}, {"Failed", NULL, false}},
     CLI_ROLLOUT_FAILED,
     CLI_ROLLOUT_FAILED,
     true},
    {"another cluster's has failed",
     {{"Waiting", "k/kafka", false}, {"Failed", "k/other", true}},
     CLI_ROLLOUT_GOES_ON,
     CLI_ROLLOUT_GOES_ON,
     false},
};

START_TEST(test_several)
{
    BL_AUTO_FREE struct cli_rollout *asked = bl_alloc(3, sizeof(*asked)),
                                    *others = bl_alloc(3, sizeof(*others));
    struct cli_rollouts these = {asked, 0, 3}, those = {others, 0, 3};
    const char *why = several[_i].why;

    for (size_t i = 0; i < 3 && several[_i].sets[i].phase; i++) {
        bool other = several[_i].sets[i].other;

        (other ? others : asked)[other ? those.len++ : these.len++] =
            (struct cli_rollout){.managed = true,
                                 .counted = true,
                                 .phase = several[_i].sets[i].phase,
                                 .cluster = several[_i].sets[i].cluster};
    }
    BL_WHY(cli_rollouts_end(&these, &those, false) == several[_i].end, why);
    BL_WHY(cli_rollouts_end(&these, &those, true) == several[_i].at_once, why);
    BL_WHY(cli_rollouts_are_bad(&these, &those) == several[_i].bad, why);
}
END_TEST

/* --- the upgrade that comes next --- */

static struct cli_rollout at(const char *uid, int64_t generation, const char *phase)
{
    return (struct cli_rollout){.ref = {.namespace = "k", .name = "kafka"},
                                .managed = true,
                                .uid = uid,
                                .generation = generation,
                                .phase = phase};
}

static const struct {
    const char *why;
    bool none_at_first;
    const char *phase; /* at the first look, of generation 2 */
    const char *uid;   /* at the second look */
    int64_t generation;
    bool first, second;
} begins[] = {
    {"nothing has changed", false, "Complete", "a", 2, false, false},
    {"what failed before is none", false, "Failed", "a", 2, false, false},
    {"nor what is blocked", false, "Blocked", "a", 2, false, false},
    {"nor a pod that is away", false, "Disturbed", "a", 2, false, false},
    {"it is newer", false, "Complete", "a", 3, false, true},
    {"it was newer before anybody looked", false, "Pending", "a", 2, true, true},
    {"another one has its name", false, "RolledBack", "b", 2, false, true},
    {"there was none", true, NULL, "a", 1, false, true},
};

START_TEST(test_begins)
{
    BL_AUTO(cli_rollout_watch_release) struct cli_rollout_watch watch = {0};
    struct cli_rollout rollout = at("a", 2, begins[_i].phase);
    struct cli_rollouts rollouts = {&rollout, begins[_i].none_at_first ? 0 : 1, 1};

    BL_WHY(cli_rollout_watch_see(&watch, &rollouts) == begins[_i].first, begins[_i].why);
    rollout = at(begins[_i].uid, begins[_i].generation, "Complete");
    rollouts.len = 1;
    BL_WHY(cli_rollout_watch_see(&watch, &rollouts) == begins[_i].second, begins[_i].why);
}
END_TEST

/* --- orders --- */

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
    tcase_add_loop_test(tc, test_unreachable, 0, (int)BL_ARRAY_LEN(ways));
    tcase_add_test(tc, test_text);
    tcase_add_test(tc, test_never);
    tcase_add_test(tc, test_stuck_goes_on);
    tcase_add_test(tc, test_pending_pod);
    tcase_add_loop_test(tc, test_several, 0, BL_ARRAY_LEN(several));
    tcase_add_loop_test(tc, test_begins, 0, BL_ARRAY_LEN(begins));
    tcase_add_loop_test(tc, test_orders, 0, BL_ARRAY_LEN(orders));
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
