#include "ballast/workload/protected.h"

#include <string.h>

#include "json_help.h"

/* Applications that others wrote: what of them is wrong for a set, and where. */

#define SET(labels, match, template, claim)                                                                                                    \
    "{'apiVersion': 'apps/v1', 'kind': 'StatefulSet', 'metadata': {'name': 'kafka', "                                                          \
    "'labels': {" labels "}}, 'spec': {'selector': {'matchLabels': {" match "}}, "                                                             \
    "'template': {'metadata': {'labels': {" template "}}, 'spec': {'serviceAccountName': "                                                     \
                                                     "'kafka', 'volumes': [{'configMap': {'name': 'settings'}}, {'secret': {'secretName': "    \
                                                     "'pass', 'optional': true}}]}}, 'volumeClaimTemplates': [{'metadata': {'labels': {" claim \
                                                     "}}}]}}"
#define KAFKA "'app': 'kafka'"
#define TEAM KAFKA ", 'team': 'a'"

#define APPLICATION(labels, kind, set, strategy)                                             \
    "{'metadata': {'name': 'ours'}, 'spec': {'resourceSelection': {'type': 'Selector', "     \
    "'selector': {'matchLabels': {" labels "}}}, 'components': [{'resourceKind': 'Other'}, " \
    "{'resourceKind': '" kind "', 'resourceNames': ['" set "'], 'strategy': {" strategy "}}]}}"
#define ALL "'type': 'BackupAllRestoreAll'"
#define ONE "'type': 'BackupOneRestoreAll'"

static const struct {
    const char *why, *set, *application, *path, *says;
} rows[] = {
    {"it is good", SET(TEAM, KAFKA, TEAM, ""), APPLICATION(KAFKA, "StatefulSet", "kafka", ALL),
     NULL, NULL},
    {"a dump is somebody's own affair", SET(TEAM, KAFKA, TEAM, ""),
     APPLICATION(KAFKA, "StatefulSet", "kafka", "'type': 'DumpAndLoad'"), NULL, NULL},
    {"one for all", SET(TEAM, KAFKA, TEAM, ""), APPLICATION(KAFKA, "StatefulSet", "kafka", ONE),
     "/spec/components/1/strategy/type", "the identity of one pod to all"},
    {"one that is misspelt", SET(TEAM, KAFKA, TEAM, ""),
     APPLICATION(KAFKA, "StatefulSet", "kafka", "'type': 'BackupAllRestoreall'"),
     "/spec/components/1/strategy/type", "by BackupAllRestoreall, and only"},
    {"the set a second time", SET(TEAM, KAFKA, TEAM, ""),
     APPLICATION(KAFKA, "StatefulSet", "kafka",
                 ALL "}}, {'resourceKind': 'StatefulSet', 'resourceNames': ['kafka'], 'strategy': "
                     "{" ONE),
     "/spec/components/2/strategy/type", "the identity of one pod to all"},
    {"claims that an expression misses", SET(TEAM, KAFKA, TEAM, ""),
     "{'metadata': {'name': 'ours'}, 'spec': {'resourceSelection': {'selector': {"
     "'matchExpressions': [{'key': 'team', 'operator': 'In', 'values': ['a']}]}}, 'components': [{"
     "'resourceKind': 'StatefulSet', 'resourceNames': ['kafka'], 'strategy': {" ALL "}}]}}",
     "/spec/resourceSelection/selector", "selects by team in (a)"},
    {"no strategy", SET(TEAM, KAFKA, TEAM, ""), APPLICATION(KAFKA, "StatefulSet", "kafka", ""),
     "/spec/components/1", "no strategy"},
    {"claims without that label", SET(TEAM, KAFKA, TEAM, ""),
     APPLICATION(TEAM, "StatefulSet", "kafka", ALL),
     "/spec/resourceSelection/selector/matchLabels/team", "selects by team=a"},
    {"claims with it, by their template", SET(TEAM, KAFKA, TEAM, TEAM),
     APPLICATION(TEAM, "StatefulSet", "kafka", ALL), NULL, NULL},
    {"claims whose template says otherwise", SET(TEAM, KAFKA, TEAM, "'team': 'b'"),
     APPLICATION(TEAM, "StatefulSet", "kafka", ALL),
     "/spec/resourceSelection/selector/matchLabels/team", "selects by team=a"},
    {"the selector counts more than the template of claims", SET(KAFKA, KAFKA, KAFKA, "'app': 'x'"),
     APPLICATION(KAFKA, "StatefulSet", "kafka", ALL), NULL, NULL},
    {"pods without it", SET(TEAM, KAFKA, KAFKA, TEAM),
     APPLICATION(TEAM, "StatefulSet", "kafka", ALL),
     "/spec/resourceSelection/selector/matchLabels/team", "selects by team=a"},
    {"the set itself without it", SET("", KAFKA, KAFKA, ""),
     APPLICATION(KAFKA, "StatefulSet", "kafka", ALL),
     "/spec/resourceSelection/selector/matchLabels/app", "selects by app=kafka"},
    {"a label with a slash", SET("", KAFKA, KAFKA, ""),
     APPLICATION("'a/b': 'c'", "StatefulSet", "kafka", ALL),
     "/spec/resourceSelection/selector/matchLabels/a~1b", "selects by a/b=c"},
    {"another set", SET(TEAM, KAFKA, TEAM, ""), APPLICATION("'app': 'x'", "StatefulSet", "x", ONE),
     NULL, NULL},
    {"another kind", SET(TEAM, KAFKA, TEAM, ""),
     APPLICATION("'app': 'x'", "Deployment", "kafka", ONE), NULL, NULL},
};

