/* What is taken out of a StatefulSet, and when its upgrades go back to Kubernetes. */
#include "live/leave.h"

#include "ballast/json/edit.h"
#include "set_help.h"

#define GATE ",'readinessGates':[{'conditionType':'ballast.dev/in-sync'}]"
#define TWO_GATES \
    ",'readinessGates':[{'conditionType':'theirs'},{'conditionType':'ballast.dev/in-sync'}]"
#define NOTED                                                                             \
    ",'annotations':{'ballast.dev/rollout-status':'{}','ballast.dev/rollout-paused':'x'," \
    "'other':'kept'}"
#define MARKED ",'annotations':{'ballast.dev/recognised-role':'broker'}"

static const struct {
    const char *why, *set,
        *left; /* of the set after it, found in its text; NULL: nothing changes */
    const char *gone;
    const char *said;
    bool concerns;
} cleanings[] = {
    {"the gate goes", SET("", "OnDelete", GATE, ""), "'type':'OnDelete'", "readinessGates",
     "the readiness gate", true},
    {"other gates stay", SET("", "OnDelete", TWO_GATES, ""),
     "'readinessGates':[{'conditionType':'theirs'}]", "in-sync", "the readiness gate", true},
    {"under RollingUpdate the edit would restart all", SET("", "RollingUpdate", GATE, ""),
     "'type':'OnDelete'", "readinessGates", "becomes OnDelete", true},
    {"annotations of rollouts go", SET(NOTED, "OnDelete", "", ""), "'other':'kept'",
     "ballast.dev/rollout", "2 annotations", true},
    {"OnDelete and marked is ours, and there is nothing to take out",
     SET(MARKED, "OnDelete", "", ""), NULL, NULL, NULL, true},
    {"OnDelete alone is the author's", SET("", "OnDelete", "", ""), NULL, NULL, NULL, false},
    {"a set that Ballast merely completed", SET(MARKED, "RollingUpdate", "", ""), NULL, NULL, NULL,
     false},
};

START_TEST(test_clean)
{
    BL_AUTO_JSON cJSON *set = help_json(cleanings[_i].set);
    BL_AUTO(cli_leave_step_release) struct cli_leave_step step = {0};
    BL_AUTO(cli_leave_step_release) struct cli_leave_step again = {0};
    const char *why = cleanings[_i].why;
    BL_ERROR(err);

    BL_WHY(cli_leave_concerns(set) == cleanings[_i].concerns, why);
    cli_leave_clean(set, &step);
    if (!cleanings[_i].left) {
        BL_WHY(!step.patch, why);
        return;
    }
    BL_WHY(step.said.len && strstr(step.said.items[0], cleanings[_i].said), why);
    BL_WHY(bl_patch_apply(&set, step.patch, &err) == 0, why);

    BL_AUTO_FREE char *text = help_text(set);
    BL_WHY(strstr(text, cleanings[_i].left), why);
    BL_WHY(!strstr(text, cleanings[_i].gone), why);
    cli_leave_clean(set, &again);
    BL_WHY(!again.patch, why);
}
END_TEST

START_TEST(test_moved_leaders)
{
    BL_AUTO_JSON cJSON *set = help_json(
        SET(",'annotations':{'ballast.dev/rollout-moved-leaders':'[]'}", "OnDelete", "", ""));
    BL_AUTO(cli_leave_step_release) struct cli_leave_step step = {0};

    cli_leave_clean(set, &step);
    ck_assert(!step.patch);
    ck_assert_uint_eq(step.warned.len, 1);
    ck_assert(strstr(step.warned.items[0], "stay where they are"));
}
END_TEST

#define OPEN READY "," IS("ballast.dev/in-sync", "True")

static const struct {
    const char *why, *set, *pods[2];
    bool restart, patched;
    const char *said, *warned;
} returns[] = {
    {"all are new",
     SET("", "OnDelete", "", ""),
     {POD("kafka-0", "kafka-new", "", OPEN), POD("kafka-1", "kafka-new", "", OPEN)},
     false,
     true,
     "no pod restarts",
     NULL},
    {"one is old",
     SET("", "OnDelete", "", ""),
     {POD("kafka-0", "kafka-new", "", OPEN), POD("kafka-1", "kafka-old", "", OPEN)},
     false,
     false,
     "1 of 2 pods is of an older template",
     NULL},
    {"one is old, and may restart",
     SET("", "OnDelete", "", ""),
     {POD("kafka-0", "kafka-new", "", OPEN), POD("kafka-1", "kafka-old", "", OPEN)},
     true,
     true,
     "restarts 1 pod now",
     NULL},
    {"a closed gate stays closed",
     SET("", "OnDelete", "", ""),
     {POD("kafka-0", "kafka-new", "", READY), NULL},
     false,
     true,
     "no pod restarts",
     "kubectl patch pod kafka-0 -n k --subresource=status"},
    {"it is Kubernetes' already",
     SET("", "RollingUpdate", "", ""),
     {POD("kafka-0", "kafka-old", "", OPEN), NULL},
     false,
     false,
     NULL,
     NULL},
};

START_TEST(test_return)
{
    BL_AUTO_JSON cJSON *set = help_json(returns[_i].set);
    BL_AUTO(cli_objects_release) struct cli_objects pods = {0};
    BL_AUTO(cli_leave_step_release) struct cli_leave_step step = {0};
    const char *why = returns[_i].why;
    BL_ERROR(err);

    help_add(&pods, returns[_i].pods[0]);
    help_add(&pods, returns[_i].pods[1]);
    cli_leave_return(set, &pods, returns[_i].restart, &step);
    BL_WHY((step.patch != NULL) == returns[_i].patched, why);
    BL_WHY(!step.said.len == !returns[_i].said, why);
    BL_WHY(!step.said.len || strstr(step.said.items[0], returns[_i].said), why);
    BL_WHY(!step.warned.len == !returns[_i].warned, why);
    BL_WHY(!step.warned.len || strstr(step.warned.items[0], returns[_i].warned), why);
    if (!step.patch)
        return;
    BL_WHY(bl_patch_apply(&set, step.patch, &err) == 0, why);
    BL_WHY(strcmp(bl_json_string(bl_json_at(set, "spec", "updateStrategy", NULL), "type"),
                  "RollingUpdate") == 0,
           why);
}
END_TEST

START_TEST(test_authors_own)
{
    BL_AUTO_JSON cJSON *set = help_json(SET("", "OnDelete", "", ""));
    cJSON *annotations = bl_json_add_object(bl_json_get(set, "metadata"), "annotations");
    BL_AUTO(cli_objects_release) struct cli_objects pods = {0};
    BL_AUTO(cli_leave_step_release) struct cli_leave_step step = {0};

    bl_json_add_string(annotations, "kubectl.kubernetes.io/last-applied-configuration",
                       "{\"spec\":{\"updateStrategy\":{\"type\":\"OnDelete\"}}}");
    cli_leave_return(set, &pods, true, &step);
    ck_assert(!step.patch);
    ck_assert(strstr(step.said.items[0], "as it was applied"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("leave");
    TCase *tc = tcase_create("plan");

    tcase_add_loop_test(tc, test_clean, 0, BL_ARRAY_LEN(cleanings));
    tcase_add_test(tc, test_moved_leaders);
    tcase_add_loop_test(tc, test_return, 0, BL_ARRAY_LEN(returns));
    tcase_add_test(tc, test_authors_own);
    suite_add_tcase(suite, tc);
    return unit_run(suite);
}
