/* What the conditions of a pod become: each row is a pod and what is seen of it. */
#include "kafka/conditions.h"

#include <string.h>

#include "ballast/base/text.h"

#include "ballast/policies/review.h"
#include "json_help.h"

/* The process has run since 00:01, its container is ready since 00:02, and now it is 00:10. */
#define NOW 600
#define RUNS "'state':{'running':{'startedAt':'1970-01-01T00:01:00Z'}}"
#define WAITS "'state':{'waiting':{'reason':'CrashLoopBackOff'}}"
#define SERVES \
    "{'type':'ContainersReady','status':'True','lastTransitionTime':'1970-01-01T00:02:00Z'}"
#define SERVES_SINCE(time) \
    "{'type':'ContainersReady','status':'True','lastTransitionTime':'" time "'}"
#define SERVES_NOT \
    "{'type':'ContainersReady','status':'False','lastTransitionTime':'1970-01-01T00:02:00Z'}"
#define OPEN_SINCE(time)                                                             \
    "{'type':'ballast.dev/in-sync','status':'True','reason':'InSync','message':'m'," \
    "'lastTransitionTime':'" time "'}"
#define POD(state, conditions)                                                             \
    "{'metadata':{'name':'kafka-0','namespace':'k','uid':'u'},'spec':{'readinessGates':[{" \
    "'conditionType':'ballast.dev/in-sync'}]},'status':{'conditions':[" conditions         \
    "],'containerStatuses':[{'name':'sidecar','state':{'running':{'startedAt':"            \
    "'1970-01-01T00:09:00Z'}}},{'name':'kafka'," state "}]}}"

static const struct bl_member member = {
    .role = BL_ROLE_BROKER,
    .container = (char *)"kafka",
    .managed = {.gate = {.unknown_after = 120}},
};

#define IN_SYNC                                                                         \
    {                                                                                   \
        .known = true, .answers = true, .in_sync = true, .safe = true, .reason = "Safe" \
    }
#define BEHIND                                                                        \
    {                                                                                 \
        .known = true, .answers = true, .missing = (char *)"3 of 40 are not in sync", \
        .why = (char *)"topic-1 has 2 of 3", .reason = "PartitionsAtRisk"             \
    }
#define SILENT                                                                                 \
    {                                                                                          \
        .known = true, .safe = true, .missing = (char *)"it does not answer", .reason = "Safe" \
    }
#define UNKNOWN                                                 \
    {                                                           \
        .why = (char *)"no broker answers", .reason = "Unknown" \
    }

static const struct {
    const char *why, *pod;
    struct bl_pod_state state;
    const char *gate, *gate_reason, *safety, *safety_reason;
} rows[] = {
    {"all is well", POD(RUNS, SERVES), IN_SYNC, "True", "InSync", "True", "Safe"},
    {"it catches up", POD(RUNS, SERVES), BEHIND, "False", "CatchingUp", "False",
     "PartitionsAtRisk"},
    {"its probe fails, and it is in sync", POD(RUNS, SERVES_NOT), IN_SYNC, "False", "NotServing",
     "True", "Safe"},
    {"it does not run", POD(WAITS, SERVES_NOT), SILENT, "False", "NotServing", "True",
     "NotServing"},
    {"open, and then it falls behind", POD(RUNS, SERVES "," OPEN_SINCE("1970-01-01T00:03:00Z")),
     BEHIND, "True", "InSync", "False", "PartitionsAtRisk"},
    {"open, and its probe fails", POD(RUNS, SERVES_NOT "," OPEN_SINCE("1970-01-01T00:03:00Z")),
     IN_SYNC, "True", "InSync", "True", "Safe"},
    {"opened for the process before this one",
     POD(RUNS, SERVES "," OPEN_SINCE("1970-01-01T00:00:30Z")), BEHIND, "False", "CatchingUp",
     "False", "PartitionsAtRisk"},
    {"open, and it has died", POD(WAITS, SERVES_NOT "," OPEN_SINCE("1970-01-01T00:03:00Z")), SILENT,
     "False", "NotServing", "True", "NotServing"},
    {"it does not answer yet", POD(RUNS, SERVES_SINCE("1970-01-01T00:09:00Z")), SILENT, "False",
     "Unknown", "True", "NotServing"},
    {"it does not answer for long", POD(RUNS, SERVES), SILENT, "True", "Unknown", "True",
     "NotServing"},
    {"nothing is known yet", POD(RUNS, SERVES_SINCE("1970-01-01T00:08:30Z")), UNKNOWN, "False",
     "Unknown", "Unknown", "Unknown"},
    {"nothing is known for long", POD(RUNS, SERVES), UNKNOWN, "True", "Unknown", "Unknown",
     "Unknown"},
    {"nothing is known of one that is open",
     POD(RUNS, SERVES "," OPEN_SINCE("1970-01-01T00:03:00Z")), UNKNOWN, "True", "InSync", "Unknown",
     "Unknown"},
};

