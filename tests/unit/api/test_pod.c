#include "ballast/api/pod.h"

#include <inttypes.h>

#include "json_help.h"

static const struct {
    const char *why, *set, *pod;
    enum bl_pod_revision wanted;
} revisions[] = {
    {"of the newest", "{'status': {'updateRevision': 'a'}}",
     "{'metadata': {'labels': {'controller-revision-hash': 'a'}}}", BL_POD_REVISION_NEWEST},
    {"of another one", "{'status': {'updateRevision': 'b'}}",
     "{'metadata': {'labels': {'controller-revision-hash': 'a'}}}", BL_POD_REVISION_OLDER},
    {"the StatefulSet controller has not looked yet", "{}",
     "{'metadata': {'labels': {'controller-revision-hash': 'a'}}}", BL_POD_REVISION_UNKNOWN},
    {"somebody took the label off", "{'status': {'updateRevision': 'a'}}", "{'metadata': {}}",
     BL_POD_REVISION_UNKNOWN},
};

START_TEST(tells_revisions_apart)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(revisions); i++) {
        BL_AUTO_JSON cJSON *set = help_json(revisions[i].set);
        BL_AUTO_JSON cJSON *pod = help_json(revisions[i].pod);

        BL_WHY(bl_pod_revision(set, pod) == revisions[i].wanted, revisions[i].why);
    }
}
END_TEST

START_TEST(finds_the_gate)
{
    BL_AUTO_JSON cJSON *with = help_json("{'spec': {'readinessGates': [{'conditionType': 'a'},"
                                         " {'conditionType': 'ballast.dev/in-sync'}]}}");
    BL_AUTO_JSON cJSON *without =
        help_json("{'spec': {'readinessGates': [{'conditionType': 'a'}, 7]}}");

    ck_assert(bl_pod_is_gated(with));
    ck_assert(!bl_pod_is_gated(without));
    ck_assert(!bl_pod_is_gated(NULL));
}
END_TEST

#define SET(spec) "{'kind':'StatefulSet','metadata':{'name':'k','namespace':'n'},'spec':{" spec "}}"

static cJSON *pod(const char *name, const char *owner)
{
    BL_AUTO_FREE char *text = bl_asprintf("{'kind':'Pod','metadata':{'name':'%s','namespace':'n','"
                                          "ownerReferences':[{'controller':true,"
                                          "'kind':'StatefulSet','name':'%s'}]}}",
                                          name, owner);

    return help_json(text);
}

static const struct {
    const char *why, *set, *found;
    int64_t missing;
} wanted[] = {
    {"as many as there are", SET("'replicas':3"), "0 1 2 ", 0},
    {"one is missing behind them", SET("'replicas':4"), "0 1 2 3! ", 1},
    {"fewer: the last ones are on their way out", SET("'replicas':1"), "0 ", 0},
    {"none", SET("'replicas':0"), "", 0},
    {"a number that is none counts as 3", SET("'replicas':-5"), "0 1 2 ", 0},
    {"from another number on", SET("'replicas':3,'ordinals':{'start':2}"), "2 3! 4! ", 2},
    {"from the end of all numbers", SET("'replicas':2,'ordinals':{'start':9007199254740991}"),
     "9007199254740991! 9007199254740992! ", 2},
};

START_TEST(finds_what_a_set_wants)
{
    cJSON *pods[] = {pod("k-2", "k"),  pod("k-0", "k"), pod("k-1", "k"),
                     pod("k-01", "k"), pod("k-3", "x"), pod("other-0", "k")};
    BL_AUTO_JSON cJSON *set = help_json(wanted[_i].set);
    BL_AUTO(bl_set_pods_release) struct bl_set_pods found = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(1024);

    bl_set_pods_find(set, (const cJSON *const *)pods, BL_ARRAY_LEN(pods), &found);
    for (size_t i = 0; i < found.len; i++)
        bl_strbuf_addf(&text, "%" PRId64 "%s ", found.items[i].ordinal,
                       found.items[i].pod ? "" : "!");
    ck_assert_msg(strcmp(text.text, wanted[_i].found) == 0, "%s: %s", wanted[_i].why, text.text);
    BL_WHY(found.missing == wanted[_i].missing, wanted[_i].why);
    for (size_t i = 0; i < BL_ARRAY_LEN(pods); i++)
        cJSON_Delete(pods[i]);
}
END_TEST

/* `kubectl scale --replicas 2147483647` took the memory of whoever looked. */
START_TEST(what_is_missing_takes_nothing)
{
    static const char *const numbers[] = {"2147483647", "9007199254740991", "1e300"};
    cJSON *there = pod("k-70", "k");

    for (size_t i = 0; i < BL_ARRAY_LEN(numbers); i++) {
        BL_AUTO_FREE char *text = bl_asprintf(SET("'replicas':%s"), numbers[i]);
        BL_AUTO_JSON cJSON *set = help_json(text);
        BL_AUTO(bl_set_pods_release) struct bl_set_pods found = {0};
        bool none = i > 0; /* no number that fits, which counts as 3 */

        bl_set_pods_find(set, (const cJSON *const *)&there, 1, &found);
        ck_assert_uint_eq(found.len, none ? 3 : BL_MISSING_NAMED + 1);
        ck_assert_ptr_eq(found.items[found.len - 1].pod, none ? NULL : there);
        ck_assert_int_eq(found.missing, none ? 3 : INT32_MAX - 1);
    }
    cJSON_Delete(there);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("api/pod");
    TCase *tests = tcase_create("pod");

    tcase_add_test(tests, tells_revisions_apart);
    tcase_add_test(tests, finds_the_gate);
    tcase_add_loop_test(tests, finds_what_a_set_wants, 0, BL_ARRAY_LEN(wanted));
    tcase_add_test(tests, what_is_missing_takes_nothing);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
