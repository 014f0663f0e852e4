/* What is done about a namespace's companions: each row is a state, and the steps that follow. */
#include <string.h>

#include "ballast/json/pack.h"
#include "ballast/policies/review.h"
#include "companions/plan.h"
#include "companions/report.h"
#include "json_help.h"

#define LABELS "'labels':{'app':'kafka'}"
#define SET_WITH(name, uid, metadata, replicas)                                                \
    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'" name                   \
    "','namespace':'k','uid':'" uid "'" metadata "},'spec':{'replicas':" replicas              \
    ",'selector':{'matchLabels':{'app':'kafka'}},'template':{'metadata':{" LABELS "},'spec':{" \
    "'containers':[{'name':'kafka','command':['kafka-server-start.sh'],'ports':[{"             \
    "'containerPort':9092}],'env':[{'name':'JMX_PORT','value':'5555'}]}]}}}}"
#define MARKED ",'annotations':{'ballast.dev/recognised-role':'broker'}"
#define ADOPT ",'annotations':{'ballast.dev/adopt':'now'}"
#define GOING ",'deletionTimestamp':'2026-01-01T00:00:00Z'"
#define ORPHANING GOING ",'finalizers':['orphan']"
#define SET SET_WITH("kafka", "u1", "", "3")
#define OWNER(uid) "{'apiVersion':'apps/v1','kind':'StatefulSet','name':'kafka','uid':'" uid "'}"
#define BUDGET_WITH(name, metadata, spec)                                              \
    "{'apiVersion':'policy/v1','kind':'PodDisruptionBudget','metadata':{'name':'" name \
    "','namespace':'k'" metadata "},'spec':{" spec ",'selector':{'matchLabels':{'app':'kafka'}}}}"
#define HEAD(labels, owner)                                                  \
    ",'uid':'b1','labels':{'app.kubernetes.io/managed-by':'ballast'," labels \
    "'ballast.dev/companion':'disruption-budget'},'ownerReferences':[" owner "]"
#define ROLE "'ballast.dev/role':'broker',"
#define SPEC "'maxUnavailable':1,'unhealthyPodEvictionPolicy':'IfHealthyBudget'"
#define OURS BUDGET_WITH("kafka", HEAD(ROLE, OWNER("u1")), SPEC)
#define THEIRS(name, spec) BUDGET_WITH(name, "", spec)
#define CREATED "create PodDisruptionBudget/kafka for kafka; "
#define REPAIRED "repair PodDisruptionBudget/kafka for kafka; "
#define NETWORK "create NetworkPolicy/kafka for kafka; "

static const char budgets[] = "'disruptionBudget':{'action':'Mutate'}";
static const char both[] = "'disruptionBudget':{'action':'Mutate'},"
                           "'networkPolicy':{'action':'Mutate'}";

enum { OUT_OF_SCOPE = 1, CAREFUL = 2, BLIND = 4 };