START_TEST(conditions_follow)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO_JSON cJSON *pod = help_json(rows[i].pod);
        BL_AUTO(bl_conditions_release) struct bl_conditions conditions = {0};
        const struct bl_condition *gate, *safety;

        bl_conditions_of(&member, pod, &rows[i].state, NOW, &conditions);
        gate = &conditions.items[BL_CONDITION_GATE];
        safety = &conditions.items[BL_CONDITION_SAFETY];
        ck_assert_msg(strcmp(gate->status, rows[i].gate) == 0 &&
                          strcmp(gate->reason, rows[i].gate_reason) == 0,
                      "%s: the gate is %s, %s: %s", rows[i].why, gate->status, gate->reason,
                      gate->message);
        ck_assert_msg(strcmp(safety->status, rows[i].safety) == 0 &&
                          strcmp(safety->reason, rows[i].safety_reason) == 0,
                      "%s: safe is %s, %s: %s", rows[i].why, safety->status, safety->reason,
                      safety->message);
        BL_WHY(conditions.closed == (strcmp(gate->status, "False") == 0), rows[i].why);
        BL_WHY(conditions.changed, rows[i].why);
    }
}
END_TEST

/* What was written is what is wanted the next time, so that nothing is written again. */
START_TEST(conditions_that_hold_are_not_written_again)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO_JSON cJSON *pod = help_json(rows[i].pod);
        BL_AUTO(bl_conditions_release) struct bl_conditions first = {0};
        BL_AUTO(bl_conditions_release) struct bl_conditions second = {0};
        cJSON *list = bl_json_at(pod, "status", "conditions", NULL), *condition;

        bl_conditions_of(&member, pod, &rows[i].state, NOW, &first);
        BL_AUTO_JSON cJSON *patch = bl_conditions_patch(pod, &first);
        while (list->child->next)
            cJSON_Delete(cJSON_DetachItemViaPointer(list, list->child->next));
        cJSON_ArrayForEach(condition, bl_json_at(patch, "status", "conditions", NULL)) {
            bl_json_push(list, bl_json_copy(condition));
        }
        bl_conditions_of(&member, pod, &rows[i].state, NOW + 1, &second);
        BL_WHY(!second.changed, rows[i].why);
    }
}
END_TEST

/* A gate that is opened by a clock behind the node's must not look older than the process. */
START_TEST(a_gate_is_as_young_as_its_process)
{
    BL_AUTO_JSON cJSON *pod = help_json(POD(RUNS, SERVES));
    BL_AUTO(bl_conditions_release) struct bl_conditions conditions = {0};
    struct bl_pod_state state = IN_SYNC;

    bl_conditions_of(&member, pod, &state, 30, &conditions);
    ck_assert_int_eq(conditions.items[BL_CONDITION_GATE].since, 60);
}
END_TEST

