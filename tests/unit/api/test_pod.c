#include "ballast/api/pod.h"
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

int main(void)
{
    Suite *suite = suite_create("api/pod");
    TCase *tests = tcase_create("pod");

    tcase_add_test(tests, tells_revisions_apart);
    tcase_add_test(tests, finds_the_gate);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
