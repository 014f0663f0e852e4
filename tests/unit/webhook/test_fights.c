#include "fights.h"

#include "ballast/base/mem.h"
#include "json_help.h"
#include "unit.h"

/* The third time within five minutes is a fight, of one object and one patch. */

static unsigned note(struct bl_fights *fights, const char *name, const char *more,
                     const char *patch, int64_t second)
{
    BL_AUTO_FREE char *text = bl_asprintf(
        "{'request':{'resource':{'resource':'statefulsets'},'namespace':'kafka','name':'%s',%s}}",
        name, more);
    BL_AUTO_FREE char *reply = bl_asprintf("{'response':{%s}}", patch);
    BL_AUTO_JSON cJSON *review = help_json(text);
    BL_AUTO_JSON cJSON *answer = help_json(reply);

    return bl_fights_note(fights, review, answer, second * BL_NSEC_S);
}

#define UPDATE "'operation':'UPDATE'"
#define PATCH "'patch':'W10='"

START_TEST(counts_the_third_time)
{
    struct bl_fights *fights = bl_fights_new();

    ck_assert_uint_eq(note(fights, "a", UPDATE, PATCH, 0), 0);
    ck_assert_uint_eq(note(fights, "a", UPDATE, PATCH, 10), 0);
    ck_assert_uint_eq(note(fights, "a", UPDATE, PATCH, 20), 3);
    ck_assert_uint_eq(note(fights, "a", UPDATE, PATCH, 30), 4);
    ck_assert_uint_eq(note(fights, "b", UPDATE, PATCH, 30), 0);
    bl_fights_free(fights);
}
END_TEST

START_TEST(begins_anew)
{
    struct bl_fights *fights = bl_fights_new();

    for (int64_t second = 0; second < 3000; second += 151)
        ck_assert_uint_eq(note(fights, "a", UPDATE, PATCH, second), 0);
    ck_assert_uint_eq(note(fights, "c", UPDATE, PATCH, 0), 0);
    ck_assert_uint_eq(note(fights, "c", UPDATE, PATCH, 0), 0);
    ck_assert_uint_eq(note(fights, "c", UPDATE, "'patch':'W3t9XQ=='", 0), 0);
    ck_assert_uint_eq(note(fights, "c", UPDATE, PATCH, 0), 0);
    bl_fights_free(fights);
}
END_TEST

START_TEST(is_of_updates_alone)
{
    static const char *const others[] = {"'operation':'CREATE'", UPDATE ",'dryRun':true"};
    struct bl_fights *fights = bl_fights_new();

    for (size_t i = 0; i < BL_ARRAY_LEN(others); i++)
        for (int round = 0; round < 5; round++)
            ck_assert_uint_eq(note(fights, "a", others[i], PATCH, 0), 0);
    for (int round = 0; round < 5; round++)
        ck_assert_uint_eq(note(fights, "a", UPDATE, "'allowed':true", 0), 0);
    bl_fights_free(fights);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("webhook/fights");
    TCase *tests = tcase_create("fights");

    tcase_add_test(tests, counts_the_third_time);
    tcase_add_test(tests, begins_anew);
    tcase_add_test(tests, is_of_updates_alone);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