static const struct {
    const char *why, *rules, *objects, *steps;
    unsigned how, kept, waiting, blocked;
} rows[] = {
    {"a new workload", budgets, SET, CREATED, 0, 1, 0, 0},
    {"all is well", budgets, SET "," OURS, "", 0, 1, 0, 0},
    {"nothing there", budgets, "", "", 0, 0, 0, 0},
    {"both, the budget first", both, SET_WITH("kafka", "u1", MARKED, "3"), CREATED NETWORK, 0, 2, 0,
     0},
    {"a network policy waits where the workload was there before", both, SET, CREATED, 0, 1, 1, 0},
    {"until it is adopted", both, SET_WITH("kafka", "u1", ADOPT, "3"), CREATED NETWORK, 0, 2, 0, 0},
    {"the limit was changed", budgets,
     SET "," BUDGET_WITH("kafka", HEAD(ROLE, OWNER("u1")),
                         "'maxUnavailable':2,'unhealthyPodEvictionPolicy':'IfHealthyBudget'"),
     REPAIRED, 0, 1, 0, 0},
    {"the other limit", budgets,
     SET "," BUDGET_WITH("kafka", HEAD(ROLE, OWNER("u1")), "'minAvailable':2," SPEC), REPAIRED, 0,
     1, 0, 0},
    {"a label was taken off", budgets, SET "," BUDGET_WITH("kafka", HEAD("", OWNER("u1")), SPEC),
     REPAIRED, 0, 1, 0, 0},
    {"others may add theirs", budgets,
     SET "," BUDGET_WITH("kafka", HEAD(ROLE "'more':'x',", OWNER("u9") "," OWNER("u1")), SPEC), "",
     0, 1, 0, 0},
    {"the owner was taken off", budgets, SET "," BUDGET_WITH("kafka", HEAD(ROLE, ""), SPEC),
     REPAIRED, 0, 1, 0, 0},
    {"the workload was made anew", budgets, SET_WITH("kafka", "u2", "", "3") "," OURS, REPAIRED, 0,
     1, 0, 0},
    {"the workload is gone", budgets, OURS, "withdraw PodDisruptionBudget/kafka; ", 0, 0, 0, 0},
    {"it is on its way out", budgets, SET_WITH("kafka", "u1", GOING, "3") "," OURS,
     "withdraw PodDisruptionBudget/kafka; ", 0, 0, 0, 0},
    {"it leaves its pods: the garbage collector is at work on the owners", budgets,
     SET_WITH("kafka", "u1", ORPHANING, "3") "," BUDGET_WITH("kafka", HEAD(ROLE, ""), SPEC), "", 0,
     1, 0, 0},
    {"it leaves its pods, and nothing is made for them", budgets,
     SET_WITH("kafka", "u1", ORPHANING, "3"), "", 0, 1, 0, 0},
    {"it has left its pods", budgets, BUDGET_WITH("kafka", HEAD(ROLE, ""), SPEC),
     "withdraw unless it has pods PodDisruptionBudget/kafka; ", 0, 0, 0, 0},
    {"ours is on its way out already", budgets,
     BUDGET_WITH("kafka", HEAD(ROLE, OWNER("u1")) GOING, SPEC), "", 0, 0, 0, 0},
    {"renamed", budgets, SET_WITH("other", "u2", "", "3") "," OURS,
     "create PodDisruptionBudget/other for other; withdraw PodDisruptionBudget/kafka; ", 0, 1, 0,
     0},
    {"scaled to one: a budget would not help it", budgets,
     SET_WITH("kafka", "u1", "", "1") "," OURS, "withdraw PodDisruptionBudget/kafka for kafka; ", 0,
     0, 0, 0},
    {"the policy asks no more", "'disruptionBudget':{'action':'Warn'}", SET "," OURS,
     "withdraw PodDisruptionBudget/kafka for kafka; ", 0, 0, 0, 0},
    {"the policy asks for more", "'disruptionBudget':{'action':'Mutate','maxUnavailable':2}",
     SET "," OURS, REPAIRED, 0, 1, 0, 0},
    {"somebody brings his own", budgets, SET "," OURS "," THEIRS("mine", "'maxUnavailable':1"),
     "withdraw PodDisruptionBudget/kafka for kafka; ", 0, 0, 0, 0},
    {"there is one already", budgets, SET "," THEIRS("mine", "'maxUnavailable':1"), "", 0, 0, 0, 0},
    {"never a second one, however wrong the first is", budgets,
     SET "," THEIRS("mine", "'minAvailable':3"), "", 0, 0, 0, 0},
    {"one for other pods has the name", budgets,
     SET ",{'apiVersion':'policy/v1','kind':'PodDisruptionBudget','metadata':{'name':'kafka',"
         "'namespace':'k'},'spec':{'selector':{'matchLabels':{'app':'x'}}}}",
     "", 0, 0, 0, 1},
    {"not our namespace", budgets, SET, "", OUT_OF_SCOPE, 0, 0, 0},
    {"not our namespace any more", budgets, SET "," OURS,
     "withdraw PodDisruptionBudget/kafka for kafka; ", OUT_OF_SCOPE, 0, 0, 0},
    {"a network plugin's policies are not in sight", both, SET_WITH("kafka", "u1", MARKED, "3"),
     CREATED, BLIND, 1, 1, 0},
    {"policies are incomplete", "'probes':{'action':'Warn'}", SET "," OURS, "", CAREFUL, 0, 0, 0},
};