START_TEST(what_is_wrong)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO_JSON cJSON *application = help_json(rows[i].application);
        BL_AUTO_JSON cJSON *set = help_json(rows[i].set);
        BL_AUTO(bl_protected_fault_release) struct bl_protected_fault fault = {0};
        bool wrong = bl_protected_is_wrong(application, set, &fault);

        BL_WHY(wrong == (rows[i].says != NULL), rows[i].why);
        if (wrong) {
            BL_WHY(strstr(fault.message, rows[i].says), rows[i].why);
            BL_WHY(strcmp(fault.path, rows[i].path) == 0, rows[i].why);
            BL_WHY(fault.hint, rows[i].why);
        }
    }
}
END_TEST

#define OBJECT(kind, name, labels)                                                                 \
    "{'apiVersion': 'v1', 'kind': '" kind "', 'metadata': {'name': '" name "', 'labels': {" labels \
    "}}}"

static const struct {
    const char *why, *object, *says;
} objects[] = {
    {"settings with the label", OBJECT("ConfigMap", "settings", KAFKA), NULL},
    {"settings without it", OBJECT("ConfigMap", "settings", ""),
     "ConfigMap \"settings\", which is used by StatefulSet \"kafka\""},
    {"an account without it", OBJECT("ServiceAccount", "kafka", ""), "ServiceAccount"},
    {"what the pods do without", OBJECT("Secret", "pass", ""), NULL},
    {"what they do not name", OBJECT("ConfigMap", "other", ""), NULL},
};

START_TEST(what_is_missed)
{
    BL_AUTO_JSON cJSON *set = help_json(SET(TEAM, KAFKA, TEAM, ""));
    BL_AUTO_JSON cJSON *ours = help_json(APPLICATION(KAFKA, "StatefulSet", "kafka", ALL));
    BL_AUTO_JSON cJSON *other = help_json(APPLICATION("'x': 'y'", "StatefulSet", "zoo", ALL));

    for (size_t i = 0; i < BL_ARRAY_LEN(objects); i++) {
        BL_AUTO_JSON cJSON *object = help_json(objects[i].object);
        BL_AUTO(bl_protected_fault_release) struct bl_protected_fault fault = {0};
        bool missed = bl_protected_misses(ours, set, object, &fault);

        BL_WHY(missed == (objects[i].says != NULL), objects[i].why);
        if (missed)
            BL_WHY(strstr(fault.message, objects[i].says), objects[i].why);
        BL_WHY(!bl_protected_misses(other, set, object, &fault), objects[i].why);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("workload/protected");
    TCase *tests = tcase_create("protected");

    tcase_add_test(tests, what_is_wrong);
    tcase_add_test(tests, what_is_missed);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
