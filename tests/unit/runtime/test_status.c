/* Statuses as values: conditions that keep their times, kstatus' three, and when a status is written at all. */
#include <string.h>

#include "ballast/runtime/controller.h"
#include "ballast/runtime/finalizer.h"
#include "ballast/runtime/owner.h"
#include "ballast/runtime/status.h"
#include "json_help.h"

#define NOW 1800000000
#define THEN "2026-01-01T00:00:00Z"

static const struct bl_kind widget = {.resource = {"ballast.dev", "v1alpha1", "widgets"},
                                      .kind = "Widget"};

#define OBJECT(status)                                                             \
    "{'apiVersion':'ballast.dev/v1alpha1','kind':'Widget','metadata':{'name':'w'," \
    "'namespace':'k','uid':'u','generation':3}" status "}"
#define CONDITION(type, value, reason, message, generation, time)                       \
    "{'type':'" type "','status':'" value "','reason':'" reason "','message':'" message \
    "','observedGeneration':" generation ",'lastTransitionTime':'" time "'}"
#define STATUS(generation, conditions) \
    ",'status':{'observedGeneration':" generation ",'conditions':[" conditions "]}"

static const struct {
    const char *why, *object;
    const char *conditions; /* of the patch */
    bool differs;
} rows[] = {
    {"a new one", OBJECT(""),
     "[" CONDITION("Good", "True", "Fine", "all is well", "3", "2027-01-15T08:00:00Z") "]", true},
    {"it is the same",
     OBJECT(STATUS("3", CONDITION("Good", "True", "Fine", "all is well", "3", THEN))),
     "[" CONDITION("Good", "True", "Fine", "all is well", "3", THEN) "]", false},
    {"another message keeps the time",
     OBJECT(STATUS("3", CONDITION("Good", "True", "Fine", "all was well", "3", THEN))),
     "[" CONDITION("Good", "True", "Fine", "all is well", "3", THEN) "]", true},
    {"another status does not",
     OBJECT(STATUS("3", CONDITION("Good", "Unknown", "Fine", "all is well", "3", THEN))),
     "[" CONDITION("Good", "True", "Fine", "all is well", "3", "2027-01-15T08:00:00Z") "]", true},
    {"another spec is told",
     OBJECT(STATUS("2", CONDITION("Good", "True", "Fine", "all is well", "2", THEN))),
     "[" CONDITION("Good", "True", "Fine", "all is well", "3", THEN) "]", true},
    {"a condition that is wanted no more",
     OBJECT(STATUS("3", CONDITION("Good", "True", "Fine", "all is well", "3",
                                  THEN) "," CONDITION("Bad", "False", "Fine", "", "3", THEN))),
     "[" CONDITION("Good", "True", "Fine", "all is well", "3", THEN) "]", true},
};

START_TEST(a_condition_is_composed)
{
    BL_AUTO_JSON cJSON *object = help_json(rows[_i].object);
    BL_AUTO(bl_status_release) struct bl_status status = {0};

    bl_status_begin(&status, &widget, object, NOW);
    bl_status_set(&status, "Good", BL_TRUE, "Fine", "all is well");
    BL_AUTO_FREE char *text = help_text(bl_json_get(bl_status_fields(&status), "conditions"));
    ck_assert_msg(strcmp(text, rows[_i].conditions) == 0, "%s: %s", rows[_i].why, text);
    BL_WHY(bl_status_differs(&status) == rows[_i].differs, rows[_i].why);
}
END_TEST

static const struct {
    enum bl_kstatus phase;
    const char *values;
} phases[] = {
    {BL_CURRENT, "Ready=True m, Reconciling=False , Stalled=False , "},
    {BL_IN_PROGRESS, "Ready=Unknown m, Reconciling=True m, Stalled=False , "},
    {BL_STALLED, "Ready=False m, Reconciling=False , Stalled=True m, "},
};

START_TEST(phases_are_those_of_kstatus)
{
    BL_AUTO_JSON cJSON *object = help_json(OBJECT(""));
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_status_release) struct bl_status status = {0};
    const cJSON *condition;

    bl_status_begin(&status, &widget, object, NOW);
    bl_status_phase(&status, phases[_i].phase, "Reason", "m");
    cJSON_ArrayForEach(condition, bl_json_get(bl_status_fields(&status), "conditions")) {
        bl_strbuf_addf(&text, "%s=%s %s, ", bl_json_string(condition, "type"),
                       bl_json_string(condition, "status"), bl_json_string(condition, "message"));
    }
    ck_assert_str_eq(text.text, phases[_i].values);
}
END_TEST