static char *describe(const struct bl_plan *plan)
{
    static const char *const verbs[] = {"create", "repair", "withdraw"};
    struct bl_strbuf text = BL_STRBUF_INIT(65536);

    for (size_t i = 0; i < plan->steps.len; i++) {
        const struct bl_step *step = &plan->steps.items[i];
        struct bl_ref ref = bl_object_ref(step->object ? step->object : step->present);

        bl_strbuf_addf(&text, "%s%s %s/%s", verbs[step->kind],
                       step->orphaned ? " unless it has pods" : "", ref.kind, ref.name);
        if (step->subject)
            bl_strbuf_addf(&text, " for %s", bl_object_ref(step->subject).name);
        bl_strbuf_adds(&text, "; ");
    }
    return bl_strbuf_take(&text);
}

static void read_policies(struct bl_policy_set *set, const char *rules)
{
    BL_AUTO_FREE char *text =
        bl_asprintf("{'apiVersion':'ballast.dev/v1alpha1','kind':'KafkaPolicy','metadata':{"
                    "'name':'p'},'spec':{'rules':{%s}}}",
                    rules);
    BL_AUTO_JSON cJSON *policy = help_json(text);
    BL_ERROR(err);

    if (bl_policy_set_add_object(set, policy, &err) < 0)
        ck_abort_msg("%s", bl_error_text(err));
}

static size_t read_objects(cJSON *list, const cJSON **objects)
{
    const cJSON *object;
    size_t len = 0;

    cJSON_ArrayForEach(object, list) {
        objects[len++] = object;
    }
    return len;
}

START_TEST(steps)
{
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    BL_AUTO_FREE char *text = bl_asprintf("[%s]", rows[_i].objects);
    BL_AUTO_JSON cJSON *list = help_json(text);
    BL_AUTO(bl_plan_release) struct bl_plan plan = {0};
    struct bl_plan_options options = {.namespace = "k",
                                      .in_scope = !(rows[_i].how & OUT_OF_SCOPE),
                                      .careful = rows[_i].how & CAREFUL,
                                      .blind = rows[_i].how & BLIND};
    const cJSON *objects[8];
    size_t len = read_objects(list, objects);

    read_policies(&set, rows[_i].rules);
    bl_plan_companions(&set, objects, len, &options, &plan);
    BL_AUTO_FREE char *found = describe(&plan);
    ck_assert_msg(strcmp(found, rows[_i].steps) == 0, "%s: %s", rows[_i].why, found);
    unsigned kept = 0, waiting = 0, blocked = 0;
    for (size_t kind = 0; kind < BL_COMPANION_KINDS; kind++) {
        kept += plan.states[kind][BL_COMPANION_KEPT];
        waiting += plan.states[kind][BL_COMPANION_WAITING];
        blocked += plan.states[kind][BL_COMPANION_BLOCKED];
    }
    BL_WHY(kept == rows[_i].kept, rows[_i].why);
    BL_WHY(waiting == rows[_i].waiting, rows[_i].why);
    BL_WHY(blocked == rows[_i].blocked && plan.blocked.len == blocked, rows[_i].why);
}
END_TEST

START_TEST(written_whole)
{
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    BL_AUTO_JSON cJSON *list = help_json("[" SET "]");
    BL_AUTO(bl_plan_release) struct bl_plan plan = {0};
    struct bl_plan_options options = {.namespace = "k", .in_scope = true};
    const cJSON *objects[8];

    read_policies(&set, budgets);
    bl_plan_companions(&set, objects, read_objects(list, objects), &options, &plan);
    ck_assert_uint_eq(plan.steps.len, 1);
    BL_AUTO_FREE char *text = help_text(plan.steps.items[0].object);
    ck_assert_str_eq(
        text, "{'apiVersion':'policy/v1','kind':'PodDisruptionBudget','metadata':{'name':'kafka',"
              "'namespace':'k','labels':{'app.kubernetes.io/managed-by':'ballast',"
              "'ballast.dev/role':'broker','ballast.dev/companion':'disruption-budget'},"
              "'ownerReferences':[" OWNER("u1") "]},'spec':{" SPEC
                                                ",'selector':{'matchLabels':{'app':'kafka'}}}}");
    ck_assert_ptr_nonnull(strstr(plan.steps.items[0].why, "has no disruption budget"));
}
END_TEST