START_TEST(a_pod_without_the_gate_gets_the_other_condition_alone)
{
    BL_AUTO_JSON cJSON *pod = help_json(POD(RUNS, SERVES));
    BL_AUTO(bl_conditions_release) struct bl_conditions conditions = {0};
    struct bl_pod_state state = IN_SYNC;

    cJSON_DeleteItemFromObjectCaseSensitive(bl_json_get(pod, "spec"), "readinessGates");
    bl_conditions_of(&member, pod, &state, NOW, &conditions);
    BL_AUTO_JSON cJSON *patch = bl_conditions_patch(pod, &conditions);
    BL_AUTO_FREE char *text = help_text(patch);
    ck_assert_str_eq(
        text, "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'kafka-0','uid':'u'},"
              "'status':{'conditions':[{'type':'ballast.dev/safe-to-disrupt','status':'True',"
              "'reason':'Safe','message':'all that it holds is in sync elsewhere',"
              "'lastTransitionTime':'1970-01-01T00:10:00Z'}]}}");
}
END_TEST

#define STARTED(ready) RUNS ",'started':true,'ready':" ready
#define TOUCHED(value, state)                                                                     \
    "{'metadata':{'name':'kafka-0','namespace':'k','uid':'u','annotations':{'ballast.dev/probe':" \
    "'" value "'}},'spec':{'readinessGates':[{'conditionType':'ballast.dev/in-sync'}]},"          \
    "'status':{'conditions':[],'containerStatuses':[{'name':'kafka'," state "}]}}"

static const struct {
    const char *why, *pod;
    struct bl_pod_state state;
    const char *probe;
} probes[] = {
    {"it serves, and nobody has looked", POD(STARTED("false"), SERVES_NOT), IN_SYNC, "60 1 600"},
    {"behind is no reason to wait", POD(STARTED("false"), SERVES_NOT), BEHIND, "60 1 600"},
    {"it is ready", POD(STARTED("true"), SERVES), IN_SYNC, NULL},
    {"its startup probe is not through", POD(RUNS ",'ready':false", SERVES_NOT), IN_SYNC, NULL},
    {"it does not answer", POD(STARTED("false"), SERVES_NOT), SILENT, NULL},
    {"nothing is known", POD(STARTED("false"), SERVES_NOT), UNKNOWN, NULL},
    {"just touched", TOUCHED("60 1 599", STARTED("false")), IN_SYNC, "60 1 599"},
    {"again after a while", TOUCHED("60 1 598", STARTED("false")), IN_SYNC, "60 2 600"},
    {"often enough", TOUCHED("60 10 500", STARTED("false")), IN_SYNC, "60 10 500"},
    {"another process", TOUCHED("30 10 500", STARTED("false")), IN_SYNC, "60 1 600"},
    {"what was written stays", TOUCHED("60 3 500", STARTED("true")), IN_SYNC, "60 3 500"},
    {"what anybody wrote is no order", TOUCHED("x", STARTED("false")), IN_SYNC, "60 1 600"},
};

START_TEST(probes_come_at_once)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(probes); i++) {
        BL_AUTO_JSON cJSON *pod = help_json(probes[i].pod);
        BL_AUTO(bl_conditions_release) struct bl_conditions conditions;
        BL_AUTO_JSON cJSON *patch = NULL;

        bl_conditions_of(&member, pod, &probes[i].state, NOW, &conditions);
        patch = bl_conditions_patch(pod, &conditions);
        ck_assert_msg(bl_text_eq(conditions.probe, probes[i].probe) ||
                          (!conditions.probe && !probes[i].probe),
                      "%s: %s", probes[i].why, conditions.probe ? conditions.probe : "none");
        BL_WHY(!bl_json_at(patch, "metadata", "annotations", NULL) == !probes[i].probe,
               probes[i].why);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("controller/conditions");
    TCase *tests = tcase_create("conditions");

    tcase_add_test(tests, conditions_follow);
    tcase_add_test(tests, conditions_that_hold_are_not_written_again);
    tcase_add_test(tests, a_gate_is_as_young_as_its_process);
    tcase_add_test(tests, a_pod_without_the_gate_gets_the_other_condition_alone);
    tcase_add_test(tests, probes_come_at_once);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