/* The patch names the object by its uid, so that one that was made anew does not get the status of the old one. */
START_TEST(a_patch_is_for_one_object)
{
    BL_AUTO_JSON cJSON *object = help_json(OBJECT(""));
    BL_AUTO(bl_status_release) struct bl_status status = {0};

    bl_status_begin(&status, &widget, object, NOW);
    bl_json_add_int(bl_status_fields(&status), "count", 7);
    BL_AUTO_FREE char *text = help_text(status.patch);
    ck_assert_str_eq(text,
                     "{'apiVersion':'ballast.dev/v1alpha1','kind':'Widget','metadata':{'name':"
                     "'w','namespace':'k','uid':'u'},'status':{'observedGeneration':3,"
                     "'count':7}}");
}
END_TEST

START_TEST(owners_are_appended)
{
    BL_AUTO_JSON cJSON *owner = help_json(OBJECT(""));
    BL_AUTO_JSON cJSON *object = help_json("{'metadata':{'name':'x'}}");

    bl_owner_add(object, owner);
    bl_owner_add(object, owner);
    BL_AUTO_FREE char *text = help_text(bl_json_at(object, "metadata", "ownerReferences", NULL));
    ck_assert_str_eq(text, "[{'apiVersion':'ballast.dev/v1alpha1','kind':'Widget','name':'w','uid':"
                           "'u'},{'apiVersion':'ballast.dev/v1alpha1','kind':'Widget','name':'w',"
                           "'uid':'u'}]");
    ck_assert(bl_owner_has(object, owner));
    ck_assert(!bl_owner_has(owner, owner));
    ck_assert(!bl_owner_has(NULL, owner));
}
END_TEST

START_TEST(finalizers_are_found)
{
    BL_AUTO_JSON cJSON *object = help_json("{'metadata':{'finalizers':['a/b', 3, 'c/d']}}");

    ck_assert(bl_finalizer_has(object, "c/d"));
    ck_assert(!bl_finalizer_has(object, "c"));
    ck_assert(!bl_finalizer_has(NULL, "c/d"));
}
END_TEST

static const struct {
    const char *why, *before, *after;
    bool any, beside_status;
} changes[] = {
    {"it is new", NULL, "{}", true, true},
    {"it is gone", "{}", NULL, true, true},
    {"only the version", "{'metadata':{'resourceVersion':'1'}}",
     "{'metadata':{'resourceVersion':'2'}}", false, false},
    {"a label", "{'metadata':{'labels':{}}}", "{'metadata':{'labels':{'a':'b'}}}", true, true},
    {"the status", "{'metadata':{},'status':{'a':1}}", "{'metadata':{},'status':{'a':2}}", true,
     false},
    {"a status for the first time", "{'metadata':{}}", "{'metadata':{},'status':{}}", true, false},
    {"a status that goes", "{'metadata':{},'status':{}}", "{'metadata':{}}", true, false},
    {"the spec", "{'metadata':{},'spec':{'a':1}}", "{'metadata':{},'spec':{}}", true, true},
    {"a deletion", "{'metadata':{}}", "{'metadata':{'deletionTimestamp':'x'}}", true, true},
};

START_TEST(changes_matter)
{
    BL_AUTO_JSON cJSON *before = changes[_i].before ? help_json(changes[_i].before) : NULL;
    BL_AUTO_JSON cJSON *after = changes[_i].after ? help_json(changes[_i].after) : NULL;

    BL_WHY(bl_changed(before, after) == changes[_i].any, changes[_i].why);
    BL_WHY(bl_changed_beside_status(before, after) == changes[_i].beside_status, changes[_i].why);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("status");
    TCase *tests = tcase_create("status");

    tcase_add_loop_test(tests, a_condition_is_composed, 0, (int)BL_ARRAY_LEN(rows));
    tcase_add_loop_test(tests, phases_are_those_of_kstatus, 0, (int)BL_ARRAY_LEN(phases));
    tcase_add_test(tests, a_patch_is_for_one_object);
    tcase_add_test(tests, owners_are_appended);
    tcase_add_test(tests, finalizers_are_found);
    tcase_add_loop_test(tests, changes_matter, 0, (int)BL_ARRAY_LEN(changes));
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