static const struct {
    const char *why, *a, *b;
    bool same;
} specs[] = {
    {"equal", "{'a':1,'b':['x']}", "{'b':['x'],'a':1}", true},
    {"an empty list is none", "{'a':1,'b':[]}", "{'a':1}", true},
    {"nor is null one", "{'a':1}", "{'a':1,'b':null}", true},
    {"an empty selector is one", "{'a':{}}", "{}", false},
    {"more than wanted", "{'a':1}", "{'a':1,'b':2}", false},
    {"a longer list", "{'a':[1]}", "{'a':[1,2]}", false},
    {"a shorter list", "{'a':[1,2]}", "{'a':[1]}", false},
    {"the end of a range that nobody there knows", "{'p':[{'port':1,'endPort':9}]}",
     "{'p':[{'port':1}]}", true},
    {"a range that was not wanted", "{'p':[{'port':1}]}", "{'p':[{'port':1,'endPort':9}]}", false},
    {"another end", "{'p':[{'port':1,'endPort':9}]}", "{'p':[{'port':1,'endPort':8}]}", false},
    {"deep within", "{'a':[{'b':[{'c':[]}]}]}", "{'a':[{'b':[{}]}]}", true},
};

START_TEST(same_specs)
{
    BL_AUTO_FREE char *first = bl_asprintf("{'spec':%s}", specs[_i].a);
    BL_AUTO_FREE char *second = bl_asprintf("{'spec':%s}", specs[_i].b);
    BL_AUTO_JSON cJSON *a = help_json(first);
    BL_AUTO_JSON cJSON *b = help_json(second);

    BL_WHY(bl_companion_same_spec(a, b) == specs[_i].same, specs[_i].why);
}
END_TEST

static const struct {
    const char *why, *present;
    bool same;
} reports[] = {
    {"as it was written",
     "{'results':[{'rule':'a','message':'says \\\\'},{}],'summary':{'fail':1}}", true},
    {"another result", "{'results':[{'rule':'b'},{}],'summary':{'fail':1}}", false},
    {"another summary", "{'results':[{'rule':'a','message':'says \\\\'},{}],'summary':{}}", false},
    {"no results", "{'summary':{'fail':1}}", false},
    {"somebody wrote a text", "{'results':'[{','summary':{'fail':1}}", false},
};

/* In the cache it is folded, and as it comes from the server it is not. */
START_TEST(same_reports)
{
    BL_AUTO_JSON cJSON *wanted = help_json(reports[0].present);
    BL_AUTO_JSON cJSON *present = help_json(reports[_i].present);

    bl_json_add_string(wanted, "kind", BL_POLICY_REPORT_KIND);
    BL_WHY(bl_companion_same_spec(wanted, present) == reports[_i].same, reports[_i].why);
    bl_json_fold(present, "results");
    BL_WHY(bl_companion_same_spec(wanted, present) == reports[_i].same, reports[_i].why);
    BL_WHY(bl_json_len(bl_json_get(present, "results")) == 0, reports[_i].why);
}
END_TEST

/* Nothing is made, nothing is taken away, and it is said why. */
START_TEST(too_large_to_judge)
{
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};
    BL_AUTO_JSON cJSON *list =
        help_json("[" SET "," OURS "," THEIRS("mine", "'maxUnavailable':1") "]");
    BL_AUTO(bl_plan_release) struct bl_plan plan = {0};
    struct bl_plan_options options = {.namespace = "k", .in_scope = true, .reports = true};
    const cJSON *objects[8];
    size_t len = read_objects(list, objects);
    cJSON *containers = bl_json_at(objects[0], "spec", "template", "spec", "containers", NULL);

    for (int i = 0; i < 100; i++)
        bl_json_push(containers, bl_json_copy(containers->child));
    read_policies(&set, budgets);
    bl_plan_companions(&set, objects, len, &options, &plan);
    ck_assert_uint_eq(plan.steps.len + plan.blocked.len, 0);
    ck_assert_str_eq(plan.too_large,
                     "StatefulSet \"kafka\" has 101 containers where no Kafka has more than 64");
    ck_assert_ptr_eq(plan.too_large_object, objects[0]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("controller/companions");
    TCase *tcase = tcase_create("companions");

    tcase_add_loop_test(tcase, steps, 0, BL_ARRAY_LEN(rows));
    tcase_add_test(tcase, written_whole);
    tcase_add_test(tcase, too_large_to_judge);
    tcase_add_loop_test(tcase, same_specs, 0, BL_ARRAY_LEN(specs));
    tcase_add_loop_test(tcase, same_reports, 0, BL_ARRAY_LEN(reports));
    suite_add_tcase(suite, tcase);
    return unit_run(suite);
}
